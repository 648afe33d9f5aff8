# SPDX-License-Identifier: Apache-2.0
"""How many machines this host bears."""
import os
from pathlib import Path

OVERHEAD = 192   # MiB of an emulated machine beside its memory: firmware, translated code, the emulator itself
AROUND = 256     # MiB of the station and of the rack itself
MOST = 64


def cores():
    return len(os.sched_getaffinity(0))


def _number(path):
    try:
        return int(path.read_text())
    except (OSError, ValueError):  # absent, or "max"
        return None


def free(proc=Path("/proc"), cgroups=Path("/sys/fs/cgroup")):
    """MiB that can still be had, by this host and by the limits of the control groups that we are in (version 2)."""
    for line in (proc / "meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            found = int(line.split()[1]) >> 10
    for line in (proc / "self/cgroup").read_text().splitlines():
        if not line.startswith("0::/"):
            continue
        group = cgroups / line[4:]
        for at in (group, *group.parents):
            limit, used = _number(at / "memory.max"), _number(at / "memory.current")
            if limit is not None and used is not None:
                found = min(found, max(limit - used, 0) >> 20)
            if at == cgroups:
                break
    return found


def nodes(wanted, memory, available, on):
    """How many nodes of `memory` MiB there will be; None wanted: as many as `on` cores bear. ValueError when there is no room for them."""
    most = min((available - AROUND) // (memory + OVERHEAD), MOST)
    number = min(on, most) if wanted is None else wanted
    if wanted is not None and not 1 <= wanted <= MOST:
        raise ValueError(f"--nodes is from 1 to {MOST}")
    if number < 1 or number > most:
        number = max(number, 1)
        raise ValueError(f"{number} node{'s' * (number > 1)} of {memory} MiB need{'s' * (number == 1)} {number * (memory + OVERHEAD) + AROUND} MiB "
                         f"and {available} MiB are free: " + (f"--nodes {most} fits" if most > 0 else "not even one fits") + ", or a smaller --memory")
    return number
