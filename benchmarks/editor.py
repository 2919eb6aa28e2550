"""What the editor's canvas costs with 500 nodes and 700 links: geometry without a window, and frames in one.

    python benchmarks/editor.py [--nodes 500] [--links 1.4] [--frames 60] [--without-window]

The second part needs a display (under Linux, `xvfb-run -s "-screen 0 1600x1000x24"` gives one). Times are medians:
without a window, of the processor's time; of frames, "painting" is the time of the processor up to where Dear PyGui draws,
"drawing" that of its own thread after that, and "in all" the time on the clock, where a software renderer counts too.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from typing import Annotated

from nodegraph import Catalogue, Engine, Graph, Node, Range, Ref, Seed, node
from nodegraph_editor.canvas import hits
from nodegraph_editor.canvas.gestures import Gestures
from nodegraph_editor.canvas.scene import build
from nodegraph_editor.canvas.view import View
from nodegraph_editor.commands import COMMANDS
from nodegraph_editor.document import edits
from nodegraph_editor.document.items import Item, links, with_facts
from nodegraph_editor.runs.runner import Runner
from nodegraph_editor.runs.thumbnails import Thumbnail
from nodegraph_editor.session import Session


@node("bench.mix", version=1)
def mix(first: str = "", second: str = "", weight: Annotated[float, Range(0, 1)] = 0.5, steps: int = 20,
        seed: Seed = 0, style: str = "plain") -> str:
    """Mix two texts."""
    return first + second


def made(count: int, per_node: float) -> Graph:
    """A graph in columns of twenty, each node linked to earlier ones."""
    rng = random.Random(4)
    nodes: dict[str, Node] = {}
    names = [f"node{at}" for at in range(count)]
    links_left = round(count * per_node)
    for at, name in enumerate(names):
        inputs: dict = {"steps": rng.randrange(100)}
        for port in ("first", "second"):
            if at >= 20 and links_left > 0:
                inputs[port] = Ref(names[rng.randrange(max(0, at - 45), at - at % 20)])
                links_left -= 1
        nodes[name] = Node("bench.mix", inputs)
    graph = Graph(nodes, outputs={"last": Ref(names[-1])})
    places = {Item("node", name): {"at": [at // 20 * 280, at % 20 * 240]} for at, name in enumerate(names)}
    return with_facts(graph, places | {Item("output", "last"): {"at": [count // 20 * 280 + 280, 0]}})


def opened(graph: Graph) -> tuple[Session, Engine]:
    """A session on a graph."""
    from nodegraph_editor.document.document import Document

    catalogue = Catalogue([mix], installed=False)
    engine = Engine(None, catalogue=catalogue, device="cpu")
    session = Session(checker=engine.check, catalogue=catalogue, commands=COMMANDS,
                      runner=Runner(lambda: Engine(None, catalogue=catalogue, device="cpu")))
    session.files.show(Document(graph))
    session.canvas_size = (1400.0, 900.0)
    return session, engine


def median(call: Callable[[int], object], times: int) -> float:
    """Milliseconds of the processor that a call takes."""
    found = []
    for at in range(times):
        began = time.thread_time()
        call(at)
        found.append((time.thread_time() - began) * 1e3)
    return statistics.median(found)


def estimate(text: str, size: float, bold: bool = False) -> float:
    """About how wide a text is."""
    return len(text) * size * 0.5


def geometry(count: int, per_node: float) -> None:
    """The part that needs no window."""
    graph = made(count, per_node)
    session, engine = opened(graph)
    gestures = Gestures(session, estimate)
    print(f"{count} nodes, {len(links(graph))} links")
    checked, scene, rng = session.checked, gestures.scene, random.Random(1)
    one = Item("node", "node40")
    for name, call, times in (
            ("scene, from nothing", lambda at: build(graph, checked, {}, estimate, True), 5),
            ("scene, nothing changed", lambda at: build(graph, checked, {}, estimate, True, before=scene), 9),
            ("hit test", lambda at: hits.hit(scene, rng.random() * 7000, rng.random() * 4800, 1.0), 200),
            ("one node moved", lambda at: scene.moved([one], (at, 3.0)), 30)):
        print(f"  {name:26} {median(call, times):8.2f} ms")
    names = list(graph.nodes)

    def change(at: int) -> None:
        session.edit("undo.set", edits.set_value(session.graph, names[at], "steps", at + 200))
        gestures.scene  # noqa: B018  asked for, it is made

    def shift(at: int) -> None:
        session.edit("undo.move", edits.move(session.graph, {Item("node", names[at]): (at * 7.0, 33.0)}))
        gestures.scene  # noqa: B018

    print(f"  edit of a value            {median(change, 20):8.2f} ms   (edit, judge, scene)")
    print(f"  edit that moves a node     {median(shift, 20):8.2f} ms   (edit, scene)")
    session.runner.close(5)
    engine.close()


# ---- in a window --------------------------------------------------------------------------------------------------

class Window:
    """A canvas in a window of its own."""

    def __init__(self, session: Session, plain: bool):
        import dearpygui.dearpygui as dpg

        from nodegraph_editor.window import fonts, theme

        self.dpg, self.forget = dpg, theme.forget
        dpg.create_context()
        dpg.create_viewport(title="benchmark", width=1440, height=900)
        fonts.load()
        theme.use("dark")
        with dpg.window() as window:
            self.area = dpg.add_child_window(width=1400, height=860, no_scrollbar=True)
        dpg.bind_item_theme(window, theme.look("bare"))
        dpg.set_primary_window(window, True)
        dpg.setup_dearpygui()
        dpg.configure_app(anti_aliased_fill=not plain, anti_aliased_lines=not plain)
        dpg.set_viewport_vsync(False)
        dpg.show_viewport()
        print("a window without a canvas")
        self.canvas = None
        self.frames("nothing happens", lambda at: None, 20)
        self.open(session)

    def open(self, session: Session) -> None:
        """Show another session."""
        from nodegraph_editor.window.canvas import Canvas

        if self.canvas is not None:
            self.canvas.close()
        self.session, self.canvas = session, Canvas(self.area, session)
        for _ in range(6):
            self.frame()

    def frame(self) -> None:
        """One frame."""
        self.canvas.paint()
        self.dpg.render_dearpygui_frame()

    def frames(self, name: str, step: Callable[[int], object], count: int) -> None:
        """Frames before each of which something happens."""
        painting, drawing, whole = [], [], []
        for at in range(count):
            clock, began = time.perf_counter(), time.thread_time()
            step(at)
            if self.canvas is not None:
                self.canvas.paint()
            painted = time.thread_time()
            self.dpg.render_dearpygui_frame()
            painting.append((painted - began) * 1e3)
            drawing.append((time.thread_time() - painted) * 1e3)
            whole.append((time.perf_counter() - clock) * 1e3)
        ours, theirs, clock = (statistics.median(times) for times in (painting, drawing, whole))
        worst = sorted(painting)[int(0.95 * (len(painting) - 1))]
        print(f"  {name:36} painting {ours:6.2f} ms, {worst:6.2f} at the 95th percentile   drawing {theirs:6.2f} ms"
              f"   in all {clock:7.2f} ms, {max(whole):7.2f} at most")

    def close(self) -> None:
        """Close the window."""
        self.dpg.destroy_context()
        self.forget()


def window(count: int, per_node: float, frames: int, plain: bool) -> Window:
    """The part in a window: panning, zooming, dragging."""
    session, engine = opened(made(count, per_node))
    shown = Window(session, plain)
    gestures = shown.canvas.gestures
    for zoom, name in ((1.0, "at 100 %"), (0.2, "at 20 %")):
        session.view = View(900, 700, zoom) if zoom == 1.0 else View(-100, -100, zoom)
        session.touch()
        shown.frame()
        print(f"{count} nodes {name}")
        shown.frames("nothing happens", lambda at: None, frames)

        def pan(at: int) -> None:
            session.view = session.view._replace(x=session.view.x + 6 / session.view.zoom)
            session.touch()
        shown.frames("pan by 6 pixels", pan, frames)
        item = next(item for item in gestures.scene.boxes if item.kind == "node"
                    and all(100 < c < 700 for c in session.view.to_screen(*gestures.scene.at[item])))
        x, y = session.view.to_screen(*gestures.scene.at[item])
        gestures.press(x + 60 * zoom, y + 10 * zoom)
        shown.frames("drag one node", lambda at: gestures.move(x + 60 * zoom + at, y + 10 * zoom + at), frames)
        gestures.release(x + 60 * zoom + frames, y + 10 * zoom + frames)
        session.select(gestures.scene.boxes)
        gestures.press(x + 60 * zoom + frames, y + 10 * zoom + frames)
        x, y = x + frames, y + frames
        shown.frames("drag all of them", lambda at: gestures.move(x + 60 * zoom + at, y + 10 * zoom), frames)
        gestures.cancel()
        session.select()
        shown.frames("select with a box", band(gestures), frames)
        gestures.cancel()
        shown.frames("zoom in and out", lambda at: gestures.wheel(0.5 if at % 8 < 4 else -0.5, 600, 400), frames)
    session.runner.close(5)
    engine.close()
    return shown


def band(gestures: Gestures) -> Callable[[int], object]:
    """A box that grows from the upper left corner over all that is seen."""
    gestures.press(2, 2)
    return lambda at: gestures.move(10 + at * 22, 10 + at * 14)


def under_a_run(shown: Window, seconds: float) -> None:
    """What the window takes beside a sampler that shows what it has, at the pace of the editor.

    The sampler is a thread that multiplies matrices; both are told in time of the processor.
    """
    import threading

    import numpy as np

    session, engine = opened(made(40, 1.4))
    shown.open(session)
    session.do("view.frame_all")
    ended, used = threading.Event(), [0.0]
    picture = np.zeros((64, 64, 4), np.uint8)

    def sample() -> None:
        began, square = time.thread_time(), np.ones((256, 256), np.float32) / 256
        while not ended.is_set():
            square = square @ square * 1.0
        used[0] = time.thread_time() - began

    worker = threading.Thread(target=sample)
    worker.start()
    from nodegraph_editor.window.pace import RAREST, SHARE, SHOWN

    began, clock, frames = time.process_time(), time.perf_counter(), 0
    while time.perf_counter() - clock < seconds:
        if frames % 2 == 0:
            state = session.state("node20")
            state.status, state.done, state.total = "running", frames, round(seconds * 10)
            state.thumbnails[""] = Thumbnail("picture", picture + np.uint8(frames))
            session.touch()
        drawn = time.perf_counter()
        shown.frame()
        frames += 1
        took = time.perf_counter() - drawn
        time.sleep(min(RAREST, max(SHOWN, took / SHARE)) - min(took, SHOWN))
    whole = time.process_time() - began
    ended.set()
    worker.join()
    window_took = whole - used[0]  # with the threads of a software renderer
    print(f"40 nodes while a sampler runs          {frames} frames in {seconds:.0f} s: the window took {window_took:.2f} s of the "
          f"processor, the sampler {used[0]:.2f} s; of one core {100 * window_took / seconds:.0f} %")
    session.runner.close(5)
    engine.close()


def previews(shown: Window, frames: int) -> None:
    """200 nodes while a sampler shows what it has, in each second frame."""
    import numpy as np

    session, engine = opened(made(200, 1.4))
    shown.open(session)
    session.do("view.frame_all")
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 255, (64, 64, 4), np.uint8) for _ in range(8)]

    def sample(at: int) -> None:
        if at % 2 == 0:
            state = session.state("node87")
            state.status, state.done, state.total = "running", at, frames
            state.thumbnails[""] = Thumbnail("picture", pictures[at // 2 % 8])
            session.touch()

    for zoom, name in ((session.view.zoom, "all of them seen"), (1.0, "at 100 %")):
        if zoom == 1.0:
            session.jump(Item("node", "node87"))
            session.view = session.view._replace(zoom=1.0)
            session.jump(Item("node", "node87"))
        print(f"200 nodes, {name}")
        shown.frames("previews while nothing is touched", sample, frames)
        gestures = shown.canvas.gestures

        def pan(at: int) -> None:
            sample(at)
            session.view = session.view._replace(x=session.view.x + 3 / session.view.zoom)
            session.touch()
        shown.frames("previews while panning", pan, frames)
        x, y = session.view.to_screen(*gestures.scene.at[Item("node", "node87")])
        gestures.press(x + 60 * session.view.zoom, y + 10 * session.view.zoom)

        def drag(at: int) -> None:
            sample(at)
            gestures.move(x + 60 * session.view.zoom + at, y + at)
        shown.frames("previews while dragging a node", drag, frames)
        gestures.cancel()
    session.runner.close(5)
    engine.close()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nodes", type=int, default=500)
    parser.add_argument("--links", type=float, default=1.4, help="links for each node")
    parser.add_argument("--without-window", action="store_true", help="geometry alone")
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--plain", action="store_true", help="edges not smoothed, as the editor does where it is slow")
    asked = parser.parse_args()
    geometry(asked.nodes, asked.links)
    if asked.without_window:
        return
    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
        print("no display, so no frames are measured")
        return
    shown = window(asked.nodes, asked.links, asked.frames, asked.plain)
    previews(shown, asked.frames)
    under_a_run(shown, asked.frames / 6)
    shown.close()


if __name__ == "__main__":
    main()
