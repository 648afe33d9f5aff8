# SPDX-License-Identifier: Apache-2.0
"""Not now (quirks 4, 5 and 6)."""
import time
from collections import Counter

from ..errors import Refusal
from .profile import Profile
from .vendors import Hpe10


class PostBusy(Hpe10):
    """HPE: settings cannot be changed while the machine starts; here also for a while after the first try, whenever that is."""
    seconds = 1.0
    first = None

    def before(self, request):
        if request.method == "PATCH" and request.path.startswith(self.bmc.system_uri):
            self.first = self.first or time.monotonic()
            if time.monotonic() < self.first + self.seconds or self.bmc.machine.progress() == "Firmware":
                raise Refusal(409, "iLO.2.14.UnableToModifyDuringSystemPOST", "Unable to modify the setting while the system is in POST.")
        return super().before(request)


class Transient(Profile):
    """The first two tries to change anything are refused."""
    tries = 2
    refusal = (409, "ResourceInUse")

    def __init__(self, bmc):
        super().__init__(bmc)
        self._seen = Counter()

    def before(self, request):
        if request.method in ("PATCH", "POST", "DELETE") and request.path.startswith(self.bmc.system_uri):
            self._seen[request.method, request.path] += 1
            if self._seen[request.method, request.path] <= self.tries:
                raise self._refuse()
        return super().before(request)

    def _refuse(self):
        return Refusal(*self.refusal)


class Unavailable(Transient):
    """503 with Retry-After, twice."""

    def _refuse(self):
        return Refusal(503, "ServiceTemporarilyUnavailable", 1, headers={"Retry-After": "1"})


class AlwaysConflict(Transient):
    """A conflict that does not pass: a client must give up."""
    tries = 1 << 30


class ResetsReused(Hpe10):
    """Some HPE: a connection that is used again is reset."""

    def connection(self, handler, nth):
        return nth > 1


PROFILES = {"post-busy": PostBusy, "transient-conflict": Transient, "unavailable": Unavailable, "always-conflict": AlwaysConflict,
            "resets-reused-connections": ResetsReused}
