# SPDX-License-Identifier: Apache-2.0
"""Takes one machine through one order: switches it on for whatever comes next until the order has ended."""
import re
import time
from dataclasses import dataclass, field

from .machine import Machine
from .station import ENDED, Station

BOOTS_MAX = 8
TAIL = 25  # lines of the console that are shown


@dataclass
class Outcome:
    state: str                   # of the order: "live", "erased", "held", "cancelled", or where it stood when time was up
    why: str = ""                # empty when live or erased
    step: str = ""
    seconds: float = 0
    tail: str = ""               # of the machine's console
    steps: list = field(default_factory=list)
    certificate: bool = False


def boot(station: Station, machine: Machine, state, direct=False):
    """One boot: from the disk when the agent has handed over, else from the network, or straight into what the script names."""
    if state in ("handed-over", "live"):
        return machine.boot_disk(machine.disks[0].serial if machine.firmware == "bios" else None)
    if not direct:
        return machine.boot_network(f"{station.http_url}/boot.ipxe")
    arguments = kernel_arguments(station, machine)
    if arguments is None:
        return machine.boot_disk(machine.disks[0].serial)
    return machine.boot_kernel(station.boot / "vmlinuz", station.boot / "initrd.img", arguments)


def kernel_arguments(station, machine):
    """The command line that the station's script gives the agent's kernel; None where the script starts none."""
    kernel = re.search(r"^kernel \S+(.*?)(?:\|\||$)", station.script(machine, "efi" if machine.firmware == "uefi" else "pcbios"),
                       re.M)
    return kernel.group(1).strip() if kernel else None


def provision(station, machine, order_id, seconds, direct=False, until_states=ENDED, say=lambda text: None):
    """Until the order is in one of until_states, or `seconds` have passed. The machine is switched off in the end."""
    begun, boots, order = time.monotonic(), 0, station.order(order_id)
    problem, last = "", None
    try:
        while order["state"] not in until_states and not problem:
            if order["state"] in ENDED:
                break
            if not machine.running():
                if machine.process is not None and machine.process.returncode:
                    problem = machine.why_it_ended()
                    break
                if boots == BOOTS_MAX:
                    problem = f"the machine was started {boots} times and the order is still {order['state']}"
                    break
                boots += 1
                boot(station, machine, order["state"], direct)
                say(f"switched on ({'disk' if order['state'] == 'handed-over' else 'network'})")
            if (order["state"], order.get("step")) != last:
                last = (order["state"], order.get("step"))
                say(f"{order['state']} {order.get('step') or ''}".strip())
            if time.monotonic() - begun > seconds:
                problem = f"not done within {seconds:.0f} s"
            time.sleep(0.3)
            order = station.order(order_id)
    finally:
        tail = "\n".join(machine.console().strip().splitlines()[-TAIL:])
        machine.cut_power()
    good = order["state"] in ("live", "erased")
    why = "" if good else problem or order.get("reason") or f"the order is {order['state']}"
    return Outcome(order["state"], why, order.get("step") or "", time.monotonic() - begun, tail, order.get("steps", []),
                   bool(order.get("certificate")))
