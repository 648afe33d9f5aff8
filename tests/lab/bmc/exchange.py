# SPDX-License-Identifier: Apache-2.0
"""One request and its answer."""
import json
import time
from dataclasses import dataclass, field


@dataclass
class Request:
    """Also what a test looks at afterwards: bmc.requests."""
    method: str
    path: str                  # without the query and a closing slash
    query: dict                # name -> value
    headers: dict              # names in lower case
    body: bytes = b""
    connection: int = 0        # which connection of this service, counted from 1
    nth: int = 1               # which request of that connection
    user: str = ""             # who was recognised
    token: str = ""            # of the session by which
    status: int = 0            # of the answer
    at: float = field(default_factory=time.monotonic)  # seconds

    @property
    def json(self):
        """The body as a test sees it; None without one."""
        return json.loads(self.body) if self.body else None


@dataclass
class Response:
    status: int
    body: object = None        # what becomes JSON; bytes go as they are
    headers: dict = field(default_factory=dict)
    stream: object = None      # an iterator of bytes, instead of a body: the connection ends with it

    def encoded(self):
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
