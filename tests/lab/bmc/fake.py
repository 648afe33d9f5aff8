# SPDX-License-Identifier: Apache-2.0
"""A machine in memory: what a BMC drives when there is no emulator. It takes its time, and it can fail.

Any machine that a Bmc drives has what is public here, except `booted` and the arguments.
"""
import time
import uuid
from dataclasses import dataclass

from . import keys


@dataclass
class Way:
    """What the firmware is told for one boot."""
    target: str = "None"       # of Boot: "Pxe", "UefiHttp", "Cd", "Hdd", …; "None": its own order
    mode: str = "UEFI"         # or "Legacy"
    uri: str | None = None     # of UefiHttp; None: what DHCP says
    option: str | None = None  # the boot option that UefiBootNext chose


class FakeMachine:
    def __init__(self, name="node", *, post=0.05, shutdown=0.05, power=0.0, deaf=False, dead=False, gpus=()):
        """
        Seconds: post from power-on to the system, shutdown of a system that is asked to, power until the supply is on or off.
        deaf: the system does not hear that it is to shut down. dead: it does not switch on. gpus: (model, serial) each.
        """
        self.name, self.uuid, self.serial = name, str(uuid.uuid4()), f"FAKE{uuid.uuid4().hex[:8].upper()}"
        self.mac = "52:54:00:" + ":".join(uuid.uuid4().hex[i:i + 2] for i in (0, 2, 4))
        self.macs, self.gpus = [self.mac], list(gpus)
        self.cpus, self.memory = 8, 32768   # MiB
        self.drives = [("nvme", f"{self.serial}D0", 960 << 30), ("sata", f"{self.serial}D1", 480 << 30)]
        self.post, self.shutdown, self.power, self.deaf, self.dead = post, shutdown, power, deaf, dead
        self.booted = []               # a Way for every boot, the order's choice in `target` when nothing overrode it
        self.erased = []               # serials of drives, by the BMC
        self._keys = dict(keys.factory())
        self.medium = None             # what is in the virtual drive
        self._options = {"Boot0000": ("Virtual CD", "Cd"), "Boot0001": (f"UEFI PXEv4 ({self.mac})", "Pxe"),
                         "Boot0002": (f"UEFI HTTPv4 ({self.mac})", "UefiHttp"), "Boot0003": ("debian", "Hdd")}
        self._order = ["Boot0003", "Boot0001", "Boot0002", "Boot0000"]
        self._on, self._since, self._off_at, self._hung, self._restart = False, 0.0, None, False, False

    # ---- power ----------------------------------------------------------------------------------

    def running(self):
        """Whether it has power. A system that was asked to shut down is off in the end."""
        if self._on and self._off_at is not None and time.monotonic() >= self._off_at:
            self._on = False
        return self._on

    def progress(self):
        """Of the boot: "None", "Firmware", "Loader", "System", as far as a BMC can see."""
        if not self.running():
            return "None"
        return "Firmware" if self._hung or time.monotonic() < self._since + self.post else "System"

    def power_on(self, way):
        if self.dead:
            raise RuntimeError(f"{self.name}: the power supply does not switch on")
        if self.running():
            raise RuntimeError(f"{self.name} is switched on already")
        time.sleep(self.power)
        self._begin(way)

    def _begin(self, way):
        self._on, self._since, self._off_at, self._hung, self._restart = True, time.monotonic(), None, False, False
        if way.target == "None" or (way.target == "Cd" and not self.medium):
            way = Way(self._options[self._order[0]][1] if self._order else "None", way.mode)
        self.booted.append(way)

    def force_off(self):
        time.sleep(self.power)
        self._on, self._off_at, self._hung = False, None, False

    def shut_down(self):
        """Asks the system; one that has not started yet, or is deaf, does not hear it."""
        if self.running() and not self.deaf and self.progress() == "System" and self._off_at is None:
            self._off_at = time.monotonic() + self.shutdown

    def reset(self, way):
        if self.running():
            self._begin(way)

    def hang(self):
        """It has power and does nothing, until that is taken away."""
        self._hung = True

    # ---- what it does by itself -----------------------------------------------------------------

    def restart(self):
        """The system restarts the machine, as after an installation."""
        self._restart = True

    def wants_restart(self):
        """Whether the machine waits for the next boot, which the BMC's settings decide."""
        return self._restart and self.running()

    # ---- boot order and media -------------------------------------------------------------------

    def boot_options(self):
        """reference -> (what it is called, the kind of target)"""
        return dict(self._options)

    def boot_order(self):
        return list(self._order)

    def set_boot_order(self, order):
        self._order = list(order)

    def insert(self, source):
        self.medium = source

    def eject(self):
        self.medium = None

    def keys(self):
        """Of Secure Boot, by database: keys.Key."""
        return dict(self._keys)

    def set_keys(self, changed):
        self._keys.update(changed)

    targets = ("None", "Pxe", "Cd", "Usb", "Hdd", "BiosSetup", "UefiHttp", "UefiShell", "UefiBootNext")  # of an override
    modes = ("UEFI", "Legacy")  # the first is what it starts in
    wants_file = False  # insert() takes a file, which the BMC fetches first; else it takes the URL

    def erase(self, serial):
        """All of a drive, by the drive itself."""
        self.erased.append(serial)
