# SPDX-License-Identifier: Apache-2.0
"""An emulated server: QEMU, its disks, its firmware's variables, its console.

A machine is switched on for one boot; QEMU ends when the guest restarts (-no-reboot), so that whoever holds the machine
decides what the next boot starts from, as a BMC's one-time boot override does.
"""
import contextlib
import json
import re
import shutil
import socket
import subprocess
import threading
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from . import children
from .wait import Late, until

OVMF = Path("/usr/share/OVMF")
GATEWAY = "10.0.2.2"  # how a machine reaches this host, in QEMU's user-mode network

# kind -> the controller that a first disk of that kind brings, and the disk's device
KINDS = {
    "nvme": ("", "nvme,drive={id},serial={serial},logical_block_size={block}"),
    "virtio": ("", "virtio-blk-pci,drive={id},serial={serial},logical_block_size={block},"
                   "physical_block_size={block},discard={unmap},write-zeroes={unmap}"),
    "sata": ("ich9-ahci,id=sata", "ide-hd,drive={id},serial={serial},bus=sata.{n}"),
    "scsi": ("virtio-scsi-pci,id=scsi", "scsi-hd,drive={id},serial={serial},bus=scsi.0,logical_block_size={block},"
                                        "physical_block_size={block}"),
    "usb": ("qemu-xhci,id=xhci", "usb-storage,drive={id},serial={serial},bus=xhci.0,removable=on"),
}


def quote(path):
    """In QEMU's options a comma in a value stands twice."""
    return str(path).replace(",", ",,")


@dataclass
class Disk:
    path: Path
    kind: str = "nvme"
    serial: str = "disk0"
    block: int = 512
    discard: bool = True  # False: the drive has no discard or ignores it
    write_bps: int = 0    # bytes a second, 0: as fast as it goes
    read_bps: int = 0
    log: Path | None = None  # every write and flush is logged there anew at each boot (powercut.py)

    def arguments(self, n, bootindex):
        drive_id = f"d{n}"
        # "unsafe": a guest's flush is not passed to the host's disk. A power cut here is the emulator's end, after which
        # the host still has every write.
        drive = self._backend(drive_id) + f",discard={'unmap' if self.discard else 'ignore'},detect-zeroes=off"
        for way, bps in (("write", self.write_bps), ("read", self.read_bps)):
            if bps:
                drive += f",throttling.bps-{way}={bps}"
        device = KINDS[self.kind][1].format(id=drive_id, serial=self.serial, block=self.block, n=n,
                                            unmap="on" if self.discard else "off")
        return ["-drive", drive, "-device", device + (f",bootindex={bootindex}" if bootindex is not None else "")]

    def _backend(self, drive_id):
        if not self.log:
            return f"if=none,id={drive_id},format=raw,cache=unsafe,file={quote(self.path)}"
        self.log.write_bytes(b"")
        return (f"if=none,id={drive_id},driver=blklogwrites,file.driver=file,file.filename={quote(self.path)},"
                f"file.cache.no-flush=on,log.driver=file,log.filename={quote(self.log)},log.cache.no-flush=on")


