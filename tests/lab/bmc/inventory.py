# SPDX-License-Identifier: Apache-2.0
"""What a system is made of: BootOption, Processor, Memory, EthernetInterface, Storage and Drive of DSP8010."""
from .checks import Choice
from .tree import Action, Collection, Resource, link, links, status

DIMM = 16384  # MiB
MEDIA = {"nvme": ("NVMe", "SSD"), "sata": ("SATA", "SSD"), "scsi": ("SAS", "HDD"), "virtio": ("PCIe", "SSD"), "usb": ("USB", "SSD")}


def collection(bmc, home, name, kind):
    uri = f"{home}/{name}"
    bmc.tree.add(Collection(uri, f"{kind}Collection.{kind}Collection", f"{kind} Collection"))
    return uri


def add_boot_options(bmc, home):
    """Read from the machine at each look: systems that install themselves add and remove them."""
    machine, uri = bmc.machine, f"{home}/BootOptions"
    collection_of = bmc.tree.add(Collection(uri, "BootOptionCollection.BootOptionCollection", "Boot Option Collection", live=True))

    def members():
        known, there = set(bmc.tree.below(uri)), {f"{uri}/{name}": name for name in machine.boot_options()}
        for gone in known - set(there):
            bmc.tree.remove(gone)
        for new, name in there.items():
            if new not in known:
                bmc.tree.add(Resource(new, "BootOption.v1_0_6.BootOption", name, lambda n=name: option(n)))
        order = [f"{uri}/{name}" for name in machine.boot_order()]
        return order[::-1] if bmc.profile.options_reversed else order

    def option(name):
        text, alias = machine.boot_options().get(name, ("", "None"))
        return {"BootOptionReference": name, "DisplayName": text, "Alias": alias, "BootOptionEnabled": True}
    collection_of.members = members
    members()
    return uri


def add_processors(bmc, home, cpus, gpus):
    uri = collection(bmc, home, "Processors", "Processor")
    parts = ([("CPU1", "CPU", {"TotalCores": cpus, "TotalThreads": cpus, "InstructionSet": "x86-64", "ProcessorArchitecture": "x86"})]
             if cpus else []) + [(f"GPU{n}", "GPU", {"Model": model, "SerialNumber": serial,
                                                     "FirmwareVersion": "96.00.89"})
                                 for n, (model, serial) in enumerate(gpus)]
    for name, kind, more in parts:
        bmc.tree.add(Resource(f"{uri}/{name}", "Processor.v1_20_1.Processor", name, lambda k=kind, m=more: {
            "ProcessorType": k, "Status": status(), **m}))


def add_memory(bmc, home, mib):
    uri = collection(bmc, home, "Memory", "Memory")
    for n in range(max(1, -(-mib // DIMM))):
        bmc.tree.add(Resource(f"{uri}/DIMM{n}", "Memory.v1_20_0.Memory", f"DIMM{n}", lambda size=min(mib - n * DIMM, DIMM): {
            "CapacityMiB": size, "MemoryType": "DRAM", "MemoryDeviceType": "DDR5", "Status": status()}))


def add_nics(bmc, home, macs):
    uri = collection(bmc, home, "EthernetInterfaces", "EthernetInterface")
    for n, mac in enumerate(macs):
        bmc.tree.add(Resource(f"{uri}/NIC{n}", "EthernetInterface.v1_12_3.EthernetInterface", f"NIC{n}", lambda m=mac: {
            "MACAddress": m, "PermanentMACAddress": m, "LinkStatus": "LinkUp" if bmc.machine.running() else "NoLink", "SpeedMbps": 25000,
            "InterfaceEnabled": True, "Status": status()}))


def add_storage(bmc, home):
    uri = f"{collection(bmc, home, 'Storage', 'Storage')}/1"
    drives = [f"{uri}/Drives/{serial}" for _, serial, _ in bmc.machine.drives]
    bmc.tree.add(Resource(uri, "Storage.v1_17_1.Storage", "Storage", lambda: {
        "Drives": links(drives), "Drives@odata.count": len(drives), "Volumes": link(f"{uri}/Volumes"), "Status": status()}))
    collection(bmc, uri, "Volumes", "Volume")
    for drive, (kind, serial, size) in zip(drives, bmc.machine.drives):
        erase = Action("Drive.SecureErase", lambda p, s=serial: bmc.machine.erase(s), {
            "SanitizationType": Choice(("BlockErase", "CryptographicErase", "Overwrite"))}, task=True)
        protocol, media = MEDIA[kind]
        bmc.tree.add(Resource(drive, "Drive.v1_20_1.Drive", serial, lambda p=protocol, m=media, s=serial, z=size: {
            "SerialNumber": s, "Model": "Lab Drive", "Revision": "LAB1", "CapacityBytes": z, "Protocol": p, "MediaType": m,
            "BlockSizeBytes": 512, "FailurePredicted": False, "PredictedMediaLifeLeftPercent": 97, "Status": status()}, actions=[erase]))
