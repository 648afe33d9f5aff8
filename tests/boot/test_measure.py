# SPDX-License-Identifier: Apache-2.0
"""remint boot measure, on the real kernel and the real initramfs: digests that signatures by others cover, and what it says of a log."""
import hashlib
import json
import os
import struct
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ["REMINT_BUILD"]).resolve()
BOOT = BUILD / "boot"
LOGS = TOP / "tests/machines/tcg-logs"
SNAKEOIL = Path("/usr/share/ovmf/PkKek-1-snakeoil")


def remint(*argv):
    return subprocess.run([BUILD / "remint", *map(str, argv)], capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Signed, with a command line, and its own EFI file as a loader."""
    out = tmp_path_factory.mktemp("measure")
    subprocess.run(["openssl", "rsa", "-in", f"{SNAKEOIL}.key", "-passin", "pass:snakeoil", "-out", out / "db.key"], check=True,
                   capture_output=True)
    assert remint("keys", "make", "--ca-dir", out / "pki").returncode == 0
    made = remint("boot", "build", "--generic", BOOT, "--station", "https://10.0.2.2:8443", "--station-ca", out / "pki/ca.pem", "--image-ca",
                  out / "pki/ca.pem", "--built", "2026-11-22T21:00:00Z", "-o", out / "boot", "--uki", "--cmdline", "console=ttyS0 quiet",
                  "--key", out / "db.key", "--cert", f"{SNAKEOIL}.pem", "--loader", BOOT / "vmlinuz", "--need-secure-boot")
    assert made.returncode == 0, made.stderr
    return out / "boot"


def signature(path):
    """The certificate table of a signed EFI program (PE Format, "The Attribute Certificate Table")."""
    data = path.read_bytes()
    optional = struct.unpack_from("<I", data, 0x3c)[0] + 24
    at, size = struct.unpack_from("<II", data, optional + 112 + 4 * 8)
    assert size > 100 and at + size == len(data)
    return data[at:at + size]


def test_signatures_cover_what_we_compute(folder):
    """The signature of a PE file contains the digest of what it covers: Debian's of its kernel, and sbsign's of the EFI file."""
    m = json.loads(remint("boot", "measure", "--json", folder).stdout)
    assert bytes.fromhex(m["kernel"]) in signature(folder / "vmlinuz")
    assert bytes.fromhex(m["uki"]["pcr4"]) in signature(folder / "remint.efi")
    assert m["initrd"] == hashlib.sha256((folder / "initrd.img").read_bytes()).hexdigest()
    assert m == json.loads((folder / "boot.json").read_text())["measured"]
    named, ipxe = m["loaders"]  # the one that was named, and the folder's iPXE
    assert named == {"name": "vmlinuz", "sha256": m["kernel"]} and ipxe["name"] == "ipxe.efi"
    assert bytes.fromhex(ipxe["sha256"]) in signature(folder / "ipxe.efi")
    assert m["secure_boot"] and not m["any_loader"]


def test_pcr11(folder):
    """Computed here from the EFI file's sections, as binutils find them."""
    m = json.loads(remint("boot", "measure", "--json", folder).stdout)["uki"]
    assert [s["name"] for s in m["sections"]] == [".linux", ".osrel", ".cmdline", ".initrd"]
    parts = {s["name"]: folder.parent / f"part{s['name']}" for s in m["sections"]}
    dump = [word for name, part in parts.items() for word in ("--dump-section", f"{name}={part}")]
    subprocess.run(["objcopy", *dump, folder / "remint.efi", folder.parent / "copy.efi"], check=True, capture_output=True, timeout=100)
    pcr = bytes(32)
    for name, part in parts.items():
        for measured in (f"{name}\0".encode(), part.read_bytes()):
            pcr = hashlib.sha256(pcr + hashlib.sha256(measured).digest()).digest()
    assert pcr.hex() == m["pcr11"]


def test_words(folder):
    text = remint("boot", "measure", folder).stdout
    for word in ("PCR 4", "PCR 9", "PCR 11", ".initrd", "console=ttyS0 quiet", "loader", "Secure Boot on"):
        assert word in text


def test_a_log_of_another_image(folder):
    said = remint("boot", "measure", folder, "--log", LOGS / "efi.log")
    assert said.returncode == 1 and "PCR 4: another program was started" in said.stderr and "differs in" in said.stderr


def test_pcrs_that_are_not_those_of_the_log(folder, tmp_path):
    pcrs = json.loads((LOGS / "efi.json").read_text())["pcrs"]
    for n, value in enumerate(pcrs):
        (tmp_path / str(n)).write_text((value if n != 4 else "00" * 32) + "\n")
    said = remint("boot", "measure", folder, "--log", LOGS / "efi.log", "--pcrs", tmp_path)
    assert said.returncode == 1 and "PCR 4: the TPM holds 0000" in said.stderr


def test_changed_folder(folder, tmp_path):
    subprocess.run(["cp", "-r", folder, tmp_path / "boot"], check=True)
    document = json.loads((tmp_path / "boot/boot.json").read_text())
    document["measured"]["kernel"] = "00" * 32
    (tmp_path / "boot/boot.json").write_text(json.dumps(document))
    said = remint("boot", "measure", tmp_path / "boot")
    assert said.returncode == 1 and "not those that boot.json's expected values were computed from" in said.stderr
    del document["measured"]
    (tmp_path / "boot/boot.json").write_text(json.dumps(document))
    said = remint("boot", "measure", tmp_path / "boot")
    assert said.returncode == 1 and "has no expected values" in said.stderr
