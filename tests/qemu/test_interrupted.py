# SPDX-License-Identifier: Apache-2.0
"""Power cuts and a station that goes away: the order completes by itself."""
import time

from conftest import LONG_MIB, SECONDS, SLOW, head_is_zero, slow_in_the_write
from lab import former
from lab.provision import boot

GONE_SECONDS = 60


def test_power_cut_in_the_wipe(rack):
    mark = former.marker()
    disk = rack.disk(256, "scsi", mark, discard=False, write_bps=SLOW)
    machine = rack.machine(disk)
    order = rack.order(machine, "tiny")
    boot(rack.station, machine, "pending", direct=True)
    rack.station.wait_step(order, "wipe", SECONDS, ("progress",))
    machine.cut_power()
    assert former.bytes_found(disk.path, mark) > 0, "the wipe was over before the power was cut"
    assert rack.station.order(order)["state"] == "running"
    disk.write_bps = 0
    outcome = rack.run(machine, order)
    assert (outcome.state, outcome.why) == ("live", "")
    assert former.bytes_found(disk.path, mark) == 0


def test_power_cut_in_the_write(rack):
    """Near the write's end. The next boot reads what is there, and fetches only what is not."""
    mark = former.marker()
    disk = rack.disk(LONG_MIB + 128, "virtio", mark)
    machine = rack.machine(disk)
    order = rack.order(machine, rack.long_image())
    slow_in_the_write(rack, machine, order, 32 << 20, share=0.9)
    machine.cut_power()
    assert rack.station.order(order)["state"] == "running"
    assert former.bytes_found(disk.path, mark) == 0
    assert head_is_zero(disk), "a disk that is half written would boot"
    outcome = rack.run(machine, order)
    assert (outcome.state, outcome.why) == ("live", "")
    written = rack.certificate(order, machine)["image"]["written"]
    payload = (rack.station.images / "long" / "payload.zst").stat().st_size
    assert 0 < written["fetched_bytes"] < 0.15 * payload
    assert written["targets"][0]["kept"] > 0.8 * written["targets"][0]["read_back"]


def test_station_gone_for_a_minute_in_the_write(rack):
    disk = rack.disk(LONG_MIB + 128, "virtio")
    machine = rack.machine(disk)
    order = rack.order(machine, rack.long_image())
    slow_in_the_write(rack, machine, order)
    rack.station.stop(gently=0)
    time.sleep(GONE_SECONDS)
    assert machine.running()
    assert head_is_zero(disk)
    machine.set_write_speed(0, 0)
    rack.station.start()
    outcome = rack.run(machine, order)
    assert (outcome.state, outcome.why) == ("live", "")
    assert machine.boots == 2, "the agent should have gone on, without a boot of its own"
