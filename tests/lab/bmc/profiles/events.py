# SPDX-License-Identifier: Apache-2.0
"""Streams of events that are unusual, or mean harm."""
from .profile import Profile


class Absent(Profile):
    """There is no stream."""
    event_stream = False


class Ends(Profile):
    """The stream ends after each event."""

    def events(self, parts):
        for part in parts:
            yield part
            if part.startswith(b"id:"):
                return


class Bytes(Profile):
    """The same bytes, cut anywhere, and lines that end in CR alone."""

    def events(self, parts):
        for part in parts:
            for byte in part.replace(b"\n", b"\r"):
                yield bytes([byte])


class EndlessLine(Profile):
    """A line that does not end."""

    def events(self, parts):
        yield b"data: "
        while not self.bmc.ended.is_set():
            yield b"x" * 65536


class EndlessEvent(Profile):
    """An event whose lines do not end."""

    def events(self, parts):
        while not self.bmc.ended.is_set():
            yield (b"data: " + b"x" * 1000 + b"\n") * 60


class NoJson(Profile):
    """Events that are no JSON; those that come after them are."""

    def events(self, parts):
        yield b"data: <html>\n\ndata: [1]\n\n"
        yield from parts


class NotAStream(Profile):
    """Where the stream should be there is a page."""

    def encode(self, request, response):
        response = super().encode(request, response)
        if response.stream is not None:
            response.stream, response.body = None, b"<html>log in</html>"
            response.headers["Content-Type"] = "text/html"
        return response


PROFILES = {"sse-absent": Absent, "sse-ends": Ends, "sse-bytes": Bytes, "sse-endless-line": EndlessLine,
            "sse-endless-event": EndlessEvent, "sse-no-json": NoJson, "sse-page": NotAStream}
