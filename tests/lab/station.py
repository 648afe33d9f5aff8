# SPDX-License-Identifier: Apache-2.0
"""A station on loopback, with a state folder of its own, run through the operator's program."""
import json
import os
import socket
import subprocess
import time
from pathlib import Path

import requests

from . import children, paths
from .machine import GATEWAY
from .wait import Late, until

START_SECONDS = 30
CALL_SECONDS = 20
ENDED = ("live", "erased", "held", "cancelled")


class Refused(Exception):
    """The station's answer to a call was an error."""

    def __init__(self, status, text):
        super().__init__(f"HTTP {status}: {text}")
        self.status = status


def free_ports(n):
    sockets = [socket.socket() for _ in range(n)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class Station:
    def __init__(self, folder, program=None):
        self.folder, self.program = Path(folder), program or paths.program()
        self.state, self.images, self.boot = self.folder / "state", self.folder / "images", self.folder / "boot"
        self.pki = self.folder / "pki"
        for made in (self.images, self.boot):
            made.mkdir(parents=True, exist_ok=True)
        self.http_port, self.https_port = free_ports(2)
        self.process = None
        # Where it runs and how it is reached: on this host, and by QEMU's user-mode network, unless a test has another segment.
        self.front, self.listen, self.address, self.options = [], "127.0.0.1", GATEWAY, []
        self.session = requests.Session()
        self.session.trust_env = False  # a CA bundle or a proxy in the environment is not for loopback

    # ---- the process ----------------------------------------------------------------------------

    @property
    def http_url(self):
        """As a machine reaches it."""
        return f"http://{self.address}:{self.http_port}"

    @property
    def url(self):
        """As we reach it."""
        return f"https://127.0.0.1:{self.https_port}"

    def start(self):
        listening = self.state / "listening.json"
        signers = self.pki / "ca.pem"  # whoever signs images signs orders for boot media as well
        listening.unlink(missing_ok=True)
        with open(self.folder / "station.log", "ab") as log:
            self.process = children.start(
                [*self.front, self.program, "serve", "--state", self.state, "--images", self.images, "--boot", self.boot,
                 "--http", f"{self.listen}:{self.http_port}", "--https", f"{self.listen}:{self.https_port}",
                 "--address", self.address, "--address", "127.0.0.1", "--console", "ttyS0,115200", "--name", "lab",
                 *self.options,
                 *(["--order-ca", signers] if signers.exists() else [])],
                stdout=log, stderr=log)

        def ready():
            if self.process.poll() is not None:
                raise Late(f"the station ended ({self.process.returncode}); see {self.folder / 'station.log'}")
            return listening.exists()

        until(ready, START_SECONDS, "the station listens", every=0.05)
        self.session.verify = str(self.state / "ca.pem")
        token = (self.state / "admin.token").read_text().strip()
        self.session.headers["Authorization"] = f"Bearer {token}"
        return self

    def stop(self, gently=10):
        if self.process is not None:
            children.end(self.process, gently)

    # ---- the operator's program ------------------------------------------------------------------

    def environment(self):
        return dict(os.environ, REMINT_STATION=self.url, REMINT_CA=str(self.state / "ca.pem"),
                    REMINT_TOKEN_FILE=str(self.state / "admin.token"))

    def remint(self, *args, timeout=600):
        done = subprocess.run([str(self.program), *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              stdin=subprocess.DEVNULL, env=self.environment(), timeout=timeout)
        if done.returncode:
            raise RuntimeError(f"remint {' '.join(map(str, args[:2]))}: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout.decode(errors="replace")

    def make_keys(self):
        if not (self.pki / "ca.pem").exists():
            self.remint("keys", "make", "--ca-dir", self.pki)

    def build_boot(self, image_ca=None, *options):
        """The boot image for this station, which trusts image_ca (this station's own CA without)."""
        self.remint("boot", "build", "--generic", paths.boot_parts(), "--station", f"https://{self.address}:{self.https_port}",
                    "--station-ca", self.state / "ca.pem", "--image-ca", image_ca or self.pki / "ca.pem", "-o", self.boot,
                    *options)

    def pack(self, disk, name, serial=1, *options):
        self.remint("image", "pack", disk, "--name", name, "--version", "1", "--serial", serial, "--key",
                    self.pki / "sign.key", "--cert", self.pki / "sign.pem", "-q", "-o", self.images / name, *options)
        return self.images / name

    def sign(self, folder, signer=None):
        """Signs manifest.json anew, as an operator's HSM would: by openssl."""
        pki = signer or self.pki
        subprocess.run(["openssl", "cms", "-sign", "-binary", "-noattr", "-outform", "DER", "-in", folder / "manifest.json",
                        "-signer", pki / "sign.pem", "-inkey", pki / "sign.key", "-out", folder / "manifest.json.p7s"],
                       check=True, capture_output=True, timeout=60)

    # ---- the station's calls ---------------------------------------------------------------------

    def call(self, method, path, body=None, **kw):
        answer = self.session.request(method, self.url + path, json=body, timeout=CALL_SECONDS, **kw)
        if answer.status_code >= 400:
            raise Refused(answer.status_code, answer.text.strip())
        return answer.json() if answer.content else None

    def add_node(self, machine, trusted=True):
        """A node that a tenant has returned, ready to be ordered."""
        self.call("POST", "/v1/nodes", {
            "name": machine.name, "location_trusted": trusted,
            "identity": {"uuid": machine.uuid, "serial": machine.serial, "macs": [machine.mac]}})
        for state in ("available", "returned"):
            self.call("POST", f"/v1/nodes/{machine.name}/state", {"state": state})

    def create_order(self, node, image, wipe=None, **more):
        """Emulated disks have no method that purges, so less is allowed here unless a test says otherwise."""
        wish = {"node": node, "image": image, "wipe": {"level": "clear", **(wipe or {})}, **more}
        return self.call("POST", "/v1/orders", wish)["id"]

    def order(self, order_id):
        return self.call("GET", f"/v1/orders/{order_id}")

    def events(self, order_id):
        """All events of an order; the station answers with so many at a time."""
        events, last = [], 0
        while True:
            answer = self.call("GET", f"/v1/events?order={order_id}&after={last}")
            if not answer["events"]:
                return events
            events, last = events + answer["events"], answer["last"]

    def log_of(self, order_id):
        answer = self.session.get(f"{self.url}/v1/orders/{order_id}/log", timeout=CALL_SECONDS)
        return answer.text if answer.ok else ""

    def script(self, machine, platform="pcbios"):
        """The boot script as the machine's iPXE would get it."""
        answer = self.session.get(f"http://127.0.0.1:{self.http_port}/boot.ipxe", timeout=CALL_SECONDS, params={
            "uuid": machine.uuid, "serial": machine.serial, "mac": machine.mac, "platform": platform})
        answer.raise_for_status()
        return answer.text

    def wait_step(self, order_id, step, seconds, kinds=("step-begun", "progress")):
        """Until the agent has reported one of these kinds of event for a step; returns the event."""
        def look():
            return next((e for e in self.events(order_id) if e.get("step") == step and e["kind"] in kinds), None) or \
                self._gone(order_id, step)
        return until(look, seconds, f"step {step} of {order_id}")

    def _gone(self, order_id, step):
        order = self.order(order_id)
        if order["state"] in ENDED:
            raise Late(f"{order_id} is {order['state']} without {step}: {order.get('reason')}")

    def save(self, order_id, folder):
        """Keeps what there is to know about an order beside the consoles."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "order.json").write_text(json.dumps(self.order(order_id), indent=1) + "\n")
        (folder / "events.json").write_text(json.dumps(self.events(order_id), indent=0) + "\n")
        (folder / "agent.log").write_text(self.log_of(order_id))
        (folder / "saved").write_text(time.strftime("%FT%TZ\n", time.gmtime()))
