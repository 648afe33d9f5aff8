# SPDX-License-Identifier: Apache-2.0
"""The faults of ETags, connections, tasks, shapes and sessions show themselves; else a client's test against them would prove nothing."""
import re
import time
from pathlib import Path

import pytest
import requests
from asking import RESET, SESSIONS, SYSTEM, Asking, message_ids, served, soon
from lab.bmc import Bmc, FakeMachine
from lab.bmc.profiles import PROFILES


def test_profiles_are_joined_and_names_are_checked():
    with served("etag-strict+action-info", vendor="Other") as c:
        assert c.set_boot(BootSourceOverrideTarget="Pxe").status_code == 428
        assert "ResetType@Redfish.AllowableValues" not in c.get(SYSTEM).json()["Actions"]["#ComputerSystem.Reset"]
        assert c.get("/redfish/v1/").json()["Vendor"] == "Other"
    with pytest.raises(ValueError, match="there is no profile nonsense"):
        Bmc(FakeMachine(), "nonsense")


def test_docs_name_every_profile():
    """And no other: a profile that nobody can look up is not used."""
    text = (Path(__file__).resolve().parents[2] / "docs/lab-bmc.md").read_text()
    named = re.findall(r"^\| `([a-z0-9-]+)` \|", text.partition("## Profiles")[2], re.M)
    assert sorted(named) == sorted(PROFILES)


# ---- quirk 2: ETags --------------------------------------------------------------------------------

def patch_with(c, tag):
    return c.patch(SYSTEM, json={"AssetTag": "x"}, headers={} if tag is None else {"If-Match": tag}).status_code


def test_etag_strict():
    with served("etag-strict") as c:
        assert patch_with(c, None) == 428
        assert patch_with(c, c.get(SYSTEM).headers["ETag"]) == 200


def test_etag_weak():
    with served("etag-weak") as c:
        tag = c.get(SYSTEM).headers["ETag"]
        assert tag.startswith('W/"') and patch_with(c, tag) == 412 and patch_with(c, tag.removeprefix("W/")) == 200


def test_etag_refuses_valid():
    with served("etag-refuses-valid") as c:
        assert patch_with(c, c.get(SYSTEM).headers["ETag"]) == 412 and patch_with(c, None) == 200
        assert c.post(RESET, json={"ResetType": "On"}, headers={"If-Match": "*"}).status_code == 412


def test_etag_refuses_action():
    with served("etag-refuses-action") as c:
        assert patch_with(c, c.get(SYSTEM).headers["ETag"]) == 200
        assert c.post(RESET, json={"ResetType": "On"}, headers={"If-Match": "*"}).status_code == 412
        assert c.reset("On").status_code == 204


def test_etag_gzip():
    with served("etag-gzip") as c:
        zipped = c.get(SYSTEM, headers={"Accept-Encoding": "gzip"})
        assert zipped.headers["Content-Encoding"] == "gzip" and zipped.headers["ETag"].endswith('-gzip"')
        assert zipped.json()["PowerState"] == "Off" and patch_with(c, zipped.headers["ETag"]) == 412
        plain = c.get(SYSTEM, headers={"Accept-Encoding": "identity"})
        assert "Content-Encoding" not in plain.headers and patch_with(c, plain.headers["ETag"]) == 200


def test_etag_no_identity():
    with served("etag-no-identity") as c:
        assert c.get(SYSTEM, headers={"Accept-Encoding": "identity"}).status_code == 406
        assert c.get(SYSTEM, headers={"Accept-Encoding": "gzip"}).status_code == 200


# ---- quirk 6: connections -------------------------------------------------------------------------

def test_reused_connections_are_reset():
    with served("resets-reused-connections") as c:
        assert c.get(SYSTEM).status_code == 200
        with pytest.raises(requests.exceptions.ConnectionError):
            c.get(SYSTEM)
        assert c.get(SYSTEM).status_code == 200
        assert {r.nth for r in c.bmc.requests} == {1}


# ---- quirk 8: tasks ---------------------------------------------------------------------------------

