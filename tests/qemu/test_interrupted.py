# SPDX-License-Identifier: Apache-2.0
"""Power cuts and a station that goes away: the order completes by itself."""
import time

from conftest import SECONDS, head_is_zero
from lab import former
from lab.provision import boot
from lab.wait import until

GONE_SECONDS = 60
SLOW = 4 << 20  # bytes a second that a throttled disk takes


def slow_in_the_write(rack, machine, order):
    """Lets the machine come as far as the write, and makes its disk slow, so that there is time to do it harm."""
    boot(rack.station, machine, "pending", direct=True)

    def writing():
        assert rack.station.order(order)["state"] in ("pending", "running")
        # A row's check comes before, under the same name.
        return any(e["kind"] == "step-begun" and (e["phase"], e["step"]) == ("destroy", "write")
                   for e in rack.station.events(order))

    until(writing, SECONDS, "the write begins", every=0.1)
    machine.set_write_speed(0, SLOW)
    rack.station.wait_step(order, "write", SECONDS, ("progress",))


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
    mark = former.marker()
    disk = rack.disk(800, "virtio", mark)
    machine = rack.machine(disk)
    order = rack.order(machine, rack.big_image())
    slow_in_the_write(rack, machine, order)
    machine.cut_power()
    assert rack.station.order(order)["state"] == "running"
    assert former.bytes_found(disk.path, mark) == 0
    assert head_is_zero(disk), "a disk that is half written would boot"
    outcome = rack.run(machine, order)
    assert (outcome.state, outcome.why) == ("live", "")


def test_station_gone_for_a_minute_in_the_write(rack):
    disk = rack.disk(800, "virtio")
    machine = rack.machine(disk)
    order = rack.order(machine, rack.big_image())
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
