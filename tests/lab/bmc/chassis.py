# SPDX-License-Identifier: Apache-2.0
"""The box: Chassis, Power and Thermal of DSP8010. Readings follow whether the machine is on."""
from .checks import Flag, Text
from .tree import ROOT, Collection, Resource, link, links, status

CHASSIS = f"{ROOT}/Chassis"


class Chassis:
    def __init__(self, bmc):
        self.bmc, self.uri, self.led, self.tag = bmc, f"{CHASSIS}/1", False, None
        bmc.tree.add(Collection(CHASSIS, "ChassisCollection.ChassisCollection", "Chassis Collection"))
        bmc.tree.add(Resource(self.uri, "Chassis.v1_25_2.Chassis", "Chassis", self._read, {
            "LocationIndicatorActive": Flag(), "AssetTag": Text(nullable=True, longest=63)}, self._update))
        adapters = f"{self.uri}/NetworkAdapters"
        bmc.tree.add(Collection(adapters, "NetworkAdapterCollection.NetworkAdapterCollection", "Network Adapters"))
        bmc.tree.add(Resource(f"{adapters}/NIC0", "NetworkAdapter.v1_10_0.NetworkAdapter", "NIC0", lambda: {
            "Model": "Lab NIC", "Controllers": [{"FirmwarePackageVersion": bmc.update.versions["NIC0"]}], "Status": status()}))
        bmc.tree.add(Resource(f"{self.uri}/Power", "Power.v1_7_3.Power", "Power", self._power))
        bmc.tree.add(Resource(f"{self.uri}/Thermal", "Thermal.v1_7_3.Thermal", "Thermal", self._thermal))

    def _read(self):
        profile = self.bmc.profile
        return {"ChassisType": "RackMount", "Manufacturer": profile.manufacturer, "Model": profile.model, "AssetTag": self.tag,
                "SerialNumber": self.bmc.machine.serial, "PowerState": "On" if self.bmc.machine.running() else "Off",
                "LocationIndicatorActive": self.led, "Status": status(), "Power": link(f"{self.uri}/Power"),
                "NetworkAdapters": link(f"{self.uri}/NetworkAdapters"),
                "Thermal": link(f"{self.uri}/Thermal"),
                "Links": {"ComputerSystems": links([self.bmc.system_uri]), "ManagedBy": links([self.bmc.manager.uri])}}

    def _update(self, changes):
        self.led, self.tag = changes.get("LocationIndicatorActive", self.led), changes.get("AssetTag", self.tag)

    def _power(self):
        watts = 310 if self.bmc.machine.running() else 12
        return {"PowerControl": [{"@odata.id": f"{self.uri}/Power#/PowerControl/0", "MemberId": "0", "Name": "System Power",
                                  "PowerConsumedWatts": watts, "PowerCapacityWatts": 1600, "Status": status()}],
                "PowerSupplies": [{"@odata.id": f"{self.uri}/Power#/PowerSupplies/{n}", "MemberId": str(n), "Name": f"PSU {n}",
                                   "PowerCapacityWatts": 800, "SerialNumber": f"PSU{n}", "Status": status()} for n in range(2)]}

    def _thermal(self):
        on = self.bmc.machine.running()
        return {"Temperatures": [{"@odata.id": f"{self.uri}/Thermal#/Temperatures/{n}", "MemberId": str(n), "Name": name,
                                  "ReadingCelsius": hot if on else 24, "UpperThresholdCritical": limit, "Status": status()}
                                 for n, (name, hot, limit) in enumerate((("Inlet", 25, 45), ("CPU1", 58, 95)))],
                "Fans": [{"@odata.id": f"{self.uri}/Thermal#/Fans/{n}", "MemberId": str(n), "Name": f"Fan {n}",
                          "Reading": 6200 if on else 0, "ReadingUnits": "RPM", "Status": status()} for n in range(4)]}
