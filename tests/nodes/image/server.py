"""A service that speaks the OpenAI images API, in a thread of its own, and does what a test tells it to."""

import base64
import io
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from PIL import Image as Pil

KEY = "sk-Zq7-not-to-be-seen"


def png(width=8, height=8, color=(255, 0, 0)):
    """The bytes of a picture of one colour."""
    content = io.BytesIO()
    Pil.new("RGB", (width, height), color).save(content, "PNG")
    return content.getvalue()


class Canned:
    """What the service answers next: each a status, a body (bytes, or plain data for JSON) and headers; then pictures."""

    def __init__(self):
        self.answers, self.requests, self.release = [], [], threading.Event()
        self.meeting = None  # a barrier that each request waits at

    def then(self, status=200, body=None, **headers):
        self.answers.append((status, body, {name.replace("_", "-"): value for name, value in headers.items()}))
        return self

    def refuse(self, status, message, code=None, **headers):
        return self.then(status, {"error": {"message": message, "code": code, "type": "error"}}, **headers)


class _Handler(BaseHTTPRequestHandler):
    canned: Canned

    def do_POST(self):
        content = self.rfile.read(int(self.headers["content-length"]))
        self.canned.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}, content))
        if self.canned.meeting:
            self.canned.meeting.wait()
        status, body, headers = self.canned.answers.pop(0) if self.canned.answers else (200, None, {})
        if status == "hang":
            self.canned.release.wait(20)
            return
        if status == "break":
            self.connection.close()
            return
        self.answer(status, self.made(content) if body is None else body, headers)

    def do_GET(self):
        self.canned.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}, b""))
        if self.path == "/picture.png":
            self.answer(200, png(color=(0, 0, 255)), {"content-type": "image/png"})
        else:
            self.answer(410, b"gone", {})

    def made(self, content):
        """Pictures as they were asked for."""
        asked = json.loads(content) if content.startswith(b"{") else {"n": 1}
        width, height = map(int, asked.get("size", "8x8").split("x"))
        packed = base64.b64encode(png(width, height)).decode()
        return {"created": 1_700_000_000, "data": [{"b64_json": packed}] * asked.get("n", 1)}

    def answer(self, status, body, headers):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in ({"content-type": "application/json"} | headers).items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *told):
        pass


@contextmanager
def serving():
    """A service with its address as `url`."""
    told = Canned()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"canned": told}))
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True)
    thread.start()
    told.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield told
    finally:
        told.release.set()
        server.shutdown()
        server.server_close()
        thread.join()
