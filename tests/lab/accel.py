# SPDX-License-Identifier: Apache-2.0
"""Which of QEMU's accelerators works here.

/dev/kvm can open and create a machine and still hang a guest, so KVM is taken only after a kernel has booted under it.
"""
import os
import subprocess
from pathlib import Path

from . import children

PROBE_SECONDS = 12


def _kvm_boots(kernel):
    argv = ["qemu-system-x86_64", "-machine", "q35,accel=kvm", "-cpu", "host", "-smp", "2", "-m", "256", "-nodefaults",
            "-display", "none", "-serial", "stdio", "-no-reboot", "-kernel", kernel, "-append", "console=ttyS0 panic=-1"]
    child = children.start(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        text, _ = child.communicate(timeout=PROBE_SECONDS)
    except subprocess.TimeoutExpired:
        return False
    finally:
        children.end(child)
    # Without an initramfs the kernel comes as far as this, and restarts, which ends the emulator.
    return child.returncode == 0 and b"Unable to mount root fs" in text


def choose(kernel, cache):
    """"kvm" or "tcg"; REMINT_ACCEL decides when set. The probe's result is kept in the folder `cache` until the next boot."""
    asked = os.environ.get("REMINT_ACCEL")
    if asked:
        return asked
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg"
    boot, note = Path("/proc/sys/kernel/random/boot_id").read_text().strip(), Path(cache) / "accel"
    if note.exists() and note.read_text().split()[:1] == [boot]:
        return note.read_text().split()[1]
    found = "kvm" if _kvm_boots(kernel) else "tcg"
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(f"{boot} {found}\n")
    return found
