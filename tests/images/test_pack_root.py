# SPDX-License-Identifier: Apache-2.0
"""remint image pack --kind root: the same files give the same bytes, what is unpacked is what was packed, and what is refused."""
import gzip
import io
import json
import os
import shutil
import socket
import stat
import subprocess
import tarfile
from functools import partial

import pytest
import program
from program import make_keys, ok, refused

remint = partial(program.remint, errors="surrogateescape")  # names of files are bytes

MIB = 1 << 20
ROOT = os.geteuid() == 0
LAYOUT = {"partitions": [{"name": "esp", "type": "esp", "fs": "vfat", "size": 256 * MIB, "mount": "/boot/efi", "label": "ESP"},
                         {"name": "swap", "type": "swap", "fs": "swap", "size": 512 * MIB},
                         {"name": "root", "type": "linux", "fs": "ext4", "mount": "/", "mirrored": True}],
          "copies": [{"from": "/usr/lib/loader.efi", "to": "\\EFI\\BOOT\\BOOTX64.EFI"}]}
TIMES = ("--not-before", "2026-01-01T00:00:00Z", "--not-after", "2036-01-01T00:00:00Z")


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return make_keys(tmp_path_factory.mktemp("keys") / "keys")


def pack(keys, out, *more, layout=LAYOUT, times=TIMES):
    text = out.with_name(out.name + ".layout")
    text.write_text(json.dumps(layout) if isinstance(layout, dict) else layout)
    done = remint("pack", "--kind", "root", "--layout", text, "--name", "test", "--version", "1", "--serial", 1, "--key",
                  keys / "sign.key", "--cert", keys / "sign.pem", "-o", out, *times, *more)
    text.unlink()
    return done


def put(path, data=b"", mode=0o644):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(mode)
    return path


def sparse(path, size, *pieces):
    with path.open("wb") as f:
        f.truncate(size)
        for at, data in pieces:
            f.seek(at)
            f.write(data)


def set_times(tree):
    """Each name a time of its own, with a fraction."""
    for i, path in enumerate(sorted([*tree.rglob("*"), tree], key=os.fsencode)):
        os.utime(path, ns=(10 ** 18, 1_700_000_000 * 10 ** 9 + i * 1_000_000_007), follow_symlinks=False)


