#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the tests that have been built and counts them.

usage: run.py BUILD [unit] [replay] [FOLDER-OF-PYTEST ...]      without names: everything
Exit 0 when something ran and nothing failed. The closing line is "N passed, N failed, N skipped".
"""
import os
import re
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
# Quick ones first; each folder's share of `make check` stands in docs/testing.md.
FOLDERS = ["lint", "images", "boot", "station", "redfish", "net", "rack", "qemu"]
UNIT_SECONDS = 300
FOLDER_SECONDS = {"qemu": 2700}
# So many files at once, each with a station of its own: an emulated machine keeps about one CPU busy, the others wait for one another.
LANES = {"qemu": 2, "images": 2, "redfish": 2, "station": 2}
# The files that take minutes, longest first: with one of them left for the end a lane would stand idle.
LONGEST = ["test_root_disks", "test_boot_paths", "test_whole", "test_secure_boot", "test_interrupted", "test_alone", "test_firmware",
           "test_topologies", "test_bad_network", "test_injection", "test_client_quirks", "test_image_write"]


class Count:
    passed = failed = skipped = 0

    def add(self, passed, failed, skipped):
        self.passed += passed
        self.failed += failed
        self.skipped += skipped


def run_bounded(argv, seconds, **kw):
    """Exit status and output; a program that runs too long is ended and has failed."""
    try:
        done = subprocess.run(argv, timeout=seconds, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              stdin=subprocess.DEVNULL, **kw)
        return done.returncode, done.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired as late:
        return 124, (late.stdout or b"").decode(errors="replace") + f"\nended after {seconds} s\n"
    except OSError as missing:
        return 127, f"{missing}\n"


def side_by_side(run, sources):
    """What run() says of each source, in their order, as many at once as there are CPUs."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from zip(sources, pool.map(run, sources))


def unit(build, count):
    """cmocka programs; a program that dies counts as one failure beside those that it reported."""
    def run(source):
        return run_bounded([build / "unit" / source.stem], UNIT_SECONDS, cwd=TOP)

    for source, (status, text) in side_by_side(run, sorted((TOP / "tests/unit").glob("test_*.c"))):
        passed = sum(int(n) for n in re.findall(r"\[  PASSED  \] (\d+) test", text))
        failed = sum(int(n) for n in re.findall(r"\[  FAILED  \] .*?(\d+) test\(s\), listed below", text))
        skipped = sum(int(n) for n in re.findall(r"\[  SKIPPED \] .*?(\d+) test\(s\), listed below", text))
        if status and not failed:
            failed = 1
        if status:
            print(text)
        count.add(passed, failed, skipped)
        print(f"unit {source.stem}: {passed} passed, {failed} failed, {skipped} skipped", flush=True)


def replay(build, count):
    """Every input that a fuzzer has kept must pass; one program counts as one test."""
    def run(source):
        corpus = TOP / "tests/fuzz/corpus" / source.stem.removeprefix("fuzz_")
        inputs = sorted(p for p in corpus.rglob("*") if p.is_file())
        status, text = run_bounded([build / "replay" / source.stem, *inputs], UNIT_SECONDS, cwd=TOP)
        return len(inputs), status, text if inputs else f"{corpus.relative_to(TOP)} is empty"

    for source, (inputs, status, text) in side_by_side(run, sorted((TOP / "tests/fuzz").glob("fuzz_*.c"))):
        ok = status == 0 and inputs
        if not ok:
            print(text)
        count.add(int(bool(ok)), int(not ok), 0)
        print(f"replay {source.stem}: {inputs} inputs, {'passed' if ok else 'failed'}", flush=True)


def run_pytest(build, what, name, lane, seconds):
    """Passed, failed and skipped, and what pytest said."""
    report = build / f"pytest-{name}.xml"
    report.unlink(missing_ok=True)
    env = dict(os.environ, REMINT_BUILD=str(build), PYTHONDONTWRITEBYTECODE="1", REMINT_LANE=str(lane))
    status, text = run_bounded(["/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--timeout=900", "--durations=5",
                                f"--junitxml={report}", str(what)], seconds, env=env, cwd=TOP)
    if not report.exists():
        return (0, 1, 0), text
    passed = failed = skipped = 0
    for suite in ET.parse(report).getroot().iter("testsuite"):
        bad = int(suite.get("failures")) + int(suite.get("errors"))
        passed += max(int(suite.get("tests")) - bad - int(suite.get("skipped")), 0)
        failed, skipped = failed + bad, skipped + int(suite.get("skipped"))
    return (passed, failed or int(status != 0), skipped), text


def lane(number, files, build, name, end, count, lock):
    """Takes the next file until there is none."""
    while True:
        with lock:
            if not files:
                return
            file = files.pop(0)
        found, text = run_pytest(build, file, f"{name}-{file.stem}", number, max(end - time.monotonic(), 1))
        with lock:
            count.add(*found)
            print(f"-- {name}/{file.name}\n{text}", flush=True)


def folder(build, name, count):
    seconds = FOLDER_SECONDS.get(name, 900)
    if name not in LANES:
        found, text = run_pytest(build, TOP / "tests" / name, name, 0, seconds)
        count.add(*found)
        print(text, flush=True)
        return
    rank = {file: place for place, file in enumerate(LONGEST)}
    files = sorted((TOP / "tests" / name).glob("test_*.py"), key=lambda f: (rank.get(f.stem, len(rank)), -f.stat().st_size))
    lock, end = threading.Lock(), time.monotonic() + seconds
    lanes = [threading.Thread(target=lane, args=(n, files, build, name, end, count, lock)) for n in range(LANES[name])]
    for one in lanes:
        one.start()
    for one in lanes:
        one.join()


def main():
    build, names = Path(sys.argv[1]).resolve(), sys.argv[2:] or ["unit", "replay", *FOLDERS]
    count, begun = Count(), time.monotonic()
    for name in names:
        print(f"== {name}", flush=True)
        if name == "unit":
            unit(build, count)
        elif name == "replay":
            replay(build, count)
        elif any((TOP / "tests" / name).glob("test_*.py")):
            folder(build, name, count)
        else:
            print(f"tests/{name} holds no test")
            count.add(0, 1, 0)
    print(f"== {time.monotonic() - begun:.0f} s")
    print(f"{count.passed} passed, {count.failed} failed, {count.skipped} skipped")
    return 0 if count.passed and not count.failed else 1


if __name__ == "__main__":
    sys.exit(main())
