# SPDX-License-Identifier: Apache-2.0
"""Networks that lose packets and mirrors that misbehave: the image arrives whole, and the record says what happened."""
import json
import re

import pytest
from conftest import SECONDS
from lab import paths
from lab.guest import Guest
from lab.machine import GATEWAY
from lab.mirrors import Mirror

BAD = ("stalls", "corrupts", "truncates", "ignores-ranges")

# What arrives is delayed and lost: netem shapes what a device sends, so the guest sends its own arrivals to itself once more.
LOSSY = """
/bin/ip link set ifb0 up
/sbin/tc qdisc add dev eth0 handle ffff: ingress
/sbin/tc filter add dev eth0 parent ffff: protocol all matchall action mirred egress redirect dev ifb0
/sbin/tc qdisc add dev ifb0 root netem delay 20ms loss 1%
/sbin/tc qdisc add dev eth0 root netem loss 1%
"""


@pytest.fixture
def mirrors(rack):
    """Servers of the middle-sized image, one for each way to misbehave and an honest one."""
    made = {way: Mirror(rack.station.images / rack.middle_image(), way) for way in (*BAD, "honest")}
    yield made
    for mirror in made.values():
        mirror.stop()


def test_loss_delay_and_bad_mirrors_in_a_guest(rack, mirrors):
    disk = rack.disk(256, "virtio")
    others = " ".join(f"--mirror {mirrors[way].url(GATEWAY)}" for way in (*BAD[1:], "honest"))
    script = (f"{LOSSY}\n{paths.program()} image write {mirrors['stalls'].url(GATEWAY)}manifest.json --device /dev/vda "
              f"--ca /ca.pem {others} --json >/run/result.json\nended=$?\n/sbin/tc -s qdisc show dev ifb0\n"
              "echo \"result: $(cat /run/result.json)\"\nexit $ended\n")
    guest = Guest(rack.folder / "guest", rack.kernel, rack.accel)
    status, console = guest.run(script, SECONDS, [paths.program(), "/sbin/tc", "/bin/ip"],
                                {"ca.pem": (rack.station.pki / "ca.pem").read_bytes()},
                                ["ifb", "act_mirred", "cls_matchall", "sch_ingress", "sch_netem"], [disk])
    assert status == 0, console[-3000:]
    assert int(re.search(r"dropped (\d+)", console)[1]) > 0, "the network lost nothing"
    result = json.loads(re.search(r"^result: (\{.*\})\s*$", console, re.M | re.S)[1])
    assert result["bad"], "a mirror that corrupts has not been noticed"
    assert {str(mirrors["corrupts"].port)} == {re.search(r":(\d+)/", b["source"])[1] for b in result["bad"]}
    assert len(result["bad"]) <= 4, "a liar was asked again and again"
    check_disk(rack, disk)


def check_disk(rack, disk):
    with open(disk.path, "rb") as ours, open(rack.middle_raw, "rb") as packed:
        while piece := packed.read(1 << 20):
            assert ours.read(len(piece)) == piece


def test_agent_with_bad_mirrors(rack, mirrors):
    """The payload is not where the manifest is, and four of five mirrors misbehave."""
    image, away = rack.copy_of("elsewhere", rack.middle_raw), rack.folder / "away"
    away.mkdir(exist_ok=True)
    payload = (image / "payload.zst").rename(away / "payload.zst")
    for mirror in mirrors.values():
        mirror.folder = away
    disk = rack.disk(256, "virtio")
    machine = rack.machine(disk)
    order = rack.order(machine, "elsewhere", mirrors=[mirrors[way].url(GATEWAY) for way in (*BAD, "honest")])
    outcome = rack.run(machine, order)
    assert (outcome.state, outcome.why) == ("live", "")
    written = rack.certificate(order, machine)["image"]["written"]
    assert {re.search(r":(\d+)/", b["source"])[1] for b in written["bad"]} == {str(mirrors["corrupts"].port)}
    assert mirrors["honest"].sent > payload.stat().st_size / 2
