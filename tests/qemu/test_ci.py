# SPDX-License-Identifier: Apache-2.0
"""The jobs that docs/ci.md shows: their shell lines are run as they stand there."""
import os
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import yaml
from conftest import SECONDS
from lab import paths

TOP = Path(__file__).resolve().parents[2]


def jobs():
    text = (TOP / "docs/ci.md").read_text().split("```yaml\n", 1)[1].split("```", 1)[0]
    return yaml.safe_load(text)["jobs"]


@pytest.fixture
def workspace(the_rack):
    """What such a job begins with: an installed remint, a disk, and the site's keys."""
    folder = the_rack.folder / "ci"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "bin").mkdir(parents=True)
    (folder / "bin/remint").symlink_to(paths.program())
    shutil.copyfile(the_rack.tiny, folder / "disk.raw")
    for name in "sign.key", "sign.pem", "ca.pem":
        shutil.copy(the_rack.station.pki / name, folder)
    yield folder
    shutil.rmtree(folder)


def run(job, folder, **more):
    """Every step's lines, as a runner does; the statuses of those before which none had failed, or that run always."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("REMINT_") or k in ("REMINT_BUILD", "REMINT_BOOT")}
    env |= {"PATH": f"{folder / 'bin'}:{env['PATH']}", **job.get("env", {}), **more}
    failed = []
    for step in (s for s in job["steps"] if "run" in s and (not failed or s.get("if") == "always()")):
        done = subprocess.run(["bash", "-e", "-c", step["run"]], cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=SECONDS, check=False)
        if done.returncode:
            failed.append(f"{step['name']}: {done.stdout}")
    assert not failed, "\n".join(failed)


def cases(report):
    suite = ET.parse(report).getroot()
    assert suite.get("failures") == "0"
    return [case.get("name") for case in suite.iter("testcase")]


def test_the_jobs_of_the_document(workspace):
    image, rack = jobs()["image"], jobs()["rack"]
    run(image, workspace)
    assert cases(workspace / "report.xml") == ["provision my-os"]
    run(rack, workspace, NODES="1")  # two of a rack at once: test_rack.py
    assert cases(workspace / "rack.xml") == ["reimage node1"] and not (workspace / "rack").exists()
