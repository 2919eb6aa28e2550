/* Lets the search of these pages work where they are opened from a disk, without a server.
 *
 * Browsers refuse `new Worker` on file: pages. What stands in its place runs the script in a frame that is not shown, and hands
 * messages over as a Worker does: https://html.spec.whatwg.org/multipage/workers.html. */
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      document.body.appendChild(frame);
      this.inside = frame.contentWindow;
      this.waiting = [];                                 // messages that came before the script was there
      this.inside.importScripts = (...urls) => urls.reduce((before, one) => before.then(() => this.load(one)), Promise.resolve());
      this.inside.postMessage = data => this.tell(this, data);
      this.load(url).then(() => {
        const came = this.waiting;
        this.waiting = null;
        came.forEach(data => this.tell(this.inside, data));
      });
    }
    load(url) {
      const script = this.inside.document.createElement("script");
      return new Promise((done, failed) => {
        script.onload = done;
        script.onerror = () => failed(new Error(url));
        script.src = new URL(url, location.href);
        this.inside.document.body.appendChild(script);
      });
    }
    tell(whom, data) {
      setTimeout(() => whom.dispatchEvent(new MessageEvent("message", { data })));
    }
    postMessage(data) {
      if (this.waiting) this.waiting.push(data);
      else this.tell(this.inside, data);
    }
    terminate() {
      this.inside.frameElement.remove();
    }
  };
}
