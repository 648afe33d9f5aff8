# SPDX-License-Identifier: Apache-2.0
"""remint image pack --kind overlay: what goes in, the same bytes whoever packs, what is refused, and what verify finds."""
import json
import os
import shutil
import socket
import subprocess
import tarfile

import pytest
from program import make_keys, ok, refused, remint

TIMES = ("--not-before", "2026-01-01T00:00:00Z", "--not-after", "2036-01-01T00:00:00Z")
KERNEL = "6.1.0-56-amd64"
SERVICE = {"name": "fabric", "arguments": ["/usr/bin/fabric", "-c", "/etc/fabric.cfg"], "ready": "notify", "wait": 60, "stop": 5}
DECLARED = {"kernel": KERNEL, "modules": ["nvidia", "nvidia_uvm"], "services": [SERVICE]}


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return make_keys(tmp_path_factory.mktemp("keys") / "keys")


def put(path, data=b"", mode=0o644):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(mode)


def make_tree(tree):
    put(tree / "usr/bin/fabric", b"#!/bin/sh\n", 0o750)
    put(tree / "etc/fabric.cfg", b"x=1\n", 0o600)
    put(tree / f"lib/modules/{KERNEL}/updates/nvidia.ko", os.urandom(5000))
    put(tree / f"lib/modules/{KERNEL}/nvidia-uvm.ko.xz", os.urandom(5000))
    (tree / "usr/lib").mkdir()
    put(tree / "usr/lib/libnvidia-ml.so.535", b"elf" * 2000)
    (tree / "usr/lib/libnvidia-ml.so.1").symlink_to("libnvidia-ml.so.535")
    (tree / "usr/lib/up").symlink_to("../../etc/fabric.cfg")
    os.link(tree / "etc/fabric.cfg", tree / "etc/second.cfg")
    (tree / "var").mkdir()
    return tree


@pytest.fixture
def tree(tmp_path):
    return make_tree(tmp_path / "tree")


def pack(keys, tree, out, *more, declared=DECLARED, env=None):
    file = out.with_name(out.name + ".json")
    file.write_text(json.dumps(declared) if not isinstance(declared, str) else declared)
    return remint("pack", "--kind", "overlay", tree, "--declare", file, "--name", "nvidia", "--version", "535", "--serial", 3,
                  "--key", keys / "sign.key", "--cert", keys / "sign.pem", "-o", out, *TIMES, *more, env=env)


def verify(keys, image, *more):
    return remint("verify", image, "--ca", keys / "ca.pem", *more)


