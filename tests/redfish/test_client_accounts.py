# SPDX-License-Identifier: Apache-2.0
"""Accounts of BMCs, and new passwords that a crash at any moment cannot lose."""
import os
import subprocess

import pytest
from client import client_of, leaves_no_session
from lab.bmc.errors import Refusal

NEW = "Fresh-Password.7"


def users(c):
    return {a["user"]: (a["role"], a["enabled"]) for a in c.ok("accounts", "list")["accounts"]}


def credentials(path, user="admin", password=NEW):
    path.write_text(f"{user}\n{password}\n")
    path.chmod(0o600)
    return f"--new={path}"


def works(c, password, user="admin"):
    with c.bmc.lock:
        return c.bmc.accounts.check(user, password)


def is_now(c, password):
    """The client speaks by it from now on."""
    assert works(c, password)
    c.bmc.password = password


# ---- accounts ---------------------------------------------------------------------------------------

def test_the_list():
    with leaves_no_session() as c:
        made = c.ok("accounts", "list")
        assert made["accounts"] == [{"id": "1", "path": "/redfish/v1/AccountService/Accounts/1", "user": "admin", "role": "Administrator",
                                     "enabled": True, "locked": False}]
        assert (made["min_length"], made["max_length"], made["lockout"]) == (8, 40, 5)


@pytest.mark.parametrize("profile", ["plain", "account-slots", "etag-strict", "members-null", "endless-next-link"])
def test_an_account_is_made_and_removed(profile, tmp_path):
    with leaves_no_session(profile) as c:
        file = tmp_path / "ops"
        made = c.ok("accounts", "add", "ops", f"--new={file}", "--role=Operator")
        assert (made["account"]["user"], made["account"]["role"], made["made"]) == ("ops", "Operator", True)
        assert file.stat().st_mode & 0o777 == 0o600
        user, password = file.read_text().split()
        assert user == "ops" and len(password) == 20 and works(c, password, "ops")
        assert "already" in c.fails("accounts", "add", "ops", f"--new={file}", "--role=Operator")
        assert c.ok("accounts", "disable", "ops")["account"]["enabled"] is False
        assert not works(c, password, "ops")
        assert c.ok("accounts", "enable", "ops")["account"]["enabled"] is True
        assert users(c) == {"admin": ("Administrator", True), "ops": ("Operator", True)}
        assert c.ok("accounts", "remove", "ops") == {"removed": "ops"}
        assert list(users(c)) == ["admin"]
        assert "no account ops" in c.fails("accounts", "remove", "ops")


def test_slots_that_are_full(tmp_path):
    with leaves_no_session("account-slots") as c:
        for n in range(4):
            c.ok("accounts", "add", f"user{n}", f"--new={tmp_path}/{n}", "--role=ReadOnly")
        assert c.bmc.accounts.all[0].name == ""  # nobody's slot is nobody's
        assert "no empty slot" in c.fails("accounts", "add", "late", f"--new={tmp_path}/late", "--role=ReadOnly")


def test_an_enabled_account_without_a_name_is_shown():
    with leaves_no_session("account-slots") as c:
        c.bmc.accounts.all[0].enabled = True
        assert ["", "admin"] == [a["user"] for a in c.ok("accounts", "list")["accounts"]]


def test_the_account_that_asks_stays():
    with leaves_no_session() as c:
        for words in ("remove", "disable"):
            assert "take another" in c.fails("accounts", words, "admin")
        assert not c.asked("DELETE", "/Accounts/") and not c.asked("PATCH")


@pytest.mark.parametrize("password, why", [("short", "at least 8"), ("x" * 41, "at most 40"), ("with blank", "without blanks")])
def test_a_password_that_cannot_be_is_not_sent(password, why, tmp_path):
    with leaves_no_session() as c:
        new = credentials(tmp_path / "f", "ops", password)
        assert why in c.fails("accounts", "add", "ops", new, "--role=Operator")
        assert not c.asked("POST", "/Accounts")


def test_misuse(tmp_path):
    with client_of() as c:
        new = credentials(tmp_path / "f")
        for words in (("rotate", "admin"), ("add", "ops", new), ("list", new), ("remove", "ops", new), ("enable",), ("paint", "x"),
                      ("settle", "admin", f"--new={tmp_path}/none"), ("rotate", "other", new)):
            status, _, err = c.run("accounts", *words)
            assert status == 1 and err.startswith("remint: "), words
        os.chmod(tmp_path / "f", 0o644)
        assert "chmod 600" in c.run("accounts", "rotate", "admin", new)[2]
        assert not c.bmc.requests


@pytest.mark.parametrize("fault, at, said", [
    ("wrong-types", "", "must be"), ("null-types", "", "does not show its accounts"), ("wrong-types", "/Accounts", "must be"),
    ("wrong-types", "/Accounts/1", "must be"), ("duplicate-keys", "/Accounts/1", "duplicate"), ("deep", "/Accounts", "32 levels")])
