# SPDX-License-Identifier: Apache-2.0
"""Evidence as an agent would hand it in: of any method, proven or failed, and ready to be twisted."""
import copy
import hashlib

from harness import manifest_text

BEGUN, ENDED = "2026-11-22T21:00:00Z", "2026-11-22T21:01:00Z"
SIZE = 1 << 30
BLOCK = 512

TECHNIQUES = {
    "nvme-sanitize-block": ("block erase", "purge"), "nvme-sanitize-crypto": ("cryptographic erase", "purge"),
    "nvme-sanitize-overwrite": ("overwrite by the device", "purge"), "nvme-format-ses2": ("cryptographic erase", "purge"),
    "nvme-format-ses1": ("user data erase", "clear"), "ata-sanitize-block": ("block erase", "purge"),
    "ata-sanitize-crypto": ("cryptographic erase", "purge"), "ata-sanitize-overwrite": ("overwrite by the device", "purge"),
    "ata-security-erase-enhanced": ("secure erase, enhanced", "clear"), "ata-security-erase": ("secure erase", "clear"),
    "scsi-sanitize-block": ("block erase", "purge"), "scsi-sanitize-crypto": ("cryptographic erase", "purge"),
    "scsi-sanitize-overwrite": ("overwrite by the device", "purge"), "opal-psid-revert": ("cryptographic erase", "purge"),
    "opal-revert": ("cryptographic erase", "purge"), "overwrite": ("overwrite by the host", "clear"),
}
KINDS = {"nvme": ("nvme", "nvme"), "ata": ("ata", "ata"), "scsi": ("scsi", "scsi"), "opal": ("nvme", "nvme"),
         "overwrite": ("virtio", "none")}


def reading(size=SIZE, samples=0):
    """read_back and what goes with it."""
    if samples:
        return {"read_back": "sampled", "samples": samples, "bytes_read": samples * 4096}
    return {"read_back": "full", "bytes_read": size}


def method_reads(kind, size=SIZE, samples=0):
    """What a device's own method left: "zero", "constant", "random" or "other"."""
    reads = {"zero_bytes": 0, "constant_bytes": 0, "random_bytes": 0, "other_bytes": 0, **reading(size, samples)}
    reads[f"{kind}_bytes"] = reads["bytes_read"]
    return reads


def proof(method, size=SIZE, leaves="zero", samples=0):
    by_host = method == "overwrite"
    return {
        "before_samples": 2000, "before_nonzero": 1874, "unchanged": 0, "markers_written": 1067, "markers_gone": 1067,
        "method_reads": None if by_host else method_reads(leaves, size),
        "stream": {"bytes_written": size, **reading(size)} if by_host else None,
        "overwritten_after": leaves != "zero" and not by_host, **reading(size, samples),
        "detects": {"residue": 0.001, "probability": 0.95} if samples else None, "reads": "zero",
        "partitions_reread": True, "signatures": []}


def drive(serial="D1", method="overwrite", leaves="zero", samples=0, size=SIZE, **changed):
    technique, level = TECHNIQUES[method]
    transport, answers = KINDS[method.split("-")[0]]
    status = [] if method == "overwrite" else [
        {"what": "status before", "hex": ""}, {"what": "status after", "hex": "ffff0101" + "00" * 14 + "1e"}]
    return {
        "name": f"serial:{serial}", "model": "MODEL 1000", "serial": serial, "wwn": "", "firmware": "1.0", "size": size,
        "transport": transport, "logical_block_size": BLOCK, "rotational": method == "overwrite",
        "medium": "magnetic" if method == "overwrite" else "flash",
        "subsystem": f"nqn.2014-08.org.example:{serial}" if transport == "nvme" else "",
        "namespace": int(transport == "nvme"),
        "capabilities": {answers: "nothing was asked" if answers == "none" else {"raw": "00ff"}, "opal": None},
        "policy": {"level": level, "forbid": [], "verify": "sampled" if samples else "full"},
        "plan": [{"method": method, "level": level, "reason": "the strongest that the drive offers"}],
        "passed_over": [{"method": "opal-psid-revert" if method != "opal-psid-revert" else "opal-revert",
                         "reason": "the drive has no Opal"}],
        "attempts": [{"method": method, "level": level, "begun": BEGUN, "ended": ENDED, "error": None, "status": status}],
        "method": method, "technique": technique, "level": level, "outcome": "proven", "reason": None, "resumed": False,
        "begun": BEGUN, "ended": ENDED, "size_before": size, "size_after": size,
        "health": {"before": {"temperature": 31}, "after": None},
        "not_done": [{"what": "over-provisioned flash", "reason": "no command reads it"}] if method != "overwrite" else [],
        "proof": proof(method, size, leaves, samples), **copy.deepcopy(changed)}


def failed(serial="F1", method="overwrite", reason="marker 3 is still there", **changed):
    """A drive whose method was refused, or whose proof was."""
    bad = drive(serial, method, outcome="failed", reason=reason, **changed)
    bad["attempts"][-1]["error"] = reason
    bad["proof"].update(markers_gone=1066, reads="mixed", bytes_read=4096)
    return bad


def untold(serial="U1", reason="its process was killed"):
    """A drive of which nothing was heard."""
    empty = failed(serial, "overwrite", reason)
    empty.update(method="none", technique="", plan=[], passed_over=[], attempts=[])
    empty["proof"].update(before_samples=0, before_nonzero=0, markers_written=0, markers_gone=0, stream=None, bytes_read=0)
    return empty


