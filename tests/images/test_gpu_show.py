# SPDX-License-Identifier: Apache-2.0
"""remint gpu show, against the library of tests/fakes/nvml, on a machine whose sysfs shows no GPU."""
import json
import os
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("REMINT_BUILD", TOP / "build")).resolve()
CLASSES = ("0x0300", "0x0302", "0x0380", "0x1200")


def is_gpu(device):
    return ((device / "class").read_text()[:6] in CLASSES and (device / "vendor").read_text().strip() in ("0x10de", "0x1002"))


pytestmark = pytest.mark.skipif(any(map(is_gpu, Path("/sys/bus/pci/devices").glob("*"))), reason="this machine has a GPU of its own")


@pytest.fixture
def show(tmp_path):
    script = tmp_path / "gpus"
    script.write_text((TOP / "tests/fakes/nvml/h100.txt").read_text())

    def run(*options, lines=""):
        with script.open("a") as f:
            f.write(lines)
        return subprocess.run([BUILD / "remint", "gpu", "show", "--library", BUILD / "fakes/nvml-whole", *options], text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60, env={**os.environ, "NVML_FAKE": str(script)})
    return run


def test_a_good_card(show):
    done = show()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("0000:18:00.0  NVIDIA H100 80GB HBM3\n")
    assert "power limit        700\n" in done.stdout and "up 18, down none" in done.stdout and "FAULT" not in done.stdout


def test_json_and_faults(show):
    done = show("--json", lines="gpus 2\n1.pci 0000:2a:00.0\n1.name NVIDIA L4\n1.rows 0 0 0 1\n")
    first, second = json.loads(done.stdout)
    assert done.returncode == 3
    assert first["serial"] == "1650923000001" and first["faults"] == [] and first["backend"] == "nvml" and first["id"] == "10de:2330"
    assert [f["what"] for f in second["faults"]] == ["row_remap_failed"] and second["settings"] == {}


def test_a_card_that_does_not_answer(show):
    done = show(lines="0.DeviceGetName crash\n")
    assert done.returncode == 3 and "its process crashed" in done.stdout
    done = show(lines="0.DeviceGetName 0\n0.DeviceGetHandleByIndex 15\n")
    assert done.returncode == 3 and "NVML counts 1 more" in done.stderr


def test_nothing_of_the_card_reaches_the_terminal(show):
    done = show(lines="0.name NVIDIA\x1b[2J\x9b\n0.serial \x1b]0;x\x07\n")
    assert "\x1b" not in done.stdout and "\x9b" not in done.stdout


def test_no_driver(show):
    done = show(lines="Init 9\n")
    assert (done.returncode, done.stdout) == (0, "There is no GPU.\n")