@pytest.fixture
def tree(tmp_path):
    t = tmp_path / "tree"
    put(t / "usr/lib/loader.efi", b"MZ loader")
    put(t / "usr/bin/tool", b"#!/bin/sh\n" * 1000, 0o4755)
    os.link(t / "usr/bin/tool", t / "usr/bin/another")
    os.link(t / "usr/bin/tool", t / "zz")
    (t / "usr/bin/link").symlink_to("../lib/loader.efi")
    (t / "bin").symlink_to("usr/bin")
    os.mkfifo(t / "usr/fifo")
    put(t / os.fsdecode(b"etc/caf\xe9"), b"latin")
    put(t / "etc/e\u0301", b"decomposed")
    put(t / "etc/\u00e9", b"composed")
    put(t / "etc" / ("long" * 50) / ("name" * 60) / "file", b"deep")
    put(t / "etc/shadow", b"secret", 0o640)
    sparse(t / "usr/hole", 20 * MIB, (3 * MIB + 5, b"x"), (9 * MIB, b"y" * MIB))
    sparse(t / "usr/all-hole", 5 * MIB)
    sparse(t / "usr/hole-first", 2 * MIB, (2 * MIB - 1, b"z"))
    put(t / "usr/zeros", bytes(3 * MIB))
    put(t / "usr/empty")
    put(t / "boot/efi/readme.txt", b"fat")
    (t / "dev").mkdir()
    with socket.socket(socket.AF_UNIX) as s:
        here = os.getcwd()
        os.chdir(t)
        s.bind("usr/socket")
        os.chdir(here)
    os.setxattr(t / "etc/shadow", "user.zzz", b"last\0byte")
    os.setxattr(t / "etc/shadow", "user.aaa", b"first")
    os.setxattr(t / "usr", "user.folder", b"")
    subprocess.run(["setfacl", "-m", "u:123456:rw,g:654321:r", t / "etc/shadow"], check=True)
    subprocess.run(["setfacl", "-d", "-m", "u:123456:rwx", t / "etc"], check=True)
    if ROOT:
        os.chown(t / "etc/shadow", 4_000_000_000, 42)
        os.chown(t / "bin", 3_000_000, 3_000_000, follow_symlinks=False)
        subprocess.run(["setcap", "cap_net_raw+ep", t / "usr/lib/loader.efi"], check=True)
        os.mknod(t / "dev/null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    set_times(t)
    return t


def xattrs(path):
    return {name: os.getxattr(path, name, follow_symlinks=False) for name in os.listxattr(path, follow_symlinks=False)}


def described(tree, owners=ROOT):
    """All that has to be kept of each file."""
    inodes, all_of_it = {}, {}
    for path in sorted([tree, *tree.rglob("*")], key=os.fsencode):
        st = path.lstat()
        name = os.fsencode(path.relative_to(tree))
        if stat.S_ISSOCK(st.st_mode) or stat.S_ISCHR(st.st_mode):
            continue
        regular = stat.S_ISREG(st.st_mode)
        all_of_it[name] = (
            st.st_mode, (st.st_uid, st.st_gid) if owners else None, st.st_mtime_ns,
            os.readlink(path) if path.is_symlink() else None,
            path.read_bytes() if regular else None,
            inodes.setdefault(st.st_ino, name) if regular else None,
            xattrs(path))
    return all_of_it


def plain(image):
    return subprocess.run(["zstd", "-dcq", image / "payload.zst"], stdout=subprocess.PIPE, check=True).stdout


def same(a, b):
    return all((a / name).read_bytes() == (b / name).read_bytes() for name in ("payload.zst", "index.bin", "manifest.json"))


def test_unpacked_it_is_the_tree(keys, tree, tmp_path):
    done = pack(keys, tmp_path / "image", "--tree", tree)
    assert "1 sockets" in done.stderr
    ok(done)
    assert "every chunk" in ok(remint("verify", tmp_path / "image", "--ca", keys / "ca.pem", "--full"))
    (tmp_path / "out").mkdir()
    subprocess.run(["tar", "-xpf", "-", "--acls", "--xattrs", "--xattrs-include=*", "--numeric-owner", "--warning=no-unknown-keyword",
                    "-C", tmp_path / "out"], input=plain(tmp_path / "image"), check=True)
    ours, theirs = described(tree), described(tmp_path / "out")
    assert ours.keys() == theirs.keys()
    for name, what in ours.items():
        assert theirs[name] == what, name
    assert (tmp_path / "out/usr/all-hole").stat().st_blocks == 0
    assert (tmp_path / "out/usr/hole").stat().st_blocks * 512 < 2 * MIB


def test_manifest_and_inspect(keys, tree, tmp_path):
    ok(pack(keys, tmp_path / "image", "--tree", tree))
    m = json.loads((tmp_path / "image/manifest.json").read_text())
    assert m["kind"] == "root" and m["boot"] == {"firmware": ["uefi"], "loader": "\\EFI\\BOOT\\BOOTX64.EFI"}
    assert m["layout"] == LAYOUT
    assert "logical_block_size" not in m and m["size"] == len(plain(tmp_path / "image"))
    said = ok(remint("inspect", tmp_path / "image"))
    assert "root, ext4 on /, all that is left, mirrored" in said


def test_same_files_same_bytes(keys, tree, tmp_path):
    """Another copy, made in another order and without its holes, and every tar archive of it."""
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in sorted((p.name for p in tree.iterdir()), reverse=True):
        if name != "zz":
            subprocess.run(["cp", "-a", "--sparse=never", tree / name, copy], check=True)
    os.link(copy / "usr/bin/tool", copy / "zz")
    shutil.copystat(tree, copy)
    for path in sorted(tree.rglob("*"), key=os.fsencode):
        at = copy / path.relative_to(tree)
        if at.is_dir() and not at.is_symlink():
            os.utime(at, ns=(0, path.stat().st_mtime_ns))
    if ROOT:  # XFS shows an ACL once more so
        os.setxattr(copy / "etc/shadow", "trusted.SGI_ACL_FILE", b"the same ACL")
    ok(pack(keys, tmp_path / "a", "--tree", tree, "-j", 1))
    ok(pack(keys, tmp_path / "b", "--tree", copy, "-j", 4))
    assert same(tmp_path / "a", tmp_path / "b")
    keep = ["--acls", "--xattrs", "--xattrs-include=*", "--numeric-owner", "--sort=none", "-C", tree]
    for name, how in ("t.tar", ["--format=pax", "--sparse"]), ("t.tar.zst", ["--format=pax", "--zstd"]), \
            ("t.tar.gz", ["--format=pax", "-z"]), ("t.tar.xz", ["--format=pax", "-J"]):
        subprocess.run(["tar", "-cf", tmp_path / name, *how, *keep, "."], check=True, stderr=subprocess.DEVNULL)
        ok(pack(keys, tmp_path / "c", "--tar", tmp_path / name, "--force"))
        assert same(tmp_path / "a", tmp_path / "c"), name
    (tmp_path / "ours.tar").write_bytes(plain(tmp_path / "a"))
    ok(pack(keys, tmp_path / "c", "--tar", tmp_path / "ours.tar", "--force"))
    assert same(tmp_path / "a", tmp_path / "c")
    assert not any(p.name.endswith(".partial") for p in tmp_path.iterdir())


def test_an_archive_that_is_cut_between_two_files(keys, tmp_path):
    put(tmp_path / "tree/usr/lib/loader.efi", b"MZ")
    subprocess.run(["tar", "-C", tmp_path / "tree", "-cf", tmp_path / "t.tar", "usr"], check=True)
    ok(pack(keys, tmp_path / "good", "--tar", tmp_path / "t.tar"))
    with tarfile.open(tmp_path / "t.tar") as t:
        end = t.getmembers()[-1].offset_data + 512
    os.truncate(tmp_path / "t.tar", end)
    refused(pack(keys, tmp_path / "bad", "--tar", tmp_path / "t.tar"), "t.tar: the archive has no end")


def test_a_damaged_gzip_archive(keys, tree, tmp_path):
    """Of data that are not compressed, nothing but the CRC tells."""
    subprocess.run(["tar", "-C", tree, "-cf", tmp_path / "t.tar", "--exclude=usr/socket", "usr"], check=True)
    good = gzip.compress((tmp_path / "t.tar").read_bytes(), 0)
    (tmp_path / "t.tar").write_bytes(good)
    ok(pack(keys, tmp_path / "good", "--tar", tmp_path / "t.tar"))
    for at, says in (good.index(b"#!/bin/sh") + 3, "damaged"), (len(good) - 6, "damaged"), (None, "cut short"):
        bad = bytearray(good if at else good[:-3])
        if at:
            bad[at] ^= 1
        (tmp_path / "t.tar").write_bytes(bad)
        refused(pack(keys, tmp_path / "bad", "--tar", tmp_path / "t.tar"), "t.tar: ", f"the gzip stream is {says}")
    assert not (tmp_path / "bad").exists()


def test_epoch(keys, tree, tmp_path):
    os.utime(tree / "usr/empty", (0, 1_000_000_000))
    ok(pack(keys, tmp_path / "image", "--tree", tree, "--epoch", 1_600_000_000))
    with tarfile.open(fileobj=io.BytesIO(plain(tmp_path / "image"))) as t:
        times = {m.name: m.mtime for m in t if m.name != "."}
    assert times.pop("usr/empty") == 1_000_000_000
    assert set(times.values()) == {1_600_000_000}
    refused(pack(keys, tmp_path / "b", "--tree", tree, "--epoch", "June"), "--epoch")


# ---- refused ---------------------------------------------------------------------------------------

def member(name, kind=tarfile.REGTYPE, link="", data=b"", **pax):
    m = tarfile.TarInfo(name)
    m.type, m.linkname, m.size, m.mode = kind, link, len(data), 0o755
    m.pax_headers = pax
    return m, io.BytesIO(data)


def make_tar(path, *members):
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as t:
        for m, data in (member("./", tarfile.DIRTYPE), member("usr", tarfile.DIRTYPE), member("usr/lib", tarfile.DIRTYPE),
                        member("usr/lib/loader.efi", data=b"MZ"), *members):
            t.addfile(m, data)
    return path


@pytest.mark.parametrize("members, says", [
    ([member("/etc")], "absolute"),
    ([member("usr/../../etc")], '".."'),
    ([member("x" * 256)], "too long"),
    ([member("usr")], "/usr: is there twice"),
    ([member("./usr/./lib/loader.efi")], "is there twice"),
    ([member("bin", tarfile.SYMTYPE, "usr"), member("bin/sh")], "/bin/sh: lies in something"),
    ([member("etc/passwd")], "/etc/passwd: lies in something"),
    ([member("a", tarfile.LNKTYPE, "../../etc/shadow")], "outside the tree"),
    ([member("a", tarfile.LNKTYPE, "usr/none")], "a hard link to /usr/none"),
    ([member("a", tarfile.LNKTYPE, "b"), member("b", tarfile.LNKTYPE, "a")], "a hard link to"),
    ([member("a", tarfile.LNKTYPE, "usr")], "a hard link to /usr"),
    ([member("usr/null", tarfile.CHRTYPE)], "device node outside /dev"),
    ([member("usr/file", **{"SCHILY.acl.access": "user::rw-,user:joe:r--,group::r--,mask::r--,other::r--"})], "names without numbers"),
    ([member("usr/file", **{"SCHILY.acl.access": "user::rw-,user:j:r--:3000000000,group::r--,mask::r--,other::-"})], "2147483647 or more"),
    ([member("usr/file", **{"uid": "4294967295"})], "/usr/file: its owner 4294967295:0"),
    ([member("usr/file", **{"gid": "-1"})], "/usr/file: its owner 0:-1"),
    ([member("usr/file", **{"SCHILY.xattr.com.apple.quarantine": "x"})], "com.apple.quarantine"),
])
def test_hostile_archives(keys, tmp_path, members, says):
    refused(pack(keys, tmp_path / "image", "--tar", make_tar(tmp_path / "t.tar", *members)), "t.tar", says)
    assert [p.name for p in tmp_path.iterdir()] == ["t.tar"]


def test_no_archive(keys, tmp_path):
    for data in b"", b"not a tar archive", bytes(1024), os.urandom(4096), b"\x28\xb5\x2f\xfd" + bytes(100):
        refused(pack(keys, tmp_path / "image", "--tar", put(tmp_path / "t", data)), "/t: ")
    whole = make_tar(tmp_path / "w.tar", member("big", data=os.urandom(100_000))).read_bytes()
    refused(pack(keys, tmp_path / "image", "--tar", put(tmp_path / "cut.tar", whole[:50_000])), "cut.tar")
    refused(pack(keys, tmp_path / "image", "--tar", tmp_path / "missing.tar"), "missing.tar")


def layout_with(**change):
    layout = json.loads(json.dumps(LAYOUT))
    layout.update(change)
    return layout


def esp_without_mount():
    layout = layout_with(copies=[])
    del layout["partitions"][0]["mount"]
    return layout


@pytest.mark.parametrize("layout, says", [
    ("{", "JSON"),
    ({}, "partitions"),
    (layout_with(partitions=LAYOUT["partitions"][1:]), "type esp"),
    (layout_with(copies=[{"from": "/usr/none", "to": "\\A"}]), "/usr/none"),
    (layout_with(copies=[{"from": "/usr", "to": "\\A"}]), "no regular file"),
    (layout_with(copies=[{"from": "/usr/bin/link", "to": "\\A"}]), "no regular file"),
    (layout_with(copies=[]), "the loader \\EFI\\BOOT\\BOOTX64.EFI is neither at /boot/efi/EFI/BOOT/BOOTX64.EFI"),
    (esp_without_mount(), "no mount"),
])
def test_layouts_that_do_not_fit(keys, tree, tmp_path, layout, says):
    refused(pack(keys, tmp_path / "image", "--tree", tree, layout=layout), says)
    assert not (tmp_path / "image").exists() and not (tmp_path / "image.partial").exists()


def test_loader_on_the_esp(keys, tree, tmp_path):
    put(tree / "boot/efi/efi/boot/bootx64.efi", b"MZ")  # FAT does not tell upper from lower case
    ok(pack(keys, tmp_path / "image", "--tree", tree, layout=layout_with(copies=[])))


def test_what_the_file_systems_cannot_carry(keys, tree, tmp_path):
    (tree / "boot/efi/link").symlink_to("readme.txt")
    refused(pack(keys, tmp_path / "image", "--tree", tree), "/boot/efi/link", "vfat")
    (tree / "boot/efi/link").unlink()
    put(tree / "boot/efi/a:b")
    refused(pack(keys, tmp_path / "image", "--tree", tree), "a name that vfat cannot carry")
    (tree / "boot/efi/a:b").unlink()
    os.link(tree / "boot/efi/readme.txt", tree / "usr/readme.txt")
    refused(pack(keys, tmp_path / "image", "--tree", tree), "two file systems")
    (tree / "usr/readme.txt").unlink()
    shutil.rmtree(tree / "boot/efi")
    (tree / "boot/efi").symlink_to("../usr")
    refused(pack(keys, tmp_path / "image", "--tree", tree), "/boot/efi: is no folder")


@pytest.mark.parametrize("name", ["user.gr\u00fc\u00dfe", "user.a b", "user.a=b", "user.a%3Db"])
def test_names_of_attributes_that_the_archive_would_change(keys, tree, tmp_path, name):
    os.setxattr(tree / "etc/shadow", name, b"x")
    refused(pack(keys, tmp_path / "image", "--tree", tree), "/etc/shadow", "extended attribute", name)


@pytest.mark.skipif(not ROOT, reason="mounting and device nodes are root's")
def test_foreign_things_in_the_tree(keys, tree, tmp_path):
    os.mknod(tree / "usr/null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    refused(pack(keys, tmp_path / "image", "--tree", tree), "/usr/null: a device node outside /dev")
    (tree / "usr/null").unlink()
    (tree / "proc").mkdir()
    subprocess.run(["mount", "-t", "proc", "proc", tree / "proc"], check=True)
    try:
        refused(pack(keys, tmp_path / "image", "--tree", tree), "/proc: another file system")
    finally:
        subprocess.run(["umount", tree / "proc"], check=True)


def test_usage(keys, tree, tmp_path):
    refused(pack(keys, tmp_path / "a"), "--tree or --tar")
    refused(pack(keys, tmp_path / "a", "--tree", tree, "--tar", "x"), "--tree or --tar")
    refused(pack(keys, tmp_path / "a", "disk.raw", "--tree", tree), "no DISK")
    refused(pack(keys, tmp_path / "a", "--tree", tree, "--block-size", 512), "any block size")
    refused(pack(keys, tmp_path / "a", "--tree", tree, "--firmware", "uefi,bios"), "UEFI alone")
    refused(pack(keys, tmp_path / "a", "--tree", tree / "usr/bin/tool"), "usr/bin/tool")
    words = ("--name", "a", "--version", 1, "--serial", 1, "--key", keys / "sign.key", "--cert", keys / "sign.pem", "-o", tmp_path / "a")
    refused(remint("pack", *words), "DISK is missing")
    refused(remint("pack", "x", "--kind", "tree", *words), "--kind")
    refused(remint("pack", "x", "--tree", tree, *words), "--kind root")
