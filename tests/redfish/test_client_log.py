# SPDX-License-Identifier: Apache-2.0
"""Event logs: read, bounded, cleared."""
import json

import pytest
from client import client_of, leaves_no_session

SEL, LOG = "/redfish/v1/Systems/1/LogServices/SEL", "/redfish/v1/Managers/bmc/LogServices/Log"


def fill(c, n, text="something happened"):
    with c.bmc.lock:
        for number in range(n):
            c.bmc.system.log.add("ResourceChanged", f"{text} {number}", c.bmc.system_uri)


@pytest.mark.parametrize("profile", ["plain", "log-whole-entries", "endless-next-link", "endless-next-link+log-whole-entries"])
def test_show(profile):
    with leaves_no_session(profile) as c:
        fill(c, 40)
        made = c.ok("log", "show")
        assert made["complete"] and not made["problems"]
        assert [(log["path"], log["entries"]) for log in made["logs"]] == [(SEL, 40), (LOG, 0)]
        first = made["entries"][0]
        assert (first["severity"], first["message"], first["message_id"], first["source"], first["id"], first["log"]) == (
            "OK", "something happened 0", "LabEvent.1.0.ResourceChanged", c.bmc.system_uri, "1", SEL)
        assert len(first["time"]) == 20 and first["time"].endswith("Z")


def test_pages_of_two_logs():
    with leaves_no_session("log-whole-entries") as c:
        fill(c, 120)
        c.ok("boot", "pxe")
        made = c.ok("log", "show")
        assert [log["entries"] for log in made["logs"]] == [121, 1]
        assert [e["time"] for e in made["entries"]] == sorted(e["time"] for e in made["entries"])
        assert [e["log"] for e in c.ok("log", "show", "--log=Log")["entries"]] == [LOG]
        assert "there are: SEL, Log" in c.fails("log", "show", "--log=Nowhere")


def test_since_and_last():
    with leaves_no_session("log-whole-entries") as c:
        shape = c.bmc.profile.shape

        def times(request, body):
            body = shape(request, body)
            for n, entry in enumerate(body["Members"] if request.path.endswith("/Entries") else ()):
                entry["Created"] = ("2026-01-01T00:00:00+01:00", "2026-01-01T00:30:00.5Z", "yesterday", "2026-01-01T00:15:00")[n]
            return body
        c.bmc.profile.shape = times
        fill(c, 4)
        assert [e["time"] for e in c.ok("log", "show", "--log=SEL")["entries"]] == [
            None, "2025-12-31T23:00:00Z", "2026-01-01T00:15:00Z", "2026-01-01T00:30:00Z"]
        assert [e["id"] for e in c.ok("log", "show", "--log=SEL", "--since=2026-01-01T00:15:00Z")["entries"]] == ["3", "4", "2"]
        last = c.ok("log", "show", "--log=SEL", "--last=1")
        assert [e["id"] for e in last["entries"]] == ["2"] and not last["complete"]


def test_a_log_without_end():
    with leaves_no_session("log-endless") as c:
        made = c.ok("log", "show", "--log=SEL")
        assert len(made["entries"]) == 4000 and not made["complete"] and c.seconds < 20


def test_long_and_foul_messages():
    with leaves_no_session("log-whole-entries") as c:
        fill(c, 1, "\x1b[2J" + "é" * 1000)
        fill(c, 1, "x" * 5000)
        made = c.ok("log", "show")
        assert len(made["entries"][0]["message"].encode()) <= 1024 and "\x1b" not in made["entries"][0]["message"]
        assert len(made["problems"]) == 1 and "5002 bytes" in made["problems"][0]["reason"]
        assert "\x1b" not in c.run("log", "show")[1]


@pytest.mark.parametrize("at", [SEL, f"{SEL}/Entries"])
def test_one_log_that_is_wrong(at):
    with leaves_no_session("wrong-types", at=at) as c:
        c.ok("boot", "pxe")
        made = c.ok("log", "show")
        assert len(made["problems"]) == 1 and [e["log"] for e in made["entries"]] == [LOG]


def test_clear():
    with leaves_no_session() as c:
        fill(c, 3)
        assert c.ok("log", "clear", "--log=SEL") == [{"id": "SEL", "path": SEL, "before": 3, "after": 0}]
        assert len(c.ok("log", "clear")) == 2
    with leaves_no_session("log-stays") as c:
        fill(c, 3)
        assert "there are 3 entries" in c.fails("log", "clear", "--log=SEL", "--wait=1")


def test_misuse():
    with client_of() as c:
        for words in (("paint",), ("clear", "--last=1"), ("show", "--since=yesterday"), ("show", "--last=5000")):
            status, _, err = c.run("log", *words)
            assert status == 1 and err.startswith("remint: "), words
        assert not c.bmc.requests and json.dumps(words)
