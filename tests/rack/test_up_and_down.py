# SPDX-License-Identifier: Apache-2.0
"""`remint lab up` to `down` with machines that stay off: what it prints, whom it answers, and that nothing is left however it ends."""
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from commands import REMINT, Rack, gone

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.segment import TUN  # noqa: E402
from lab.wait import until  # noqa: E402

SMALL = ["--memory", "512", "--disk", "nvme:64", "--disk", "sata:32"]


@pytest.fixture
def rack(tmp_path):
    rack = Rack(tmp_path / "rack")
    yield rack
    rack.end()


def test_a_rack_that_is_off(rack):
    said = rack.lab("up", "--nodes", "2", *SMALL, "--nics", "2", "--tpm", "--network", "user", "--profile", "node2=etag-strict")
    assert "remint lab env" in said and "node2" in said and "(etag-strict)" in said
    found = rack.status()
    assert [n["power"] for n in found["nodes"]] == ["Off", "Off"] and found["station"]["exit"] is None
    assert [(d["kind"], d["bytes"] >> 20) for d in found["nodes"][0]["disks"]] == [("nvme", 64), ("sata", 32)]
    assert len({mac for n in found["nodes"] for mac in n["macs"]}) == 4
    assert "is up in" in rack.lab("up", status=1), "one folder, one rack"

    # What it prints is what an operator's commands need.
    rack.take_environment()
    nodes = json.loads(rack.remint("node", "list", "--json"))["nodes"]
    assert [(n["name"], n["state"], n["location_trusted"]) for n in nodes] == [("node1", "available", True), ("node2", "available", True)]
    assert {n["name"]: n["identity"]["macs"] for n in nodes} == {n["name"]: n["macs"] for n in found["nodes"]}
    assert json.loads(rack.remint("node", "bmc", "node1", "--json"))["address"] == found["nodes"][0]["bmc"]["url"]
    urls = [n["bmc"]["url"] for n in found["nodes"]]
    assert rack.remint("bmc", "power", "status", *urls, "--json").count('"Off"') == 2
    assert rack.remint("lab", "power", "node1", "status").count("Off") == 1
    assert Path(found["bmc_credentials"]).stat().st_mode & 0o077 == 0

    assert rack.lab("console", "node1") == "" and "there is no node7" in rack.lab("console", "node7", status=1)
    assert "there is no node7" in rack.lab("power", "node7", "on", status=1)

    started = rack.processes()
    assert len(started) >= 2
    assert "has ended" in rack.lab("down") and gone(started) and not rack.folder.exists()
    assert "no rack is up" in rack.lab("down", status=1)


def test_however_it_ends(rack):
    """Killed, nothing runs on, and the next one says what is left; asked by a signal, it ends in order."""
    rack.lab("up", "--nodes", "1", *SMALL, "--network", "user")
    started = rack.processes()
    os.kill(started[0], signal.SIGKILL)
    until(lambda: gone(started), 10, "all that it has started ends with it")
    assert "removes what it left" in rack.lab("status", status=1)
    assert "former rack" in rack.lab("up", *SMALL, status=1)
    assert "no rack was up; what it left is removed" in rack.lab("down") and not rack.folder.exists()

    rack.lab("up", "--nodes", "1", *SMALL, "--network", "user")
    started = rack.processes()
    station = rack.status()["station"]
    os.kill(started[0], signal.SIGTERM)
    until(lambda: gone(started), 20, "its end")
    assert not (rack.folder / "control").exists() and "is kept" in rack.lab("down", "--keep")
    assert Path(station["state"], "station.db").exists()


def test_a_station_that_has_ended_is_told_of(rack):
    rack.lab("up", "--nodes", "1", *SMALL, "--network", "user")
    station = next(pid for pid in rack.processes() if b"serve" in Path(f"/proc/{pid}/cmdline").read_bytes())
    os.kill(station, signal.SIGKILL)
    until(lambda: gone([station]), 10, "its end")
    assert "has ended (-9)" in rack.lab("status", status=1)


def test_interrupted_while_it_comes_up(rack):
    argv = [str(REMINT), "lab", "up", "--folder", str(rack.folder), "--nodes", "1", *SMALL, "--network", "user"]
    for _ in range(5):
        with subprocess.Popen(argv, env=rack.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as up:
            assert "network user" in up.stdout.readline()
            up.send_signal(signal.SIGINT)
            said = up.communicate(timeout=60)[1]
        if up.returncode != 0:
            break
        rack.lab("down")  # it was up before the signal came: once more
    assert up.returncode == 1 and "nothing of it runs" in said and not rack.folder.exists(), said


def test_one_that_cannot_come_up_says_why(rack, tmp_path):
    rack.env["REMINT_BOOT"] = str(tmp_path)
    assert "make boot-image" in rack.lab("up", "--nodes", "1", *SMALL, status=1)
    assert "removed" in rack.lab("down")


@pytest.mark.skipif(not os.access(TUN, os.R_OK | os.W_OK), reason=f"no {TUN}")
def test_a_segment(rack):
    """The station is inside, with a DHCP server; its BMCs and whoever asks it are outside."""
    rack.lab("up", "--nodes", "1", *SMALL, "--network", "segment")
    started, found = rack.processes(), rack.status()
    assert any(b"dnsmasq" in Path(f"/proc/{pid}/cmdline").read_bytes() for pid in started)
    station = next(pid for pid in started if b"\0serve\0" in Path(f"/proc/{pid}/cmdline").read_bytes())
    seen = subprocess.run(["nsenter", "-t", str(station), "-U", "-n", "--preserve-credentials", "curl", "-sS", "-m", "10", "--cacert",
                           found["nodes"][0]["bmc"]["certificate"], found["nodes"][0]["bmc"]["url"] + "/redfish/v1/"],
                          capture_output=True, timeout=30, check=False)
    assert b"RedfishVersion" in seen.stdout, seen
    os.kill(started[0], signal.SIGKILL)
    until(lambda: gone(started), 10, "the segment ends with it")
