# SPDX-License-Identifier: Apache-2.0
"""A tenant with Debian's own cloud-init and ifupdown, and little else: what becomes of a seed is their work.

Debian's packages are unpacked and not installed: no maintainer script runs, so that it is there in seconds. In systemd's place a script starts what Debian's
units start, in their order: cloud-init-local, networking, cloud-init, cloud-final.
"""
import hashlib
import os
import shutil
import subprocess
import tempfile
import uuid
from pathlib import Path

from . import gpt, kernel, tiny
from .disk import MIB, fat, put, tool

ROOT_MIB = 320
SIZE_MIB = tiny.SIZE_MIB + ROOT_MIB
PACKAGES = ["cloud-init", "ifupdown", "ifenslave", "vlan", "iproute2", "iputils-ping", "util-linux", "mount", "udev", "dash", "coreutils", "sed", "grep", "mawk",
            "hostname", "procps", "busybox-static"]
# What nothing here uses; all of it would have to be written to the disk, and read back.
LEFT_OUT = [*(f"usr/share/{name}" for name in ("doc", "man", "locale", "i18n", "info", "perl", "perl5", "lintian", "gcc", "bash-completion")),
            *(f"usr/lib/x86_64-linux-gnu/{name}" for name in ("perl", "perl-base", "perl5", "gconv", "libperl.so.5.36.0")), "lib/udev/hwdb.d"]
MODULES = ["ext4", "crc32c_generic", "bonding", "8021q", "ipv6"]

# In the initramfs, before the tenant's system: bonding makes a bond of its own when it is loaded, which systemd's modprobe.d/systemd.conf keeps it from.
FIRST = r"""
echo -bond0 >/sys/class/net/bonding_masters
mkdir -p /root
for d in /dev/vda2 /dev/sda2 /dev/nvme0n1p2; do
	[ -b "$d" ] && mount -t ext4 "$d" /root && break
done
for d in proc sys dev; do mount -o move "/$d" "/root/$d"; done
exec switch_root /root /sbin/tenant
"""

FILES = {
    # Not busybox's shell: that has an ifup of its own, and prefers it.
    "sbin/tenant": r"""#!/bin/sh
/bin/busybox --install -s /bin
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t tmpfs run /run
mkdir -p /run/network /run/lock
exec >/dev/console 2>&1 </dev/null
echo "tenant: Debian's cloud-init begins"
cloud-init init --local
ifup -a
cloud-init init
cloud-init modules --mode=final
echo "tenant: done"
sync; sleep 1; /bin/busybox poweroff -f
""",
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nsyslog:x:100:100::/:/bin/false\n",
    "etc/group": "root:x:0:\nadm:x:4:\nsyslog:x:100:\n",
    "etc/hostname": "debian\n",
    "etc/network/interfaces": "auto lo\niface lo inet loopback\nsource /etc/network/interfaces.d/*\n",
    "etc/cloud/cloud.cfg":
        "datasource_list: [NoCloud]\nsystem_info:\n  distro: debian\n  network:\n    renderers: [eni]\n"
        "disable_root: false\ncloud_init_modules: [set_hostname]\ncloud_config_modules: []\n"
        "cloud_final_modules: [runcmd, scripts-user, phone-home]\n",
}


def apt(archives, *words):
    """As for a machine without any package."""
    (archives / "partial").mkdir(parents=True, exist_ok=True)
    return tool("apt-get", "-qq", "-y", "-o", "Dir::State::status=/dev/null", "-o", f"Dir::Cache::archives={archives}", "-o", "Debug::NoLocking=1",
                "-o", "APT::Sandbox::User=root", "--no-install-recommends", *words, "install", *PACKAGES)


def fetch(cache):
    """The packages with all that they need, from the machine's own sources; those that lie in `cache` are not fetched again."""
    with tempfile.TemporaryDirectory() as empty:  # what apt has already it does not name
        names = [line.split()[1] for line in apt(Path(empty), "--print-uris").splitlines() if line.startswith("'")]
    if not names:
        raise RuntimeError("apt names no packages: run apt-get update")
    if not all((cache / name).exists() for name in names):
        apt(cache, "--download-only")
    return [cache / name for name in names]


def unpack(tree, cache):
    for package in fetch(cache):
        tool("dpkg-deb", "-x", package, tree)
    for name in LEFT_OUT:
        shutil.rmtree(tree / name, ignore_errors=True)
    for name in ("proc", "sys", "dev", "run", "tmp", "root", "var/lib/cloud", "var/log", "var/tmp", "etc/network/interfaces.d"):
        (tree / name).mkdir(parents=True, exist_ok=True)
    for name, text in FILES.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    (tree / "sbin/tenant").chmod(0o755)
    if not (tree / "bin/sh").exists():
        (tree / "bin/sh").symlink_to("dash")
    # As the packages' scripts would: an emulated CPU takes long to compile.
    subprocess.run(["/usr/bin/python3", "-m", "compileall", "-q", "-j", "2", "-s", tree, "-p", "/", tree / "usr/lib/python3", tree / "usr/lib/python3.11"],
                   check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def build(path, kernel_folder, cache):
    """Makes the disk at `path`, of SIZE_MIB MiB: the ESP of the tiny tenant, and the system."""
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        scratch = Path(scratch)
        tree, root, half = scratch / "tree", scratch / "root.ext4", scratch / "disk.raw"
        unpack(tree, cache)
        with open(root, "wb") as f:
            f.truncate((ROOT_MIB - 1) * MIB)
        tool("fakeroot", "mke2fs", "-q", "-t", "ext4", "-E", "lazy_itable_init=1,lazy_journal_init=1,root_owner=0:0", "-d", tree, root)
        esp, boot_code = tiny.make_esp(scratch, kernel_folder, 512, {}, FIRST, MODULES)
        parts = [gpt.Partition(gpt.ESP, tiny.ESP_START, tiny.ESP_SIZE, "ESP", uuid.uuid4(), gpt.LEGACY_BOOT),
                 gpt.Partition(gpt.LINUX_ROOT, tiny.ESP_START + tiny.ESP_SIZE, (ROOT_MIB - 1) * MIB, "root", uuid.uuid4())]
        with open(half, "wb") as f:
            f.truncate(SIZE_MIB * MIB)
            gpt.write(f, SIZE_MIB * MIB, parts, 512, uuid.uuid4(), boot_code)
            put(f, tiny.ESP_START, esp)
            put(f, tiny.ESP_START + tiny.ESP_SIZE, root)
        os.replace(half, path)
    return path


def cached(build_folder, kernel_folder):
    """The disk, made once: again only when its recipe or the kernel has changed."""
    recipe = hashlib.sha256(b"".join(p.read_bytes() for p in sorted(Path(__file__).parent.glob("*.py"))))
    recipe.update(kernel.release(kernel_folder).encode())
    disk, stamp = build_folder / "lab/cloud.raw", build_folder / "lab/cloud.recipe"
    if not (disk.exists() and stamp.exists() and stamp.read_text() == recipe.hexdigest()):
        disk.parent.mkdir(parents=True, exist_ok=True)
        stamp.unlink(missing_ok=True)
        build(disk, kernel_folder, build_folder / "cache/tenant")
        stamp.write_text(recipe.hexdigest())
    return disk
