# SPDX-License-Identifier: Apache-2.0
"""BMCs that mean harm: bounded time and memory, a clear error, nothing sent elsewhere."""
import resource
import subprocess

import pytest
from client import RUNNING, client_of, leaves_no_session

SAID = {
    "too-huge": "more than 16777216 bytes",
    "deep": "more than 32 levels",
    "wrong-types": "must be a string",
    "null-types": "has no System",
    "not-json": "JSON: line 1",
    "duplicate-keys": "duplicate object key",
    "truncated": "premature end of input",
    "closes-in-the-middle": "bytes remaining to read",
    "endless-body": "more than 16777216 bytes",
    "endless-pages": "more than 128 of them",
    "other-origin": "to another place than the BMC",
    "redirects": "to another place than the BMC",
}


@pytest.mark.parametrize("profile", SAID)
def test_it_ends_with_a_reason(profile):
    with leaves_no_session(profile) as c:
        said = c.fails("power", "on")
        assert SAID[profile] in said
        assert c.seconds < 30
        assert getattr(c.bmc.profile, "contacts", 0) == 0


def test_an_answer_of_5_8_megabytes_is_read():
    with leaves_no_session("huge") as c:
        assert c.ok("power", "status")["power"] == "Off"


def test_a_byte_a_second_is_too_slow():
    with leaves_no_session("drip") as c:
        assert "time" in c.fails("power", "on", "--timeout=3")
        assert c.seconds < 15


def test_a_location_elsewhere_is_not_followed():
    with leaves_no_session("other-location") as c:
        assert "to another place than the BMC" in c.fails("power", "on")
        assert c.bmc.profile.contacts == 0


@pytest.mark.parametrize("profile", ["too-huge", "endless-body", "deep", "huge"])
def test_memory_is_bounded(profile):
    """All of these together, and libraries, within 512 MiB of address space."""
    with client_of(profile) as c:
        limit = 512 << 20
        done = subprocess.run([*c.argv("power", "status"), *RUNNING], env=c.environment(), capture_output=True, text=True, timeout=60,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)), check=False)
        assert done.returncode == (0 if profile == "huge" else 1), done.stderr


@pytest.mark.parametrize("part", ["EthernetInterfaces", "Storage", "SecureBoot"])
def test_a_part_that_is_wrong_is_told_and_the_rest_is_shown(part):
    with leaves_no_session("wrong-types", at=f"/redfish/v1/Systems/1/{part}") as c:
        made = c.ok("inspect")
        assert made["system"]["id"] == "1" and made["chassis"]
        assert len(made["problems"]) == 1 and "must be" in made["problems"][0]["reason"]
