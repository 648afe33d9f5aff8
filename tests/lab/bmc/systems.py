# SPDX-License-Identifier: Apache-2.0
"""The computer system: ComputerSystem of DSP8010."""
from . import media
from .boot import Boot
from .checks import Choice, Parts, Text
from .power import RESET_TYPES, Power
from .tree import ROOT, Action, Collection, Resource, link, links, status

SYSTEMS = f"{ROOT}/Systems"


class System:
    def __init__(self, bmc):
        self.bmc, self.machine, self.uri = bmc, bmc.machine, bmc.system_uri
        self.boot = Boot(bmc.machine, bmc.profile)
        self.power = Power(bmc, self.boot, self._boot_begins)
        self.tag = None
        bmc.tree.add(Collection(SYSTEMS, "ComputerSystemCollection.ComputerSystemCollection", "Computer System Collection"))
        reset = Action("ComputerSystem.Reset", lambda p: self.power.reset(p["ResetType"]),
                       {"ResetType": Choice(bmc.profile.reset_types or RESET_TYPES, needed=True)})
        bmc.tree.add(Resource(self.uri, "ComputerSystem.v1_23_1.ComputerSystem", "System", self._read, self._writes, self._update,
                              [reset]))
        self.media = media.add(bmc, self.uri) if bmc.profile.media_home == "Systems" else None

    def _read(self):
        m, profile = self.machine, self.bmc.profile
        made = {"SystemType": "Physical", "Manufacturer": profile.manufacturer, "Model": profile.model, "SerialNumber": m.serial,
                "UUID": m.uuid, "HostName": m.name, "AssetTag": self.tag, "Status": status(), "PowerState": self.power.state(),
                "LastResetTime": self.power.last_reset, "BootProgress": {"LastState": self.power.progress()}, "Boot": self.boot.read(),
                "ProcessorSummary": {"Count": 1, "CoreCount": m.cpus, "Status": status()},
                "MemorySummary": {"TotalSystemMemoryGiB": m.memory / 1024, "Status": status()},
                "Links": {"Chassis": links([f"{ROOT}/Chassis/1"] if self.bmc.tree.find(f"{ROOT}/Chassis/1") else []),
                          "ManagedBy": links([self.bmc.manager.uri])}}
        for name in ("VirtualMedia",):
            if self.bmc.tree.find(f"{self.uri}/{name}"):
                made[name] = link(f"{self.uri}/{name}")
        return made

    def _writes(self):
        return {"AssetTag": Text(nullable=True, longest=63), "Boot": Parts(self.boot.writes())}

    def _update(self, changes):
        if "Boot" in changes:
            self.boot.update(changes["Boot"])
        self.tag = changes.get("AssetTag", self.tag)

    def _boot_begins(self):
        """Settings that wait for a reset are applied; the URI that firmware settings name for UefiHttp, if any."""
        return None
