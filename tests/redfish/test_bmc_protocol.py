# SPDX-License-Identifier: Apache-2.0
"""The emulator as a Redfish service: DSP0266."""
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from asking import RESET, SESSIONS, SYSTEM, Asking, message_ids
from lab.bmc import Bmc, FakeMachine


@pytest.fixture(scope="module")
def bmc():
    with Bmc(FakeMachine()) as b:
        yield b
        assert b.broken == []


@pytest.fixture
def c(bmc):
    asking = Asking(bmc)
    answer = asking.log_in()
    yield asking
    asking.delete(answer.headers["Location"])
    asking.close()


def test_root_needs_no_account_and_all_else_does(bmc):
    a = Asking(bmc)
    root = a.get("/redfish/v1/").json()
    assert root["@odata.id"] == "/redfish/v1/" and root["UUID"] == bmc.uuid
    assert a.get("/redfish").json() == {"v1": "/redfish/v1/"}
    assert a.get("/redfish/v1/$metadata").headers["Content-Type"] == "application/xml"
    assert a.get("/redfish/v1/odata").status_code == 200
    for uri in (SYSTEM, "/redfish/v1/Systems", SESSIONS):
        answer = a.get(uri)
        assert answer.status_code == 401 and message_ids(answer) == ["NoValidSession"]


def test_certificate_is_its_own(bmc):
    with pytest.raises(requests.exceptions.SSLError):
        Asking(bmc).get("/redfish/v1/", verify=True)


def test_session_from_login_to_logout(bmc):
    a = Asking(bmc)
    answer = a.log_in()
    assert answer.status_code == 201 and "Password" not in answer.json()
    where = answer.headers["Location"]
    assert a.get(SYSTEM).status_code == 200
    assert {"@odata.id": where} in a.get(SESSIONS).json()["Members"]
    assert a.delete(where).status_code == 204
    assert a.get(SYSTEM).status_code == 401
    assert bmc.requests[-2].method == "DELETE" and bmc.requests[-2].status == 204


def test_wrong_password_and_members_uri(bmc):
    assert Asking(bmc, password="no").log_in().status_code == 401
    good = Asking(bmc)
    answer = good.post(SESSIONS + "/Members", json={"UserName": bmc.user, "Password": bmc.password})
    assert answer.status_code == 201
    assert Asking(bmc, basic=True).delete(answer.headers["Location"]).status_code == 204


def test_basic_authentication(bmc):
    assert Asking(bmc, basic=True).get(SYSTEM).status_code == 200
    answer = Asking(bmc, password="wrong", basic=True).get(SYSTEM)
    assert answer.status_code == 401 and answer.headers["WWW-Authenticate"].startswith("Basic")


def test_sessions_are_limited():
    with Bmc(FakeMachine()) as b:
        a = Asking(b)
        assert [a.post(SESSIONS, json={"UserName": b.user, "Password": b.password}).status_code for _ in range(17)] == [201] * 16 + [503]


def test_statuses_and_their_messages(c):
    for answer, status, ids in (
            (c.get("/redfish/v1/Nothing"), 404, ["ResourceMissingAtURI"]),
            (c.delete(SYSTEM), 405, ["OperationNotAllowed"]),
            (c.put(SYSTEM, json={}), 405, ["OperationNotAllowed"]),
            (c.get(RESET), 405, ["OperationNotAllowed"]),
            (c.post(SYSTEM + "/Actions/ComputerSystem.Nothing", json={}), 404, ["ActionNotSupported"]),
            (c.patch(SYSTEM, data="{", headers={"Content-Type": "application/json"}), 400, ["MalformedJSON"]),
            (c.patch(SYSTEM, json=[1]), 400, ["UnrecognizedRequestBody"]),
            (c.patch(SYSTEM, json={}), 400, ["EmptyJSON"]),
            (c.get("/redfish/v1/Systems?$filter=x"), 501, ["QueryNotSupported"]),
            (c.get(SYSTEM + "?$top=1"), 400, ["QueryNotSupportedOnResource"]),
            (c.get("/redfish/v1/Systems?$top=x"), 400, ["QueryParameterValueTypeError"])):
        assert (answer.status_code, message_ids(answer)) == (status, ids), answer.request.url
    assert c.delete(SYSTEM).headers["Allow"] == "GET, HEAD, PATCH"


def test_patch_is_checked(c):
    for boot, ids in (({"BootSourceOverrideTarget": 5}, ["PropertyValueTypeError"]),
                      ({"BootSourceOverrideTarget": "Tape"}, ["PropertyValueNotInList"]),
                      ({"Nothing": 1}, ["PropertyUnknown"]), ({"BootOrder": "Boot0001"}, ["PropertyValueTypeError"]),
                      ({"BootOrder": ["Boot0001"]}, ["PropertyValueFormatError"]),
                      ({"BootSourceOverrideTarget": "Tape", "Nothing": 1}, ["PropertyValueNotInList", "PropertyUnknown"])):
        answer = c.set_boot(**boot)
        assert (answer.status_code, message_ids(answer)) == (400, ids)
    answer = c.patch(SYSTEM, json={"PowerState": "On"})
    assert (answer.status_code, message_ids(answer)) == (400, ["PropertyNotWritable"])
    # What can be done is done, and the rest is told of.
    answer = c.patch(SYSTEM, json={"AssetTag": "A1", "Nothing": 1})
    assert answer.status_code == 200 and answer.json()["AssetTag"] == "A1"
    assert answer.json()["@Message.ExtendedInfo"][0]["MessageArgs"] == ["Nothing"]


