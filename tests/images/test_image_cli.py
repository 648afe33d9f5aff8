# SPDX-License-Identifier: Apache-2.0
"""remint image pack, verify and inspect, as an operator runs them, and the commands of docs/image-format.md."""
import hashlib
import json
import os
import pty
import random
import re
import shutil
import struct
import subprocess
import uuid
import zlib

import pytest
from program import REMINT, TOP, ok, refused, remint

MIB = 1 << 20
ESP, LINUX = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "0fc63daf-8483-4772-8e79-3d69d8477de4"
GUID, OTHER_GUID = "0f3c1a52-90ab-4cde-8f01-23456789abcd", "11111111-2222-4333-8444-555555555555"


def gpt(size, block, parts):
    """The first and the last blocks of a disk with that GPT (UEFI specification 2.10, section 5.3); parts: (type, GUID)."""
    last = size // block - 1
    table = 16384 // block  # blocks of entries
    entries = b"".join(uuid.UUID(kind).bytes_le + uuid.UUID(guid).bytes_le + struct.pack("<QQQ72s", 256 * (i + 1), 256 * (i + 2) - 1, 0, b"")
                       for i, (kind, guid) in enumerate(parts)).ljust(16384, b"\0")

    def header(here, there, entries_at):
        def pack(crc):
            return struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, crc, 0, here, there, 2 + table, last - table - 1,
                               b"remint test disk", entries_at, 128, 128, zlib.crc32(entries))
        return pack(zlib.crc32(pack(0))).ljust(block, b"\0")

    mbr = bytes(446) + struct.pack("<B3sB3sII", 0, b"\0\2\0", 0xEE, b"\xff" * 3, 1, min(last, 0xFFFFFFFF)) + bytes(48) + b"\x55\xaa"
    return mbr.ljust(block, b"\0") + header(1, last, 2) + entries, entries + header(last, 1, last - table)


