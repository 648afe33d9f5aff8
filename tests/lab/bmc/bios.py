# SPDX-License-Identifier: Apache-2.0
"""BIOS settings: Bios and AttributeRegistry of DSP8010. What is written waits in the Settings resource and is applied when the next boot begins
(DSP0266, "Settings resource")."""
from .checks import Choice, Number, Parts, Text
from .tree import ROOT, Action, Resource, link

TYPE = "Bios.v1_2_3.Bios"
REGISTRY = "LabBiosRegistry.v1_0_0"
REGISTRY_URI = f"{ROOT}/Registries/LabBios"

# name -> check, default
ATTRIBUTES = {
    "BootMode": (Choice(("Uefi", "Bios")), "Uefi"),
    "SriovGlobalEnable": (Choice(("Enabled", "Disabled")), "Disabled"),
    "LogicalProc": (Choice(("Enabled", "Disabled")), "Enabled"),
    "ProcVirtualization": (Choice(("Enabled", "Disabled")), "Enabled"),
    "SysProfile": (Choice(("PerfOptimized", "PerfPerWattOptimized", "Custom")), "PerfPerWattOptimized"),
    "AcPwrRcvry": (Choice(("On", "Off", "Last")), "Last"),
    "BootRetryCount": (Number(0, 10), 3),
    "AssetNote": (Text(longest=64), ""),
}


class Bios:
    def __init__(self, bmc, home):
        self.bmc, self.uri = bmc, f"{home}/Bios"
        self.known = dict(ATTRIBUTES)
        if bmc.profile.uri_attribute:
            self.known[bmc.profile.uri_attribute] = (Text(longest=255), "")
        self.now, self.pending, self.time = self._defaults(), {}, None
        reset = Action("Bios.ResetBios", lambda _: self._await(self._defaults()))
        bmc.tree.add(Resource(self.uri, TYPE, "BIOS Configuration", self._read, actions=[reset]))
        bmc.tree.add(Resource(f"{self.uri}/Settings", TYPE, "BIOS Pending Settings", lambda: {
            "AttributeRegistry": REGISTRY, "Attributes": {**self.now, **self.pending}}, self._writes, self._update))
        bmc.tree.add(Resource(f"{REGISTRY_URI}/Registry", "AttributeRegistry.v1_3_8.AttributeRegistry", "BIOS Attributes", self._registry))

    def _defaults(self):
        return {name: default for name, (_, default) in self.known.items()}

    def _read(self):
        settings = {"@odata.type": "#Settings.v1_4_0.Settings", "SettingsObject": link(f"{self.uri}/Settings"),
                    "SupportedApplyTimes": ["OnReset"]}
        if self.time:
            settings["Time"] = self.time
        return {"AttributeRegistry": REGISTRY, "Attributes": dict(self.now), "@Redfish.Settings": settings}

    def _writes(self):
        return {"Attributes": Parts({name: check for name, (check, _) in self.known.items()}),
                "@Redfish.SettingsApplyTime": Parts({"ApplyTime": Choice(("OnReset",))})}

    def _update(self, changes):
        when = changes.get("@Redfish.SettingsApplyTime", {}).get("ApplyTime")
        self._await(self.bmc.profile.bios_change(changes.get("Attributes", {}), when))

    def _await(self, attributes):
        self.pending.update(attributes)

    def apply(self):
        """A boot begins."""
        if self.pending and self.bmc.profile.bios_applies():
            self.now.update(self.pending)
            self.pending, self.time = {}, self.bmc.now()
            self.bmc.log("ResourceChanged", "BIOS settings were applied.", self.uri)

    def boot_uri(self):
        """From where UefiHttp boots, where an attribute says so."""
        return self.now.get(self.bmc.profile.uri_attribute) or None

    def _registry(self):
        kinds = {"Choice": "Enumeration", "Number": "Integer", "Text": "String"}
        entries = []
        for name, (check, default) in self.known.items():
            entry = {"AttributeName": name, "DisplayName": name, "Type": kinds[type(check).__name__], "DefaultValue": default,
                     "ReadOnly": False, "ResetRequired": True}
            if isinstance(check, Choice):
                entry["Value"] = [{"ValueName": v, "ValueDisplayName": v} for v in check.values]
            if isinstance(check, Number):
                entry.update(LowerBound=check.low, UpperBound=check.high)
            entries.append(entry)
        return {"Language": "en", "OwningEntity": self.bmc.profile.vendor, "RegistryVersion": "1.0.0",
                "RegistryEntries": {"Attributes": entries}}
