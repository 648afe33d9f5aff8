# SPDX-License-Identifier: Apache-2.0
"""The BMC itself: Manager of DSP8010, its log."""
from . import media
from .tree import ROOT, Collection, Resource, link, links, status

MANAGERS = f"{ROOT}/Managers"


class Manager:
    def __init__(self, bmc):
        self.bmc, self.uri, self._count = bmc, f"{MANAGERS}/bmc", 0
        bmc.tree.add(Collection(MANAGERS, "ManagerCollection.ManagerCollection", "Manager Collection"))
        bmc.tree.add(Resource(self.uri, "Manager.v1_20_0.Manager", "Manager", self._read, privilege="ConfigureManager"))
        self.media = media.add(bmc, self.uri) if bmc.profile.media_home == "Managers" else None

    def _read(self):
        made = {"ManagerType": "BMC", "ServiceEntryPointUUID": self.bmc.uuid, "UUID": self.bmc.uuid, "Model": self.bmc.profile.product,
                "Manufacturer": self.bmc.profile.vendor, "FirmwareVersion": "2.14", "PowerState": "On", "Status": status(),
                "DateTime": self.bmc.now(), "DateTimeLocalOffset": "+00:00",
                "Links": {"ManagerForServers": links([self.bmc.system_uri])}}
        for name in ("VirtualMedia", "LogServices"):
            if self.bmc.tree.find(f"{self.uri}/{name}"):
                made[name] = link(f"{self.uri}/{name}")
        return made

    def log(self, kind, text, origin):
        """An entry of the log."""
