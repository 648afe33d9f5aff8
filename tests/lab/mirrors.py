# SPDX-License-Identifier: Apache-2.0
"""Web servers for image folders that misbehave in one way each."""
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

STALL_SECONDS = 600  # longer than any test

# How a request for a part of the payload is answered. All other files are served as they are.
WAYS = ("honest", "stalls", "corrupts", "truncates", "ignores-ranges", "other-range", "slow", "missing")


class Mirror:
    """Serves `folder` at .port on loopback until stop(); counts what it was asked for."""

    def __init__(self, folder, way="honest", payload="payload.zst"):
        assert way in WAYS
        self.folder, self.way, self.payload = Path(folder), way, payload
        self.asked, self.sent, self.stopping = 0, 0, threading.Event()
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                mirror.answer(self)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def url(self, host="127.0.0.1"):
        return f"http://{host}:{self.port}/"

    def stop(self):
        self.stopping.set()
        self.server.shutdown()
        self.server.server_close()

    def answer(self, request):
        path = self.folder / request.path.lstrip("/")
        if not path.is_file() or (path.name == self.payload and self.way == "missing"):
            request.send_error(404)
            return
        size = path.stat().st_size
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers.get("Range", ""))
        bad = path.name == self.payload and self.way
        if not wanted or bad == "ignores-ranges":
            self.head(request, 200, size, None)
            self.body(request, path, 0, size)
            return
        self.asked += 1
        first, last = int(wanted[1]), min(int(wanted[2]), size - 1)
        told = (first + 1, last + 1) if bad == "other-range" else (first, last)
        self.head(request, 206, last - first + 1, f"bytes {told[0]}-{told[1]}/{size}")
        self.body(request, path, first, last - first + 1, bad)

    @staticmethod
    def head(request, status, length, content_range):
        request.send_response(status)
        request.send_header("Content-Length", str(length))
        if content_range:
            request.send_header("Content-Range", content_range)
        request.end_headers()

    def body(self, request, path, first, length, way="honest"):
        with open(path, "rb") as f:
            f.seek(first)
            while length > 0:
                data = bytearray(f.read(min(length, 1 << 16)))
                if way == "corrupts":
                    data[len(data) // 2] ^= 0x20
                if way in ("stalls", "truncates"):
                    data = data[:len(data) // 2]
                try:
                    request.wfile.write(data)
                except OSError:
                    break
                self.sent += len(data)
                length -= len(data)
                if way == "truncates":
                    break
                if way == "stalls":
                    self.stopping.wait(STALL_SECONDS)
                    break
                if way == "slow":
                    time.sleep(2)
        if length > 0:
            request.close_connection = True
