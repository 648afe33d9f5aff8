# SPDX-License-Identifier: Apache-2.0
"""HTTPS: a thread a connection, requests read and answers written. What is said stands in service.py."""
import contextlib
import http.server
import itertools
import socket
import ssl
import struct
import sys
import threading
import urllib.parse

from .exchange import Request

LONGEST_BODY = 64 << 20   # bytes; firmware is pushed whole
SECONDS = 60              # that a connection may be silent


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = SECONDS
    disable_nagle_algorithm = True
    nth = 0

    def setup(self):
        # Here and not at accept(): a slow handshake holds up nobody else.
        self.request.settimeout(SECONDS)
        self.request.do_handshake()
        super().setup()

    def _answer(self):
        self.nth += 1
        if self.server.bmc.profile.connection(self, self.nth):
            self._reset()
            return
        request = self._read()
        if request is None:
            self.send_error(413)
            self.close_connection = True
            return
        response = self.server.bmc.answer(request)
        if response.stream is not None:
            self._stream(response)
        else:
            self._send(request, response)

    do_GET = do_HEAD = do_POST = do_PATCH = do_PUT = do_DELETE = do_OPTIONS = _answer

    def _read(self):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        body = self._body()
        if body is None:
            return None
        path = urllib.parse.unquote(url.path)
        return Request(self.command, path.rstrip("/") or "/", query, {k.lower(): v for k, v in self.headers.items()}, body,
                       self.server.number_of(self.request), self.nth)

    def _body(self):
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._chunks()
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > LONGEST_BODY:
            return None
        return self.rfile.read(int(length))

    def _chunks(self):
        """RFC 9112, 7.1."""
        body = b""
        while True:
            size = self.rfile.readline(1024).split(b";")[0].strip()
            try:
                length = int(size, 16)
            except ValueError:
                return None
            if length < 0 or len(body) + length > LONGEST_BODY:
                return None
            body += self.rfile.read(length)
            if self.rfile.readline(1024).strip() and length:
                return None
            if not length:
                return body

    def _head(self, response, length):
        lines = [f"HTTP/1.1 {response.status} {self.responses.get(response.status, ('',))[0]}",
                 f"Date: {self.date_time_string()}", "Server: BMC"]
        lines += [f"{name}: {value}" for name, value in response.headers.items()]
        if length is not None and response.status not in (204, 304):
            lines.append(f"Content-Length: {length}")
        if self.close_connection or length is None:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")

    def _send(self, request, response):
        body = response.encoded()
        head = self._head(response, len(body))
        self.server.bmc.profile.send(self, request, head, b"" if request.method == "HEAD" else body)

    def _stream(self, response):
        self.wfile.write(self._head(response, None))
        self.close_connection = True
        for part in response.stream:
            self.wfile.write(part)

    def _reset(self):
        """The peer sees a reset, not an end."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.server.drop(self.connection)

    def log_message(self, *args):
        """What has been asked is in bmc.requests."""


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 64

    def __init__(self, bmc, address, context):
        self.bmc, self.context = bmc, context
        self._open, self._count, self._lock = {}, itertools.count(1), threading.Lock()
        super().__init__(address, Handler)

    def get_request(self):
        plain, address = super().get_request()
        wrapped = self.context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        with self._lock:
            self._open[wrapped] = next(self._count)
        return wrapped, address

    def number_of(self, connection):
        return self._open.get(connection, 0)

    def drop(self, connection):
        with self._lock:
            self._open.pop(connection, None)
        with contextlib.suppress(OSError):
            connection.close()

    def shutdown_request(self, request):
        # Without TLS's own goodbye, which may wait for a peer that has gone.
        with contextlib.suppress(OSError):
            request.shutdown(socket.SHUT_RDWR)
        self.drop(request)

    def handle_error(self, request, client_address):
        """A peer that goes away or does not trust us is no fault of ours; anything else is, and is kept for the test."""
        error = sys.exc_info()[1]
        if isinstance(error, (ssl.SSLError, OSError)):
            self.bmc.lost.append(error)
        else:
            self.bmc.broken.append(error)

    def close(self):
        self.shutdown()
        with self._lock:
            left = list(self._open)
        for connection in left:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()
