# SPDX-License-Identifier: Apache-2.0
"""The virtual rack: two nodes from power off to their tenants' systems by one command, which is interrupted and goes on; nobody touches a machine."""
import json
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import SECONDS
from lab.wait import until

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "rack"))

from commands import REMINT, Rack, gone  # noqa: E402


@pytest.fixture
def two(the_rack):
    """A rack of two with the tiny tenant's image, and the commands that are given to it."""
    folder = the_rack.folder / "rack"
    shutil.rmtree(folder, ignore_errors=True)
    rack = Rack(folder)
    rack.lab("up", "--nodes", "2", "--memory", "512", "--disk", "nvme:96", "--image", the_rack.station.images / "tiny")
    rack.take_environment()
    yield rack
    rack.end()


def interrupted(rack, *words, when):
    """A command that gets SIGINT once when() says so; its exit status and what it had printed."""
    with open(rack.folder.with_suffix(".out"), "w+", encoding="utf-8") as out:
        process = subprocess.Popen([str(REMINT), *words], env=rack.env, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
        try:
            until(lambda: process.poll() is not None or when(), SECONDS, "the middle of it")
            process.send_signal(signal.SIGINT)
            status = process.wait(60)
        finally:
            process.kill()
            process.wait(60)
        out.seek(0)
        return status, out.read()


def test_two_nodes_from_off_to_live_by_one_command(two):
    def orders():
        return json.loads(two.remint("order", "list", "--json"))["orders"]

    def both_at_work():
        return sum(o["state"] == "running" for o in orders()) == 2

    assert [n["power"] for n in two.status()["nodes"]] == ["Off", "Off"]
    status, said = interrupted(two, "reimage", "node1", "node2", "--image", "tiny", "--wipe-level", "clear", "--watch", when=both_at_work)
    assert status == 3, said
    run = re.search(r"remint reimage --resume (\S+)", said)[1]
    said = two.remint("reimage", "--resume", run, "--watch", seconds=SECONDS)
    assert re.search(r"node1 +live", said) and re.search(r"node2 +live", said) and "2 of 2 done" in said

    found = two.status()
    for node in found["nodes"]:
        assert node["bmc_mistakes"] == [] and "tenant: live" in two.lab("console", node["name"])
        first = Path(node["folder"], f"{node['name']}.console-1.log").read_text(errors="replace")
        assert "Override of the BMC" in first, "the boot was the BMC's, by the station's URI"
    started = two.processes()
    two.lab("down")
    assert gone(started) and not two.folder.exists()
