# SPDX-License-Identifier: Apache-2.0
"""`remint bmc secure-boot`: the switch and the keys, read again after each change."""
import hashlib
import ssl

import pytest
from client import client_of, leaves_no_session
from lab.bmc import FakeMachine
from lab.bmc.keys import SHA256, X509


def der_sha256(pem):
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


def by_id(made):
    return {d["id"]: d for d in made["databases"]}


def test_the_keys_are_shown():
    machine = FakeMachine()
    with leaves_no_session(machine=machine) as c:
        made = c.ok("secure-boot", "show")
        assert (made["enable"], made["current_boot"], made["mode"]) == (False, "Disabled", "UserMode")
        for name, database in by_id(made).items():
            keys = machine.keys()[name]
            assert [k["sha256"] for k in database["certificates"]] == [hashlib.sha256(k.data).hexdigest() for k in keys if k.kind == X509]
            assert [k["value"] for k in database["signatures"]] == [k.data.hex() for k in keys if k.kind == SHA256]
        assert all("CN=" in k["subject"] and k["why"] is None for k in by_id(made)["db"]["certificates"])
        assert list(by_id(c.ok("secure-boot", "show", "--database=KEK"))) == ["KEK"]
        assert "no key database dbz (there are: PK, KEK, db, dbx)" in c.fails("secure-boot", "show", "--database=dbz")


def test_a_certificate_that_is_none_is_listed_with_the_reason():
    with leaves_no_session() as c:
        uri = f"{c.bmc.system_uri}/SecureBoot/SecureBootDatabases/PK/Certificates"
        c.bmc.tree.find(uri).members()
        c.bmc.tree.find(c.bmc.tree.below(uri)[0]).read = lambda: {"CertificateString": "-----BEGIN CERTIFICATE-----\x1b[31m"}
        key = by_id(c.ok("secure-boot", "show", "--database=PK"))["PK"]["certificates"][0]
        assert key["sha256"] is None and key["why"] and "\x1b" not in key["why"]
        status, out, _ = c.run("secure-boot", "show")
        assert status == 0 and "\x1b" not in out


@pytest.mark.parametrize("profile", ["plain", "etag-strict", "etag-weak"])
def test_the_switch_is_in_force_after_the_next_start(profile):
    with leaves_no_session(profile) as c:
        made = c.ok("secure-boot", "enable")
        assert made["enable"] and made["current_boot"] == "Disabled" and not made["in_force"]
        c.ok("power", "on")
        assert c.ok("secure-boot", "enable")["in_force"]
        status, out, _ = c.run("secure-boot", "disable")
        assert status == 0 and "in force after the machine's next start" in out


def test_a_switch_that_does_not_move_is_told():
    with leaves_no_session() as c:
        c.bmc.tree.find(f"{c.bmc.system_uri}/SecureBoot").update = lambda changes: None
        assert "agreed to switch Secure Boot on, and has not" in c.fails("secure-boot", "enable", "--wait=1")


def test_resets_of_all_keys():
    machine = FakeMachine()
    factory = dict(machine.keys())
    with leaves_no_session(machine=machine) as c:
        made = c.ok("secure-boot", "reset", "delete-pk")
        assert made["seen"] and made["mode"] == "SetupMode" and machine.keys()["PK"] == [] and machine.keys()["db"]
        made = c.ok("secure-boot", "reset", "delete-all")
        assert made["seen"] and made["keys"] == 0 and not any(machine.keys().values())
        made = c.ok("secure-boot", "reset", "default")
        assert made["seen"] and made["mode"] == "UserMode" and machine.keys() == factory


def test_a_reset_of_one_database():
    machine = FakeMachine()
    with leaves_no_session(machine=machine) as c:
        made = c.ok("secure-boot", "reset", "delete-all", "--database=dbx")
        assert made["seen"] and made["database"] == "dbx" and machine.keys()["dbx"] == [] and machine.keys()["PK"]
        status, _, err = c.run("secure-boot", "reset", "delete-pk", "--database=db")
        assert status == 1 and "does not go with it" in err


def test_a_certificate_comes_and_goes(tmp_path):
    machine = FakeMachine()
    with leaves_no_session(machine=machine) as c:
        pem, owner = c.bmc.certificate.read_text(), "77fa9abd-0359-4d32-bd60-28f4e78f784b"
        words = ["--database=db", f"--certificate={c.bmc.certificate}", f"--owner={owner}"]
        made = c.ok("secure-boot", "add", *words)
        assert made["seen"] and made["sha256"] == der_sha256(pem)
        assert (machine.keys()["db"][-1].owner, machine.keys()["db"][-1].data) == (owner, ssl.PEM_cert_to_DER_cert(pem))
        assert "has this certificate already" in c.fails("secure-boot", "add", *words)
        made = c.ok("secure-boot", "delete", "--database=db", f"--key={der_sha256(pem).upper()}")
        assert made["seen"] and der_sha256(pem) not in [hashlib.sha256(k.data).hexdigest() for k in machine.keys()["db"]]
        assert "no key that is called" in c.fails("secure-boot", "delete", "--database=db", f"--key={der_sha256(pem)}")
        two = tmp_path / "two.pem"
        two.write_text(pem + pem)
        assert "2 certificates at once" in c.fails("secure-boot", "add", "--database=db", f"--certificate={two}")


@pytest.mark.parametrize("profile", ["plain", "etag-strict"])
def test_a_digest_goes_by_its_id(profile):
    machine = FakeMachine()
    with leaves_no_session(profile, machine) as c:
        key = next(k for k in machine.keys()["dbx"] if k.kind == SHA256)
        assert c.ok("secure-boot", "delete", "--database=dbx", f"--key={key.name}") == {"database": "dbx", "id": key.name, "seen": True}
        assert key not in machine.keys()["dbx"]


def test_keys_that_the_firmware_takes_at_its_next_start():
    machine = FakeMachine()
    with leaves_no_session("keys-at-reset", machine) as c:
        status, out, _ = c.run("secure-boot", "reset", "delete-all")
        assert status == 0 and "look again after the machine's next start" in out
        assert c.ok("secure-boot", "reset", "delete-all")["seen"] is False and machine.keys()["PK"]
        c.ok("power", "on")
        made = c.ok("secure-boot", "show")
        assert made["mode"] == "SetupMode" and not any(d["certificates"] for d in made["databases"])
        assert not c.ok("secure-boot", "add", "--database=db", f"--certificate={c.bmc.certificate}")["seen"]


def test_misuse(tmp_path):
    with client_of() as c:
        (tmp_path / "x").write_text("no certificate")
        assert c.run("secure-boot", "add", f"--certificate={tmp_path}/x")[0] == 2
        assert "certificate" in c.fails("secure-boot", "add", "--database=db", f"--certificate={tmp_path}/x")
        assert "not one of" in c.run("secure-boot", "reset", "everything")[2]


def test_a_bmc_without():
    with leaves_no_session() as c:
        c.bmc.tree.remove(f"{c.bmc.system_uri}/SecureBoot")
        assert "does not show Secure Boot" in c.fails("secure-boot", "show")
