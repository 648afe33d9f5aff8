# SPDX-License-Identifier: Apache-2.0
"""Many BMCs on one thread of control."""
import contextlib
import json
import subprocess
import time

from client import REMINT, Client
from lab.bmc import Bmc, FakeMachine

DELAY = 0.1  # seconds that each answer takes
NODES = 10


def inspect(bmcs, tmp_path, name):
    """Seconds, and the results."""
    ca = tmp_path / f"{name}.pem"
    ca.write_text("".join(open(b.certificate, encoding="ascii").read() for b in bmcs))
    begun = time.monotonic()
    done = subprocess.run([str(REMINT), "bmc", "inspect", *[b.url for b in bmcs], "--ca", str(ca), "--json"],
                          env=Client(bmcs[0]).environment(), capture_output=True, text=True, timeout=120, check=False)
    seconds = time.monotonic() - begun
    assert done.returncode == 0, done.stderr
    return seconds, json.loads(done.stdout)["bmcs"]


def test_ten_take_less_than_twice_the_time_of_one(tmp_path, capsys):
    with contextlib.ExitStack() as stack:
        bmcs = [stack.enter_context(Bmc(FakeMachine(f"node{n}"), password="same for all", delay=DELAY)) for n in range(NODES)]
        one, _ = inspect(bmcs[:1], tmp_path, "one")
        asked = len(bmcs[0].requests)
        ten, results = inspect(bmcs, tmp_path, "ten")
        with capsys.disabled():
            print(f"\none BMC: {one:.2f} s for {asked} answers of {DELAY} s; {NODES} BMCs: {ten:.2f} s")
        assert one > asked * DELAY
        assert ten < 2 * one
        assert [r["result"]["system"]["serial"] for r in results] == [b.machine.serial for b in bmcs]
        assert not any(b.sessions.all for b in bmcs)


def test_one_that_fails_does_not_stop_the_others(tmp_path):
    with Bmc(FakeMachine(), password="same for all") as good, Bmc(FakeMachine(), "silent-ok", password="same for all") as bad:
        ca = tmp_path / "ca.pem"
        ca.write_text("".join(open(b.certificate, encoding="ascii").read() for b in (good, bad)))
        done = subprocess.run([str(REMINT), "bmc", "boot", "pxe", good.url, bad.url, "--ca", str(ca), "--wait", "1", "--json"],
                              env=Client(good).environment(), capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 1
        made = json.loads(done.stdout)["bmcs"]
        assert made[0]["result"]["target"] == "Pxe" and "agreed to" in made[1]["error"]
