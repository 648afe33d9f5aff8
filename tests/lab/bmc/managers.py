# SPDX-License-Identifier: Apache-2.0
"""The BMC itself: Manager of DSP8010."""
import time

from . import media
from .checks import Choice
from .errors import Refusal
from .inventory import add_nics
from .logs import Log
from .tree import ROOT, Action, Collection, Resource, link, links, status

MANAGERS = f"{ROOT}/Managers"
AWAY_SECONDS = 0.5  # that a BMC which restarts answers nothing


class Manager:
    def __init__(self, bmc):
        self.bmc, self.uri, self._back = bmc, f"{MANAGERS}/bmc", 0.0
        bmc.tree.add(Collection(MANAGERS, "ManagerCollection.ManagerCollection", "Manager Collection"))
        actions = [Action("Manager.Reset", self._reset, {"ResetType": Choice(("GracefulRestart", "ForceRestart"))}, "ConfigureManager"),
                   Action("Manager.ResetToDefaults", self._forget, {
                       "ResetType": Choice(("ResetAll", "PreserveNetworkAndUsers", "PreserveNetwork"), needed=True)}, "ConfigureManager")]
        bmc.tree.add(Resource(self.uri, "Manager.v1_20_0.Manager", "Manager", self._read, actions=actions, privilege="ConfigureManager"))
        bmc.tree.add(Resource(f"{self.uri}/NetworkProtocol", "ManagerNetworkProtocol.v1_10_1.ManagerNetworkProtocol", "Network Protocol",
                              lambda: {"HostName": "bmc", "Status": status(), "HTTPS": {"ProtocolEnabled": True, "Port": self._port()}}))
        add_nics(bmc, self.uri, ["52:54:00:b3:c0:01"])
        self.log = Log(bmc, self.uri, "Log")
        self.media = media.add(bmc, self.uri) if bmc.profile.media_home == "Managers" else None

    def _port(self):
        return self.bmc.server.server_address[1]

    def _read(self):
        made = {"ManagerType": "BMC", "ServiceEntryPointUUID": self.bmc.uuid, "UUID": self.bmc.uuid, "Model": self.bmc.profile.product,
                "Manufacturer": self.bmc.profile.vendor, "FirmwareVersion": self.bmc.update.versions["BMC"], "PowerState": "On",
                "Status": status(), "DateTime": self.bmc.now(), "DateTimeLocalOffset": "+00:00",
                "EthernetInterfaces": link(f"{self.uri}/EthernetInterfaces"), "NetworkProtocol": link(f"{self.uri}/NetworkProtocol"),
                "LogServices": link(f"{self.uri}/LogServices"),
                "Links": {"ManagerForServers": links([self.bmc.system_uri]), "ManagerForChassis": links([self.bmc.chassis.uri])}}
        if self.media is not None:
            made["VirtualMedia"] = link(f"{self.uri}/VirtualMedia")
        return made

    def _reset(self, _=None):
        self.restart()

    def restart(self):
        """Sessions are lost, and for a while nothing is answered."""
        for session in list(self.bmc.sessions.all.values()):
            self.bmc.sessions.end(session)
        self._back = time.monotonic() + AWAY_SECONDS

    def awake(self):
        """Raises while the BMC restarts."""
        if time.monotonic() < self._back:
            raise Refusal(503, "ServiceTemporarilyUnavailable", 1, headers={"Retry-After": "1"})

    def _forget(self, wanted):
        """Settings as from the factory; with ResetAll and PreserveNetwork the accounts too."""
        if wanted["ResetType"] != "PreserveNetworkAndUsers":
            self.bmc.accounts.forget()
        self._reset()