def test_action_parameters_are_checked(c):
    for body, ids in (({}, ["ActionParameterMissing"]), ({"ResetType": "Explode"}, ["ActionParameterValueNotInList"]),
                      ({"ResetType": 1}, ["ActionParameterValueTypeError"]),
                      ({"ResetType": "On", "Now": True}, ["ActionParameterUnknown"])):
        answer = c.post(RESET, json=body)
        assert (answer.status_code, message_ids(answer)) == (400, ids)


def test_etags(c):
    first = c.get(SYSTEM)
    tag = first.headers["ETag"]
    assert first.json()["@odata.etag"] == tag
    assert c.get(SYSTEM, headers={"If-None-Match": tag}).status_code == 304
    changed = c.patch(SYSTEM, json={"AssetTag": "B"}, headers={"If-Match": tag})
    assert changed.status_code == 200 and changed.headers["ETag"] != tag
    late = c.patch(SYSTEM, json={"AssetTag": "C"}, headers={"If-Match": tag})
    assert late.status_code == 412 and message_ids(late) == ["PreconditionFailed"]
    assert c.get(SYSTEM).json()["AssetTag"] == "B"
    assert c.patch(SYSTEM, json={"AssetTag": "C"}, headers={"If-Match": "*"}).status_code == 200


def test_paging(c):
    roles = "/redfish/v1/AccountService/Roles"
    whole = c.get(roles).json()
    assert whole["Members@odata.count"] == 3 and "Members@odata.nextLink" not in whole
    part = c.get(roles + "?$skip=1&$top=1").json()
    assert part["Members"] == whole["Members"][1:2] and part["Members@odata.count"] == 3
    assert c.get("/redfish/v1/Systems?only").json()["PowerState"] == "Off"
    assert c.get(roles + "?$skip=4").status_code == 400


def test_next_link_leads_through_all():
    with Bmc(FakeMachine()) as b:
        b.profile.page_size = 2
        a = Asking(b, basic=True)
        seen, uri = [], "/redfish/v1/AccountService/Roles"
        while uri:
            body = a.get(uri).json()
            seen, uri = seen + body["Members"], body.get("Members@odata.nextLink")
        assert len(seen) == 3 == body["Members@odata.count"]


def test_action_info_says_what_reset_takes(c):
    action = c.get(SYSTEM).json()["Actions"]["#ComputerSystem.Reset"]
    info = c.get(action["@Redfish.ActionInfo"]).json()
    assert info["Parameters"][0]["AllowableValues"] == action["ResetType@Redfish.AllowableValues"]
    assert info["Parameters"][0]["Required"] is True


def test_certificate_stays_with_its_folder(tmp_path):
    """It may have been pinned."""
    seen = set()
    for _ in range(2):
        with Bmc(FakeMachine(), folder=tmp_path) as b:
            assert Asking(b).get("/redfish/v1/").status_code == 200
            seen.add(b.certificate.read_bytes())
    assert len(seen) == 1


def test_head_has_no_body(c):
    answer = c.head(SYSTEM)
    assert answer.status_code == 200 and answer.content == b"" and answer.headers["ETag"]


def test_every_link_leads_somewhere(bmc, c):
    """Whatever is named is there, and says of itself what it is."""
    seen, left = set(), ["/redfish/v1/"]
    while left:
        uri = left.pop().partition("#")[0]
        if uri in seen:
            continue
        seen.add(uri)
        answer = c.get(uri)
        assert answer.status_code == 200, uri
        body = answer.json()
        assert body["@odata.id"] == uri and body["@odata.type"].startswith("#") and body["Name"]
        left += list(references(body))
    assert len(seen) > 80


def references(value):
    if isinstance(value, dict):
        if isinstance(value.get("@odata.id"), str):
            yield value["@odata.id"]
        if isinstance(value.get("@Redfish.ActionInfo"), str):
            yield value["@Redfish.ActionInfo"]
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from references(inner)


def by_hand(*argv):
    top = Path(__file__).resolve().parents[1]
    return subprocess.Popen([sys.executable, "-m", "lab.bmc", *argv], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            env=dict(os.environ, PYTHONPATH=str(top), PYTHONDONTWRITEBYTECODE="1"))


def test_one_to_try_by_hand():
    with by_hand("--profile", "no-sessions") as child:
        said = json.loads(child.stdout.readline())
        session = requests.Session()
        session.trust_env = False
        answer = session.get(said["url"] + SYSTEM, auth=(said["user"], said["password"]), verify=said["certificate"], timeout=20)
        assert answer.json()["PowerState"] == "Off"
        child.terminate()
        assert child.wait(20) == 0 and not Path(said["certificate"]).exists()
    with by_hand("--list") as child:
        assert "etag-strict " in child.stdout.read()
    with by_hand("--profile", "nonsense") as child:
        assert "there is no profile nonsense" in child.stderr.read() and child.wait(20) == 2
