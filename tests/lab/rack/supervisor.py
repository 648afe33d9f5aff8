# SPDX-License-Identifier: Apache-2.0
"""The process that is the rack. It ends everything that it has started, and the kernel does when it is killed (children.py)."""
import datetime
import json
import os
import secrets
import signal
import sys
import threading
from pathlib import Path

from .. import accel, images, paths
from ..station import Station
from . import network as networks
from .control import Control
from .enrol import enrol
from .folder import Folder
from .node import Node

COMMAND_LINE = "console=ttyS0,115200 no_timer_check"  # a busy host's timer must not fail the kernel
EMULATED = "mitigations=off tsc=reliable quiet"            # for an emulated CPU's time alone


class Ended(BaseException):
    """Somebody wants the rack to end."""


class Rack:
    def __init__(self, folder, options, say):
        self.folder, self.options, self.say = folder, options, say
        self.network = self.station = None
        self.nodes, self.since, self.accel = [], datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"), ""

    def start(self):
        built = paths.build_folder() / "lab"
        self.accel = accel.choose(paths.boot_parts() / "vmlinuz", built if built.is_dir() else self.folder.path)
        self.network = networks.choose(self.options["network"])
        self.say(f"network {self.network.kind}, {self.accel}")
        self._start_station()
        password = secrets.token_urlsafe(12)
        for number in range(1, self.options["nodes"] + 1):
            self._start_node(number, password)
        self.folder.write(self.folder.rack, self.about())

    def _start_station(self):
        self.station = Station(self.folder.station)
        self.network.serve(self.station)
        self.station.make_keys()
        own = self.options["image_ca"] is None
        for image in self.options["images"]:
            images.give(self.station, Path(image), images.manifest(image), sign=own)
        if own and self.options["images"]:
            self.say("the manifests' copies are signed with a key of the lab's own; --image-ca checks yours")
        self.station.start()
        self.say(f"the station listens at {self.station.url}; its boot image is made")
        line = f"{COMMAND_LINE} {EMULATED}" if self.accel == "tcg" else COMMAND_LINE
        self.station.build_boot(self.options["image_ca"], "--uki", "--cmdline", line)

    def _start_node(self, number, password):
        node = Node(number, self.options, self.network, self.station, self.accel, self.folder.nodes, password)
        self.nodes.append(node)
        node.start()
        if not self.folder.credentials.exists():
            self.folder.credentials.write_text(f"{node.bmc.user}\n{password}\n")
            self.folder.credentials.chmod(0o600)
        self.network.bring(node.port)
        enrol(self.station, node, self.folder)
        self.say(f"{node.name}: BMC {node.bmc.url}")

    def about(self):
        """What stays as it is."""
        station = self.station
        return {"folder": str(self.folder.path), "since": self.since, "pid": os.getpid(), "network": self.network.kind, "accel": self.accel,
                "station": {"url": station.url, "nodes_reach_it_at": station.http_url, "ca": str(station.state / "ca.pem"),
                            "state": str(station.state), "images": str(station.images), "signing": str(station.pki),
                            "token_file": str(station.state / "admin.token")},
                "bmc_credentials": str(self.folder.credentials), "bmc_known": str(self.folder.known),
                "nodes": [node.about() for node in self.nodes]}

    def status(self):
        made = self.about()
        made["station"]["exit"] = self.station.process.poll()
        for said, node in zip(made["nodes"], self.nodes):
            said.update(node.now())
        return made

    def answer(self, request):
        if request["do"] == "status":
            return self.status()
        if request["do"] == "down":
            os.kill(os.getpid(), signal.SIGTERM)
            return {}
        raise ValueError(f"{request['do']!r}: a rack knows status and down")

    def close(self):
        for node in self.nodes:
            node.stop()
        if self.station:
            self.station.stop()
        if self.network:
            self.network.close()


def on_signals():
    def end(*_):
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)  # it is ending already
        raise Ended
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)


def tell(kind, text=""):
    """To `lab up`, as long as it listens."""
    try:
        print(f"{kind} {text}".rstrip().replace("\n", " "), flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def main(path):
    os.umask(0o077)
    folder, control = Folder(path), None
    try:
        folder.take()
    except ValueError as taken:
        tell("failed", str(taken))
        return 1
    on_signals()
    rack = Rack(folder, json.loads(folder.options.read_text()), lambda text: tell("say", text))
    try:
        rack.start()
        control = Control(folder.path, rack.answer)
        tell("up")
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        threading.Event().wait()
    except Ended:
        return 0
    except Exception as problem:  # whatever it is, whoever waits for the rack is told
        tell("failed", f"{problem}" or type(problem).__name__)
        raise
    finally:
        if control:
            control.close()
        rack.close()
    return 0
