# SPDX-License-Identifier: Apache-2.0
"""A real Debian 12 as a tenant's disk: systemd-boot, Debian's cloud kernel, cloud-init, openssh.

Packages come through the machine's own configured sources. No root is needed: mmdebstrap unpacks in a user namespace (or as
root), fakeroot keeps the owners, mke2fs and mtools fill file systems in ordinary files.
"""
import os
import re
import subprocess
import tempfile
import uuid
from pathlib import Path

from . import gpt
from .disk import MIB, fat, put, tool
from .tiny import boot_files

SUITE = "bookworm"
ESP_START, ESP_SIZE = MIB, 96 * MIB
SIZE = 2048 * MIB
ROOT_START = ESP_START + ESP_SIZE
ROOT_SIZE = SIZE - ROOT_START - MIB
PACKAGES = ["systemd-sysv", "systemd-resolved", "udev", "dbus", "linux-image-cloud-amd64", "initramfs-tools", "zstd",
            "cloud-init", "cloud-guest-utils", "openssh-server", "iproute2", "e2fsprogs", "fdisk", "sudo", "less",
            "ca-certificates", "netbase", "iputils-ping", "procps"]
# Nobody reads manuals on a demo's tenant, and each file costs time to write and to read back.
LEFT_OUT = ["/usr/share/man/*", "/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/info/*"]

FILES = {
    "etc/hostname": "debian\n",
    "etc/machine-id": "",
    "etc/fstab": "PARTLABEL=root / ext4 errors=remount-ro 0 1\nPARTLABEL=ESP /boot/efi vfat umask=0077,noauto 0 0\n",
    # NoCloud alone: nothing is asked of a network that may have a metadata server of somebody else's.
    "etc/cloud/cloud.cfg.d/90-image.cfg":
        "datasource_list: [NoCloud]\n"
        "system_info:\n  network:\n    renderers: [networkd]\n    activators: [networkd]\n"
        "ssh_genkeytypes: [ed25519, ecdsa]\nlocale: C.UTF-8\napt:\n  preserve_sources_list: true\n",
    "etc/initramfs-tools/conf.d/image": "MODULES=most\nCOMPRESS=zstd\n",
}
# What a machine that lives for minutes does not need, and a busy emulator pays for.
MASKED = ["apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer", "fstrim.timer",
          "e2scrub_reap.service", "systemd-pstore.service"]
CMDLINE = "root=PARTLABEL=root ro console=ttyS0,115200 net.ifnames=1"

# mmdebstrap's customize hook; $1 is the tree. It may run as another user, to whom our folders are closed: nothing is
# read from them.
HOOK = r"""set -eu
{files}
for unit in {masked}; do ln -sf /dev/null "$1/etc/systemd/system/$unit"; done
chroot "$1" systemctl enable -q systemd-networkd.service systemd-resolved.service
chroot "$1" update-initramfs -u >/dev/null
ln -sf /run/systemd/resolve/stub-resolv.conf "$1/etc/resolv.conf"
rm -f "$1"/etc/ssh/ssh_host_* "$1/etc/apt/apt.conf.d/99mmdebstrap" "$1"/var/log/*.log "$1"/var/log/apt/* "$1"/var/lib/apt/lists/*_*
"""


def sources():
    """The machine's own Debian sources, in apt's one-line form."""
    wanted = "$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(SIGNED_BY)|$(IDENTIFIER)"
    text = subprocess.run(["apt-get", "indextargets", "--format", wanted], capture_output=True, text=True, check=True).stdout
    found = []
    for line in text.splitlines():
        uri, release, component, signed_by, kind = line.split("|")
        if kind == "Packages" and component == "main" and re.fullmatch(f"{SUITE}(-updates|-security)?", release):
            options = f"[signed-by={signed_by}] " if signed_by.startswith("/") else ""
            found.append(f"deb {options}{uri} {release} {component}")
    if not found:
        raise RuntimeError(f"apt's configuration names no source for Debian {SUITE}")
    return list(dict.fromkeys(found))


def apt_options():
    """How the machine's apt reaches its sources: proxies, certificates, leniencies."""
    text = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True).stdout
    return [line for line in text.splitlines()
            if re.match(r'Acquire::(http|https|ftp|Check-|Retries)\S* "[^"]+";$', line)]


def hook():
    files = "\n".join(f"cat >\"$1/{name}\" <<'END'\n{text}END\nchmod 644 \"$1/{name}\"" for name, text in FILES.items())
    return HOOK.format(files=files, masked=" ".join(MASKED))


def root_tar(tar):
    tool("mmdebstrap", "--variant=minbase", "--format=tar", f"--include={','.join(PACKAGES)}",
         *(f"--aptopt={option}" for option in [*apt_options(), 'Apt::Install-Recommends "false";']),
         *(f"--dpkgopt=path-exclude={p}" for p in LEFT_OUT), f"--customize-hook={hook()}", SUITE, tar, *sources())
    return tar


def build(path):
    """Makes the disk at `path`, SIZE bytes, sparse."""
    path = Path(path)
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        scratch = Path(scratch)
        tar, tree, root = root_tar(scratch / "root.tar"), scratch / "tree", scratch / "root.ext4"
        tree.mkdir()
        with open(root, "wb") as f:
            f.truncate(ROOT_SIZE)
        # Owners and device nodes exist in fakeroot's memory alone: unpacking and filling are one session.
        tool("fakeroot", "sh", "-euc", 'tar -C "$1" --numeric-owner -xpf "$2"\n'
             'mke2fs -q -t ext4 -L root -E lazy_itable_init=1,lazy_journal_init=1,root_owner=0:0 -d "$1" "$3"', "sh", tree, tar, root)
        kernel, initrd = next((tree / "boot").glob("vmlinuz-*")), next((tree / "boot").glob("initrd.img-*"))
        boot_files(scratch / "esp", kernel, initrd, CMDLINE, "Debian 12")
        fat(scratch / "esp.fat", ESP_SIZE, scratch / "esp", ESP_START)
        parts = [gpt.Partition(gpt.ESP, ESP_START, ESP_SIZE, "ESP", uuid.uuid4()),
                 gpt.Partition(gpt.LINUX_ROOT, ROOT_START, ROOT_SIZE, "root", uuid.uuid4())]
        half = scratch / "disk.raw"
        with open(half, "wb") as f:
            f.truncate(SIZE)
            gpt.write(f, SIZE, parts)
            put(f, ESP_START, scratch / "esp.fat")
            put(f, ROOT_START, root)
        os.replace(half, path)
    return path
