# SPDX-License-Identifier: Apache-2.0
"""`remint image` as these tests run it, and how it is to end."""
import os
import subprocess
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("REMINT_BUILD", TOP / "build")).resolve()
REMINT = BUILD / "remint"


def remint(*words, env=None, errors=None):
    return subprocess.run([REMINT, "image", *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, timeout=120, text=True, env=env, errors=errors)


def ok(done):
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(done, *says, status=1):
    assert done.returncode == status, done.stdout + done.stderr
    for word in says:
        assert word in done.stderr, done.stderr
    assert "Sanitizer" not in done.stderr
    return done.stderr


def make_keys(folder):
    subprocess.run([REMINT, "keys", "make", "--ca-dir", folder], check=True, stdout=subprocess.DEVNULL)
    return folder
