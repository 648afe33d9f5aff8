# SPDX-License-Identifier: Apache-2.0
"""`remint lab up` to `down` with machines that stay off: what it prints, whom it answers, and that nothing is left however it ends."""
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests"))

from lab.segment import TUN  # noqa: E402
from lab.wait import until  # noqa: E402

REMINT = Path(os.environ.get("REMINT_BUILD", TOP / "build")) / "remint"
SMALL = ["--memory", "512", "--disk", "nvme:64", "--disk", "sata:32"]


class Rack:
    """The commands of one rack's folder."""

    def __init__(self, folder):
        self.folder = folder
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("REMINT_") or k in ("REMINT_BUILD", "REMINT_BOOT")}

    def remint(self, *words, status=0):
        done = subprocess.run([str(REMINT), *map(str, words)], env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=120, check=False)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    def lab(self, verb, *words, status=0):
        return self.remint("lab", verb, "--folder", self.folder, *words, status=status)

    def status(self):
        return json.loads(self.lab("status", "--json"))

    def processes(self):
        """The rack's own and all that it has started."""
        found, parents = [self.status()["pid"]], {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                parents.setdefault(int(stat.read_text().rsplit(")", 1)[1].split()[1]), []).append(int(stat.parent.name))
            except (FileNotFoundError, ProcessLookupError):
                continue
        for pid in found:
            found += parents.get(pid, [])
        return found


def gone(pids):
    def one(pid):
        try:
            return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
        except (FileNotFoundError, ProcessLookupError):
            return True
    return all(map(one, pids))


@pytest.fixture
def rack(tmp_path):
    rack = Rack(tmp_path / "rack")
    yield rack
    subprocess.run([str(REMINT), "lab", "down", "--folder", str(rack.folder)], capture_output=True, timeout=120, check=False)


def test_a_rack_that_is_off(rack):
    said = rack.lab("up", "--nodes", "2", *SMALL, "--nics", "2", "--tpm", "--network", "user", "--profile", "node2=etag-strict")
    assert "remint lab env" in said and "node2" in said and "(etag-strict)" in said
    found = rack.status()
    assert [n["power"] for n in found["nodes"]] == ["Off", "Off"] and found["station"]["exit"] is None
    assert [(d["kind"], d["bytes"] >> 20) for d in found["nodes"][0]["disks"]] == [("nvme", 64), ("sata", 32)]
    assert len({mac for n in found["nodes"] for mac in n["macs"]}) == 4
    assert "is up in" in rack.lab("up", status=1), "one folder, one rack"

    # What it prints is what an operator's commands need.
    for line in rack.lab("env").splitlines():
        name, value = line.removeprefix("export ").split("=", 1)
        rack.env[name] = value
    nodes = json.loads(rack.remint("node", "list", "--json"))["nodes"]
    assert [(n["name"], n["state"], n["location_trusted"]) for n in nodes] == [("node1", "available", True), ("node2", "available", True)]
    assert {n["name"]: n["identity"]["macs"] for n in nodes} == {n["name"]: n["macs"] for n in found["nodes"]}
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
