# SPDX-License-Identifier: Apache-2.0
"""Power of a machine: Reset's types, what each does, and what the machine does by itself."""
from .errors import Refusal, error_body, message
from .exchange import Response

RESET_TYPES = ("On", "ForceOff", "GracefulShutdown", "GracefulRestart", "ForceRestart", "PowerCycle", "ForceOn", "PushPowerButton")
NEEDS_POWER = ("GracefulRestart", "ForceRestart", "PowerCycle")
CYCLE_SECONDS = 0.2  # between off and on again
PROGRESS = {"None": "None", "Firmware": "SystemHardwareInitializationComplete", "Loader": "OSBootStarted",
            "System": "OSRunning"}


class Power:
    """on_boot is called when a boot begins, before the machine knows its way: settings that wait for it are applied there."""

    def __init__(self, bmc, boot, on_boot):
        self.bmc, self.machine, self.profile, self.boot, self.on_boot = bmc, bmc.machine, bmc.profile, boot, on_boot
        self._then_on = False      # after a graceful restart's shutdown
        self._was, self._change = self.machine.running(), None
        self.last_reset = bmc.now()

    def state(self):
        """PowerState: what the machine is, or what it is becoming."""
        running = self.machine.running()
        if self._change == "PoweringOff" and running:
            return self._change
        return "On" if running else "Off"

    def progress(self):
        return PROGRESS[self.machine.progress()]

    def reset(self, kind):
        if not self._changes(kind):
            return self.profile.power_nothing(kind) or Response(200, error_body([message("NoOperation")]))
        if kind in NEEDS_POWER and not self.machine.running():
            raise Refusal(409, "ActionNotSupported", f"ComputerSystem.Reset ({kind}) of a system without power")
        try:
            self._do(kind)
        except RuntimeError as failed:
            raise Refusal(500, "InternalError", failed) from failed
        return None

    def _changes(self, kind):
        on = self.machine.running()
        return not ((kind in ("On", "ForceOn") and on) or (kind in ("ForceOff", "GracefulShutdown") and not on))

    def _do(self, kind):
        if kind == "PushPowerButton":
            kind = "GracefulShutdown" if self.machine.running() else "On"
        if kind in ("On", "ForceOn"):
            self._on()
        elif kind == "ForceOff":
            self._off()
        elif kind in ("GracefulShutdown", "GracefulRestart"):
            self._then_on, self._change = kind == "GracefulRestart", "PoweringOff"
            self.machine.shut_down()
        elif kind == "PowerCycle":
            self._off()
            self.bmc.clock.after(CYCLE_SECONDS, self._on_if_off)
        else:
            self._restart()

    def _on(self):
        self._then_on, self._change, self.last_reset = False, None, self.bmc.now()
        self._begins(self.machine.power_on)

    def _on_if_off(self):
        if not self.machine.running():
            self._begins_aside(self._on)

    def _off(self):
        self._then_on, self._change = False, None
        self.machine.force_off()

    def _restart(self):
        self._then_on, self._change, self.last_reset = False, None, self.bmc.now()
        if self.profile.restart_hangs:
            self.machine.hang()
        else:
            self._begins(self.machine.reset)

    def _begins(self, start):
        way = self.boot.way(self.on_boot())
        start(way)
        self.boot.taken()
        self.profile.booted(way)

    def _begins_aside(self, start):
        """By the clock, where nobody waits for an answer."""
        try:
            start()
        except RuntimeError as failed:
            self.bmc.log("PowerFailed", str(failed), self.bmc.system_uri)

    def look(self):
        """By the clock: a system that has shut down, one that restarts, and what is to be told of it."""
        if self.machine.wants_restart():
            self.last_reset = self.bmc.now()
            self._begins_aside(lambda: self._begins(self.machine.reset))
        running = self.machine.running()
        if running != self._was:
            self._was = running
            self.bmc.log("PowerStateChanged", f"The power state is {'On' if running else 'Off'}.", self.bmc.system_uri)
        if not running and self._then_on:
            self._begins_aside(self._on)
        elif not running:
            self._change = None
