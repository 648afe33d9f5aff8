# SPDX-License-Identifier: Apache-2.0
"""What the station knows of nodes' BMCs, and that their passwords stay where they are."""
import json
import os
import subprocess

import pytest
from harness import BUILD

PASSWORD = "Pa55-9f3a71c2-word"
PIN = "ab" * 32
BMC = {"address": "10.0.0.7", "pin": PIN, "user": "station", "password": PASSWORD}
URL = "/v1/nodes/node1/bmc"


def cli(station, *args, env=None, status=0):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("REMINT_")}
    done = subprocess.run([BUILD / "remint", "node", *args, "--state", station.state], capture_output=True, text=True,
                          env={**clean, **(env or {})}, timeout=60)
    assert done.returncode == status, done
    assert PASSWORD not in done.stdout + done.stderr
    return done.stdout + done.stderr


def nowhere(station, secret=PASSWORD):
    """Not in a file of the station, nor in its log, nor in what it says of anything."""
    for file in [*station.state.rglob("*"), station.log]:
        if file.is_file():
            assert secret.encode() not in file.read_bytes(), file
    for path in ("/v1/audit", "/v1/nodes", "/v1/nodes/node1", URL, "/v1/events", "/v1/accounts"):
        assert secret.encode() not in station.operate("GET", path).body, path


@pytest.fixture
def files(tmp_path):
    known, credentials = tmp_path / "bmcs.json", tmp_path / "bmc.secret"
    known.write_text(json.dumps({"bmcs": {"https://10.0.0.7": {
        "key_sha256": PIN, "certificate_sha256": "00" * 32, "subject": "CN=bmc", "recorded": "2026-01-01T00:00:00Z"}}}))
    credentials.write_text(f"station\n{PASSWORD}\n")
    credentials.chmod(0o600)
    return {"known": str(known), "credentials": str(credentials)}


def test_set_shown_and_removed_on_the_command_line(station, files):
    station.add_node()
    assert "node1: the node has no BMC" in cli(station, "bmc", "node1", status=1)
    text = cli(station, "bmc", "node1", "--address", "10.0.0.7", "--known", files["known"], "--credentials", files["credentials"],
               "--system", "Sys.1", "--json")
    shown = json.loads(text)
    assert shown.pop("changed").startswith("20")
    assert shown == {"node": "node1", "address": "https://10.0.0.7", "pin": PIN, "ca_pem": None, "user": "station",
                     "system": "Sys.1", "basic": False, "rotation": None}
    assert station.node()["bmc"] == "https://10.0.0.7"
    assert PIN in cli(station, "bmc", "node1")
    assert "BMC:               https://10.0.0.7\n" in cli(station, "show", "node1")
    nowhere(station)
    station.stop()
    assert PASSWORD.encode() not in (station.state / "station.db").read_bytes(), "what was in the journal is in there now"
    station.start()
    assert station.operate("GET", URL).json["user"] == "station"
    assert cli(station, "bmc", "node1", "--remove") == ""
    assert station.node()["bmc"] is None
    assert [(e["action"], e["object"]) for e in station.audit() if e["result"] == "done"][1:] == [
        ("bmc-set", "node1: https://10.0.0.7 as station"), ("bmc-remove", "node1")]


def test_none_is_trusted_unseen(station, files):
    station.add_node()
    credentials = ("--credentials", files["credentials"])
    text = cli(station, "bmc", "node1", "--address", "10.0.0.8", "--known", files["known"], *credentials, status=1)
    assert "remint bmc trust --known FILE https://10.0.0.8" in text
    assert "remint bmc trust" in cli(station, "bmc", "node1", "--address", "10.0.0.8", *credentials, status=1)
    assert "needs its --address" in cli(station, "bmc", "node1", *credentials, status=1)
    ca = ("--bmc-ca", station.state / "ca.pem")
    assert "known by:     a CA\n" in cli(station, "bmc", "node1", "--address", "10.0.0.8", *ca, *credentials)
    shown = station.operate("GET", URL).json
    assert shown["pin"] is None and shown["ca_pem"] == (station.state / "ca.pem").read_text()
    unseen = {k: v for k, v in BMC.items() if k != "pin"}
    reply = station.operate("PUT", URL, unseen)
    assert reply.status == 400 and "remint bmc trust --known FILE https://10.0.0.7" in reply.json["error"]
    nowhere(station)


