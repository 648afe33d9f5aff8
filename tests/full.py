#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""make check-full: what takes too long for `make check`, too.

usage: full.py BUILD [check] [lint] [demo] [fuzz_NAME ...]      without names: all of it
Runs the tests, the whole lint, every fuzzer for a minute from its corpus, and the demo; then adds one line, keyed by
commit, to tests/full-results.jsonl. Exit 0 when all went well.
"""
import json
import subprocess
import sys
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
RESULTS = TOP / "tests/full-results.jsonl"
FUZZ_SECONDS = 60


def commit():
    def git(*words):
        return subprocess.run(["git", *words], cwd=TOP, text=True, capture_output=True, check=True).stdout.strip()
    dirty = git("status", "--porcelain", "--untracked-files=no", "--", ":!tests/full-results.jsonl")
    return git("rev-parse", "HEAD") + ("-changed" if dirty else "")


def part(name, argv, seconds):
    """One part's outcome; its last line is what it said of itself."""
    print(f"== {name}", flush=True)
    begun = time.monotonic()
    try:
        done = subprocess.run(argv, cwd=TOP, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=seconds)
        status, lines = done.returncode, done.stdout.strip().splitlines()
    except subprocess.TimeoutExpired:
        status, lines = 124, [f"ended after {seconds} s"]
    if status:
        print("\n".join(lines[-50:]))
    print(f"{name}: {'passed' if status == 0 else 'failed'}", flush=True)
    return {"name": name, "passed": status == 0, "seconds": round(time.monotonic() - begun), "said": lines[-1] if lines else ""}


def fuzz(build, name, scratch):
    corpus = TOP / "tests/fuzz/corpus" / name.removeprefix("fuzz_")
    folder = scratch / name
    folder.mkdir(parents=True, exist_ok=True)
    return part(name, [build / "fuzzers" / name, f"-max_total_time={FUZZ_SECONDS}", f"-artifact_prefix={folder}/", "-print_final_stats=1",
                       folder, corpus], FUZZ_SECONDS * 3)


def main():
    build, wanted = Path(sys.argv[1]).resolve(), sys.argv[2:]
    fuzzers = [source.stem for source in sorted((TOP / "tests/fuzz").glob("fuzz_*.c"))]
    runs = {"check": lambda: part("check", [sys.executable, "tests/run.py", build], 5400),
            "lint": lambda: part("lint", ["make", f"O={build}", "lint"], 1800),
            **{name: lambda name=name: fuzz(build, name, build / "fuzz-found") for name in fuzzers},
            "demo": lambda: part("demo", [sys.executable, "tests/lab/demo.py", "--build", build], 3600)}
    unknown = set(wanted) - set(runs)
    if unknown:
        print(f"there is no {', '.join(sorted(unknown))} here", file=sys.stderr)
        return 2
    parts = [run() for name, run in runs.items() if not wanted or name in wanted]
    passed = sum(p["passed"] for p in parts)
    with RESULTS.open("a") as out:
        out.write(json.dumps({"commit": commit(), "ended": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "parts": parts}) + "\n")
    print(f"{passed} passed, {len(parts) - passed} failed")
    return 0 if passed == len(parts) else 1


if __name__ == "__main__":
    sys.exit(main())