def untouched(name="path:usb-1", reason="removable"):
    return {"name": name, "dev": "sdb", "model": "stick", "serial": "", "wwn": "", "size": 1000, "transport": "usb",
            "logical_block_size": 512, "reason": reason}


def firmware(**changed):
    """Of a machine whose firmware was made clean."""
    variable = {"name": "MokNew", "guid": "605dab50-e046-4300-abb6-3dd810dd8b23", "size": 7, "attributes": 7, "what": "shim"}
    return {"pstore": {"backend": "erst", "removed": 1, "bytes": 900},
            "variables": {"policy": "remove", "seen": 40, "bytes": 9000, "of_firmware": 30, "of_secure_boot": 8, "volatile": 1,
                          "not_readable": 0, "removed": [variable],
                          "not_removed": [{**variable, "name": "Driver0001", "what": None, "reason": "the firmware does not allow it"}],
                          "reported": [{**variable, "name": "Setup", "what": None}], "reported_more": 0},
            "memory": {"present": False, "lock": "none", "guarded": False, "requested": False,
                       "reason": "the firmware has no MemoryOverwriteRequestControl"},
            "after_reset": {"boot_order": ["000A", "0004"], "appeared": [], "memory": "not asked for"}, **changed}


def gate(sha256="ab" * 32):
    """Of a machine that has lost a neighbour on the way."""
    lost = {"part": "rails", "where": "0000:18:00.0", "text": "network card eth2: not seen"}
    return {"class": {"name": "leaf", "sha256": sha256}, "before": {"at": BEGUN, "differences": [], "more": 0},
            "after": {"at": ENDED, "differences": [lost], "more": 0}}


def gpu(pci="0000:18:00.0", **changed):
    """One that was reset, set and scrubbed."""
    return {"pci": pci, "slot": "PCIe Slot 1", "vendor": "10de", "device": "2330", "backend": "nvml", "model": "NVIDIA H100",
            "serial": "1650123", "uuid": "GPU-1", "driver": "550.54", "vbios": "96.00", "inforom": "G520", "memory": 85899345920,
            "settings": {"ecc": "on"}, "health": {"xids": {"31": 1}}, "faults": [], "unknown": ["the fabric: not told"],
            "reset": {"method": "flr", "seconds": 2.5, "boot": "completed", "memory_scrub": "completed"},
            "scrub": {"by": "cuda", "total": 85899345920, "covered": 85000000000, "verified": 85000000000, "rate": 2.5e12,
                      "verify_rate": 2.6e12, "copy_rate": 2.4e12, "peak_rate": 3.35e12, "share": 0.75, "faults": []},
            "set": [{"setting": "mig", "from": "on", "to": "off"}], "not_set": [], "differences": [], **changed}


def overlay(sha256="ab" * 32, name="nvidia", serial=3):
    return {"name": name, "version": "12.8", "serial": serial, "manifest_sha256": sha256, "signer": "CN=images", "services": [
        {"name": "fabric", "ready": "notify", "ready_after": 900, "ended": None, "stopped": "SIGTERM"},
        {"name": "once", "ready": "exits", "ready_after": 30, "ended": "exit status 0", "stopped": None}]}


def nics():
    """Of a card that was set, and of an entry that matched none."""
    return [{"entry": 0, "required": True, "pci": "0000:3b:00.0", "driver": "mlx5_core", "interface": "eth2", "mac": "b8:ce:f6:00:00:01",
             "psid": "MT_0000000359", "serial": "MT2241", "after_reset": True, "not_done": [],
             "settings": [{"by": "mstconfig", "name": "SRIOV_EN", "wanted": "True(1)", "before": "False(0)", "after": "True(1)"}],
             "firmware": {"found": "22.31.1014", "running": "22.35.1012", "stored": "22.35.1012",
                          "flashed": {"file": "mellanox/fw.bin", "version": "22.35.1012"}},
             "sriov": {"wanted": 4, "total": 8, "found": 0, "made": 4, "left": 0, "lasts": False}},
            {"entry": 1, "required": False, "pci": None, "after_reset": False, "settings": [], "firmware": None, "sriov": None,
             "not_done": [{"what": "the whole entry", "why": "this machine has no network card at 0000:5e:00.0"}]}]


def image(disk="serial:D1", manifest=None, **changed):
    """The usual image, or the one of this manifest, on one disk."""
    sha256 = hashlib.sha256(manifest or manifest_text()).hexdigest()
    return {"kind": "disk", "name": "debian-12", "version": "12.8", "serial": 3, "manifest_sha256": sha256,
            "index_sha256": "cd" * 32, "signer": "CN=images", "redundancy": "single",
            "written": {"verify": "full", "chunks": 2, "bytes": 8388608,
                        "targets": [{"disk": disk, "lost": None, "written": 4194304, "read_back": 4194304, "chunks_read": 1}]}, **changed}


def evidence(order, identity, drives=None, **changed):
    drives = drives or [drive(method="nvme-sanitize-block")]
    name = drives[0]["name"]
    return {"evidence": 1, "order": order, "node": identity, "agent": {"version": "0.1.0", "boot_image": ""},
            "image": image(name),
            "root_disks": [{"name": name, "size": 16777216, "lost": None}],
            "drives": drives, "drives_not_touched": [], "efi": None,
            "steps": [{"name": "wipe", "phase": "destroy", "begun": BEGUN, "ended": ENDED, "outcome": "done",
                       "resumed": False}], **changed}
