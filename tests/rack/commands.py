# SPDX-License-Identifier: Apache-2.0
"""The commands of a virtual rack, as an operator or a CI job gives them."""
import json
import os
import subprocess
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
REMINT = Path(os.environ.get("REMINT_BUILD", TOP / "build")) / "remint"


class Rack:
    """One rack's folder."""

    def __init__(self, folder):
        self.folder = folder
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("REMINT_") or k in ("REMINT_BUILD", "REMINT_BOOT")}

    def remint(self, *words, status=0, seconds=120):
        done = subprocess.run([str(REMINT), *map(str, words)], env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=seconds, check=False)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    def take_environment(self):
        """What `remint lab env` prints."""
        for line in self.lab("env").splitlines():
            name, value = line.removeprefix("export ").split("=", 1)
            self.env[name] = value

    def end(self):
        """Whatever has become of it."""
        subprocess.run([str(REMINT), "lab", "down", "--folder", str(self.folder)], capture_output=True, timeout=120, check=False)

    def lab(self, verb, *words, status=0):
        return self.remint("lab", verb, "--folder", self.folder, *words, status=status)

    def status(self):
        return json.loads(self.lab("status", "--json"))

    def processes(self):
        """The rack's own and all that it has started."""
        found, parents = [self.status()["pid"]], {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                parents.setdefault(int(stat.read_text().rsplit(")", 1)[1].split()[1]), []).append(int(stat.parent.name))
            except (FileNotFoundError, ProcessLookupError):
                continue
        for pid in found:
            found += parents.get(pid, [])
        return found


def gone(pids):
    def one(pid):
        try:
            return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
        except (FileNotFoundError, ProcessLookupError):
            return True
    return all(map(one, pids))
