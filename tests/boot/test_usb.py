# SPDX-License-Identifier: Apache-2.0
"""remint order standalone and boot usb, with a kernel that is none: what is on the stick, and what is not put there."""
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
REMINT = Path(os.environ.get("REMINT_BUILD", TOP / "build")) / "remint"

STUB = "/usr/lib/systemd/boot/efi/linuxx64.efi.stub"


def run(*argv, **kw):
    return subprocess.run([str(a) for a in argv], capture_output=True, text=True, timeout=60, check=False, **kw)


@pytest.fixture
def site(tmp_path):
    (tmp_path / "generic").mkdir()
    shutil.copy(STUB, tmp_path / "generic/vmlinuz")  # an EFI program, as a kernel is
    (tmp_path / "initrd").write_bytes(os.urandom(200001))
    assert run("zstd", "-q", tmp_path / "initrd", "-o", tmp_path / "generic/generic.img").returncode == 0
    for pki in ("pki", "others"):
        assert run(REMINT, "keys", "make", "--ca-dir", tmp_path / pki).returncode == 0
    built = run(REMINT, "boot", "build", "--generic", tmp_path / "generic", "--station", "https://127.0.0.1:8443", "--station-ca",
                tmp_path / "others/ca.pem", "--image-ca", tmp_path / "pki/ca.pem", "-o", tmp_path / "boot")
    assert built.returncode == 0, built.stderr
    return tmp_path


def usb(site, order="order.json", *more):
    return run(REMINT, "boot", "usb", "--boot", site / "boot", "--order", site / order, "--key", site / "pki/sign.key", "--cert",
               site / "pki/sign.pem", "-o", site / "stick", "--image", site / "stick.img", *more)


def standalone(site, *wish):
    return run(REMINT, "order", "standalone", "old-rack", "--output", site / "order.json", *wish)


def test_what_is_on_the_stick(site):
    assert standalone(site, "--drive", "A 1", "--drive", "B").returncode == 0
    made = usb(site, "order.json", "--console", "tty0 ttyS1,9600")
    assert made.returncode == 0, made.stderr
    assert "the drives that it names" in made.stdout
    partition = site / "partition.raw"
    partition.write_bytes((site / "stick.img").read_bytes()[1 << 20:])
    assert run("/usr/sbin/fsck.fat", "-n", partition).returncode == 0
    assert run("/usr/sbin/blkid", "-p", "-o", "value", "-s", "LABEL", partition).stdout.strip() == "REMINT"
    sfdisk = json.loads(run("/usr/sbin/sfdisk", "--json", site / "stick.img").stdout)["partitiontable"]
    assert sfdisk["label"] == "dos" and [(p["start"], p["type"]) for p in sfdisk["partitions"]] == [(2048, "ef")]
    for name in ("order.json", "order.json.p7s", "EFI/BOOT/BOOTX64.EFI"):
        assert run("mcopy", "-n", "-i", partition, f"::{name}", site / "out").returncode == 0
        assert (site / "out").read_bytes() == (site / "stick" / name).read_bytes()
        (site / "out").unlink()
    assert (site / "stick/order.json").read_bytes() == (site / "order.json").read_bytes()
    verify = run("openssl", "cms", "-verify", "-binary", "-purpose", "any", "-inform", "DER", "-in", site / "stick/order.json.p7s",
                 "-content", site / "stick/order.json", "-CAfile", site / "pki/ca.pem", "-out", "/dev/null")
    assert verify.returncode == 0, verify.stderr
    uki = (site / "stick/EFI/BOOT/BOOTX64.EFI").read_bytes()
    assert b"console=tty0 console=ttyS1,9600 remint.alone\0" in uki
    order = json.loads((site / "order.json").read_text())
    assert order["image"] is None and order["alone"]["serials"] == ["A 1", "B"] and order["alone"]["once"] is True


@pytest.mark.parametrize("wish, says", [
    ((), "give --drive"), (("--drive", "A", "--confirm"), "not both"),
    (("--drive", "A", "--more-than-once"), "goes with --confirm"),
    (("--confirm", "--wipe-forbid", "overwrite", "--wipe-forbid", "nvme-format-ses-1"), "no method 'nvme-format-ses-1'"),
    (("--drive", "A", "--drive", "A"), "twice"),
    (("--confirm", "--days", "0"), "--days")])
def test_orders_that_are_not_written(site, wish, says):
    refused = standalone(site, *wish)
    assert refused.returncode == 1 and says in refused.stderr and not (site / "order.json").exists()


def test_orders_that_are_not_put_onto_a_stick(site):
    assert standalone(site, "--confirm").returncode == 0
    good = json.loads((site / "order.json").read_text())
    for changed, says in (({"alone": None}, "no order for stand-alone use"), ({"node": "No Name"}, "order.node"),
                          ({"alone": {**good["alone"], "expires": "2000-01-01T00:00:00Z"}}, "expired"), ({"extra": 1}, "extra")):
        (site / "bad.json").write_text(json.dumps({**good, **changed}))
        refused = usb(site, "bad.json")
        assert refused.returncode == 1 and says in refused.stderr, refused
        assert not (site / "stick.img").exists() and not (site / "stick").exists()
    # A certificate that may not sign, a signer whom the boot image does not trust, a boot image that trusts nobody.
    for key, says in (("pki/ca", "keyUsage"), ("others/sign", "whose CA must be one of its --image-ca"),
                      ("pki/sign", "not an initramfs that 'remint boot build' has made")):
        if key == "pki/sign":
            (site / "boot/initrd.img").write_bytes(os.urandom(1000))
        refused = run(REMINT, "boot", "usb", "--boot", site / "boot", "--order", site / "order.json", "--key", site / f"{key}.key",
                      "--cert", site / f"{key}.pem", "-o", site / "stick", "--image", site / "stick.img")
        assert refused.returncode == 1 and says in refused.stderr, refused
        assert not (site / "stick.img").exists() and not (site / "stick").exists()