def test_tasks():
    with served("task-location") as c:
        answer = c.reset("On")
        assert answer.status_code == 202 and c.get(answer.headers["Location"]).status_code == 202
    with served("task-in-body") as c:
        answer = c.reset("On")
        assert answer.status_code == 202 and "Location" not in answer.headers
        soon(lambda: c.get(answer.json()["@odata.id"]).json()["TaskState"] == "Completed")
    with served("task-303") as c:
        monitor = c.reset("On").headers["Location"]
        done = soon(lambda: (a := c.get(monitor)).status_code == 303 and a)
        assert c.get(done.headers["Location"]).json()["TaskState"] == "Completed"
    with served("task-slow") as c:
        answer = c.reset("On")
        assert answer.headers["Retry-After"] == "1"
        assert [c.get(answer.headers["Location"]).status_code for _ in range(2)] == [202, 429]
    with served("job-404-at-first") as c:
        answer = c.reset("On")
        assert c.get(answer.headers["Location"]).status_code == 404
        soon(lambda: c.get(answer.headers["Location"]).status_code == 204)
    with served("task-fails") as c:
        answer = c.reset("On")
        task = soon(lambda: (t := c.get(answer.json()["@odata.id"]).json())["TaskState"] == "Exception" and t)
        assert "did not answer" in task["Messages"][0]["Message"] and not c.bmc.machine.running()
    with served("task-never-ends") as c:
        answer = c.reset("On")
        time.sleep(0.3)
        assert c.get(answer.headers["Location"]).status_code == 202


# ---- quirk 9: shapes --------------------------------------------------------------------------------

def test_shapes():
    with served("several-systems") as c:
        first, second = (c.get(m["@odata.id"]).json() for m in c.get("/redfish/v1/Systems").json()["Members"])
        assert "Actions" not in first and "Boot" not in first and second["Actions"]
    with served("action-info") as c:
        reset = c.get(SYSTEM).json()["Actions"]["#ComputerSystem.Reset"]
        assert list(reset) == ["target", "@Redfish.ActionInfo"]
        assert "ForceOff" in c.get(reset["@Redfish.ActionInfo"]).json()["Parameters"][0]["AllowableValues"]
    with served("members-null") as c:
        assert c.get(f"{SYSTEM}/Storage/1/Volumes").json()["Members"] is None
    with served("allowable-nested") as c:
        system = c.get(SYSTEM).json()
        assert "On" in system["Actions"]["#ComputerSystem.Reset"]["ResetType@Redfish.AllowableValues"][0]
        assert "Pxe" in system["Boot"]["BootSourceOverrideTarget@Redfish.AllowableValues"][0]
    with served("endless-next-link") as c:
        first = c.get("/redfish/v1/Systems").json()
        assert c.get(first["Members@odata.nextLink"]).json() == first


# ---- sessions ---------------------------------------------------------------------------------------

def test_sessions():
    with served("session-table-full") as c:
        answers = [c.log_in() for _ in range(3)]
        assert [a.status_code for a in answers] == [201, 201, 503] and message_ids(answers[-1]) == ["RAC0218"]
    with served("no-sessions") as c:
        assert c.post(SESSIONS, json={"UserName": "admin", "Password": "x"}).status_code == 404
        root = c.get("/redfish/v1/").json()
        assert "SessionService" not in root and "Sessions" not in root["Links"] and c.get(SYSTEM).status_code == 200
    for profile, statuses in (("expired-session", [200, 200, 200, 401]), ("session-never-valid", [401] * 4)):
        with served(profile) as c:
            a = Asking(c.bmc)
            a.log_in()
            assert [a.get(SYSTEM).status_code for _ in range(4)] == statuses
            a.log_in()
            assert {a.get(SYSTEM).status_code for _ in range(6)} == {statuses[-1] if profile.startswith("session") else 200}


# ---- accounts ---------------------------------------------------------------------------------------

ACCOUNTS = "/redfish/v1/AccountService/Accounts"
OPS = {"UserName": "ops", "Password": "long enough", "RoleId": "Operator"}


def test_account_slots():
    with served("account-slots") as c:
        assert c.post(ACCOUNTS, json=OPS).status_code == 405
        assert c.patch(f"{ACCOUNTS}/1", json=OPS).status_code == 400 and c.patch(f"{ACCOUNTS}/3", json=OPS).status_code == 200
        assert c.delete(f"{ACCOUNTS}/3").status_code == 405
        assert c.patch(f"{ACCOUNTS}/3", json={"UserName": ""}).status_code == 200 and not c.bmc.accounts.find("ops")


def test_passwords():
    def change(c):
        return c.patch(f"{ACCOUNTS}/1", json={"Password": "another one"})

    with served("account-ends-sessions") as c:
        c.auth = None
        c.log_in()
        assert change(c).status_code == 200 and c.get(ACCOUNTS).status_code == 401
    with served("password-silent") as c:
        assert change(c).status_code == 200 and c.get(ACCOUNTS).status_code == 200
    with served("password-late") as c:
        assert change(c).status_code == 200 and c.get(ACCOUNTS).status_code == 200
        soon(lambda: c.get(ACCOUNTS).status_code == 401)
    with served("password-dropped") as c:
        with pytest.raises(requests.ConnectionError):
            change(c)
        assert c.get(ACCOUNTS).status_code == 401
    with served("password-refused") as c:
        assert "another one" in change(c).text and c.get(ACCOUNTS).status_code == 200
