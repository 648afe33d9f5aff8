# SPDX-License-Identifier: Apache-2.0
"""Power and what the firmware makes of an override (quirks 5 and 10)."""
from ..errors import Refusal
from .profile import Profile
from .vendors import Dell9, Dell10, Lenovo, Supermicro


class Noop409(Dell9):
    """409 to a Reset that changes nothing."""

    def power_nothing(self, kind):
        raise Refusal(409, "IDRAC.2.8.PSU501", "The server is in the requested power state already.")


class RestartHangs(Lenovo):
    """Lenovo SR675 V3: after ForceRestart the machine has power and never starts, until it has been off."""
    restart_hangs = True


class OnceKept(Supermicro):
    """A one-time override stays."""
    once_kept = True


class OnceIgnored(Profile):
    """The firmware starts by its own order; the override is handed back as if it had been taken."""
    override_ignored = True


class NetworkFirst(Profile):
    """When a system has been started from a disk, the firmware puts network options in front of the order."""

    def booted(self, way):
        machine = self.bmc.machine
        options = machine.boot_options()
        order = sorted(machine.boot_order(), key=lambda name: options[name][1] not in ("Pxe", "UefiHttp"))
        if machine.boot_order() != order and way.target in ("Hdd", "None"):
            machine.set_boot_order(order)


class Unordered(Dell10):
    """Dell R770: the collection of boot options is in another order than BootOrder."""
    options_reversed = True


PROFILES = {"power-noop-409": Noop409, "force-restart-hangs": RestartHangs, "once-is-kept": OnceKept, "once-is-ignored": OnceIgnored,
            "network-comes-first": NetworkFirst, "options-unordered": Unordered}