def test_what_is_refused(station):
    station.add_node()
    body = json.dumps(BMC)
    wrong = [{**BMC, "ca_pem": "x"}, {**BMC, "pin": "00"}, {**BMC, "pin": None, "ca_pem": "x"}, {**BMC, "pin": "sha256//" + "A" * 44},
             {**BMC, "address": "http://10.0.0.7"}, {**BMC, "address": f"https://station:{PASSWORD}@10.0.0.7"},
             {**BMC, "address": "10.0.0.7/redfish"}, {**BMC, "address": "x" * 300}, {**BMC, "user": ""}, {**BMC, "password": ""},
             {**BMC, "password": PASSWORD + "\n"}, {**BMC, "password": "x" * 257}, {**BMC, "password": [PASSWORD]},
             {**BMC, "more": 1}, {**BMC, "basic": "yes"}, {**BMC, "system": 1}, {k: v for k, v in BMC.items() if k != "password"},
             body[:-1], body.replace(f'"{PASSWORD}"', f'"{PASSWORD}" "'), body[:body.index(PASSWORD) + len(PASSWORD)],
             body.replace(f'"{PASSWORD}"', PASSWORD)]
    for it in wrong:
        reply = station.operate("PUT", URL, it)
        assert reply.status == 400 and PASSWORD not in reply.json["error"], it
    assert station.node()["bmc"] is None
    assert station.operate("PUT", "/v1/nodes/node9/bmc", BMC).status == 404
    assert station.operate("DELETE", URL).status == 404
    viewer, operator = station.account("viewer"), station.account("operator")
    for token in (viewer, operator):
        assert station.operate("PUT", URL, BMC, token).status == 403
    assert station.operate("PUT", URL, {**BMC, "pin": "sha256//" + "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s="}).json["pin"] == PIN
    assert station.operate("GET", URL, token=viewer).json["user"] == "station"
    assert station.operate("DELETE", URL, token=operator).status == 403
    nowhere(station)


def test_one_machine_one_node_and_not_while_an_order_is_at_work(station):
    station.add_node(1)
    station.add_node(2)
    order = station.add_order()
    assert station.operate("PUT", URL, BMC).status == 200, "a first one disturbs nothing"
    reply = station.operate("PUT", URL, BMC)
    assert reply.status == 409 and order["id"] in reply.json["error"]
    assert station.operate("DELETE", URL).status == 409
    assert station.operate("PUT", "/v1/nodes/node2/bmc", BMC).status == 409, "it is another machine's"
    station.operate("POST", f"/v1/orders/{order['id']}/cancel")
    assert station.operate("PUT", URL, {**BMC, "system": "1"}).status == 200
    assert station.operate("PUT", "/v1/nodes/node2/bmc", {**BMC, "system": "2"}).status == 200
    assert station.operate("DELETE", URL).status == 204


def refuses_to_start(station, words):
    with pytest.raises(AssertionError, match=words):
        station.start()


def test_the_key(station, tmp_path):
    station.add_node()
    key, away, new = station.state / "secrets.key", tmp_path / "away.key", tmp_path / "new.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert station.operate("PUT", URL, BMC).status == 200
    station.stop()
    key.rename(away)
    refuses_to_start(station, "is missing, the key with which the passwords of BMCs in the store are sealed \\(1 of them\\)")
    assert not key.exists()
    new.write_text("cd" * 32 + "\n")
    station.options = ("--secrets-key", str(new))
    new.chmod(0o640)
    refuses_to_start(station, "chmod 600")
    new.chmod(0o600)
    refuses_to_start(station, "has another key than the one")
    station.options = ("--secrets-key", str(away), "--secrets-key-new", str(new))
    station.start().stop()
    station.options = ("--secrets-key", str(away))
    refuses_to_start(station, "has another key than the one")
    station.options = ("--secrets-key", str(new))
    station.start()
    assert station.operate("GET", URL).status == 200
    assert ("secrets-key", str(new)) in [(e["action"], e["object"]) for e in station.audit()]
    station.stop()
    station.options = ("--secrets-key-lost",)
    station.start()
    assert "node node1: its BMC https://10.0.0.7 is forgotten" in station.log.read_text()
    assert station.node()["bmc"] is None and station.operate("PUT", URL, BMC).status == 200
    station.stop()
    station.options = ()
    station.start()
    nowhere(station)
