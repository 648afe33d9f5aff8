# SPDX-License-Identifier: Apache-2.0
"""remint boot iso, with a kernel that is none: what is on the medium, that the same comes out again, and what is refused. And the
command line that `remint boot build` builds in."""
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
REMINT = Path(os.environ.get("REMINT_BUILD", TOP / "build")) / "remint"
STUB = "/usr/lib/systemd/boot/efi/linuxx64.efi.stub"
NETWORK = {"net": 1, "machines": [{"mac": "52:54:00:12:34:56", "addresses": ["10.0.2.77/24"], "gateways": ["10.0.2.2"]}]}
BLOCK = 2048


def run(*argv, **kw):
    return subprocess.run([str(a) for a in argv], capture_output=True, text=True, timeout=60, check=False, **kw)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    (folder / "generic").mkdir()
    shutil.copy(STUB, folder / "generic/vmlinuz")  # an EFI program, as a kernel is
    (folder / "plain").write_bytes(os.urandom(2000000))
    subprocess.run(["zstd", "-q", folder / "plain", "-o", folder / "generic/generic.img"], check=True, timeout=60)
    assert run(REMINT, "keys", "make", "--ca-dir", folder / "pki").returncode == 0
    (folder / "net.json").write_text(json.dumps(NETWORK))
    return folder


def build(site, name, cmdline, *more):
    uki = ["--uki", *(["--cmdline", cmdline] if cmdline is not None else [])]
    return run(REMINT, "boot", "build", "--generic", site / "generic", "--station", "https://10.0.2.2:8443", "--station-ca",
               site / "pki/ca.pem", "--image-ca", site / "pki/ca.pem", "--built", "2026-11-22T21:00:00Z", "-o", site / name, *uki, *more)


def make(site, boot, out, *more):
    return run(REMINT, "boot", "iso", "--boot", site / boot, "-o", site / out, *more)


@pytest.fixture(scope="module")
def medium(site):
    made = build(site, "medium", "console=ttyS0 remint.net=medium")
    assert made.returncode == 0, made.stderr
    return site


@pytest.fixture(scope="module")
def plain(site):
    assert build(site, "dhcp", "console=ttyS0").returncode == 0
    return site


def blkid(path, tag):
    return run("/usr/sbin/blkid", "-p", "-o", "value", "-s", tag, path).stdout.strip()


def test_what_is_on_the_medium(medium):
    made = make(medium, "medium", "remint.iso", "--network", medium / "net.json", "--json")
    assert made.returncode == 0, made.stderr
    said = json.loads(made.stdout)
    iso = (medium / "remint.iso").read_bytes()
    assert (said["size"], said["signed"], said["machines"]) == (len(iso), False, 1)
    uki = (medium / "medium/remint.efi").read_bytes()
    assert blkid(medium / "remint.iso", "LABEL") == "REMINT" and blkid(medium / "remint.iso", "TYPE") == "iso9660"
    assert iso.count(uki) >= 1 and (medium / "net.json").read_bytes() in iso
    # As a stick: an MBR with one partition that is the FAT volume, which ends where the medium ends.
    sfdisk = json.loads(run("/usr/sbin/sfdisk", "--json", medium / "remint.iso").stdout)["partitiontable"]
    assert sfdisk["label"] == "dos" and [p["type"] for p in sfdisk["partitions"]] == ["ef"]
    start, size = (sfdisk["partitions"][0][k] * 512 for k in ("start", "size"))
    assert start + size == len(iso)
    # As a CD: the catalog names the same place.
    catalog = int.from_bytes(iso[17 * BLOCK + 0x47:][:4], "little") * BLOCK
    assert iso[catalog + 1] == 0xef and int.from_bytes(iso[catalog + 40:][:4], "little") * BLOCK == start
    assert int.from_bytes(iso[catalog + 38:][:2], "little") * 512 == size
    fat = medium / "fat.raw"
    fat.write_bytes(iso[start:start + size])
    assert run("/usr/sbin/fsck.fat", "-n", fat).returncode == 0
    assert blkid(fat, "LABEL") == "REMINT-EFI"
    assert run("mcopy", "-n", "-i", fat, "::EFI/BOOT/BOOTX64.EFI", medium / "out.efi").returncode == 0
    assert (medium / "out.efi").read_bytes() == uki


def test_the_same_again(medium):
    for out in ("one.iso", "two.iso"):
        assert make(medium, "medium", out, "--network", medium / "net.json").returncode == 0
    assert (medium / "one.iso").read_bytes() == (medium / "two.iso").read_bytes()


def test_without_a_network_of_its_own(plain):
    made = make(plain, "dhcp", "plain.iso")
    assert made.returncode == 0 and "no network of its own" in made.stdout and "not signed" in made.stdout


def test_what_is_refused(medium, plain):
    site = medium
    assert build(site, "loader", None).returncode == 0
    bad = site / "bad.json"
    bad.write_text(json.dumps({**NETWORK, "station": "https://10.0.0.1"}))
    for boot, more, says in (("medium", [], "would stop without --network"), ("dhcp", ["--network", site / "net.json"], "remint.net=medium"),
                             ("loader", [], "no built-in command line"), ("medium", ["--network", bad], "station"),
                             ("generic", [], "remint.efi is missing")):
        refused = make(site, boot, "refused.iso", *more)
        assert refused.returncode == 1 and says in refused.stderr, refused
        assert not (site / "refused.iso").exists()


def section(efi, name):
    """By objcopy, which did not make it."""
    out = efi.parent / "section"
    subprocess.run(["objcopy", "-O", "binary", "--only-section", name, efi, out], check=True, timeout=60)
    return out.read_bytes().rstrip(b"\0").decode()


@pytest.mark.parametrize("given, built_in", [
    ("console=ttyS0", "lockdown=integrity module.sig_enforce=1 console=ttyS0"),
    ("quiet lockdown=confidentiality", "module.sig_enforce=1 quiet lockdown=confidentiality"),
    ("module.sig-enforce=1 remint.vlan=7", "lockdown=integrity module.sig-enforce=1 remint.vlan=7")])
def test_the_kernel_is_closed_unless_it_is_already(site, given, built_in):
    assert build(site, "closed", given).returncode == 0
    assert section(site / "closed/remint.efi", ".cmdline") == built_in


@pytest.mark.parametrize("given, says", [
    ("lockdown=none", "lockdown=none"), ("module.sig_enforce=0", "opens the kernel"), ("module.sig-enforce=n", "opens the kernel"),
    ("console=ttyS0 init=/bin/sh", "init=/bin/sh"), ("rdinit=/x", "rdinit=/x"), ("remint.vlan=0", "remint.vlan=0"),
    ("remint.nonsense", "remint.nonsense"), ("remint.hint=x", "remint.hint"), ("lockdown", "lockdown")])
def test_command_lines_that_are_not_built_in(site, given, says):
    refused = build(site, "open", given)
    assert refused.returncode == 1 and says in refused.stderr and not (site / "open").exists(), refused
