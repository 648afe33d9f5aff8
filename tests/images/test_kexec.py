# SPDX-License-Identifier: Apache-2.0
"""Images that kexec can start: kernel and initramfs beside the payload, on all ways that an image goes."""
import gzip
import json
import os
import random
import shutil
import struct
import subprocess
import time

import pytest

from stores import S3
from test_image_cli import MIB, flip, ok, pack, refused, remint, site, verify  # noqa: F401 (site is a fixture)
from test_store import DAY, age, aws, contents, gc, import_, mirror, push, sha256, sign_options, station, there, verdicts, web  # noqa: F401 (fixtures)

CMDLINE = "root=LABEL=root ro quiet"
KEXEC = ["vmlinuz", "initrd.img"]
FILES = sorted(["index.bin", "manifest.json", "manifest.json.p7s", "payload.zst", *KEXEC])


def bzimage(size=100_000):
    """A header as Linux 6.1 has it (Documentation/arch/x86/boot.rst), and noise."""
    kernel = bytearray(random.Random(7).randbytes(size))
    struct.pack_into("<H", kernel, 0x1FE, 0xAA55)
    struct.pack_into("<4sH", kernel, 0x202, b"HdrS", 0x20F)
    kernel[0x211] = 1
    struct.pack_into("<HI", kernel, 0x236, 0x3F, 2047)
    return bytes(kernel)


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    """The files, and pack's options for them."""
    d = tmp_path_factory.mktemp("kexec")
    (d / "k").write_bytes(bzimage())
    (d / "i").write_bytes(random.Random(8).randbytes(3 * MIB + 5))
    return ("--kexec-kernel", d / "k", "--kexec-initrd", d / "i", "--kexec-cmdline", CMDLINE)


@pytest.fixture(scope="module")
def packed(site, words, tmp_path_factory):
    out = tmp_path_factory.mktemp("packed") / "test"
    ok(pack(site, site / "disk.raw", out, *words))
    return out


@pytest.fixture
def image(packed, tmp_path):
    return shutil.copytree(packed, tmp_path / "image")


# ---- pack, verify, inspect -----------------------------------------------------------------------

def test_the_manifest_names_what_lies_beside_it(site, packed, words):
    assert sorted(p.name for p in packed.iterdir()) == FILES
    sources = {"vmlinuz": words[1].read_bytes(), "initrd.img": words[3].read_bytes()}
    assert {name: (packed / name).read_bytes() for name in KEXEC} == sources
    kexec = json.loads((packed / "manifest.json").read_text())["kexec"]
    assert kexec == {"cmdline": CMDLINE, **{key: {"file": name, "size": len(sources[name]), "sha256": sha256(sources[name])}
                                            for key, name in (("kernel", "vmlinuz"), ("initrd", "initrd.img"))}}
    assert json.loads(ok(remint("inspect", packed, "--json")))["manifest"]["kexec"] == kexec
    said = ok(remint("inspect", packed))
    assert f"vmlinuz, 100000 bytes, and initrd.img, {3 * MIB + 5} bytes" in said and CMDLINE in said
    assert "kernel for kexec checked" in ok(verify(site, packed))
    assert json.loads(ok(verify(site, packed, "--json")))["kexec_checked"] is True


def test_a_kernel_alone_and_none(site, words, tmp_path):
    done = pack(site, site / "disk.raw", tmp_path / "a", *words[:2], *words[4:])
    assert ", and" not in ok(done).split("kexec ")[1].splitlines()[0]
    assert "carries no signature" in done.stderr and str(words[1]) in done.stderr
    assert set(json.loads((tmp_path / "a/manifest.json").read_text())["kexec"]) == {"cmdline", "kernel"}
    done = pack(site, site / "disk.raw", tmp_path / "b")
    assert "kexec" not in ok(done) and "signature" not in done.stderr
    assert "kexec" not in ok(verify(site, tmp_path / "b", "--json")), "an image without it is as it was"


@pytest.mark.parametrize("name", KEXEC)
def test_a_file_that_is_not_the_manifests(site, image, tmp_path, name):
    path = image / name
    whole = path.read_bytes()
    flip(path, -1)
    refused(verify(site, image), f"{name}: SHA-256 mismatch")
    refused(push(site, image, tmp_path / "out", "--no-payload-check"), f"{name}: SHA-256 mismatch")
    for size in len(whole) - 1, len(whole) + 1:
        path.write_bytes((whole + b"x")[:size])
        refused(verify(site, image), name, f"{size} bytes, the manifest says {len(whole)}")
    path.unlink()
    refused(verify(site, image), name)
    assert not (tmp_path / "out").exists()