def test_hostile(fault, at, said, tmp_path):
    """One account that cannot be read: no list is better than half of one. Nothing is changed."""
    with leaves_no_session(fault, at=f"/redfish/v1/AccountService{at}") as c:
        assert said in c.fails("accounts", "list")
        assert said in c.fails("accounts", "rotate", "admin", credentials(tmp_path / "f"))
        assert not c.asked("PATCH") and works(c, c.bmc.password)


# ---- a new password ---------------------------------------------------------------------------------

@pytest.mark.parametrize("profile", ["plain", "account-slots", "account-ends-sessions", "password-late", "password-dropped", "no-sessions",
                                     "session-table-full", "etag-refuses-valid", "account-ends-sessions+password-dropped",
                                     "account-ends-sessions+no-sessions"])
def test_the_own_password(profile, tmp_path):
    with leaves_no_session(profile) as c:
        file, old = tmp_path / "new", c.bmc.password
        before = c.bmc.profile.before

        def kept_first(request):
            if request.method == "PATCH" and request.path.startswith("/redfish/v1/AccountService"):
                assert file.stat().st_mode & 0o777 == 0o600 and file.read_bytes().split()[1] in request.body
            return before(request)
        c.bmc.profile.before = kept_first
        assert c.ok("accounts", "rotate", "admin", f"--new={file}", "--wait=1")["works"] == "new"
        is_now(c, file.read_text().split()[1])
        assert not works(c, old)
        assert list(users(c)) == ["admin"]


def test_the_password_of_another(tmp_path):
    with leaves_no_session() as c:
        c.ok("accounts", "add", "ops", f"--new={tmp_path}/first", "--role=ReadOnly")
        c.ok("accounts", "rotate", "ops", credentials(tmp_path / "f", "ops"))
        assert works(c, NEW, "ops") and works(c, c.bmc.password)
        c.ok("accounts", "disable", "ops")
        c.bmc.requests.clear()
        assert "is disabled" in c.fails("accounts", "rotate", "ops", f"--new={tmp_path}/third")
        assert not c.asked("PATCH") and not (tmp_path / "third").exists()


def test_a_refusal_is_in_the_bmcs_words_without_the_password(tmp_path):
    with leaves_no_session("password-refused") as c:
        said = c.fails("accounts", "rotate", "admin", credentials(tmp_path / "f"))
        assert "the old password of admin stays" in said and "The password '***' is in the dictionary" in said
        assert NEW not in said and works(c, c.bmc.password)


def test_an_agreement_that_is_none(tmp_path):
    with leaves_no_session("password-silent") as c:
        c.bmc.accounts.threshold = 3
        said = c.fails("accounts", "rotate", "admin", credentials(tmp_path / "f"), "--wait=1")
        assert "it takes the old one" in said and works(c, c.bmc.password)


# ---- killed in the middle ---------------------------------------------------------------------------

def in_accounts(request):
    return request.path.startswith("/redfish/v1/AccountService/Accounts/")


def a_login(request, c):
    return request.method == "POST" and request.path.endswith("/Sessions") and NEW.encode() in request.body and c is not None


# where the program dies; whether the BMC does what it was asked; what works in the end
POINTS = {
    "before the password is sent": (lambda r, c: r.method == "GET" and in_accounts(r), True, "old"),
    "while it is sent, in vain": (lambda r, c: r.method == "PATCH" and in_accounts(r), False, "old"),
    "while it is sent": (lambda r, c: r.method == "PATCH" and in_accounts(r), True, "new"),
    "before the proof": (a_login, False, "new"),
    "after the proof": (lambda r, c: r.method == "DELETE" and r.user == "admin", True, "new"),
}


@pytest.mark.parametrize("profile, point", [
    *[("plain", p) for p in POINTS], ("account-ends-sessions", "while it is sent"), ("password-late", "while it is sent")])
def test_a_crash_loses_no_password(profile, point, tmp_path):
    where, done, works_then = POINTS[point]
    with client_of(profile) as c:
        c.bmc.accounts.threshold = 3
        new, before = credentials(tmp_path / "f"), c.bmc.profile.before
        killed = []

        def kill(request):
            if not killed and where(request, c):
                killed.append(process.pid)
                process.kill()
                process.wait()
                if not done:
                    raise Refusal(503, "ServiceTemporarilyUnavailable", 1)
            return before(request)
        with c.bmc.lock:
            process = subprocess.Popen([*c.argv("accounts", "rotate", "admin"), new], env=c.environment(), stdout=subprocess.DEVNULL)
            c.bmc.profile.before = kill
        assert process.wait(timeout=30) == -9 and killed
        for _ in range(1 if works_then == "new" or done else 2):  # as often as one asks, nothing is locked
            assert c.ok("accounts", "settle", "admin", new, "--wait=1")["works"] == works_then
        assert works(c, NEW if works_then == "new" else c.bmc.password)
        if works_then == "old":  # and so it goes on
            assert c.ok("accounts", "rotate", "admin", new)["works"] == "new"


def test_neither_password(tmp_path):
    with client_of() as c:
        right, c.bmc.password = c.bmc.password, "wrong"
        assert "neither password is proven" in c.fails("accounts", "settle", "admin", credentials(tmp_path / "f"))
        assert c.bmc.accounts.find("admin").failures == 2
        c.bmc.password = right