@dataclass
class Machine:
    name: str
    folder: Path                 # console logs and firmware variables go here
    disks: list
    memory: int = 512            # MiB
    firmware: str = "uefi"       # "uefi" or "bios"
    accel: str = "tcg"
    cpus: int = 2
    uuid: str = field(default_factory=lambda: str(uuid.uuid4()))
    serial: str = ""
    mac: str = ""
    more: list = field(default_factory=list)  # further arguments of QEMU: devices that are no plain disks
    keyboard: bool = False       # somebody types at the console
    cd: Path | None = None       # a medium in the drive that a management controller shows: a CD on USB
    netdev: str = ""             # another end of the cable than QEMU's user-mode network
    front: list = field(default_factory=list)  # what stands in front of the emulator: it runs in a network segment (segment.py)
    first_variables: Path = OVMF / "OVMF_VARS_4M.fd"  # what the firmware's variables are at first: no boot entry, no keys
    smm: bool = False            # variables that only the firmware's management mode can write; slow to emulate
    tpm: object = None           # tpm.Tpm
    emulator: Path | str = "qemu-system-x86_64"  # another than the one that is installed: newer-qemu.sh

    def __post_init__(self):
        tail = self.uuid.replace("-", "")
        self.serial = self.serial or f"LAB{tail[:8].upper()}"
        self.mac = self.mac or "52:54:00:" + ":".join(tail[i:i + 2] for i in (20, 22, 24))
        self.process, self.boots, self.console_path, self._qmp, self._keys = None, 0, None, None, None
        self._reader, self._events = None, []  # of QMP, in this boot
        self.folder.mkdir(parents=True, exist_ok=True)
        self._vars = self.folder / f"{self.name}.vars.fd"
        self.clear_variables()

    def clear_variables(self):
        """The firmware's variables as at first."""
        shutil.copyfile(self.first_variables, self._vars)

    @property
    def variables(self):
        """The file with the firmware's variables: lab/varstore.py."""
        return self._vars

    def _common(self):
        argv = [self.emulator, "-name", self.name, "-machine",
                f"q35,accel={self.accel}" + (",smm=on" if self.smm else ""),
                "-cpu", "host" if self.accel == "kvm" else "max", "-smp", self.cpus, "-m", self.memory, "-nodefaults",
                "-no-user-config", "-display", "none", "-no-reboot", "-smbios",
                f"type=1,manufacturer=QEMU,product=lab,uuid={self.uuid},serial={self.serial}",
                "-object", "rng-random,id=rng,filename=/dev/urandom", "-device", "virtio-rng-pci,rng=rng"]
        if self.firmware == "uefi":
            code = OVMF / ("OVMF_CODE_4M.secboot.fd" if self.smm else "OVMF_CODE_4M.fd")
            if self.smm:
                argv += ["-global", "driver=cfi.pflash01,property=secure,value=on", "-global", "ICH9-LPC.disable_s3=1"]
            argv += ["-drive", f"if=pflash,format=raw,readonly=on,file={code}",
                     "-drive", f"if=pflash,format=raw,file={quote(self._vars)}"]
        return argv

    def _cd(self, bootindex):
        if not self.cd:
            return []
        return ["-drive", f"if=none,id=cd,media=cdrom,readonly=on,format=raw,file={quote(self.cd)}", "-device", "qemu-xhci,id=bmc",
                "-device", "usb-bot,id=bot,bus=bmc.0", "-device",
                "scsi-cd,bus=bot.0,lun=0,drive=cd" + (f",bootindex={bootindex}" if bootindex is not None else "")]

    def _disks(self, boot_disk):
        argv = self._cd(None if boot_disk != "cd" else 0)
        for kind in dict.fromkeys(d.kind for d in self.disks):
            if KINDS[kind][0]:
                argv += ["-device", KINDS[kind][0]]
        for n, disk in enumerate(self.disks):
            argv += disk.arguments(n, 0 if disk.serial == boot_disk else None)
        return argv + self.more

    def _start(self, argv, network, nic_index=None, card_rom=None):
        """card_rom: the card has its own ROM, which is iPXE; without more when the machine starts from it."""
        if self.running():
            raise RuntimeError(f"{self.name} is switched on already")
        self.boots += 1
        self.console_path = self.folder / f"{self.name}.console-{self.boots}.log"
        self.console_path.write_bytes(b"")
        nic = f"virtio-net-pci,netdev=net,mac={self.mac}" + (f",bootindex={nic_index}" if nic_index else "")
        if not (nic_index if card_rom is None else card_rom):
            nic += ",romfile="
        if self.tpm:
            argv = [*argv, *self.tpm.plug_in()]
        ours, its = socket.socketpair()
        self._keys, keys = socket.socketpair() if self.keyboard else (None, None)
        with its, keys or contextlib.nullcontext():
            console = quote(self.console_path)
            serial = ["-serial", f"file:{console}"] if not keys else [
                "-chardev", f"socket,id=console,fd={keys.fileno()},logfile={console}", "-serial", "chardev:console"]
            argv = [*self.front, *argv, "-netdev", self.netdev or f"user,id=net{network}", "-device", nic, *serial,
                    "-chardev", f"socket,id=qmp,fd={its.fileno()}", "-mon", "chardev=qmp,mode=control"]
            with open(self.folder / f"{self.name}.qemu.log", "ab") as log:
                self.process = children.start(argv, stdout=log, stderr=log,
                                              pass_fds=[s.fileno() for s in (its, keys) if s])
        if self._keys:
            threading.Thread(target=self._drain, args=[self._keys], daemon=True).start()
        ours.settimeout(30)
        self._qmp = ours
        return self

    # ---- ways to switch it on -----------------------------------------------------------------

    def boot_network(self, script_url):
        """From the network card, by iPXE. The firmware's own order is overridden for this boot."""
        return self._start(self._common() + self._disks(None), f",bootfile={script_url}", nic_index=1)

    def boot_own_order(self, script_url):
        """As the firmware's own variables say, which nothing overrides; the network answers."""
        return self._start(self._common() + self._disks(None), f",bootfile={script_url}", card_rom=True)

    def boot_firmware(self, way, once=True):
        """
        From the segment by the firmware's own means: "pxe", of BIOS by the card's ROM, or "http", UEFI's own. once: as a BMC's override for this boot;
        else as the firmware's boot order says.
        """
        # OVMF tries PXE before HTTP, and waits for IPv6 where there is none.
        off = ["IPv6PXESupport"] if way == "pxe" else ["IPv4PXESupport", "IPv6PXESupport"]
        more = [a for name in off for a in ("-fw_cfg", f"name=opt/org.tianocore/{name},string=n")]
        return self._start(self._common() + self._disks(None) + more, "", nic_index=1 if once else None,
                           card_rom=once and self.firmware == "bios")

    def boot_kernel(self, kernel, initrd, command_line):
        """Straight into a kernel: what iPXE would have loaded, without the firmware's part."""
        return self._start(self._common() + self._disks(None) + ["-kernel", kernel, "-initrd", initrd, "-append",
                                                                 command_line], "")

    def boot_disk(self, serial=None):
        """As the firmware decides; `serial` names a disk for firmware that keeps no boot order (BIOS)."""
        return self._start(self._common() + self._disks(serial), "")

    def boot_cd(self):
        """From the medium in the drive."""
        return self._start(self._common() + self._disks("cd"), "")

    @staticmethod
    def _drain(keys):
        """What the console says is in its log already; unread, it would hold the machine up."""
        with contextlib.suppress(OSError):
            while keys.recv(65536):
                pass

    # ---- while it runs ------------------------------------------------------------------------

    def running(self):
        return self.process is not None and self.process.poll() is None

    def cut_power(self):
        if self.process is not None:
            children.end(self.process)
            self.process = None
        if self.tpm:
            self.tpm.end()
        for end in (self._reader, self._qmp, self._keys):
            if end is not None:
                end.close()
        self._qmp = self._keys = self._reader = None
        self._events = []

    def type(self, text):
        """At the console of a machine that has a keyboard."""
        self._keys.sendall(text.encode())

    def _qmp_lines(self):
        """One reader for a boot: what it has read ahead is not lost."""
        if self._reader is None:
            self._reader = self._qmp.makefile("r")
        return self._reader

    def command(self, execute, **arguments):
        """One QMP command."""
        reader = self._qmp_lines()
        for request in ({"execute": "qmp_capabilities"}, {"execute": execute, "arguments": arguments}):
            self._qmp.sendall(json.dumps(request).encode())
            while True:
                answer = json.loads(reader.readline() or "{}")
                if "event" in answer:
                    self._events.append(answer)
                if "error" in answer and answer["error"]["class"] != "CommandNotFound":
                    raise RuntimeError(f"{self.name}: {execute}: {answer['error']['desc']}")
                if "return" in answer or "error" in answer or not answer:
                    break
        return answer.get("return")

    def last_events(self):
        """QMP's events of a machine that has ended: why it has. They are told of from the first command() on."""
        with contextlib.suppress(OSError, ValueError):
            lines = self._qmp_lines().read().splitlines() if self._qmp else []
            self._events += [e for e in map(json.loads, lines) if "event" in e]
        return self._events

    def set_write_speed(self, n, bytes_a_second):
        """Changes the speed of disk n while the machine runs; 0: as fast as it goes."""
        self.command("block_set_io_throttle", id=self._device_of(n), bps=0, bps_rd=0, bps_wr=bytes_a_second, iops=0,
                     iops_rd=0, iops_wr=0)

    def unplug(self, device):
        """Takes a device, or the disk of that number, out while the machine runs."""
        self.command("device_del", id=self._device_of(device) if isinstance(device, int) else device)

    def _device_of(self, n):
        return next(b["qdev"] for b in self.command("query-block") if b.get("device") == f"d{n}")

    def console(self):
        """What this boot has written, without terminal controls."""
        text = self.console_path.read_bytes().decode(errors="replace") if self.console_path else ""
        return re.sub(r"\x1b\[[0-9;?=]*[A-Za-z]|\x1b[()].|\r", "", text)

    def why_it_ended(self):
        return f"the emulator ended ({self.process.returncode}); see {self.folder / f'{self.name}.qemu.log'}"

    def wait_console(self, pattern, seconds):
        """The match of a regular expression in this boot's console."""
        def look():
            match = re.search(pattern, self.console())
            if not match and not self.running():
                match = re.search(pattern, self.console())
                if not match:
                    raise Late(f"{self.name} ended without {pattern!r} on its console")
            return match
        return until(look, seconds, f"{pattern!r} on the console of {self.name}")

    def wait_off(self, seconds):
        """Until the guest restarts or switches off."""
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Late(f"{self.name} still runs after {seconds:.0f} s") from None
        if status:
            raise Late(f"{self.name}: {self.why_it_ended()}")
