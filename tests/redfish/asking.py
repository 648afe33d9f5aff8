# SPDX-License-Identifier: Apache-2.0
"""A client for the tests of the BMC emulator: requests, with the BMC's certificate and a session."""
import contextlib
import sys
import time
from pathlib import Path

import requests

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.bmc import Bmc, FakeMachine  # noqa: E402

SYSTEM = "/redfish/v1/Systems/1"
SESSIONS = "/redfish/v1/SessionService/Sessions"
RESET = f"{SYSTEM}/Actions/ComputerSystem.Reset"


class Asking(requests.Session):
    def __init__(self, bmc, user=None, password=None, basic=False):
        super().__init__()
        self.bmc, self.trust_env, self.verify = bmc, False, str(bmc.certificate)
        self.credentials = user or bmc.user, password or bmc.password
        if basic:
            self.auth = self.credentials

    def request(self, method, url, **more):
        more.setdefault("timeout", 20)
        more["allow_redirects"] = False  # get() has set it
        return super().request(method, self.bmc.url + url, **more)

    def log_in(self):
        answer = self.post(SESSIONS, json=dict(zip(("UserName", "Password"), self.credentials)))
        if answer.status_code == 201:
            self.headers["X-Auth-Token"] = answer.headers["X-Auth-Token"]
        return answer

    def reset(self, kind):
        return self.post(RESET, json={"ResetType": kind})

    def set_boot(self, **boot):
        return self.patch(SYSTEM, json={"Boot": boot})

    def boot(self):
        return self.get(SYSTEM).json()["Boot"]


@contextlib.contextmanager
def served(profile, **more):
    """A client of a BMC with this profile, and with a machine in memory."""
    with Bmc(FakeMachine(), profile, **more) as bmc, Asking(bmc, basic=True) as c:
        yield c
        assert bmc.broken == []


def message_ids(answer):
    """Of an error's extended information, without the registry."""
    return [m["MessageId"].rsplit(".", 1)[1] for m in answer.json()["error"]["@Message.ExtendedInfo"]]


def soon(ask, seconds=5):
    """The first true answer."""
    end = time.monotonic() + seconds
    while not (got := ask()):
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)
    return got
