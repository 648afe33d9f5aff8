# SPDX-License-Identifier: Apache-2.0
"""Time, CPU of the whole machine, and memory of a program's run."""
import mmap
import os
import statistics
import subprocess
import time
from dataclasses import dataclass

TICK = os.sysconf("SC_CLK_TCK")
CORES = len(os.sched_getaffinity(0))
LIMIT = 600  # seconds that one run may take


def busy():
    """CPU seconds of the whole machine since its start: programs, kernel, interrupts; not waiting, not what a hypervisor took."""
    with open("/proc/stat") as f:
        user, nice, system, _idle, _iowait, irq, softirq = map(int, f.readline().split()[1:8])
    return (user + nice + system + irq + softirq) / TICK


def stolen():
    """CPU seconds, of all cores, in which a hypervisor let this machine wait for its own."""
    with open("/proc/stat") as f:
        return int(f.readline().split()[8]) / TICK


@dataclass
class Run:
    wall: float       # seconds
    cpu: float        # seconds of the whole machine, the server's, the loop device's and the kernel's included
    cores: float      # that the machine really had: a hypervisor may have given part of them to others
    peak: int         # bytes: VmHWM of the program itself
    status: int
    out: str
    err: str


def peak_rss(pid):
    try:
        with open(f"/proc/{pid}/status") as f:
            return next((int(line.split()[1]) * 1024 for line in f if line.startswith("VmHWM:")), 0)
    except OSError:
        return 0


def run(argv, watch=None, check=True, poll=0.02):
    """Runs it to its end. watch(process) is called every `poll` seconds."""
    before, gone, begun, peak = busy(), stolen(), time.monotonic(), 0
    child = subprocess.Popen([str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while True:
        try:
            out, err = child.communicate(timeout=poll)
            break
        except subprocess.TimeoutExpired:
            peak = max(peak, peak_rss(child.pid))
            if watch:
                watch(child)
            if time.monotonic() - begun > LIMIT:
                child.kill()
    wall = time.monotonic() - begun
    cores = CORES - (stolen() - gone) / wall
    done = Run(wall, busy() - before, cores, peak, child.returncode, out.decode(errors="replace"), err.decode(errors="replace"))
    if check and done.status:
        raise RuntimeError(f"{' '.join(map(str, argv))[:300]} ended with {done.status}:\n{done.err[-2000:]}{done.out[-500:]}")
    return done


def idle_share(seconds=2):
    """How idle the machine is now: 1 is wholly."""
    before, begun = busy(), time.monotonic()
    time.sleep(seconds)
    return 1 - (busy() - before) / (time.monotonic() - begun) / CORES


def settle():
    """Waits until what the run before has left, such as memory that the kernel takes back, is done with; 5 s at the most."""
    end = time.monotonic() + 5
    while idle_share(0.2) < 0.97 and time.monotonic() < end:
        pass
    touch()


def touch(size=512 << 20):
    """Touches memory and gives it back: a hypervisor may have taken what is free, and lets whoever comes first pay for its return."""
    with mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
        for at in range(0, size, mmap.PAGESIZE):
            memory[at] = 1


def median(values):
    return statistics.median(values)


def spread(values):
    """Half of the distance between the second lowest and the second highest, as a share of the median: what a repetition differs by."""
    middle = sorted(values)[1:-1] or values
    return (max(middle) - min(middle)) / 2 / median(values)
