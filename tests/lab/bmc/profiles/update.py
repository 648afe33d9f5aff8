# SPDX-License-Identifier: Apache-2.0
"""Updates of firmware, and keys of Secure Boot, as BMCs really take them."""
import time

from ..errors import Refusal
from .profile import Profile

PUSHES = ("update-multipart", "update", "UpdateService.SimpleUpdate")


class Busy(Profile):
    """The update service is busy with something else: 503 to the first two images."""
    seconds, tries = 1, 2
    seen = 0

    def before(self, request):
        if request.method == "POST" and request.path.endswith(PUSHES):
            self.seen += 1
            if self.seen <= self.tries:
                raise Refusal(503, "ServiceTemporarilyUnavailable", self.seconds, headers={"Retry-After": str(self.seconds)})
        return super().before(request)


class Fails(Profile):
    """The image is taken, and the task says that it does not fit."""

    def firmware_change(self, name, version):
        raise Refusal(400, "Vendor.1.0.ImageMismatch", f"The image is not for this {name}.")


class Restarts(Profile):
    """The BMC restarts at the end of the update: connections are reset for a while, its sessions are lost, and so is the task."""
    away_seconds = 1.0
    _back = 0.0

    def task_work(self, work):
        def and_restart():
            work()
            with self.bmc.lock:
                self.bmc.manager.restart()
                self.bmc.tasks.forget()
                self._back = time.monotonic() + self.away_seconds
        return and_restart

    def connection(self, handler, nth):
        return time.monotonic() < self._back


class Silent(Profile):
    """The task ends well, and the version is what it was."""

    def firmware_change(self, name, version):
        return {}


class RefusesParts(Profile):
    """There is a MultipartHttpPushUri, which answers 405; HttpPushUri takes files."""
    push_ways = ("multipart", "plain")

    def before(self, request):
        if request.path.endswith("update-multipart"):
            raise Refusal(405, "OperationNotAllowed")
        return super().before(request)


class NoFiles(Profile):
    """It fetches images, and takes none."""
    push_ways = ()


class NoProtocol(Profile):
    """SimpleUpdate refuses TransferProtocol: the address says it."""

    def before(self, request):
        if request.path.endswith("UpdateService.SimpleUpdate") and b"TransferProtocol" in request.body:
            raise Refusal(400, "ActionParameterUnknown", "UpdateService.SimpleUpdate", "TransferProtocol")
        return super().before(request)


class KeysAtReset(Profile):
    """Keys are handed to the firmware, which takes them at the next start."""
    keys_at_reset = True


PROFILES = {"update-busy": Busy, "update-fails": Fails, "update-restarts": Restarts, "update-silent": Silent,
            "update-refuses-parts": RefusesParts, "update-no-files": NoFiles, "update-no-protocol": NoProtocol,
            "keys-at-reset": KeysAtReset}
