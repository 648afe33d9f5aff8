# SPDX-License-Identifier: Apache-2.0
"""The Boot object of a system: ComputerSystem of DSP8010.

An override of "Once" is taken by the next power-on or reset, and only by that: the firmware hands it back as "Disabled". "Continuous"
stays. Neither touches the boot order.
"""
from .checks import Choice, Many, Text
from .errors import Refusal
from .fake import Way

ENABLED = ("Disabled", "Once", "Continuous")
UEFI_ONLY = ("UefiHttp", "UefiShell", "UefiBootNext")


class Boot:
    def __init__(self, machine, profile):
        self.machine, self.profile = machine, profile
        self.now = {"BootSourceOverrideEnabled": "Disabled", "BootSourceOverrideTarget": "None"}
        if profile.boot_mode:
            self.now["BootSourceOverrideMode"] = machine.modes[0]
        if profile.boot_uri:
            self.now["HttpBootUri"] = None
        self.now["BootNext"] = None

    def targets(self):
        return [self.profile.boot_names.get(t, t) for t in self.machine.targets]

    def read(self):
        made = dict(self.now)
        made["BootSourceOverrideTarget@Redfish.AllowableValues"] = self.targets()
        made["BootSourceOverrideEnabled@Redfish.AllowableValues"] = list(ENABLED)
        if "BootSourceOverrideMode" in made:
            made["BootSourceOverrideMode@Redfish.AllowableValues"] = list(self.machine.modes)
        made["BootOrder"] = self.machine.boot_order()
        return made

    def writes(self):
        checks = {"BootSourceOverrideEnabled": Choice(ENABLED), "BootSourceOverrideTarget": Choice(self.targets),
                  "BootNext": Choice(self.machine.boot_options, nullable=True),
                  "BootOrder": Many(Choice(self.machine.boot_options))}
        if self.profile.boot_mode:
            checks["BootSourceOverrideMode"] = Choice(self.machine.modes)
        if self.profile.boot_uri:
            checks["HttpBootUri"] = Text(nullable=True)
        return checks

    def update(self, changes):
        changes = self.profile.boot_change(self, dict(changes))
        order = changes.pop("BootOrder", None)
        wanted = {**self.now, **changes}
        self._consistent(wanted)
        if order is not None:
            self._reorder(order)
        self.now = wanted

    def _consistent(self, wanted):
        target, mode = wanted["BootSourceOverrideTarget"], wanted.get("BootSourceOverrideMode", "UEFI")
        if target in UEFI_ONLY and mode == "Legacy":
            raise Refusal(400, "PropertyValueConflict", "Boot/BootSourceOverrideTarget", "Boot/BootSourceOverrideMode",
                          related=["/Boot/BootSourceOverrideTarget"])
        if target == "UefiBootNext" and not wanted["BootNext"]:
            raise Refusal(400, "PropertyValueConflict", "Boot/BootSourceOverrideTarget", "Boot/BootNext",
                          related=["/Boot/BootSourceOverrideTarget"])
        if target == "UefiBootNext" and wanted["BootSourceOverrideEnabled"] == "Continuous":
            raise Refusal(400, "PropertyValueConflict", "Boot/BootSourceOverrideEnabled", "Boot/BootSourceOverrideTarget",
                          related=["/Boot/BootSourceOverrideEnabled"])

    def _reorder(self, order):
        """All options, each once: an order that leaves one out would lose it."""
        if sorted(order) != sorted(self.machine.boot_order()):
            raise Refusal(400, "PropertyValueFormatError", order, "Boot/BootOrder", related=["/Boot/BootOrder"])
        self.machine.set_boot_order(order)

    def way(self, uri=None):
        """Of the boot that begins now. uri: what firmware settings say beside Boot (Bios)."""
        way = Way(mode=self.now.get("BootSourceOverrideMode", self.machine.modes[0]))
        if self.now["BootSourceOverrideEnabled"] != "Disabled" and not self.profile.override_ignored:
            names = {v: k for k, v in self.profile.boot_names.items()}
            target = self.now["BootSourceOverrideTarget"]
            way.target = names.get(target, target)
            way.uri = (self.now.get("HttpBootUri") or uri) if way.target == "UefiHttp" else None
            way.option = self.now["BootNext"] if way.target == "UefiBootNext" else None
        return way

    def taken(self):
        """The boot has begun, and "Once" is over."""
        if self.now["BootSourceOverrideEnabled"] == "Once" and not self.profile.once_kept:
            self.now.update(BootSourceOverrideEnabled="Disabled", BootSourceOverrideTarget="None")
