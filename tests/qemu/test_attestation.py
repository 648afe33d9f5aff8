# SPDX-License-Identifier: Apache-2.0
"""The real agent with a TPM (swtpm), started as one EFI file: it proves itself to the station without location trust, and clears the TPM."""
import json
import subprocess
from pathlib import Path

import pytest
from conftest import SECONDS
from lab import paths
from lab.machine import GATEWAY, Disk
from lab.tpm import Tpm
from lab.wait import until

TOP = Path(__file__).resolve().parents[2]
CMDLINE = "console=ttyS0,115200"
OWNER_NV = "0x1800001"


@pytest.fixture
def efi(rack):
    """Boot folders with the one EFI file; the station's own is put back."""
    before = {p: p.read_bytes() for p in rack.station.boot.iterdir() if p.is_file()}

    def build(cmdline):
        station = rack.station
        station.remint("boot", "build", "--generic", paths.boot_parts(), "--station", f"https://{GATEWAY}:{station.https_port}",
                       "--station-ca", station.state / "ca.pem", "--image-ca", station.pki / "ca.pem", "--uki", "--cmdline", cmdline,
                       "-o", station.boot)
        return (station.boot / "remint.efi").read_bytes()

    yield build
    for path in list(rack.station.boot.iterdir()):
        if path.is_file() and path not in before:
            path.unlink()
    for path, content in before.items():
        path.write_bytes(content)


def medium(folder, image, name):
    """A removable medium that the firmware starts."""
    path = folder / f"{name}.fat"
    with open(path, "wb") as f:
        f.truncate(64 << 20)
    subprocess.run(["mkfs.vfat", "-F", "32", path], check=True, capture_output=True)
    (folder / f"{name}.efi").write_bytes(image)
    subprocess.run(["mmd", "-i", path, "::EFI", "::EFI/BOOT"], check=True, capture_output=True)
    subprocess.run(["mcopy", "-i", path, folder / f"{name}.efi", "::EFI/BOOT/BOOTX64.EFI"], check=True, capture_output=True)
    return Disk(path, "usb", "EFI")


def former_tenant(tpm):
    """What the tenant before has left: a password for its hierarchy, and something in NV."""
    tpm.tool("nvdefine", OWNER_NV, "-C", "o", "-s", "32", "-a", "ownerwrite|ownerread")
    tpm.tool("changeauth", "-c", "owner", "the former tenant's")
    assert OWNER_NV in tpm.tool("getcap", "handles-nv-index").stdout.decode()


def test_tpm_proves_node_and_image_and_is_cleared(rack, efi, tmp_path):
    # Another command line: another boot than that whose values are in the boot folder, which are the last one's.
    other, right = efi(CMDLINE + " loglevel=7"), efi(CMDLINE)
    folder = rack.folder / "attested"
    disk = rack.disk(64)
    machine = rack.machine(disk, firmware="uefi")
    machine.tpm = tpm = Tpm(folder / "tpm")
    former_tenant(tpm)
    node = f"/v1/nodes/{machine.name}"
    station = rack.station
    station.call("POST", f"{node}/trust", {"location_trusted": False})
    station.call("POST", f"{node}/tpm", {"attest": "require", "first_use": True})
    order = station.create_order(machine.name, None)

    def said():
        return station.call("GET", node)["tpm"]["last"]

    machine.disks[1:] = [medium(tmp_path, other, "other")]
    machine.boot_disk("EFI")
    until(said, SECONDS, "the check-in with another command line")
    machine.cut_power()
    assert said()["result"] == "failed" and said()["ek_sha256"], said()
    assert station.order(order)["state"] == "pending"

    machine.disks[1:] = [medium(tmp_path, right, "right")]
    machine.boot_disk("EFI")
    until(lambda: station.order(order)["state"] in ("erased", "held"), SECONDS, "the end of the order")
    machine.cut_power()
    station.save(order, machine.folder)
    shown = station.order(order)
    assert shown["state"] == "erased", shown["reason"]
    certificate = rack.certificate(order, machine)
    assert certificate["identity_basis"] == "tpm" and certificate["attestation"]["result"] == "passed", certificate["attestation"]
    assert certificate["tpm"]["cleared"] and certificate["tpm"]["found"]["owner_auth"], certificate["tpm"]

    # From outside: the quote by the documented script, and the TPM itself.
    station.remint("order", "certificate", order, "--evidence", "--output", tmp_path)
    done = subprocess.run(["sh", TOP / "docs/verify-quote.sh", tmp_path / f"{order}.json", tmp_path / f"{order}.evidence.json"],
                          capture_output=True, timeout=60, check=False)
    assert done.returncode == 0 and b"verified" in done.stdout, done
    assert OWNER_NV not in tpm.tool("getcap", "handles-nv-index").stdout.decode()
    assert "ownerAuthSet:              0" in tpm.tool("getcap", "properties-variable").stdout.decode()
    assert json.loads((machine.folder / f"{order}.json").read_text())["attestation"]["quote"]
