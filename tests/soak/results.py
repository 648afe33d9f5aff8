# SPDX-License-Identifier: Apache-2.0
"""tests/soak-results.jsonl: one line for each order, keyed by commit. What is not there is still to be done."""
import collections
import json
import subprocess
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
RESULTS = TOP / "tests/soak-results.jsonl"


def commit():
    """The commit, with "-changed" where files that are tracked differ from it."""
    def git(*words):
        return subprocess.run(["git", *words], cwd=TOP, text=True, capture_output=True, check=True).stdout.strip()
    dirty = git("status", "--porcelain", "--untracked-files=no", "--", ":!tests/*-results.jsonl")
    return git("rev-parse", "HEAD") + ("-changed" if dirty else "")


class Results:
    def __init__(self, key, path=RESULTS):
        self.key, self.path = key, path
        lines = path.read_text().splitlines() if path.exists() else []
        self.orders = [o for o in map(json.loads, lines) if o["commit"] == key]

    def add(self, order):
        order = {"commit": self.key, "ended": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), **order}
        with open(self.path, "a") as f:
            f.write(json.dumps(order) + "\n")
        self.orders.append(order)

    def cuts(self, firmware=None):
        return [c for o in self.orders if firmware in (None, o["firmware"]) for c in o["cuts"]]

    def problems(self):
        return [o for o in self.orders if o["problem"]]

    def shortfalls(self):
        """Why the cuts prove less than they should, as sentences."""
        cuts, said = self.cuts(), []
        if sum(o["outcome"] == "handed-over" for o in self.orders) * 2 < len(self.orders):
            said.append("most orders were held: see their reasons")
        # A few cuts may fall anywhere.
        if len(cuts) >= 50 and sum(c["where"] == "overwriting" for c in cuts) * 2 < len(cuts):
            said.append("fewer than half of the cuts fell on overwriting")
        return said

    def next_number(self, seed):
        return max((o["n"] + 1 for o in self.orders if o["seed"] == seed), default=0)

    def last_seed(self):
        return self.orders[-1]["seed"] if self.orders else None

    def report(self):
        """The summary as text."""
        cuts, orders = self.cuts(), self.orders
        where = collections.Counter(c["where"] for c in cuts)
        drives = collections.Counter(f"{kind}: {d['doing']}" for c in cuts for kind, d in c["drives"].items())
        seconds = sum(o["seconds"] for o in orders)
        share = 100 * where["overwriting"] / len(cuts) if cuts else 0
        lines = [f"commit {self.key}, seed{'s' if len({o['seed'] for o in orders}) > 1 else ''} "
                 f"{', '.join(sorted({str(o['seed']) for o in orders}))}",
                 f"{len(cuts)} power cuts in {len(orders)} orders; {len(self.cuts('uefi'))} of them with whole firmware",
                 f"{share:.0f} % of the cuts fell on overwriting",
                 *(f"  {n:5d}  {name}" for name, n in where.most_common()),
                 "what each drive was doing:",
                 *(f"  {n:5d}  {name}" for name, n in sorted(drives.items())),
                 f"after the cut: {dict(collections.Counter(c['left'] for c in cuts))}, "
                 f"{sum(c['lost_bytes'] for c in cuts) >> 10} KiB lost from caches",
                 f"orders by cuts: {dict(sorted(collections.Counter(len(o['cuts']) for o in orders).items()))}",
                 f"orders by outcome: {dict(collections.Counter(o['outcome'] for o in orders))}",
                 f"residue on drives handed over: {sum(o['residue'] for o in orders if o['outcome'] == 'handed-over')} bytes",
                 f"{seconds:.0f} s of machines' time, {seconds / max(len(cuts), 1):.1f} s a cut"]
        held = collections.Counter(o["reason"] for o in orders if o["outcome"] == "held")
        lines += [f"  {n:5d}  held: {reason}" for reason, n in held.most_common()]
        lines += [f"NOT ENOUGH: {why}" for why in self.shortfalls()]
        for o in self.problems():
            lines.append(f"PROBLEM: order {o['n']} of seed {o['seed']}: {o['problem']} (kept in {o['folder']})")
        return "\n".join(lines)
