# SPDX-License-Identifier: Apache-2.0
"""remint image import, as an operator runs it, and how it and pack end before their time."""
import bz2
import contextlib
import gzip
import lzma
import os
import random
import resource
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from test_image_cli import MIB, REMINT, ok, pack, refused, remint, site, verify  # noqa: F401 (site is a fixture)
from test_store import FILES, big, contents, import_, packed, sha256, sign_options, web  # noqa: F401 (big, packed, web are fixtures)


def zstd(data):
    return subprocess.run(["zstd", "-qc"], input=data, stdout=subprocess.PIPE, check=True).stdout


def zstd_long(data, log=28):
    """A window of 256 MiB, since the length is not known beforehand."""
    return subprocess.run(["zstd", "-qc", f"--long={log}"], input=data, stdout=subprocess.PIPE, check=True).stdout


PACKERS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstd}


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz", "zst", "long", "raw", "several"])
def test_import_is_what_packing_the_raw_disk_gives(site, packed, tmp_path, kind):
    raw = (site / "disk.raw").read_bytes()
    # two members, as pigz and others make them; the name says nothing
    packers = {**PACKERS, "raw": bytes, "long": zstd_long,
               "several": lambda d: gzip.compress(d[:5 * MIB]) + gzip.compress(d[5 * MIB:]) + bytes(100)}
    data = packers[kind](raw)
    (tmp_path / "disk.img").write_bytes(data)
    ok(import_(site, tmp_path / "disk.img", tmp_path / "image", "--sha256", sha256(data)))
    ours, theirs = contents(tmp_path / "image"), contents(packed)
    assert {n: ours[n] for n in FILES if n != "manifest.json.p7s"} == {n: theirs[n] for n in FILES if n != "manifest.json.p7s"}
    ok(verify(site, tmp_path / "image", "--full"))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["disk.img", "image"]


def test_import_of_a_zstd_window_that_is_too_large(site, tmp_path):
    (tmp_path / "disk").write_bytes(zstd_long(bytes(5000), 31))
    assert "damaged" not in refused(import_(site, tmp_path / "disk", tmp_path / "image"), "--long=31")


def test_import_of_compressed_qcow2(site, packed, tmp_path):
    subprocess.run(["qemu-img", "convert", "-f", "raw", "-O", "qcow2", site / "disk.raw", tmp_path / "q"], check=True)
    (tmp_path / "q.xz").write_bytes(lzma.compress((tmp_path / "q").read_bytes()))
    ok(import_(site, tmp_path / "q.xz", tmp_path / "image"))
    ok(import_(site, tmp_path / "q", tmp_path / "plain"))
    for folder in "image", "plain":
        assert (tmp_path / folder / "payload.zst").read_bytes() == (packed / "payload.zst").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["image", "plain", "q", "q.xz"]


def test_a_qcow2_disk_that_brings_in_other_files_is_refused(site, tmp_path):
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-b", site / "disk.raw", "-F", "raw", tmp_path / "q"], check=True)
    refused(import_(site, tmp_path / "q", tmp_path / "image"), "backing file")
    (tmp_path / "q.gz").write_bytes(gzip.compress((tmp_path / "q").read_bytes()))
    refused(import_(site, tmp_path / "q.gz", tmp_path / "image"), "backing file")
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-o", f"data_file={tmp_path}/d", tmp_path / "q", "1M"], check=True)
    refused(import_(site, tmp_path / "q", tmp_path / "image"), "external data file")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["d", "q", "q.gz"]


