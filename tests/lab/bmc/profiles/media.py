# SPDX-License-Identifier: Apache-2.0
"""Virtual media (quirk 7)."""
from ..errors import Refusal
from .profile import Profile
from .vendors import Dell9, Hpe10, Supermicro


class UnderManagers(Hpe10):
    """VirtualMedia stands under the manager, as in older schemas."""
    media_home = "Managers"


class Slot405(Profile):
    """The first slot can hold a CD, as it says, and its InsertMedia is 405."""
    slots = (("Cd0", ("CD", "DVD")), *Profile.slots)
    slots_that_refuse = ("Cd0",)


class DvdOnly(Profile):
    """The one slot that fits says DVD and not CD, and stands last."""
    slots = (("Floppy1", ("Floppy", "USBStick")), ("Dvd1", ("DVD",)))


class StaleInserted(Dell9):
    """At first it says Inserted, with nothing in it; InsertMedia is refused until EjectMedia has been sent."""
    stale = ("Cd1",)


class StaysInserted(Profile):
    """After EjectMedia it still says Inserted, with no Image."""
    stays_inserted = True


class Strict(Supermicro):
    """Supermicro: InsertMedia with Inserted or WriteProtected is refused."""
    media_parameters = ("Image", "UserName", "Password", "TransferProtocolType")


class EjectWantsObject(Hpe10):
    """iLO: EjectMedia needs a body, {}."""

    def before(self, request):
        if request.path.endswith("/Actions/VirtualMedia.EjectMedia") and not request.body:
            raise Refusal(400, "MalformedJSON")
        return super().before(request)


class UsbCd(Supermicro):
    """Some Supermicro: to start from the medium the target is UsbCd; Cd is not allowed."""
    boot_names = {"Cd": "UsbCd"}


PROFILES = {"media-under-managers": UnderManagers, "media-405-slot": Slot405, "media-dvd-only": DvdOnly,
            "media-stale-inserted": StaleInserted, "media-stays-inserted": StaysInserted, "media-strict": Strict,
            "eject-wants-empty-object": EjectWantsObject, "media-usbcd": UsbCd}
