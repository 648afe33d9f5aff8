#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Emulated machines with a TPM (swtpm), and what its PCRs and event log say after a boot.

The boot image is made by `remint boot build`, with the kernel of ours and a guest whose only work is to put log and PCRs on its console.

usage: measured.py DIR      captures every way of starting anew, as tests/machines/tcg-logs has them; three minutes
"""
import base64
import functools
import http.server
import json
import re
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    __package__ = "lab"  # pylint: disable=redefined-builtin

from . import accel, children, paths  # noqa: E402
from .initramfs import Initramfs  # noqa: E402
from .machine import GATEWAY, OVMF, Machine, quote  # noqa: E402
from .tpm import Tpm  # noqa: E402

SECONDS = 600  # generous, because a busy host must not fail a test
BUILT_IN = "console=ttyS0,115200 loglevel=3 panic=5"
HINT = "remint.hint=AAAAAAAAAAAAAAAAAAAAAA"
# Debian's ovmf package has variables in which the certificate of this key is enrolled, for tests; its password is public.
SNAKEOIL = Path("/usr/share/ovmf/PkKek-1-snakeoil")

INIT = r"""#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev
/bin/busybox mount -t proc proc /proc; /bin/busybox mount -t sysfs sys /sys; /bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mount -t securityfs sec /sys/kernel/security
{
for pcr in $(/bin/busybox seq 0 23); do echo "pcr $pcr $(/bin/busybox cat /sys/class/tpm/tpm0/pcr-sha256/$pcr)"; done
echo "cmdline $(/bin/busybox cat /proc/cmdline)"
echo "log begins"; /bin/busybox base64 /sys/kernel/security/tpm0/binary_bios_measurements; echo "log ends"
} >/dev/console 2>&1
/bin/busybox sleep 1; /bin/busybox poweroff -f
"""


@dataclass
class Seen:
    log: bytes
    pcrs: list
    cmdline: str

    def write(self, folder, name):
        """As `remint boot measure` reads them: NAME.log and the folder NAME.pcrs."""
        (folder / f"{name}.log").write_bytes(self.log)
        (folder / f"{name}.pcrs").mkdir(exist_ok=True)
        for n, value in enumerate(self.pcrs):
            (folder / f"{name}.pcrs" / str(n)).write_text(value + "\n")


class Bench:
    """Boot images of the guest, and machines that start them."""

    def __init__(self, folder):
        self.folder = Path(folder)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.kernel = paths.boot_parts() / "vmlinuz"
        self.accel, self.n = accel.choose(self.kernel, self.folder.parent), 0
        self.remint("keys", "make", "--ca-dir", self.folder / "pki")

    def remint(self, *args):
        done = subprocess.run([str(paths.program()), *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              stdin=subprocess.DEVNULL, timeout=120)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def build(self, name, *more, mark=""):
        """A boot folder; `mark` makes another initramfs."""
        generic, archive = self.folder / f"{name}.generic", Initramfs()
        generic.mkdir()
        archive.file("bin/busybox", Path("/bin/busybox").read_bytes())
        archive.file("init", (INIT + mark).encode())
        archive.write(generic / "generic.img", level=3)
        shutil.copy(self.kernel, generic / "vmlinuz")
        ca = self.folder / "pki/ca.pem"
        status, _, said = self.remint("boot", "build", "--generic", generic, "--station", f"https://{GATEWAY}:8443", "--station-ca", ca,
                                      "--image-ca", ca, "--built", "2026-11-22T21:00:00Z", "-o", self.folder / name, *more)
        assert status == 0, said
        return self.folder / name

    def _machine(self, more):
        """With a TPM that has just been made."""
        self.n += 1
        return Machine(f"node{self.n}", self.folder, [], memory=384, accel=self.accel, more=more, tpm=Tpm(self.folder / f"tpm{self.n}"))

    def _read(self, machine):
        try:
            machine.wait_console(r"log ends", SECONDS)
            text = machine.console()
        finally:
            machine.cut_power()
        pcrs = dict(re.findall(r"pcr (\d+) ([0-9A-F]{64})", text))
        log = re.search(r"log begins\n(.*)log ends", text, re.S).group(1)
        return Seen(base64.b64decode(log), [pcrs[str(n)] for n in range(24)], re.search(r"^cmdline (.*)$", text, re.M).group(1))

    def start_medium(self, efi, secure_boot=False):
        """The firmware starts the EFI file from a disk."""
        esp = self.folder / f"esp{self.n}"
        (esp / "EFI/BOOT").mkdir(parents=True)
        shutil.copy(efi, esp / "EFI/BOOT/BOOTX64.EFI")
        machine = self._machine(["-drive", f"if=none,id=esp,format=raw,readonly=on,file=fat:{quote(esp)}",
                                      "-device", "virtio-blk-pci,drive=esp,bootindex=0"])
        if secure_boot:
            machine.first_variables, machine.smm = OVMF / "OVMF_VARS_4M.snakeoil.fd", True
            machine.clear_variables()
        return self._read(machine.boot_disk())

    def start_network(self, boot, script):
        """The network card's iPXE runs the script; @URL@ in it is that of the boot folder."""
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(boot)))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://{GATEWAY}:{server.server_port}"
        (boot / "boot.ipxe").write_text("#!ipxe\n" + script.replace("@URL@", url))
        try:
            machine = self._machine([])
            return self._read(machine.boot_network(f"{url}/boot.ipxe"))
        finally:
            server.shutdown()
            (boot / "boot.ipxe").unlink()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def snakeoil_key(folder):
    """The unlocked key, for --key."""
    key = folder / "snakeoil.key"
    subprocess.run(["openssl", "rsa", "-in", f"{SNAKEOIL}.key", "-passin", "pass:snakeoil", "-out", key], check=True, capture_output=True)
    return key


def capture(into):
    """Each way of starting, by its name; the boot folder's expected values beside the log and the PCRs."""
    bench = Bench(paths.build_folder() / "lab" / "tcg-logs")
    built_in = bench.build("built-in", "--uki", "--cmdline", BUILT_IN)
    passed = bench.build("passed", "--uki")
    signed = bench.build("signed", "--uki", "--cmdline", BUILT_IN, "--key", snakeoil_key(bench.folder), "--cert", f"{SNAKEOIL}.pem")
    ways = {
        "efi": (built_in, lambda: bench.start_medium(built_in / "remint.efi")),
        "efi-secure-boot": (signed, lambda: bench.start_medium(signed / "remint.efi", secure_boot=True)),
        "efi-ipxe": (passed, lambda: bench.start_network(passed, f"kernel @URL@/remint.efi console=ttyS0,115200 {HINT}\nboot\n")),
        "kernel-ipxe": (passed, lambda: bench.start_network(
            passed, f"kernel @URL@/vmlinuz initrd=initrd.img {HINT} console=ttyS0,115200\ninitrd @URL@/initrd.img\nboot\n")),
    }
    into.mkdir(parents=True, exist_ok=True)
    for name, (folder, start) in ways.items():
        seen = start()
        (into / f"{name}.log").write_bytes(seen.log)
        expected = json.loads((folder / "boot.json").read_text())["measured"]
        (into / f"{name}.json").write_text(json.dumps({"cmdline": seen.cmdline, "measured": expected, "pcrs": seen.pcrs}, indent=1, sort_keys=True) + "\n")
        print(f"{name}: {len(seen.log)} bytes", flush=True)


if __name__ == "__main__":
    children.on_signals()
    capture(Path(sys.argv[1]))