def test_a_qcow2_disk_that_is_cut_short_is_refused(site, tmp_path):
    """Converting gives zeros for what is missing, and says nothing."""
    q = tmp_path / "q"
    subprocess.run(["qemu-img", "convert", "-f", "raw", "-O", "qcow2", site / "disk.raw", q], check=True)
    os.truncate(q, q.stat().st_size * 3 // 4)
    refused(import_(site, q, tmp_path / "image"), f"{q}: ", "damaged or cut short")
    said = refused(pack(site, q, tmp_path / "image"), f"{q}: ", "damaged or cut short")
    assert "exceeding" not in said, "not a line for each cluster"
    assert [p.name for p in tmp_path.iterdir()] == ["q"]


@pytest.mark.parametrize("command, number, status", [
    ("import", signal.SIGTERM, 1), ("import", signal.SIGKILL, -signal.SIGKILL), ("pack", signal.SIGTERM, 1),
    ("pack", signal.SIGKILL, -signal.SIGKILL)])
def test_a_signal_ends_the_conversion_too(site, tmp_path, command, number, status):
    """Only the program itself gets it, as from a service manager; a terminal's goes to both."""
    q, tool = tmp_path / "q", tmp_path / "bin/qemu-img"
    subprocess.run(["qemu-img", "convert", "-f", "raw", "-O", "qcow2", site / "disk.raw", q], check=True)
    if command == "import":
        q.write_bytes(gzip.compress(q.read_bytes()))
    tool.parent.mkdir()
    tool.write_text(f"#!/bin/sh\necho $$ >{tmp_path}/pid.new\nmv {tmp_path}/pid.new {tmp_path}/pid\nexec sleep 100\n")
    tool.chmod(0o755)
    child = subprocess.Popen([REMINT, "image", command, q, *map(str, sign_options(site)), "-o", tmp_path / "out/image"],
                             env={**os.environ, "PATH": f"{tool.parent}:{os.environ['PATH']}"}, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 60
    while not (tmp_path / "pid").exists():
        assert child.poll() is None and time.monotonic() < end
        time.sleep(0.01)
    child.send_signal(number)
    _, err = child.communicate(timeout=60)
    assert child.returncode == status and ("cancelled" in err) == (status == 1), err
    tool_pid = int((tmp_path / "pid").read_text())
    while Path(f"/proc/{tool_pid}").exists() and "State:\tZ" not in Path(f"/proc/{tool_pid}/status").read_text():
        assert time.monotonic() < end
        time.sleep(0.01)
    left = ["image.partial"] if (command, number) == ("pack", signal.SIGKILL) else []
    assert [p.name for p in (tmp_path / "out").iterdir()] == left


def test_a_signal_ends_packing(site, big, tmp_path):
    out = tmp_path / "out"
    child = subprocess.Popen([REMINT, "image", "pack", big.parent / "disk.raw", *map(str, sign_options(site)),
                              "-j1", "--level", "19", "-o", out / "image"], stderr=subprocess.PIPE, text=True)
    while not (out / "image.partial/payload.zst").exists():
        assert child.poll() is None
        time.sleep(0.01)
    child.send_signal(signal.SIGINT)
    assert "cancelled" in child.communicate(timeout=60)[1] and child.returncode == 1 and not list(out.iterdir())


def read_of(pid, path):
    """How far a process has read a file."""
    for fd in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            if os.readlink(fd) == str(path):
                return int(Path(f"/proc/{pid}/fdinfo/{fd.name}").read_text().split()[1])
    return 0


def test_a_signal_ends_the_hashing_of_a_raw_disk(site, tmp_path):
    disk = tmp_path / "disk"
    with disk.open("wb") as f:
        f.truncate(8 << 30)
    child = subprocess.Popen([REMINT, "image", "import", disk, *map(str, sign_options(site)),
                              "--sha256", "0" * 64, "-o", tmp_path / "image"], stderr=subprocess.PIPE, text=True)
    while read_of(child.pid, disk) < 64 * MIB:
        assert child.poll() is None
        time.sleep(0.01)
    child.terminate()
    assert "disk: cancelled" in child.communicate(timeout=60)[1] and child.returncode == 1


@pytest.mark.parametrize("kind", PACKERS)
def test_import_of_damaged_streams(site, tmp_path, kind):
    disk = tmp_path / "disk"
    good = PACKERS[kind]((site / "disk.raw").read_bytes())
    disk.write_bytes(good[:-3])
    refused(import_(site, disk, tmp_path / "image"), "disk", "cut short")
    for at in len(good) // 2, len(good) - (6 if kind == "gz" else 40):
        bad = bytearray(good)
        bad[at] ^= 0x10
        disk.write_bytes(bad)
        if kind == "zst" and at != len(good) // 2:
            continue
        refused(import_(site, disk, tmp_path / "image"), "damaged")
    disk.write_bytes(good + b"something else")
    refused(import_(site, disk, tmp_path / "image"), "damaged")
    refused(import_(site, disk, tmp_path / "image", "--sha256", sha256(good)), "SHA-256", sha256(good))
    assert [p.name for p in tmp_path.iterdir()] == ["disk"]


@pytest.mark.parametrize("head, says", [
    (b"KDMV", "VMDK"), (b"# Disk DescriptorFile\n", "VMDK"), (b"conectix", "VHD"), (b"vhdxfile", "VHDX"), (b"PK\3\4", "zip"),
    (b"x" * 1024 + b"conectix" + b"x" * 504, "VHD disk of fixed size"),
    (gzip.compress(b"KDMV" + bytes(5000)), "VMDK"), (gzip.compress(lzma.compress(bytes(5000))), "compressed twice"),
])
def test_what_is_not_read_is_refused_by_name(site, tmp_path, head, says):
    (tmp_path / "disk.raw").write_bytes(head + (b"" if head[0] in b"\x1fx" else bytes(5000)))
    refused(import_(site, tmp_path / "disk.raw", tmp_path / "image"), says)
    # pack asks for the content too: with BIOS alone, for which no partition table is needed, it would sign the container
    os.truncate(tmp_path / "disk.raw", MIB if head[:1] != b"x" else 1536)
    refused(pack(site, tmp_path / "disk.raw", tmp_path / "image", "--firmware", "bios"),
            "gzip: remint image import" if head[0] == 0x1f else says)
    assert [p.name for p in tmp_path.iterdir()] == ["disk.raw"]


def limited(*words):
    """A limit on files' sizes stands in for a full disk."""
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (4 * MIB, 4 * MIB))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    return subprocess.run([REMINT, "image", *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                          timeout=120, text=True, preexec_fn=limit)


def test_a_full_disk_is_named(site, big, web, tmp_path):
    out = tmp_path / "out"
    refused(limited("pack", big.parent / "disk.raw", *sign_options(site), "-o", out / "image"),
            f"{out}/image.partial/payload.zst: ", "File too large")
    assert not list(out.iterdir())
    shutil.copytree(big, web.root / "big")
    refused(limited("mirror", f"{web.url}/big", out, "--ca", site / "ca.pem"), f"{out}/test.partial/payload.zst: ", "File too large")


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system takes root")
def test_a_small_disk_on_a_file_system_with_little_room(site, tmp_path):
    """64 MiB are left to others, and no more."""
    (tmp_path / "disk.gz").write_bytes(gzip.compress((site / "disk.raw").read_bytes(), 1))
    (tmp_path / "t").mkdir()
    mount = f'mount -t tmpfs -o size=90m none {tmp_path}/t && exec "$@"'
    words = [REMINT, "image", "import", tmp_path / "disk.gz", *map(str, sign_options(site)), "-o", tmp_path / "t/image"]
    subprocess.run(["unshare", "-m", "sh", "-c", mount, "sh", *words], stdout=subprocess.DEVNULL, timeout=60, check=True)


def test_a_bomb_ends_with_an_error(site, tmp_path):
    """17 TiB of zeros in a few megabytes would take long."""
    random_part = random.Random(3).randbytes(MIB)
    (tmp_path / "bomb").write_bytes(gzip.compress(random_part * 8, 1))

    refused(limited("import", tmp_path / "bomb", *sign_options(site), "-o", tmp_path / "image"), "File too large")
    assert [p.name for p in tmp_path.iterdir()] == ["bomb"]


def test_import_from_the_web(site, packed, web, tmp_path):
    data = gzip.compress((site / "disk.raw").read_bytes())
    (web.root / "disk").write_bytes(data)
    url = f"{web.url}/disk"
    refused(import_(site, url, tmp_path / "image"), "--sha256", "--no-digest")
    refused(import_(site, url, tmp_path / "image", "--sha256", "0" * 64), sha256(data), "nothing was taken in")
    refused(import_(site, url, tmp_path / "image", "--sha256", "0" * 63), "64 hexadecimal digits")
    refused(import_(site, f"{web.url}/missing", tmp_path / "image", "--no-digest"), "404", "missing")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["nginx", "www"]
    ok(import_(site, url, tmp_path / "image", "--sha256", sha256(data).upper()))
    assert (tmp_path / "image/payload.zst").read_bytes() == (packed / "payload.zst").read_bytes()
    ok(import_(site, url, tmp_path / "other", "--no-digest"))
    assert web.log.read_text().count("GET /disk ") == 3, "nothing is fetched before the digest is known"


def test_import_says_what_is_wrong_before_it_fetches(site, web, tmp_path):
    words = ["--name", "test", "--version", "1", "--serial", "1", "--cert", site / "sign.pem", "-o", tmp_path / "image", "--no-digest"]
    refused(remint("import", f"{web.url}/disk", *words, "--key", site / "nobody.key"), "trial signature")
    refused(remint("import", f"{web.url}/disk", *words), "--key", status=2)
    refused(import_(site, f"{web.url}/disk", site, "--no-digest"), "exists already")
    refused(import_(site, f"{web.url}/disk", site, "--no-digest", "--force"), "no part of an image")
    assert "GET" not in (web.log.read_text() if web.log.exists() else "")
    (tmp_path / "disk.gz").write_bytes(gzip.compress(bytes(MIB)))
    said = refused(import_(site, tmp_path / "disk.gz", tmp_path / "image"), "no GPT")
    assert "disk.gz" in said and "/proc/self" not in said
