# SPDX-License-Identifier: Apache-2.0
"""The bench itself runs through, on a small image and as an ordinary user would; its figures are not judged."""
import json
import os
import subprocess
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("REMINT_BUILD", TOP / "build")).resolve()


def test_quick():
    done = subprocess.run(["/usr/bin/python3", TOP / "tests/bench/bench.py", BUILD, "--quick"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300, text=True)
    assert done.returncode == 0, done.stderr
    result = json.loads((BUILD / "bench/quick.json").read_text())
    names = [row["name"] for row in result["rows"]]
    for part in "against the fastest pipe", "against the machine's bound", "file-backed", "memory", "packing":
        assert any(part in name for name in names), names
        assert part in done.stdout
    for row in result["rows"]:
        assert set(row) == {"name", "value", "unit", "peer", "ratio", "goal", "goal_is", "met", "note"}
        assert row["value"] > 0 and (row["goal"] is None) == (row["met"] is None)
    assert result["machine"]["cores"] >= 1 and result["tools"]["zstd"]


def test_it_says_what_it_needs():
    """A folder without room, seen by an ordinary user: a sentence, no traceback."""
    nobody = {"user": 65534} if os.geteuid() == 0 else {}
    done = subprocess.run(["/usr/bin/python3", TOP / "tests/bench/bench.py", "/tmp"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60, text=True, **nobody)
    assert done.returncode == 2
    assert "needs root" in done.stderr and "Traceback" not in done.stderr
