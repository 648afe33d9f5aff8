# SPDX-License-Identifier: Apache-2.0
"""The computer system: ComputerSystem of DSP8010."""
from . import inventory, media
from .bios import Bios
from .boot import Boot
from .checks import Choice, Parts, Text
from .logs import Log
from .power import RESET_TYPES, Power
from .secureboot import SecureBoot
from .tree import ROOT, Action, Collection, Resource, link, links, status

SYSTEMS = f"{ROOT}/Systems"
TYPE = "ComputerSystem.v1_23_1.ComputerSystem"
BELOW = ("Bios", "SecureBoot", "Storage", "EthernetInterfaces", "Processors", "Memory", "VirtualMedia", "LogServices")


class System:
    def __init__(self, bmc):
        self.bmc, self.machine, self.uri = bmc, bmc.machine, bmc.system_uri
        self.boot = Boot(bmc.machine, bmc.profile)
        self.power = Power(bmc, self.boot, self._boot_begins)
        self.tag, self._pending = None, {}
        bmc.tree.add(Collection(SYSTEMS, "ComputerSystemCollection.ComputerSystemCollection", "Computer System Collection"))
        for name in bmc.profile.before_systems:
            self._add_baseboard(name)
        reset = Action("ComputerSystem.Reset", lambda p: self.power.reset(p["ResetType"]),
                       {"ResetType": Choice(bmc.profile.reset_types or RESET_TYPES, needed=True)})
        bmc.tree.add(Resource(self.uri, TYPE, "System", self._read, self._writes, self._update, [reset]))
        self._add_parts()

    def _add_baseboard(self, name):
        """A system that cannot be switched or booted: no Actions, no Boot."""
        uri = f"{SYSTEMS}/{name}"
        self.bmc.tree.add(Resource(uri, TYPE, name, lambda: {
            "SystemType": "Physical", "Manufacturer": self.bmc.profile.manufacturer, "Model": name, "Status": status(),
            "Processors": link(f"{uri}/Processors")}))
        inventory.add_processors(self.bmc, uri, 0, [(f"{name} GPU", f"GPU-{n}") for n in range(8)])

    def _add_parts(self):
        bmc, m = self.bmc, self.machine
        self.media = media.add(bmc, self.uri) if bmc.profile.media_home == "Systems" else None
        self.bios, self.secure_boot = Bios(bmc, self.uri), SecureBoot(bmc, self.uri)
        self.log = Log(bmc, self.uri, "SEL")
        inventory.add_boot_options(bmc, self.uri)
        inventory.add_processors(bmc, self.uri, m.cpus, m.gpus)
        inventory.add_memory(bmc, self.uri, m.memory)
        inventory.add_nics(bmc, self.uri, m.macs)
        inventory.add_storage(bmc, self.uri)
        if bmc.profile.boot_settings:
            bmc.tree.add(Resource(f"{self.uri}/Settings", TYPE, "Settings", lambda: {"Boot": {**self._boot(), **self._pending}},
                                  self._settings_writes, self._update_settings))

    def _boot(self):
        return {**self.boot.read(), "BootOptions": link(f"{self.uri}/BootOptions")}

    def _read(self):
        m, profile = self.machine, self.bmc.profile
        made = {"SystemType": "Physical", "Manufacturer": profile.manufacturer, "Model": profile.model, "SerialNumber": m.serial,
                "UUID": m.uuid, "HostName": m.name, "AssetTag": self.tag, "Status": status(), "PowerState": self.power.state(),
                "BiosVersion": self.bmc.update.versions["BIOS"], "LastResetTime": self.power.last_reset,
                "BootProgress": {"LastState": self.power.progress()}, "Boot": self._boot(),
                "ProcessorSummary": {"Count": 1, "CoreCount": m.cpus, "Status": status()},
                "MemorySummary": {"TotalSystemMemoryGiB": m.memory / 1024, "Status": status()},
                "Links": {"Chassis": links([self.bmc.chassis.uri]), "ManagedBy": links([self.bmc.manager.uri])}}
        for name in BELOW:
            if self.bmc.tree.find(f"{self.uri}/{name}") or self.bmc.tree.below(f"{self.uri}/{name}"):
                made[name] = link(f"{self.uri}/{name}")
        if profile.boot_settings:
            made["@Redfish.Settings"] = {"@odata.type": "#Settings.v1_4_0.Settings", "SettingsObject": link(f"{self.uri}/Settings"),
                                         "SupportedApplyTimes": [profile.boot_settings]}
        return made

    def _writes(self):
        made = {"AssetTag": Text(nullable=True, longest=63)}
        return made if self.bmc.profile.boot_settings else {**made, "Boot": Parts(self.boot.writes())}

    def _update(self, changes):
        if "Boot" in changes:
            self.boot.update(changes["Boot"])
        self.tag = changes.get("AssetTag", self.tag)

    def _settings_writes(self):
        return {"Boot": Parts(self.boot.writes()),
                "@Redfish.SettingsApplyTime": Parts({"ApplyTime": Choice((self.bmc.profile.boot_settings,))})}

    def _update_settings(self, changes):
        if self.bmc.profile.boot_settings == "OnReset":
            self._pending.update(changes.get("Boot", {}))
        else:
            self.boot.update(changes.get("Boot", {}))

    def _boot_begins(self):
        """Settings that wait for a reset are applied. The URI that firmware settings name for UefiHttp, if any."""
        for part in (self.bios, self.secure_boot, self.bmc.update):
            part.apply()
        pending, self._pending = self._pending, {}
        self.boot.update(pending)
        return self.bios.boot_uri()
