#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""make soak-wipe: power cuts of emulated machines at random moments in the wipe. docs/testing.md, "The soak"

usage: wipe.py BUILD [--cuts N] [--firmware N] [--seed N] [--jobs N] [--each N] [--seconds N] [--results FILE] [--folder DIR]
       wipe.py BUILD --report [--commit ID]
Each order must end handed over, with none of the former tenant's bytes in the raw files, or held with a disk that does not boot. Results go
to tests/soak-results.jsonl, a line an order, keyed by commit; what is there already for this commit counts. Exit 0 when all cuts are done
and no order had a problem; 1 when one had, or most were held, or fewer than half of the cuts fell on overwriting; 3 when time was up before.
"""
import argparse
import os
import random
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parent)]

from episode import Episode  # noqa: E402
from lab import children  # noqa: E402
from lab.quick import QuickLab  # noqa: E402
from results import RESULTS, Results, commit  # noqa: E402


class Lab(QuickLab):
    """What all orders share, and what has been learned of the wipe's length."""

    def __init__(self, folder, seed):
        super().__init__(folder)
        self.seed, self.next_n = seed, 0
        self.ratio = 4  # too long rather than too short: a moment that comes too late corrects it

    def rng(self, n):
        return random.Random(f"{self.seed}/{n}")

    # A wipe's length, in lengths of one pass over a throttled drive: so that moments spread over all of it, whatever its passes are.

    def span(self, one_pass):
        self.ratio *= 1.02
        return self.ratio * one_pass

    def learn(self, one_pass, seconds):
        self.ratio = seconds / one_pass


def arguments():
    parser = argparse.ArgumentParser(description="cuts the power of emulated machines in the wipe")
    parser.add_argument("build", type=Path)
    parser.add_argument("--cuts", type=int, default=500, help="in all, those that the results file has for this commit included (500)")
    parser.add_argument("--firmware", type=int, default=25, help="so many of them through whole firmware: OVMF and iPXE (25)")
    parser.add_argument("--seed", type=int, help="of everything that is drawn (default: that of the commit's last run, else a new one)")
    parser.add_argument("--jobs", type=int, default=1, help="machines at a time (1)")
    parser.add_argument("--each", type=int, help="cuts of each order (default: drawn, 1 to 12)")
    parser.add_argument("--seconds", type=int, default=0, help="begin no order after this time (0: no limit)")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--folder", type=Path, help="emptied; for disks, logs and what a problem leaves behind (BUILD/lab/soak)")
    parser.add_argument("--report", action="store_true", help="only print the summary")
    parser.add_argument("--commit", help="whose summary (default: the present one)")
    return parser.parse_args()


def next_episode(lab, results, a, running):
    """The next order, or None when what is running will do."""
    def open_cuts(firmware):
        return sum(e.wanted for e in running if firmware in (None, e.firmware))
    uefi = len(results.cuts("uefi")) + open_cuts("uefi") < a.firmware
    total, have = (a.firmware, len(results.cuts("uefi")) + open_cuts("uefi")) if uefi else \
        (a.cuts, len(results.cuts()) + open_cuts(None))
    if have >= total:
        return None
    lab.next_n = max(lab.next_n, results.next_number(lab.seed)) + 1
    return Episode(lab, lab.next_n - 1, "uefi" if uefi else "bios", total - have, a.each)


def tell(results, a, result, begun):
    cuts, seconds = results.cuts(), time.monotonic() - begun
    over = sum(c["where"] == "overwriting" for c in cuts)
    print(f"[{seconds:5.0f} s] order {result['n']}: {len(result['cuts'])} cuts, {result['outcome'] or 'no outcome'}, {result['seconds']:.0f} s"
          f"{': ' + result['problem'] if result['problem'] else ''}; {len(cuts)} of {a.cuts} cuts, {over} on overwriting", flush=True)


def soak(lab, results, a):
    begun, running = time.monotonic(), {}
    while True:
        late = a.seconds and time.monotonic() - begun > a.seconds
        while len(running) < a.jobs and not late:
            episode = next_episode(lab, results, a, list(running))
            if not episode:
                break
            running[episode] = episode.play()
        if not running:
            return not late
        for episode, play in list(running.items()):
            try:
                next(play)
            except StopIteration:
                del running[episode]
                results.add(result := episode.result())
                tell(results, a, result, begun)
        time.sleep(0.01)


def main():
    a = arguments()
    results = Results(a.commit or commit(), a.results)
    if a.report:
        print(results.report())
        return 0
    os.environ["REMINT_BUILD"] = str(a.build.resolve())
    children.on_signals()
    seed = a.seed if a.seed is not None else results.last_seed()
    seed = seed if seed is not None else random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}; {len(results.cuts())} of {a.cuts} cuts are done for {results.key}", flush=True)
    if len(results.cuts()) < a.cuts:
        lab = Lab((a.folder or a.build / "lab" / "soak").resolve(), seed)
        try:
            done = soak(lab, results, a)
        finally:
            lab.close()
            children.end_all()
    else:
        done = True
    print(results.report())
    return 1 if results.problems() or results.shortfalls() else 0 if done else 3


if __name__ == "__main__":
    sys.exit(main())
