# SPDX-License-Identifier: Apache-2.0
"""BMCs that mean harm, or might as well. What is spoilt is the GET of Bmc's `at`: the system's without, everything but the service root with "*"."""
import contextlib
import json
import socket
import threading

from ..exchange import Response
from ..tree import ROOT
from .profile import Profile


class Hostile(Profile):
    def aimed(self, request):
        at = self.bmc.at or self.bmc.system_uri
        return request.method == "GET" and (request.path == at or (at == "*" and request.path != ROOT))

    def encode(self, request, response):
        response = super().encode(request, response)
        if self.aimed(request) and response.status == 200 and isinstance(response.body, dict):
            spoilt = self.spoil(response.body)
            response.body = spoilt if isinstance(spoilt, (dict, bytes)) else response.body
        return response

    def spoil(self, body):
        """Another body: an object, or bytes."""
        return body


class Huge(Hostile):
    """An answer of 5.8 MB, as one of an SR670 is: to be read all the same."""
    size = 5_800_000

    def spoil(self, body):
        entry = json.dumps({"Name": "x" * 100, "Values": list(range(20))}).encode()
        filler = b", ".join([entry] * (self.size // len(entry) + 1))
        return json.dumps(body).encode()[:-1] + b', "Oem": {"Filler": [' + filler + b"]}}"


class TooHuge(Huge):
    """17 MB: more than anybody should read."""
    size = 17_000_000


class Deep(Hostile):
    """Objects in objects."""
    levels = 100_000

    def spoil(self, body):
        return json.dumps(body).encode()[:-1] + b', "Oem": ' + b'{"a":' * self.levels + b"1" + b"}" * self.levels + b"}"


class WrongTypes(Hostile):
    """Every property has another type than it should, as have those inside."""

    def spoil(self, body):
        return {k: self._other(v) for k, v in body.items()}

    def _other(self, value):
        if isinstance(value, dict):
            return [self._other(v) for v in value.values()]
        if isinstance(value, list):
            return {str(n): self._other(v) for n, v in enumerate(value)}
        return {str: 17, bool: "true", int: "5", float: "1.5"}.get(type(value), [None])


class NullTypes(Hostile):
    """Every property is null."""

    def spoil(self, body):
        return dict.fromkeys(body)


class NotJson(Hostile):
    """A page for people, and 200."""

    def encode(self, request, response):
        response = super().encode(request, response)
        if isinstance(response.body, bytes):
            response.headers["Content-Type"] = "text/html"
        return response

    def spoil(self, body):
        return b"<!DOCTYPE html><html><body><h1>Please log in</h1></body></html>\n"


class DuplicateKeys(Hostile):
    """Each property stands there twice, with null at first."""

    def spoil(self, body):
        return b"{" + b", ".join(json.dumps(k).encode() + b": null" for k in body) + b", " + json.dumps(body).encode()[1:]


class Truncated(Hostile):
    """JSON that ends in the middle, with a right length."""

    def spoil(self, body):
        return json.dumps(body).encode()[:-len(json.dumps(body)) // 2]


class Drip(Hostile):
    """A byte a second."""
    pause = 1.0

    def send(self, handler, request, head, body):
        if not self.aimed(request):
            super().send(handler, request, head, body)
            return
        handler.wfile.write(head)
        for n in range(len(body)):
            if self.bmc.ended.wait(self.pause):
                break
            handler.wfile.write(body[n:n + 1])


class ClosesInTheMiddle(Hostile):
    """The connection ends after half of the body."""

    def send(self, handler, request, head, body):
        handler.wfile.write(head + (body[:len(body) // 2] if self.aimed(request) else body))
        handler.close_connection = handler.close_connection or self.aimed(request)


class EndlessBody(Hostile):
    """A body without length that does not end, as fast as it is read."""

    def encode(self, request, response):
        response = super().encode(request, response)
        if self.aimed(request) and response.status == 200:
            response.stream = self._more()
        return response

    def _more(self):
        yield b'{"a": ['
        while not self.bmc.ended.is_set():
            yield b"1234567890," * 1000


class EndlessPages(Hostile):
    """Every page of a collection has members that there are not, and names another next page."""

    def before(self, request):
        skip = request.query.get("$skip")
        if skip is not None and request.method == "GET":
            n = int(skip)
            return Response(200, {"@odata.id": request.path, "Name": "Endless", "Members@odata.count": 1 << 40,
                                  "Members": [{"@odata.id": f"{request.path}/x{n}"}],
                                  "Members@odata.nextLink": f"{request.path}?$skip={n + 1}"})
        return super().before(request)

    def shape(self, request, body):
        if "Members" in body:
            body["Members@odata.nextLink"] = f"{request.path}?$skip=1"
        return super().shape(request, body)


class OtherOrigin(Profile):
    """Links, and the next page, lead to another server. It counts who comes: nobody should."""

    def __init__(self, bmc):
        super().__init__(bmc)
        self.contacts, self._trap = 0, socket.create_server(("127.0.0.1", 0))
        self.elsewhere = f"https://127.0.0.1:{self._trap.getsockname()[1]}"
        threading.Thread(target=self._count, daemon=True).start()

    def _count(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._trap.accept()
                self.contacts += 1
                client.close()

    def end(self):
        """Awake the thread that waits; a closed socket would not."""
        with contextlib.suppress(OSError):
            self._trap.shutdown(socket.SHUT_RDWR)
        self._trap.close()
        super().end()

    def shape(self, request, body):
        if request.path == ROOT:
            return super().shape(request, body)
        if "Members" in body:
            body["Members@odata.nextLink"] = f"{self.elsewhere}{request.path}?$skip=1"
        return super().shape(request, self._lead_away(body))

    def _lead_away(self, value):
        if isinstance(value, dict):
            return {k: self.elsewhere + v if k in ("@odata.id", "target", "@Redfish.ActionInfo") else self._lead_away(v)
                    for k, v in value.items()}
        return [self._lead_away(v) for v in value] if isinstance(value, list) else value


class OtherLocation(OtherOrigin):
    """The Location of whatever is made, a session or a task, is at another server."""
    all_tasks = True

    def shape(self, request, body):
        return body

    def encode(self, request, response):
        response = super().encode(request, response)
        if "Location" in response.headers:
            response.headers["Location"] = self.elsewhere + response.headers["Location"]
        return response


class Redirects(OtherOrigin):
    """Every GET but the root's is sent to another server."""

    def shape(self, request, body):
        return body

    def before(self, request):
        if request.method == "GET" and request.path != ROOT:
            return Response(307, None, {"Location": self.elsewhere + request.path})
        return super().before(request)


PROFILES = {"huge": Huge, "too-huge": TooHuge, "deep": Deep, "wrong-types": WrongTypes, "null-types": NullTypes, "not-json": NotJson,
            "duplicate-keys": DuplicateKeys, "truncated": Truncated, "drip": Drip, "closes-in-the-middle": ClosesInTheMiddle,
            "endless-body": EndlessBody, "endless-pages": EndlessPages, "other-origin": OtherOrigin, "other-location": OtherLocation,
            "redirects": Redirects}