def make_disk(path, size=21 * MIB + 512 * 8, block=512, parts=((ESP, GUID), (LINUX, OTHER_GUID))):
    """A sparse disk with a GPT, some data, and a last chunk that is a short one."""
    first, last = gpt(size, block, parts)
    with path.open("wb") as f:
        f.truncate(size)
        f.write(first)
        f.seek(9 * MIB + 77)
        f.write(random.Random(1).randbytes(300_000))
        f.seek(size - len(last))
        f.write(last)
    return path


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A CA and a signer by the openssl program, as an operator with a PKI of their own has them."""
    d = tmp_path_factory.mktemp("site")

    def openssl(*words):
        subprocess.run(["openssl", *map(str, words)], cwd=d, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    for ca in "ca", "other":
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                "-subj", f"/CN={ca}", "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-keyout", f"{ca}.key", "-out", f"{ca}.pem")
    for name, usage in ("sign", "codeSigning"), ("tls", "serverAuth"):
        (d / "ext").write_text(f"basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage={usage}\n")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                "-keyout", f"{name}.key", "-out", "csr")
        openssl("x509", "-req", "-in", "csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "20",
                "-extfile", "ext", "-out", f"{name}.pem")
    make_disk(d / "disk.raw")
    return d


def pack(site, disk, out, *more, signer="sign", serial=5):
    return remint("pack", disk, "--name", "test", "--version", "1.0", "--serial", serial, "--key", site / f"{signer}.key",
                  "--cert", site / f"{signer}.pem", "-o", out, *more)


@pytest.fixture(scope="module")
def packed(site):
    ok(pack(site, site / "disk.raw", site / "packed", "--firmware", "uefi,bios"))
    return site / "packed"


@pytest.fixture
def image(packed, tmp_path):
    """A copy to damage."""
    return shutil.copytree(packed, tmp_path / "image")


def verify(site, image, *more):
    return remint("verify", image, "--ca", site / "ca.pem", *more)


def flip(path, at):
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def test_round_trip(site, packed):
    assert sorted(p.name for p in packed.iterdir()) == ["index.bin", "manifest.json", "manifest.json.p7s", "payload.zst"]
    said = ok(verify(site, packed, "--full"))
    assert "good: test 1.0, serial 5" in said and "every chunk" in said
    plain = subprocess.run(["zstd", "-dcq", packed / "payload.zst"], stdout=subprocess.PIPE, check=True).stdout
    assert plain == (site / "disk.raw").read_bytes()


@pytest.mark.parametrize("words", [["verify", "--ca", "ca.pem"], ["inspect"], ["inspect", "--json"], ["verify", "--help"]])
def test_output_that_is_lost(site, packed, words):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([REMINT, "image", words[0], packed, *words[1:]], cwd=site, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and done.stderr.endswith("remint: standard output could not be written\n"), done.stderr


def test_manifest(site, packed):
    shown = json.loads(ok(remint("inspect", packed, "--json")))
    m = shown["manifest"]
    assert m == json.loads((packed / "manifest.json").read_text())
    assert (packed / "manifest.json").read_text() == json.dumps(m, sort_keys=True, separators=(",", ":"))
    assert m["boot"] == {"firmware": ["uefi", "bios"], "loader": r"\EFI\BOOT\BOOTX64.EFI", "partition": GUID}
    assert m["size"] == (site / "disk.raw").stat().st_size
    assert m["payload"]["size"] == (packed / "payload.zst").stat().st_size
    # 0: GPT, 2: data, 5: short, with the end of the disk
    assert shown["chunks"] == 6 and shown["data_chunks"] == 3


def test_inspect_for_people(packed):
    done = remint("inspect", packed)
    assert "test 1.0, serial 5" in ok(done) and GUID in done.stdout
    assert "not been checked" in done.stderr


def test_summary(site, tmp_path):
    shown = json.loads(ok(pack(site, site / "disk.raw", tmp_path / "image", "--json")))
    assert shown["folder"] == str(tmp_path / "image")
    text = (tmp_path / "image" / "manifest.json").read_bytes()
    assert shown["manifest_sha256"] == hashlib.sha256(text).hexdigest()
    said = json.loads(ok(verify(site, tmp_path / "image", "--json", "--full")))
    assert said["payload_checked"] is True and said["signer"] == "CN=sign"


def test_reproducible(site, tmp_path):
    times = ("--not-before", "2026-01-01T00:00:00Z", "--not-after", "2036-01-01T00:00:00Z")
    ok(pack(site, site / "disk.raw", tmp_path / "a", "-j", 1, *times))
    ok(pack(site, site / "disk.raw", tmp_path / "b", "-j5", *times))
    for name in "payload.zst", "index.bin", "manifest.json":
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


@pytest.mark.parametrize("name, at, says", [
    ("manifest.json", 30, "signature"), ("manifest.json.p7s", -3, "signature"), ("index.bin", 100, "index.bin"),
    ("payload.zst", 1000, "payload.zst: chunk 2: SHA-256 mismatch"), ("payload.zst", 10, "payload.zst: chunk 0: SHA-256 mismatch"),
])
def test_tampered(site, image, name, at, says):
    flip(image / name, at)
    refused(verify(site, image, "--full", "-j", 1), says)


def test_without_full_the_payload_is_not_read(site, image):
    flip(image / "payload.zst", 1000)
    assert "payload not read" in ok(verify(site, image))


@pytest.mark.parametrize("name", ["manifest.json", "manifest.json.p7s", "index.bin", "payload.zst"])
def test_missing_or_cut_file(site, image, name):
    data = (image / name).read_bytes()
    (image / name).write_bytes(data[:-1])
    assert verify(site, image).returncode == 1
    (image / name).unlink()
    refused(verify(site, image), name)


def test_policy(site, image):
    ok(verify(site, image, "--min-serial", 5, "--arch", "x86_64"))
    refused(verify(site, image, "--min-serial", 6), "serial 5", "6")
    refused(verify(site, image, "--arch", "aarch64"), "x86_64")
    refused(remint("verify", image, "--ca", site / "other.pem"), "signature")


def test_validity(site, tmp_path):
    ok(pack(site, site / "disk.raw", tmp_path / "old", "--not-before", "2020-01-01T00:00:00Z", "--not-after", "2021-01-01T00:00:00Z"))
    refused(verify(site, tmp_path / "old"), "2021-01-01T00:00:00Z", "pack and sign it again")
    # then the signer's certificate did not hold
    refused(verify(site, tmp_path / "old", "--at", "2020-06-01T00:00:00Z"), "signature")
    refused(verify(site, tmp_path / "old", "--at", "June"), "--at")
    refused(pack(site, site / "disk.raw", tmp_path / "x", "--not-after", "2020-01-01T00:00:00Z"), "validity")


def test_signers_that_may_not_sign(site, tmp_path):
    refused(pack(site, site / "disk.raw", tmp_path / "a", signer="tls"), "trial signature")
    refused(pack(site, site / "disk.raw", tmp_path / "a", signer="nobody"), "nobody")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("parts, says", [
    ([(LINUX, GUID)], "0 EFI system partitions"),
    ([(ESP, GUID), (ESP, OTHER_GUID)], "2 EFI system partitions"),
])
def test_no_esp(site, tmp_path, parts, says):
    disk = make_disk(tmp_path / "disk", parts=parts)
    refused(pack(site, disk, tmp_path / "image"), says)
    ok(pack(site, disk, tmp_path / "image", "--firmware", "bios"))
    assert "loader" not in json.loads((tmp_path / "image/manifest.json").read_text())["boot"]


def test_blocks_of_4096(site, tmp_path):
    disk = make_disk(tmp_path / "disk", size=24 * MIB, block=4096)
    for firmware in "uefi", "bios":
        refused(pack(site, disk, tmp_path / "image", "--firmware", firmware), "--logical-block-size 4096")
    ok(pack(site, disk, tmp_path / "image", "--logical-block-size", 4096))
    m = json.loads((tmp_path / "image/manifest.json").read_text())
    assert m["logical_block_size"] == 4096 and m["boot"]["partition"] == GUID
    # 21 MiB and 8 blocks of 512 are whole blocks of 4096, but the GPT is for 512
    refused(pack(site, site / "disk.raw", tmp_path / "b", "--logical-block-size", 4096), "--logical-block-size 512")


@pytest.mark.skipif(os.geteuid() != 0 or not os.path.exists("/dev/loop-control"), reason="a loop device takes root")
def test_a_device_that_is_in_use(site, packed, tmp_path):
    """Who has it mounted claims it as we do here."""
    dev = subprocess.run(["/usr/sbin/losetup", "-f", "--show", "-r", site / "disk.raw"], stdout=subprocess.PIPE, check=True, text=True).stdout.strip()
    try:
        done = pack(site, dev, tmp_path / "free", "--firmware", "uefi,bios")
        assert ok(done) and "in use" not in done.stderr
        fd = os.open(dev, os.O_RDONLY | os.O_EXCL)
        done = pack(site, dev, tmp_path / "held", "--firmware", "uefi,bios")
        os.close(fd)
        assert ok(done) and f"{dev} is in use" in done.stderr
    finally:
        subprocess.run(["/usr/sbin/losetup", "-d", dev], check=True)
    assert (tmp_path / "held/payload.zst").read_bytes() == (packed / "payload.zst").read_bytes()


def test_damaged_gpt(site, tmp_path):
    disk = make_disk(tmp_path / "disk")
    flip(disk, 512 + 60)
    refused(pack(site, disk, tmp_path / "image"), "primary GPT is damaged")
    for firmware in "uefi", "bios":
        os.truncate(disk, 16 * MIB)  # with the backup
        refused(pack(site, disk, tmp_path / "image", "--firmware", firmware), f"the GPT is for a disk of {21 * MIB + 4096} bytes", "cut short")
        os.truncate(disk, 21 * MIB + 4096)
        refused(pack(site, disk, tmp_path / "image", "--firmware", firmware), "the GPT and its backup are damaged")
    flip(disk, 512 + 60)
    flip(disk, 510)
    refused(pack(site, disk, tmp_path / "image"), "no GPT")


def test_odd_sizes(site, tmp_path):
    disk = tmp_path / "disk"
    disk.write_bytes(b"x" * 100_000)
    refused(pack(site, disk, tmp_path / "image", "--firmware", "bios"), "100000 bytes", "512")
    disk.write_bytes(b"x" * 512)
    refused(pack(site, disk, tmp_path / "image", "--firmware", "bios"), "68")
    disk.write_bytes(b"x" * 68 * 512)
    ok(pack(site, disk, tmp_path / "image", "--firmware", "bios"))
    ok(verify(site, tmp_path / "image", "--full"))


def test_force(site, image):
    refused(pack(site, site / "disk.raw", image), "--force")
    ok(pack(site, site / "disk.raw", image, "--force", serial=6))
    assert "serial 6" in ok(verify(site, image, "--full"))
    assert not image.with_name("image.partial").exists()


def test_qcow2(site, tmp_path):
    disk = tmp_path / "disk.qcow2"
    subprocess.run(["qemu-img", "convert", "-f", "raw", "-O", "qcow2", "-c", site / "disk.raw", disk], check=True)
    ok(pack(site, disk, tmp_path / "image"))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["disk.qcow2", "image"]
    assert len(list((tmp_path / "image").iterdir())) == 4
    plain = subprocess.run(["zstd", "-dcq", tmp_path / "image/payload.zst"], stdout=subprocess.PIPE, check=True).stdout
    assert plain == (site / "disk.raw").read_bytes()
    done = remint("pack", disk, "--name", "a", "--version", "1", "--serial", 1, "--key", site / "sign.key", "--cert",
                  site / "sign.pem", "-o", tmp_path / "b", env={"PATH": str(tmp_path)})
    refused(done, "qemu-img is missing", "qemu-utils")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["disk.qcow2", "image"]


def test_damaged_qcow2(site, tmp_path):
    (tmp_path / "disk").write_bytes(b"QFI\xfb" + b"\xff" * 1000)
    refused(pack(site, tmp_path / "disk", tmp_path / "image"), "qemu-img ended")
    assert [p.name for p in tmp_path.iterdir()] == ["disk"]


def test_usage(site, tmp_path):
    refused(remint("pack", site / "disk.raw"), "--name", status=2)
    refused(remint("verify", tmp_path), "--ca", status=2)
    refused(remint("inspect"), status=2)
    refused(pack(site, site / "disk.raw", tmp_path / "a", "--level", 20), "--level")
    refused(pack(site, site / "disk.raw", tmp_path / "a", "--days", 0), "--days")
    refused(pack(site, site / "disk.raw", tmp_path / "a", "--firmware", "openfirmware"), "--firmware")
    refused(pack(site, site / "missing.raw", tmp_path / "a", serial=0), "serial")  # before the disk is opened
    refused(pack(site, site / "missing.raw", tmp_path / "a"), "missing.raw")
    for command in "pack", "verify", "inspect":
        assert "usage" in ok(remint(command, "--help"))
    assert list(tmp_path.iterdir()) == []


def test_progress_on_a_terminal(site, packed):
    """A terminal gets a line that is written over; --quiet and a pipe get nothing of it in so short a time."""
    def on_terminal(*more):
        ours, theirs = pty.openpty()
        done = subprocess.run([REMINT, "image", "verify", packed, "--ca", site / "ca.pem", "--full", *more], stdout=subprocess.DEVNULL,
                              stderr=theirs, timeout=60)
        os.write(theirs, b"end")
        said = os.read(ours, 65536)
        os.close(ours)
        os.close(theirs)
        assert done.returncode == 0
        return said

    assert b"\rchecking 100%" in on_terminal()
    assert on_terminal("--quiet") == b"end"


def doc_blocks():
    text = (TOP / "docs/image-format.md").read_text()
    return re.findall(r"^```sh\n(.*?)^```$", text, re.M | re.S)


def run_block(image, block):
    return subprocess.run(["sh", "-eu", "-c", block], cwd=image, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
                          text=True)


def test_commands_of_the_document(site, image):
    """They accept a good image, and each notices what it says it checks."""
    shutil.copy(site / "ca.pem", image)
    (image / "disk.raw").symlink_to(site / "disk.raw")
    blocks = doc_blocks()
    assert len(blocks) == 3
    for block in blocks:
        done = run_block(image, block)
        assert done.returncode == 0, done.stdout
    for name, at, notices in ("manifest.json", 30, (0, 1)), ("index.bin", 20, (0,)), ("payload.zst", 10, (0, 2)), \
            ("index.bin", 85, (0, 2)):
        flip(image / name, at)
        for i in notices:
            assert run_block(image, blocks[i]).returncode != 0, (name, i)
        flip(image / name, at)


def test_openssl_signs_too(site, image):
    """The command that the document gives for signing makes what we accept."""
    command = re.search(r"^    (openssl cms -sign .*)$", (TOP / "docs/image-format.md").read_text(), re.M).group(1)
    for name in "sign.pem", "sign.key":
        shutil.copy(site / name, image)
    m = json.loads((image / "manifest.json").read_text())
    m["serial"] = 77
    (image / "manifest.json").write_text(json.dumps(m, indent=2))
    refused(verify(site, image), "signature")
    subprocess.run(["sh", "-euc", command], cwd=image, check=True)
    assert "serial 77" in ok(verify(site, image, "--full"))
