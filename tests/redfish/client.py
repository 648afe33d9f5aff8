# SPDX-License-Identifier: Apache-2.0
"""`remint bmc` against the BMC emulator."""
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests"))

from lab.bmc import Bmc, FakeMachine  # noqa: E402

REMINT = Path(os.environ.get("REMINT_BUILD", TOP / "build")) / "remint"
RUNNING = ["--poll", "50", "--wait", "3", "--timeout", "30"]


class Client:
    """One command at a time, with the BMC's certificate as its CA and its credentials in the environment."""

    def __init__(self, bmc):
        self.bmc, self.error, self.seconds = bmc, None, None

    def environment(self):
        env = {k: v for k, v in os.environ.items() if not k.startswith("REMINT_BMC_")}
        return dict(env, REMINT_BMC_USER=self.bmc.user, REMINT_BMC_PASSWORD=self.bmc.password)

    def argv(self, *words):
        return [str(REMINT), "bmc", *words, self.bmc.url, "--ca", str(self.bmc.certificate), *RUNNING]

    def run(self, *words):
        """Exit status, standard output, standard error. Words that come last win."""
        begun = time.monotonic()
        done = subprocess.run([*self.argv(words[0], *[w for w in words[1:] if not w.startswith("--")]),
                               *[w for w in words[1:] if w.startswith("--")]],
                              env=self.environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        self.seconds = time.monotonic() - begun
        assert self.bmc.password not in done.stdout + done.stderr
        return done.returncode, done.stdout, done.stderr

    def ok(self, *words):
        """The result, of a command that succeeds."""
        status, out, err = self.run(*words, "--json")
        assert status == 0, err
        return json.loads(out)["bmcs"][0]["result"]

    def fails(self, *words):
        """What it says, of a command that fails."""
        status, out, err = self.run(*words, "--json")
        assert status == 1, out + err
        said = json.loads(out)["bmcs"][0]["error"]
        assert said in err
        return said

    def asked(self, method, part=""):
        return [r for r in self.bmc.requests if r.method == method and part in r.path]

    def interrupted(self, *words, after):
        """The exit status of a command that gets SIGINT after so many seconds, and how long it took from then on."""
        process = subprocess.Popen(self.argv(*words), env=self.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True)
        time.sleep(after)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        begun = time.monotonic()
        self.output = process.communicate(timeout=60)[0]
        return process.returncode, time.monotonic() - begun


@contextlib.contextmanager
def client_of(profile="plain", machine=None, **more):
    with Bmc(machine or FakeMachine(), profile, **more) as bmc:
        yield Client(bmc)
        assert bmc.broken == []


@contextlib.contextmanager
def leaves_no_session(profile="plain", machine=None, **more):
    """The same, and whatever the command did, no session is left."""
    with client_of(profile, machine, **more) as client:
        yield client
        assert not client.bmc.sessions.all
