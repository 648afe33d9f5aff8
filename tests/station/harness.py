# SPDX-License-Identifier: Apache-2.0
"""A real station as a child process, and a client for it."""
import hashlib
import http.client
import json
import os
import signal
import ssl
import subprocess
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("REMINT_BUILD", TOP / "build"))
PATIENCE = 60  # seconds, for whatever has to happen


class Reply:
    def __init__(self, response):
        self.status = response.status
        self.headers = {k.lower(): v for k, v in response.getheaders()}
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.body[:300]!r}>"


def manifest_text(name="debian-12", serial=3, overlay=False):
    manifest = {
        "remint_image": 1, "kind": "disk", "name": name, "version": "12.8", "serial": serial,
        "architecture": "x86_64", "logical_block_size": 512, "size": 8 << 20, "chunk_size": 4 << 20,
        "boot": {"firmware": ["bios"]},
        "validity": {"not_before": "2020-01-01T00:00:00Z", "not_after": "2099-01-01T00:00:00Z"},
        "index": {"file": "index.bin", "size": 64 + 2 * 80, "sha256": "00" * 32},
        "payload": {"file": "payload.zst", "size": 1000},
    }
    if overlay:
        del manifest["boot"], manifest["logical_block_size"]
        manifest |= {"kind": "overlay", "overlay": {"kernel": None, "size": 4096, "files": 2, "modules": [], "services": []}}
    return json.dumps(manifest, sort_keys=True, separators=(",", ":")).encode()


class Station:
    """State folder, process, and one call."""
    options = ()  # more of them for remint serve

    def __init__(self, folder, console="ttyS0,115200 tty0"):
        self.state = folder / "state"
        self.images = folder / "images"
        self.boot = folder / "boot"
        self.console = console
        self.process = None
        self.log = folder / "station.log"
        self.images.mkdir()
        self.boot.mkdir()
        (self.boot / "vmlinuz").write_bytes(bytes(range(256)) * 40)
        (self.boot / "initrd.img").write_bytes(b"initrd" * 1000)

    def start(self):
        listening = self.state / "listening.json"
        listening.unlink(missing_ok=True)
        ports = getattr(self, "ports", {"http": {"port": 0}, "https": {"port": 0}})
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [BUILD / "remint", "serve", "--state", self.state, "--images", self.images, "--boot", self.boot,
                 "--http", f"127.0.0.1:{ports['http']['port']}", "--https", f"127.0.0.1:{ports['https']['port']}",
                 "--address", "127.0.0.1", "--console", self.console, "--name", "test-station", *self.options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + PATIENCE
        while not listening.exists():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < end, "the station does not come up"
            time.sleep(0.02)
        self.ports = json.loads(listening.read_text())
        self.admin = (self.state / "admin.token").read_text().strip()
        self.tls = ssl.create_default_context(cafile=str(self.state / "ca.pem"))
        return self

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            assert self.process.wait(PATIENCE) == 0, self.log.read_text()

    def kill(self):
        self.process.kill()
        self.process.wait(PATIENCE)

    def call(self, method, target, body=None, token=None, port="https", headers=None):
        headers = dict(headers or {})
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        if port == "https":
            c = http.client.HTTPSConnection("127.0.0.1", self.ports["https"]["port"], timeout=PATIENCE, context=self.tls)
        else:
            c = http.client.HTTPConnection("127.0.0.1", self.ports["http"]["port"], timeout=PATIENCE)
        try:
            c.request(method, target, body, headers)
            reply = Reply(c.getresponse())
        finally:
            c.close()
        import documented  # which needs TOP of this module
        documented.check(method, target, port, reply)
        if (method, target, reply.status) == ("POST", "/v1/agent/evidence", 200):
            documented.check_certificate(self.operate("GET", f"/v1/orders/{json.loads(body)['order']}/certificate").json)
        return reply

    def operate(self, method, target, body=None, token=None):
        return self.call(method, target, body, token or self.admin)

    def add_image(self, name="debian-12", serial=3, overlay=False):
        folder = self.images / name
        folder.mkdir()
        text = manifest_text(name, serial, overlay)
        (folder / "manifest.json").write_bytes(text)
        (folder / "manifest.json.p7s").write_bytes(b"signature")
        (folder / "index.bin").write_bytes(os.urandom(224))
        (folder / "payload.zst").write_bytes(os.urandom(1000))
        return hashlib.sha256(text).hexdigest()

    def add_node(self, n=1, trusted=True, **identity):
        body = {"name": f"node{n}", "location_trusted": trusted, "identity": identity or identity_of(n)}
        reply = self.operate("POST", "/v1/nodes", body)
        assert reply.status == 201, reply
        return reply.json

    def add_order(self, n=1, **more):
        reply = self.operate("POST", "/v1/orders", {"node": f"node{n}", "image": "debian-12", **more})
        assert reply.status == 201, reply
        return reply.json

    def account(self, role):
        reply = self.operate("POST", "/v1/accounts", {"name": f"{role}-{os.urandom(4).hex()}", "role": role})
        assert reply.status == 201, reply
        return reply.json["token"]

    def order(self, order):
        return self.operate("GET", f"/v1/orders/{order['id']}").json

    def node(self, n=1):
        return self.operate("GET", f"/v1/nodes/node{n}").json

    def audit(self):
        return self.operate("GET", "/v1/audit").json["entries"]


def identity_of(n):
    return {"uuid": f"{n:08x}-1111-4222-8333-444444444444", "serial": f"SN{n:04}", "macs": [f"52:54:00:00:00:{n:02x}"]}