def test_what_pack_refuses(site, words, tmp_path):
    def attempt(*more):
        return pack(site, site / "disk.raw", tmp_path / "image", *more)
    kernel = bytearray(bzimage())
    refused(attempt("--kexec-kernel", words[1]), "needs --kexec-cmdline")
    refused(attempt("--kexec-cmdline", "a"), "belong to --kexec-kernel")
    refused(attempt("--kexec-initrd", words[3]), "belong to --kexec-kernel")
    refused(attempt(*words[:4], "--kexec-cmdline", "a" * 2001), "2000 printable")
    refused(attempt(*words[:4], "--kexec-cmdline", "caf\u00e9"), "printable")
    refused(attempt("--kexec-kernel", words[3], *words[4:]), "bzImage", str(words[3]))
    refused(attempt(*words, "--arch", "aarch64"), "no Linux kernel for aarch64")
    for at, value, says in (0x202, b"hdrs", "bzImage"), (0x206, b"\x0b", "2.11"), (0x236, b"\x3e", "64-bit"), (0x238, b"\x10\0", "fewer than 16"):
        (tmp_path / "k").write_bytes(kernel[:at] + value + kernel[at + len(value):])
        refused(attempt("--kexec-kernel", tmp_path / "k", *words[4:]), says)
    os.mkfifo(tmp_path / "fifo")
    refused(attempt("--kexec-kernel", tmp_path / "fifo", *words[4:]), "not a file")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["fifo", "k"]


def test_of_kind_root(site, words, tmp_path):
    tree = tmp_path / "tree"
    (tree / "boot").mkdir(parents=True)
    (tree / "boot/a.efi").write_bytes(b"MZ")
    (tmp_path / "layout").write_text(json.dumps({
        "partitions": [{"name": "esp", "type": "esp", "size": 256 * MIB, "fs": "vfat"},
                       {"name": "root", "type": "linux", "fs": "ext4", "label": "root", "mount": "/"}],
        "copies": [{"from": "/boot/a.efi", "to": r"\EFI\BOOT\BOOTX64.EFI"}]}))
    ok(remint("pack", "--kind", "root", "--layout", tmp_path / "layout", "--tree", tree, *sign_options(site), "-o", tmp_path / "image", *words))
    said = json.loads(ok(verify(site, tmp_path / "image", "--full", "--json")))
    assert said["manifest"]["kind"] == "root" and said["manifest"]["kexec"]["cmdline"] == CMDLINE and said["kexec_checked"]


def test_import(site, packed, words, web, tmp_path):
    data = gzip.compress((site / "disk.raw").read_bytes())
    (web.root / "disk").write_bytes(data)
    refused(import_(site, f"{web.url}/disk", tmp_path / "image", "--no-digest", "--kexec-kernel", words[3], *words[4:]), "bzImage")
    assert "GET" not in (web.log.read_text() if web.log.exists() else ""), "a wrong kernel is found before the disk is fetched"
    ok(import_(site, f"{web.url}/disk", tmp_path / "image", "--sha256", sha256(data), *words))
    ours, theirs = contents(tmp_path / "image"), contents(packed)
    assert {n: ours[n] for n in ("payload.zst", *KEXEC)} == {n: theirs[n] for n in ("payload.zst", *KEXEC)}


# ---- push ----------------------------------------------------------------------------------------

def test_push_to_a_folder(site, packed, tmp_path):
    out = tmp_path / "out/test"
    ok(push(site, packed, out))
    assert contents(out) == contents(packed)
    assert json.loads(ok(push(site, packed, out, "--json")))["sent_bytes"] == 0
    flip(out / "vmlinuz", 0)
    said = json.loads(ok(push(site, packed, out, "--json")))
    assert len(said["files"]) == 6 and contents(out) == contents(packed)
    ok(pack(site, site / "disk.raw", tmp_path / "six", serial=6))
    ok(push(site, tmp_path / "six", out, "--force"))
    assert contents(out) == contents(tmp_path / "six"), "the kernel of the image before is gone"
    assert [p.name for p in out.parent.iterdir()] == ["test"]


def test_push_to_nginx(site, packed, web):
    where = f"{web.url}/a/test"
    ok(push(site, packed, where))
    assert contents(web.root / "a/test") == contents(packed)
    order = [line.split()[6].rsplit("/", 1)[1] for line in web.log.read_text().splitlines() if '"PUT ' in line]
    assert order == ["payload.zst", *KEXEC, "index.bin", "manifest.json.p7s", "manifest.json"]


def test_push_to_s3(site, packed):
    s3 = S3()
    try:
        words = ("s3://images/test", "--endpoint", s3.endpoint)
        ok(push(site, packed, *words, env=aws()))
        assert {k: v[0] for k, v in s3.objects.items()} == {f"/images/test/{n}": d for n, d in contents(packed).items()}
        assert json.loads(ok(push(site, packed, *words, "--json", env=aws())))["sent_bytes"] == 0
        body, _, etag = s3.objects["/images/test/initrd.img"]
        s3.objects["/images/test/initrd.img"] = (body[:-1] + b"?", sha256(body[:-1] + b"?"), etag)
        sent = {f["name"]: f["sent"] for f in json.loads(ok(push(site, packed, *words, "--json", env=aws())))["files"]}
        assert [name for name in sent if sent[name]] == ["initrd.img"] and s3.objects["/images/test/initrd.img"][0] == body
    finally:
        s3.close()


# ---- mirror --------------------------------------------------------------------------------------

