# SPDX-License-Identifier: Apache-2.0
"""An agent that does nothing to any disk: it says to the station what a real one says."""
import os
import re
import urllib.parse

import evidence
from harness import identity_of

NOW = "2026-11-22T21:00:00Z"
NAME = "serial:D1"


class FakeAgent:
    def __init__(self, station, n=1):
        self.station = station
        self.identity = identity_of(n)
        self.seq = 0
        self.lease = None

    def script(self, **changed):
        query = {"uuid": self.identity["uuid"], "serial": self.identity["serial"], "mac": self.identity["macs"][0],
                 "platform": "efi", **changed}
        reply = self.station.call("GET", "/boot.ipxe?" + urllib.parse.urlencode(query), port="http")
        assert reply.status == 200, reply
        return reply.body.decode()

    def hint(self, **changed):
        found = re.search(r"remint\.hint=([A-Za-z0-9_-]{43})(?=\s)", self.script(**changed))
        return found and found.group(1)

    def hint_without_script(self, identity=None):
        reply = self.station.call("POST", "/v1/agent/boot", {"identity": identity or self.identity})
        assert reply.status == 200, reply
        return reply.json["hint"]  # None: the local disk

    def checkin(self, hint=None, nonce=None, identity=None):
        body = {"protocol": 1, "nonce": nonce or os.urandom(16).hex(), "agent": {"version": "0.1.0", "boot_image": ""},
                "identity": identity or self.identity}
        reply = self.station.call("POST", "/v1/agent/checkin", body, hint or self.hint())
        if reply.status == 200:
            assert reply.json["nonce"] == body["nonce"]
            self.answer = reply.json
            self.lease = reply.json["lease"]["token"]
            self.order = reply.json["order"]
            self.seq = 0
        return reply

    def call(self, method, what, body):
        return self.station.call(method, f"/v1/agent/{what}", body, self.lease)

    def event(self, kind, phase, step, **more):
        self.seq += 1
        return {"seq": self.seq, "time": NOW, "kind": kind, "phase": phase, "step": step, **more}

    def events(self, *events):
        return self.call("POST", "events", {"events": list(events)})

    def journal(self, state="begun", drive=NAME):
        return self.call("POST", "journal", {
            "drive": drive, "step": "wipe", "method": "overwrite", "marker_key": "ab" * 32, "state": state,
            "proof": evidence.drive() if state == "proven" else None})

    def evidence(self, drives=None, **changed):
        if not self.order["image"]:
            changed = {"image": None, "root_disks": [], **changed}
        return self.call("POST", "evidence", evidence.evidence(self.order["id"], self.identity, drives, **changed))

    def phone_home_url(self):
        return re.search(r'url: "http://[^/]+(/phone-home/[A-Za-z0-9_-]{43})"', self.order["cloud_init"]["user_data"]).group(1)

    def phone_home(self):
        return self.station.call("POST", self.phone_home_url(), b"instance_id=" + self.order["id"].encode(), port="http")

    def work(self, **changed):
        """Everything from the check-in to the hand-over."""
        assert self.checkin().status == 200
        assert self.order, self.answer["why_no_order"]
        assert self.call("PUT", "inventory", {"disks": []}).status == 204
        assert self.events(self.event("step-begun", "destroy", "wipe")).status == 200
        assert self.journal("begun").status == 204
        assert self.events(self.event("progress", "destroy", "wipe", done=1, total=2),
                           self.event("step-done", "destroy", "wipe")).status == 200
        assert self.journal("proven").status == 204
        reply = self.evidence(**changed)
        assert reply.status == 200, reply
        assert self.call("PUT", "log", "a line\n").status == 204
        outcome = "handed-over" if self.order["image"] else "erased"
        assert self.call("POST", "outcome", {"outcome": outcome}).status == 204
