"""A small OpenAI-compatible service on 127.0.0.1 whose replies a test scripts."""

import json
import threading
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Service:
    """``script`` is called with the request's body and its number, and returns what to send."""

    def __init__(self, script, models=("tiny",)):
        self.script = script
        self.models = models
        self.asked = []
        self.headers = []
        self.open_calls = 0
        self.most_open = 0
        self.lock = threading.Lock()
        self.url = ""

    def texts(self):
        return [body["messages"][-1]["content"] for body in self.asked]


def answer(text, *, model="tiny", finish="stop", **more):
    """Return a plain reply."""
    return 200, {
        "model": model,
        "choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": finish}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 3},
        **more,
    }


def echo(body, _number):
    """Answer with the last message, in capitals."""
    return answer(body["messages"][-1]["content"].upper())


class Handler(BaseHTTPRequestHandler):
    service: Service

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self._send(200, {"data": [{"id": name} for name in self.service.models]})

    def do_POST(self):
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        with self.service.lock:
            self.service.asked.append(json.loads(raw))
            self.service.headers.append(dict(self.headers))
            number = len(self.service.asked)
            self.service.open_calls += 1
            self.service.most_open = max(self.service.most_open, self.service.open_calls)
        try:
            self._reply(self.service.script(self.service.asked[number - 1], number))
        finally:
            with self.service.lock:
                self.service.open_calls -= 1

    def _reply(self, said):
        if said == "reset":
            self.close_connection = True
            self.connection.close()
        elif said == "trickle":
            self.send_response(200)
            self.send_header("Content-Length", "1000000")
            self.end_headers()
            for _ in range(100):
                try:
                    self.wfile.write(b" ")
                    self.wfile.flush()
                except OSError:
                    return
                time.sleep(0.05)
        else:
            self._send(*said)

    def _send(self, status, body, headers=()):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(raw)


@contextmanager
def serving(script, **more):
    """Serve until the block ends."""
    service = Service(script, **more)

    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"service": service}))
    server.daemon_threads = True
    service.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
