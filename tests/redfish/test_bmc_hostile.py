# SPDX-License-Identifier: Apache-2.0
"""The hostile profiles really are."""
import json
import time

import pytest
import requests
from asking import SYSTEM, Asking
from lab.bmc import Bmc, FakeMachine


@pytest.fixture
def hostile(request):
    with Bmc(FakeMachine(), request.param) as bmc, Asking(bmc, basic=True) as c:
        yield c
        assert bmc.broken == []


def profile(name):
    return pytest.mark.parametrize("hostile", [name], indirect=True)


@pytest.mark.parametrize("hostile, low, high", [("huge", 5.8e6, 6e6), ("too-huge", 17e6, 17.5e6)], indirect=["hostile"])
def test_huge(hostile, low, high):
    answer = hostile.get(SYSTEM)
    assert low < len(answer.content) < high and b'"PowerState": "Off"' in answer.content


@profile("deep")
def test_deep(hostile):
    content = hostile.get(SYSTEM).content
    assert content.count(b"{") > 100_000 and content.count(b"{") == content.count(b"}")
    with pytest.raises(RecursionError):
        json.loads(content)


@profile("wrong-types")
def test_wrong_types(hostile):
    plain = Asking(hostile.bmc, basic=True).get("/redfish/v1/Systems").json()
    assert plain["Members"]
    body = hostile.get(SYSTEM).json()
    assert body["PowerState"] == 17 and isinstance(body["Boot"], list) and body["@odata.id"] == 17 and isinstance(body["Actions"], list)
    hostile.bmc.at = "*"
    assert isinstance(hostile.get("/redfish/v1/Systems").json()["Members"], dict)


@profile("null-types")
def test_null_types(hostile):
    assert set(hostile.get(SYSTEM).json().values()) == {None}


@profile("not-json")
def test_not_json(hostile):
    answer = hostile.get(SYSTEM)
    assert answer.status_code == 200 and answer.content.startswith(b"<!DOCTYPE")


@profile("duplicate-keys")
def test_duplicate_keys(hostile):
    pairs = []
    json.loads(hostile.get(SYSTEM).content, object_pairs_hook=lambda p: pairs.append([k for k, _ in p]) or dict(p))
    assert pairs[-1].count("PowerState") == 2


@profile("truncated")
def test_truncated(hostile):
    with pytest.raises(ValueError):
        hostile.get(SYSTEM).json()


@profile("drip")
def test_drip(hostile):
    hostile.bmc.profile.pause = 0.1
    begun = time.monotonic()
    with hostile.get(SYSTEM, stream=True) as answer:
        got = answer.raw.read(5)
    assert len(got) == 5 and time.monotonic() - begun >= 0.5


@profile("closes-in-the-middle")
def test_closes_in_the_middle(hostile):
    with pytest.raises(requests.exceptions.RequestException):
        # http.client is content with less than was announced; to be strict is the client's part.
        answer = hostile.get(SYSTEM)
        assert len(answer.content) < int(answer.headers["Content-Length"])
        answer.json()


@profile("endless-body")
def test_endless_body(hostile):
    with hostile.get(SYSTEM, stream=True) as answer:
        assert "Content-Length" not in answer.headers and len(answer.raw.read(3_000_000)) == 3_000_000


@profile("endless-pages")
def test_endless_pages(hostile):
    uri, seen = "/redfish/v1/Systems", set()
    for _ in range(20):
        uri = hostile.get(uri).json()["Members@odata.nextLink"]
        assert uri not in seen
        seen.add(uri)


@pytest.mark.parametrize("hostile", ["other-origin", "other-location", "redirects"], indirect=True)
def test_other_origins(hostile, request):
    elsewhere = hostile.bmc.profile.elsewhere
    name = request.node.callspec.params["hostile"]
    if name == "other-origin":
        systems = hostile.get("/redfish/v1/Systems").json()
        assert systems["Members"][0]["@odata.id"] == elsewhere + SYSTEM and systems["Members@odata.nextLink"].startswith(elsewhere)
        assert hostile.get(SYSTEM).json()["Actions"]["#ComputerSystem.Reset"]["target"].startswith(elsewhere)
    elif name == "other-location":
        assert hostile.log_in().headers["Location"].startswith(elsewhere)
        assert hostile.reset("On").headers["Location"].startswith(elsewhere)
    else:
        answer = hostile.get(SYSTEM)
        assert answer.status_code == 307 and answer.headers["Location"] == elsewhere + SYSTEM
    assert hostile.bmc.profile.contacts == 0
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(elsewhere, timeout=5, verify=False)
    assert hostile.bmc.profile.contacts == 1
