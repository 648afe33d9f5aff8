# SPDX-License-Identifier: Apache-2.0
"""The tiny tenant as a tree of files: for images of kind root. Its initramfs mounts the root file system and tells what is there."""
import os
import subprocess
from pathlib import Path

from . import kernel, tiny
from .disk import MIB

ROOT_UUID, DATA_UUID = "5b1c0a6e-0b6b-4a5e-9b8f-0d6b2f6d7a01", "5b1c0a6e-0b6b-4a5e-9b8f-0d6b2f6d7a02"
MODULES = ["crc32c_generic", "ext4", "raid1"]
PROGRAMS = ["/sbin/mdadm"]

# Runs in the tenant's initramfs, with its functions: arrays first, then the file system by its UUID, then what is in it.
FIRST = r"""
mdadm --assemble --scan --config=partitions >/dev/null 2>&1
for array in /dev/md1*; do
	[ -b "$array" ] || continue
	say "array $(mdadm --detail --export "$array" | grep -E '^MD_(LEVEL|METADATA|DEVICES|NAME)=' | sort | tr '\n' ' ')"
	say "state $(mdadm --detail "$array" | sed -n 's/^ *State : *//p')"
done
find_ext4() { # UUID without dashes: arrays before what they are made of
	for d in /dev/md1* /dev/sd* /dev/vd* /dev/nvme*; do
		[ -b "$d" ] && [ "$(dd if="$d" bs=1 skip=1128 count=16 2>/dev/null | hexdump -ve '1/1 "%02x"')" = "$1" ] && echo "$d" && return
	done
	return 1
}
mkdir -p /root
for uuid in ROOT DATA; do
	device=$(find_ext4 "$uuid") || leave "no file system $uuid"
	mount -o ro "$device" /root || leave "the file system $uuid does not mount"
	(cd /root && sha256sum -c checksums >/dev/null 2>&1) && say "files of $uuid on $device are right" || say "files of $uuid on $device are WRONG"
	umount /root
done
"""


def sums(folder):
    files = sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file() and not p.is_symlink() and
                   p.name != "checksums" and "boot" not in p.relative_to(folder).parts[:1] and
                   "srv" not in p.relative_to(folder).parts[:1])
    done = subprocess.run(["sha256sum", *files], cwd=folder, capture_output=True, check=True)
    (folder / "checksums").write_bytes(done.stdout)


def build(folder, kernel_folder):
    """Fills `folder`/tree with a system, and returns (tree, layout as Python)."""
    tree = Path(folder) / "tree"
    for name in ("etc", "usr/bin", "usr/share", "srv", "boot/efi", "var/lib", "proc", "sys", "dev"):
        (tree / name).mkdir(parents=True, exist_ok=True)
    first = FIRST.replace("ROOT DATA", f"{ROOT_UUID} {DATA_UUID}".replace("-", ""))
    tiny.initramfs(kernel_folder, Path(folder) / "initrd.img", first, MODULES, PROGRAMS)
    tiny.boot_files(tree / "boot/efi", kernel.image(kernel_folder), Path(folder) / "initrd.img", tiny.CMDLINE, "tree tenant")
    (tree / "boot/efi/EFI/BOOT/BOOTX64.EFI").unlink()  # the layout's copies put it there
    (tree / "usr/lib/boot").mkdir(parents=True)
    (tree / "usr/lib/boot/systemd-bootx64.efi").write_bytes(
        Path("/usr/lib/systemd/boot/efi/systemd-bootx64.efi").read_bytes())
    (tree / "usr/bin/busybox").write_bytes(Path("/bin/busybox").read_bytes())
    (tree / "usr/bin/busybox").chmod(0o4755)
    (tree / "usr/bin/sh").symlink_to("busybox")
    os.link(tree / "usr/bin/busybox", tree / "usr/bin/hard")
    (tree / "etc/hostname").write_text("tree\n")
    (tree / "usr/share/random").write_bytes(os.urandom(20 * MIB))
    (tree / "srv/data").write_bytes(os.urandom(3 * MIB))
    sums(tree)
    sums(tree / "srv")
    layout = {"partitions": [
        {"name": "esp", "type": "esp", "size": 64 * MIB, "fs": "vfat", "label": "ESP", "mount": "/boot/efi"},
        {"name": "swap", "type": "swap", "size": 16 * MIB, "fs": "swap", "label": "swap"},
        {"name": "data", "type": "linux", "size": 64 * MIB, "fs": "ext4", "label": "data", "uuid": DATA_UUID,
         "mount": "/srv", "mirrored": True},
        {"name": "root", "type": "linux", "fs": "ext4", "label": "root", "uuid": ROOT_UUID, "mount": "/",
         "mirrored": True}],
        "copies": [{"from": "/usr/lib/boot/systemd-bootx64.efi", "to": "\\EFI\\BOOT\\BOOTX64.EFI"}]}
    return tree, layout