def test_mirror(site, packed, web, tmp_path):
    shutil.copytree(packed, web.root / "test")
    dest = tmp_path / "copies"
    done = json.loads(ok(mirror(site, f"{web.url}/test", dest, "--json")))["images"][0]
    assert contents(dest / "test") == contents(packed)
    assert done["fetched_bytes"] == sum((packed / name).stat().st_size for name in ("payload.zst", *KEXEC))
    assert "is good" in ok(mirror(site, f"{web.url}/test", dest))
    for name in KEXEC:
        flip(dest / "test" / name, 5)
        done = mirror(site, f"{web.url}/test", dest)
        assert "fetched and verified" in ok(done) and "damaged" in done.stderr and contents(dest / "test") == contents(packed)
        (dest / "test" / name).unlink()
        done = mirror(site, f"{web.url}/test", dest)
        assert "fetched and verified" in ok(done) and "not good" in done.stderr and contents(dest / "test") == contents(packed)
    assert [p.name for p in dest.iterdir()] == ["test"]


@pytest.mark.parametrize("name", KEXEC)
def test_mirror_of_a_file_that_is_not_the_manifests(site, packed, web, tmp_path, name):
    image, dest = shutil.copytree(packed, web.root / "test"), tmp_path / "copies"
    flip(image / name, 70_000)
    refused(mirror(site, f"{web.url}/test", dest), f"/test/{name}: SHA-256 mismatch")
    (image / name).write_bytes((packed / name).read_bytes()[:-1])
    refused(mirror(site, f"{web.url}/test", dest), f"/test/{name}")
    (image / name).unlink()
    refused(mirror(site, f"{web.url}/test", dest), f"/test/{name}")
    assert sorted(p.name for p in dest.iterdir()) == ["test.partial"]
    assert name not in os.listdir(dest / "test.partial"), "what is not whole is not left"
    assert (dest / "test.partial/payload.zst").read_bytes() == (packed / "payload.zst").read_bytes()
    shutil.copy(packed / name, image)
    done = json.loads(ok(mirror(site, f"{web.url}/test", dest, "--json")))["images"][0]
    assert done["found_bytes"] == (packed / "payload.zst").stat().st_size, "the payload is not fetched again"
    assert contents(dest / "test") == contents(packed) and [p.name for p in dest.iterdir()] == ["test"]


def sign(site, image):
    """Anew, by openssl."""
    subprocess.run(["openssl", "cms", "-sign", "-binary", "-noattr", "-outform", "DER", "-in", image / "manifest.json", "-signer", site / "sign.pem",
                    "-inkey", site / "sign.key", "-out", image / "manifest.json.p7s"], check=True)


def test_mirror_of_names_that_stations_do_not_serve(site, packed, web, tmp_path):
    image = shutil.copytree(packed, web.root / "test")
    manifest = (image / "manifest.json").read_text()
    (image / "manifest.json").write_text(manifest.replace('"vmlinuz"', '"kernel"'))
    (image / "vmlinuz").rename(image / "kernel")
    sign(site, image)
    ok(verify(site, image, "--full"))
    refused(mirror(site, f"{web.url}/test", tmp_path / "copies"), "kernel", "vmlinuz alone")


def test_a_station_serves_them(site, packed, station, tmp_path):
    shutil.copytree(packed, station.images / "test")
    base = station.ports["http"]["url"]
    assert "fetched and verified" in ok(mirror(site, f"{base}/images/test", tmp_path / "copies"))
    assert contents(tmp_path / "copies/test") == contents(packed)
    reply = station.call("GET", "/images/test/initrd.img", port="http", headers={"Range": "bytes=3145730-"})
    assert reply.status == 206 and reply.body == (packed / "initrd.img").read_bytes()[-3:]
    (station.images / "test/vmlinuz").unlink()
    (station.images / "test/vmlinuz").symlink_to(packed / "vmlinuz")
    assert station.call("GET", "/images/test/vmlinuz", port="http").status == 404


# ---- gc ------------------------------------------------------------------------------------------

def test_gc(site, words, station):
    def fill(folder, *files):
        (station.images / folder).mkdir()
        for name in files:
            (station.images / folder / name).write_bytes(b"x" * 100)

    for serial in 1, 2:
        ok(pack(site, site / "disk.raw", station.images / f"test-{serial}", *words, serial=serial))
    shutil.copytree(station.images / "test-1", station.images / "stray")
    manifest = json.loads((station.images / "stray/manifest.json").read_text())
    del manifest["kexec"]
    (station.images / "stray/manifest.json").write_text(json.dumps(manifest))
    fill("boot", "vmlinuz", "initrd.img")
    fill("remains", "vmlinuz", "initrd.img", "payload.zst")
    for folder in list(station.images.iterdir()):
        age(folder, 3)
    said = verdicts(gc(station, "--yes", "--keep", 1, "--json"))
    assert {f for f, v in said.items() if v[1]} == {"test-1", "remains"}
    assert "holds a kernel, and no image" in said["boot"][2] and "no part of an image" in said["stray"][2]
    assert there(station) == ["boot", "stray", "test-2"]
    assert sorted(os.listdir(station.images / "test-2")) == FILES and os.listdir(station.images / "boot") != []
    assert time.time() - (station.images / "boot").stat().st_mtime > DAY, "nothing was touched there"
