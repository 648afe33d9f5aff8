# SPDX-License-Identifier: Apache-2.0
"""A node of a rack: an emulated machine, and the BMC that alone switches it."""
import hashlib
import ssl

from .. import disks
from ..bmc import Bmc, LabMachine
from ..machine import Machine
from ..tpm import Tpm


def further_cards(number, macs):
    """Cards whose cables lead to networks where nobody answers: a node has one that boots."""
    argv = []
    for n, mac in enumerate(macs, 1):
        argv += ["-netdev", f"hubport,id=net{n},hubid={n}", "-device", f"virtio-net-pci,netdev=net{n},mac={mac},romfile="]
    return argv


class Node:
    def __init__(self, number, options, network, station, accel, folder, password):
        self.name, self.folder = f"node{number}", folder / f"node{number}"
        self.folder.mkdir(parents=True)
        made = disks.make(self.folder, [(kind, size) for kind, size in options["disks"]], options["disk_default"], options["block"],
                          f"N{number}D")
        self.machine = Machine(self.name, self.folder, made, memory=options["memory"], firmware=options["firmware"], accel=accel, cpus=1,
                               serial=f"RACK{number:04}", tpm=Tpm(self.folder / "tpm") if options["tpm"] else None)
        self.macs = [self.machine.mac] + [f"{self.machine.mac[:-2]}{(int(self.machine.mac[-2:], 16) + n) % 256:02x}"
                                          for n in range(1, options["nics"])]
        self.machine.more = further_cards(number, self.macs[1:])
        driven = LabMachine(self.machine, network.plug(self.machine, station))
        driven.macs = self.macs
        self.profile = options["profiles"].get(self.name) or options["profiles"].get("") or "plain"
        self.bmc = Bmc(driven, self.profile, password=password, folder=self.folder / "bmc")

    def start(self):
        """The BMC; the machine is off until somebody asks it."""
        self.bmc.start()
        return self

    @property
    def port(self):
        return self.bmc.server.server_address[1]

    def fingerprint(self):
        """SHA-256 of the BMC's certificate."""
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(self.bmc.certificate.read_text())).hexdigest()

    def identity(self):
        return {"uuid": self.machine.uuid, "serial": self.machine.serial, "macs": self.macs}

    def about(self):
        """What stays as it is."""
        return {"name": self.name, **self.identity(), "memory_mib": self.machine.memory, "folder": str(self.folder), "tpm": bool(self.machine.tpm),
                "disks": [{"kind": d.kind, "serial": d.serial, "bytes": d.path.stat().st_size} for d in self.machine.disks],
                "bmc": {"url": self.bmc.url, "certificate": str(self.bmc.certificate), "profile": self.profile}}

    def now(self):
        with self.bmc.lock:
            power = self.bmc.system.power
            state, progress = power.state(), power.progress()
        return {"power": state, "progress": progress, "starts": self.machine.boots,
                "console": str(self.machine.console_path) if self.machine.console_path else None,
                "bmc_mistakes": [str(m) for m in self.bmc.broken]}

    def stop(self):
        """The BMC first: it would start the machine again."""
        if self.bmc.server:
            self.bmc.stop()
        self.machine.cut_power()