def test_round_trip(keys, tree, tmp_path):
    out = tmp_path / "image"
    ok(pack(keys, tree, out))
    assert "every chunk" in ok(verify(keys, out, "--full"))
    m = json.loads((out / "manifest.json").read_text())
    assert m["kind"] == "overlay" and not {"boot", "layout", "kexec", "logical_block_size", "block_sizes"} & m.keys()
    sizes = [p.stat().st_size for p in tree.rglob("*") if p.is_file() and not p.is_symlink() and p.name != "second.cfg"]
    links = [p for p in tree.rglob("*") if p.is_symlink()]
    assert m["overlay"] == {**DECLARED, "files": 1 + len(list(tree.rglob("*"))),
                            "size": sum(-(-n // 4096) * 4096 for n in sizes) + 4096 * len(links)}
    plain = tmp_path / "plain.tar"
    with plain.open("wb") as f:
        subprocess.run(["zstd", "-dcq", out / "payload.zst"], stdout=f, check=True)
    with tarfile.open(plain) as tar:
        entries = tar.getmembers()
    assert len(entries) == m["overlay"]["files"] and [e.name for e in entries] == sorted(e.name for e in entries)
    for e in entries:
        assert (e.uid, e.gid, e.mtime) == (0, 0, 0)
        assert e.mode == (0o777 if e.issym() else 0o755 if e.isdir() or e.name in ("usr/bin/fabric",) else 0o644)
    shown = ok(remint("inspect", out))
    assert "overlay" in shown and f"the kernel {KERNEL}" in shown and "fabric: /usr/bin/fabric" in shown and "UEFI" not in shown
    assert json.loads(ok(remint("inspect", out, "--json")))["manifest"] == m


def test_the_same_whoever_packs(keys, tree, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(tree, other, symlinks=True)
    os.unlink(other / "etc/second.cfg")  # copytree makes two files of two names
    os.link(other / "etc/fabric.cfg", other / "etc/second.cfg")
    for p in other.rglob("*"):
        if not p.is_symlink():
            p.chmod(p.stat().st_mode | 0o044)
            os.utime(p, (1, 1))
    env = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
    ok(pack(keys, tree, tmp_path / "a", "-j", 1, env=env))
    ok(pack(keys, other, tmp_path / "b", "-j", 2, "--epoch", "2023-11-14T22:13:20Z"))
    for name in "payload.zst", "index.bin", "manifest.json":
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    ok(pack(keys, tree, tmp_path / "c"))
    assert (tmp_path / "a/index.bin").read_bytes() != (tmp_path / "c/index.bin").read_bytes()


def socket_at(path):
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(path))


@pytest.mark.parametrize("spoil, says", [
    (lambda t: (t / "a").symlink_to("/etc/passwd"), "/a: a symbolic link to /etc/passwd"),
    (lambda t: (t / "usr/a").symlink_to("../../x"), "/usr/a: a symbolic link to ../../x"),
    (lambda t: (t / "usr/a").symlink_to("lib/../../x"), "/usr/a: a symbolic link"),
    (lambda t: os.mkfifo(t / "pipe"), "/pipe: neither a file"),
    (lambda t: (t / "usr/bin/fabric").chmod(0o4755), "/usr/bin/fabric: its mode 4755 sets the user"),
    (lambda t: (t / "etc/fabric.cfg").chmod(0o2755), "sets the user or group"),
    (lambda t: socket_at(t / "s"), "/s: a socket"),
    (lambda t: put(t / "var/lib/x"), "/var/lib: dev, proc, run"),
    (lambda t: put(t / "tmp"), "/tmp: dev, proc, run"),
    (lambda t: (t / "usr/bin/fabric").unlink(), "service fabric: /usr/bin/fabric is not in the folder"),
    (lambda t: (t / "usr/bin/fabric").chmod(0o644), "service fabric: /usr/bin/fabric is not executable"),
    (lambda t: ((t / "usr/bin/fabric").unlink(), (t / "usr/bin/fabric").symlink_to("true")), "no regular file"),
    (lambda t: (t / f"lib/modules/{KERNEL}/updates/nvidia.ko").rename(t / "lib/nvidia.ko"), f"module nvidia: there is no nvidia.ko"),
    (lambda t: (t / "lib/modules" / KERNEL).rename(t / "lib/modules/6.1"), f"below /lib/modules/{KERNEL}/"),
    (lambda t: (t / "lib").rename(t / "usr/lib/x") and (t / "lib").symlink_to("usr/lib/x"), f"below /lib/modules/{KERNEL}/"),
])
def test_refused_trees(keys, tree, tmp_path, spoil, says):
    spoil(tree)
    refused(pack(keys, tree, tmp_path / "image"), str(tree), says)
    assert not (tmp_path / "image").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes device nodes")
def test_device_nodes_are_refused(keys, tree, tmp_path):
    os.mknod(tree / "null", 0o20666, os.makedev(1, 3))
    refused(pack(keys, tree, tmp_path / "image"), "/null: a device node")


def test_too_many_bytes_are_refused(keys, tree, tmp_path):
    with (tree / "large").open("wb") as f:
        f.truncate(8 << 30)
    refused(pack(keys, tree, tmp_path / "image"), "more than 8589934592 bytes")


@pytest.mark.parametrize("declared, says", [
    ("[]", "must be an object"),
    ("{", "image.json"),
    ({**DECLARED, "size": 1}, "size"),
    ({**DECLARED, "kernel": None}, "kernel must name the release"),
    ({**DECLARED, "kernel": "../x"}, "no kernel's release"),
    ({**DECLARED, "services": [{**SERVICE, "arguments": ["bin/x"]}]}, "arguments[0]"),
    ({**DECLARED, "services": [SERVICE, SERVICE]}, "two services fabric"),
    ({**DECLARED, "services": [{**SERVICE, "user": "root"}]}, "user"),
])
def test_refused_declarations(keys, tree, tmp_path, declared, says):
    refused(pack(keys, tree, tmp_path / "image", declared=declared), says)


def test_options_of_other_kinds_are_refused(keys, tree, tmp_path):
    for more in (("--firmware", "uefi"), ("--layout", tmp_path), ("--tree", tree), ("--block-size", "512"), ("--kexec-kernel", "x")):
        refused(pack(keys, tree, tmp_path / "image", *more), "kind overlay")
    refused(remint("pack", tree, "--declare", "x", "--name", "a", "--version", 1, "--serial", 1, "--key", "k", "--cert", "c", "-o",
                   tmp_path / "image"), "--declare belongs to --kind overlay")
    refused(remint("import", tree, "--kind", "overlay", "--declare", "/dev/null", "--name", "a", "--version", 1, "--serial", 1, "--key",
                   "k", "--cert", "c", "-o", tmp_path / "image"), "")


@pytest.fixture(scope="module")
def packed(keys, tmp_path_factory):
    d = tmp_path_factory.mktemp("packed")
    ok(pack(keys, make_tree(d / "tree"), d / "image"))
    return d / "image"


def test_what_is_tampered_with_is_found(keys, packed, tmp_path):
    """Payload, index, manifest, declaration and signature, one at a time."""
    def spoiled(name, change):
        image = tmp_path / "image"
        shutil.rmtree(image, ignore_errors=True)
        shutil.copytree(packed, image)
        data = bytearray((image / name).read_bytes())
        (image / name).write_bytes(change(data))
        return verify(keys, image, "--full")

    def flip(at):
        def change(data):
            data[at] ^= 1
            return data
        return change

    for at in 0, 100, -1:
        refused(spoiled("payload.zst", flip(at)), "chunk 0", "SHA-256")
    refused(spoiled("payload.zst", lambda d: d[:-1]), "payload.zst")
    for at in 0, 70, -1:
        refused(spoiled("index.bin", flip(at)), "index.bin")
    for old, new in ((b'"serial":3', b'"serial":4'), (KERNEL.encode(), b"6.1.0-57-amd64"), (b"/usr/bin/fabric", b"/usr/bin/evilxx"),
                     (b'"modules":["nvidia"', b'"modules":["rootkt"'), (b'"kind":"overlay"', b'"kind":"disk"')):
        refused(spoiled("manifest.json", lambda d, o=old, n=new: bytes(d).replace(o, n)), "signature")
    refused(spoiled("manifest.json.p7s", flip(-5)), "signature")


def test_push_and_gc_take_it(keys, packed, tmp_path):
    store = tmp_path / "store"
    ok(remint("push", packed, store / "nvidia", "--ca", keys / "ca.pem"))
    assert "good: nvidia 535" in ok(verify(keys, store / "nvidia", "--full"))
    assert "nvidia" in ok(remint("gc", store, "--no-orders", "--keep", 1, "--dry-run"))
