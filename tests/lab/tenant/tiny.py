# SPDX-License-Identifier: Apache-2.0
"""The tiny tenant: Debian's kernel and a busybox that finds its cloud-init seed and phones home.

Boots by UEFI (systemd-boot) and by BIOS (syslinux), is built in seconds, and is a former tenant's system as well: without
a seed it says so. It writes "tenant: live" to the console once its phone-home was accepted.
"""
import os
import random
import shutil
import subprocess
import tempfile
import uuid
from pathlib import Path

from ..initramfs import Initramfs
from . import gpt, kernel
from .disk import MIB, fat, put, tool

MODULES = ["nvme", "ahci", "sd_mod", "virtio_pci", "virtio_blk", "virtio_scsi", "virtio_net", "e1000", "e1000e", "isofs",
           "af_packet", "nls_ascii", "nls_utf8", "vfat", "nls_cp437"]
ESP_START, ESP_SIZE = MIB, 40 * MIB
ESP_FREE = 24 * MIB  # bytes that the system's own files surely leave
SIZE_MIB = 42        # of the disk without a data partition
CMDLINE = "console=ttyS0,115200 loglevel=4 panic=5"

INIT = r"""#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /run /seed /usr/share/udhcpc
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
say() { echo "tenant: $*" >/dev/console; }
leave() { sync; say "$1"; sleep 1; poweroff -f; }
say "started"
while read -r module; do insmod "/modules/$module" || say "no $module"; done </modules/order

seed=
tries=0
while [ -z "$seed" ] && [ $tries -lt 20 ]; do
	for path in /sys/class/block/*; do
		for at in iso9660:32808 vfat:43; do # the volume's name
			label=$(dd if="/dev/${path##*/}" bs=1 skip=${at#*:} count=6 2>/dev/null | tr a-z A-Z)
			[ "$label" = CIDATA ] && seed=/dev/${path##*/} && kind=${at%:*}
		done
	done
	tries=$((tries + 1))
	[ -n "$seed" ] || sleep 0.2
done
[ -f /first ] && . /first
[ -n "$seed" ] || leave "no seed"
mount -t "$kind" -o ro "$seed" /seed || leave "the seed does not mount"
say "seed on $seed"
say "name $(sed -n 's/^local-hostname: *//p' /seed/meta-data | tr -d '"')"
url=$(sed -n 's/^ *"*url"*: *//p' /seed/user-data | tr -d "\"',\r" | head -n 1)
[ -n "$url" ] || leave "no phone_home in user-data"

ifconfig lo up
for nic in /sys/class/net/e*; do
	ifconfig "${nic##*/}" up
	udhcpc -q -n -t 10 -T 1 -i "${nic##*/}" -s /udhcpc >/dev/null 2>&1 && break
done
body="instance_id=$(sed -n 's/^instance-id: *//p' /seed/meta-data | tr -d '"')"
rest=${url#http://}
host=${rest%%/*}
port=${host##*:}
[ "$port" = "$host" ] && port=80
phone_home() { # this busybox's wget dies of --post-data
	printf 'POST /%s HTTP/1.0\r\nHost: %s\r\nContent-Length: %d\r\n\r\n%s' "${rest#*/}" "$host" ${#body} "$body" |
		nc -w 10 "${host%:*}" "$port" | head -n 1 | grep -q '^HTTP/1.[01] 2'
}
tries=0
until phone_home; do
	tries=$((tries + 1))
	[ $tries -lt 10 ] || leave "phoning home failed"
	sleep 2
done
leave "live"
"""
UDHCPC = r"""#!/bin/busybox sh
[ "$1" = bound ] || exit 0
ifconfig "$interface" "$ip" netmask "${subnet:-255.255.255.0}" up
for r in $router; do route add default gw "$r"; break; done
echo "nameserver ${dns%% *}" >/etc/resolv.conf
"""


def initramfs(kernel_folder, into, first="", modules=(), programs=()):
    """busybox, the modules in the order of loading, and /init, which runs the script `first` before it phones home."""
    archive = Initramfs()
    archive.folder("etc")
    archive.file("bin/busybox", Path("/bin/busybox").read_bytes())
    archive.file("init", INIT.encode())
    archive.file("udhcpc", UDHCPC.encode())
    if first:
        archive.file("first", first.encode())
    for program in programs:
        archive.program(program)
    archive.modules(kernel_folder, [*MODULES, *modules])
    archive.write(into)


def boot_files(root, kernel_file, initrd, cmdline, title):
    """The ESP's content for systemd-boot."""
    for folder in ("EFI/BOOT", "loader/entries"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    shutil.copyfile("/usr/lib/systemd/boot/efi/systemd-bootx64.efi", root / "EFI/BOOT/BOOTX64.EFI")
    shutil.copyfile(kernel_file, root / "vmlinuz")
    shutil.copyfile(initrd, root / "initrd.img")
    (root / "loader/loader.conf").write_text("timeout 0\ndefault tenant.conf\n")
    (root / "loader/entries/tenant.conf").write_text(
        f"title {title}\nlinux /vmlinuz\ninitrd /initrd.img\noptions {cmdline}\n")


def random_bytes(file, size):
    for _ in range(size // MIB):
        file.write(os.urandom(MIB))


def build(path, kernel_folder, block=512, data_mib=0, data=random_bytes, files=None):
    """
    Makes the tiny tenant's disk at `path`, of SIZE_MIB + data_mib MiB. data(file, size) fills a second partition of data_mib MiB;
    `files` (name: bytes) go into the ESP beside the system's own.
    """
    guids = random.Random(f"{block} {data_mib}")
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        scratch = Path(scratch)
        esp, boot_code = make_esp(scratch, kernel_folder, block, files or {})
        parts = [gpt.Partition(gpt.ESP, ESP_START, ESP_SIZE, "ESP", uuid.UUID(int=guids.getrandbits(128)),
                               gpt.LEGACY_BOOT)]
        if data_mib:
            parts.append(gpt.Partition(gpt.LINUX_DATA, ESP_START + ESP_SIZE, data_mib * MIB, "data",
                                       uuid.UUID(int=guids.getrandbits(128))))
        half = scratch / "disk.raw"
        with open(half, "wb") as f:
            size = (SIZE_MIB + data_mib) * MIB
            f.truncate(size)
            gpt.write(f, size, parts, block, uuid.UUID(int=guids.getrandbits(128)), boot_code)
            put(f, ESP_START, esp)
            f.seek(ESP_START + ESP_SIZE)
            data(f, data_mib * MIB)
        half.rename(path)
    return path


def make_esp(scratch, kernel_folder, block, files, first="", modules=()):
    """The ESP's file system, and the boot code for the first sector."""
    initramfs(kernel_folder, scratch / "initrd.img", first, modules)
    root = scratch / "esp"
    boot_files(root, kernel.image(kernel_folder), scratch / "initrd.img", CMDLINE, "tiny tenant")
    (root / "syslinux.cfg").write_text("default tenant\nprompt 0\nlabel tenant\n\tkernel /vmlinuz\n"
                                       f"\tinitrd /initrd.img\n\tappend {CMDLINE}\n")
    for name, content in files.items():
        (root / name).write_bytes(content)
    esp = scratch / "esp.fat"
    fat(esp, ESP_SIZE, root, ESP_START, block)
    if block != 512:
        return esp, b""
    tool("syslinux", "--install", esp)
    return esp, Path("/usr/lib/syslinux/mbr/gptmbr.bin").read_bytes()
