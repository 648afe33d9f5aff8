# SPDX-License-Identifier: Apache-2.0
"""A rack is asked through a socket in its folder: a request and its answer are a line of JSON each, {"do": …} and {"ok": …}."""
import contextlib
import json
import os
import socket
import threading

NAME = "control"
LONGEST = 64 << 10   # bytes of a request; an answer may be longer
SECONDS = 10         # that one side waits for the other


class Gone(Exception):
    """Nobody answers."""


@contextlib.contextmanager
def _address(folder):
    """A socket's path is 107 bytes at most, wherever the folder is."""
    inside = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{inside}/{NAME}"
    finally:
        os.close(inside)


class Control:
    """answer(request) gives what goes back, on a thread of its own for each connection; ValueError is told to whoever asks."""

    def __init__(self, folder, answer):
        self._answer, self._path = answer, folder / NAME
        self._path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX)
        with _address(folder) as address:
            self._socket.bind(address)
        self._path.chmod(0o600)
        self._socket.listen(16)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=[client], daemon=True).start()

    def _talk(self, client):
        with client, contextlib.suppress(OSError):
            client.settimeout(SECONDS)
            with client.makefile("rb") as lines:
                reply = self._reply(lines.readline(LONGEST))
            client.sendall(json.dumps(reply).encode() + b"\n")

    def _reply(self, line):
        try:
            request = json.loads(line)
            if not isinstance(request, dict) or not isinstance(request.get("do"), str):
                raise ValueError('a request is {"do": WHAT}')
            return {"ok": True, **self._answer(request)}
        except (ValueError, RecursionError) as wrong:
            return {"ok": False, "why": str(wrong)}

    def close(self):
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._path.unlink(missing_ok=True)


def ask(folder, do, seconds=SECONDS, **more):
    """The answer. Raises Gone, or ValueError with what the rack says against it."""
    try:
        with socket.socket(socket.AF_UNIX) as s, _address(folder) as address:
            s.settimeout(seconds)
            s.connect(address)
            s.sendall(json.dumps({"do": do, **more}).encode() + b"\n")
            with s.makefile("rb") as lines:
                line = lines.readline()
    except OSError as failed:
        raise Gone(f"no rack answers in {folder}: {failed.strerror or failed}") from failed
    if not line:
        raise Gone(f"the rack in {folder} has ended")
    reply = json.loads(line)
    if not reply.pop("ok"):
        raise ValueError(reply["why"])
    return reply
