# SPDX-License-Identifier: Apache-2.0
"""First contact, and what comes of a BMC that is another one."""
import hashlib
import json
import ssl
import subprocess

import pytest
from client import REMINT, client_of
from lab.bmc import Bmc, FakeMachine


def trust(bmc, *more):
    return subprocess.run([str(REMINT), "bmc", "trust", bmc.url, *more], capture_output=True, text=True, timeout=60, check=False)


def status(client, *more):
    return subprocess.run([str(REMINT), "bmc", "power", "status", client.bmc.url, *more], env=client.environment(), capture_output=True,
                          text=True, timeout=60, check=False)


def digest(bmc):
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(open(bmc.certificate, encoding="ascii").read())).hexdigest()


def test_nothing_is_trusted_by_itself(tmp_path):
    with client_of() as c:
        done = status(c)
        assert done.returncode == 1 and "remint bmc trust" in done.stderr
        other = tmp_path / "other.pem"
        with Bmc(FakeMachine()) as another:
            other.write_text(open(another.certificate, encoding="ascii").read())
        assert status(c, "--ca", str(other)).returncode == 1
        assert c.bmc.requests == []


def test_it_is_shown_recorded_and_then_enough(tmp_path):
    known = tmp_path / "known.json"
    with client_of() as c:
        shown = trust(c.bmc)
        assert shown.returncode == 0 and digest(c.bmc) in shown.stdout and "not recorded" in shown.stdout
        assert not known.exists()
        made = json.loads(trust(c.bmc, "--known", str(known), "--json").stdout)
        assert made["new"] and made["certificate_sha256"] == digest(c.bmc)
        assert known.stat().st_mode & 0o777 == 0o600
        assert c.bmc.requests == []
        assert status(c, "--known", str(known)).returncode == 0


def test_what_is_expected(tmp_path):
    known = tmp_path / "known.json"
    with client_of() as c:
        wrong = trust(c.bmc, "--known", str(known), "--expect", "00" * 32)
        assert wrong.returncode == 1 and "nothing is recorded" in wrong.stderr and not known.exists()
        spelt = digest(c.bmc).upper()
        colons = ":".join(spelt[i:i + 2] for i in range(0, 64, 2))
        assert trust(c.bmc, "--known", str(known), "--expect", colons).returncode == 0


@pytest.mark.parametrize("with_ca", [False, True])
def test_another_key_at_the_same_address(tmp_path, with_ca):
    """Also when a CA would have it: the pin is bound to the address."""
    known = tmp_path / "known.json"
    with Bmc(FakeMachine()) as first:
        port = int(first.url.rsplit(":", 1)[1])
        assert trust(first, "--known", str(known)).returncode == 0
    with client_of(port=port) as c:
        more = ["--ca", str(c.bmc.certificate)] if with_ca else []
        done = status(c, "--known", str(known), *more)
        assert done.returncode == 1 and c.bmc.requests == []
        done = trust(c.bmc, "--known", str(known))
        assert done.returncode == 1 and "--replace" in done.stderr
        assert trust(c.bmc, "--known", str(known), "--replace").returncode == 0
        assert status(c, "--known", str(known)).returncode == 0
