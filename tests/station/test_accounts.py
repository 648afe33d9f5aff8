# SPDX-License-Identifier: Apache-2.0
"""Accounts, nodes and the audit trail."""
import os
import socket
import subprocess

from harness import BUILD, identity_of


def test_accounts(station):
    made = station.operate("POST", "/v1/accounts", {"name": "alice", "role": "operator"}).json
    assert station.operate("GET", "/v1/whoami", token=made["token"]).json == {"account": "alice", "role": "operator"}
    assert station.operate("POST", "/v1/accounts", {"name": "alice", "role": "viewer"}).status == 409
    assert station.operate("POST", "/v1/accounts", {"name": "bob", "role": "root"}).status == 400
    assert station.operate("POST", "/v1/accounts", {"name": "B ob", "role": "viewer"}).status == 400
    assert [a["name"] for a in station.operate("GET", "/v1/accounts").json["accounts"]] == ["admin", "alice"]
    assert station.operate("DELETE", "/v1/accounts/alice").status == 204
    assert station.operate("DELETE", "/v1/accounts/alice").status == 404
    assert station.operate("GET", "/v1/whoami", token=made["token"]).status == 401
    assert station.operate("DELETE", "/v1/accounts/admin").status == 409, "nobody could make another"
    station.stop()
    station.start()
    assert station.operate("GET", "/v1/whoami").json["account"] == "admin", "a restart makes no other one"


def test_no_account_stays_whose_token_went_nowhere(station, tmp_path):
    for words, to in ((("--output", tmp_path / "none/token"), os.devnull), ((), "/dev/full")):
        with open(to, "w") as out:
            done = subprocess.run([BUILD / "remint", "account", "add", "alice", "--role", "viewer", "--state", station.state, *words],
                                  stdout=out, stderr=subprocess.PIPE, text=True, timeout=60)
        assert done.returncode == 1 and "account alice was not made" in done.stderr, done
    assert [a["name"] for a in station.operate("GET", "/v1/accounts").json["accounts"]] == ["admin"]


def test_nodes(station):
    node = station.add_node()
    assert node == {"name": "node1", "state": "enrolled", "location_trusted": True, "identity": identity_of(1), "order": None,
                    "seen": None, "attest": "record",
                    "tpm": {"ek_sha256": None, "ek_basis": None, "first_use": False, "last": None}, "bmc": None}

    def add(**body):
        return station.operate("POST", "/v1/nodes", body).status
    assert add(name="node1", identity=identity_of(2)) == 409
    assert add(name="node2", identity=identity_of(1)) == 409
    assert add(name="node2", identity={**identity_of(2), "macs": identity_of(1)["macs"]}) == 409
    assert add(name="node2", identity={}) == 400
    assert add(name="node2", identity={"serial": "To be filled by O.E.M."}) == 400, "that is nobody's serial"
    assert add(name="no de", identity=identity_of(2)) == 400
    assert add(name="node2", identity={"uuid": "x"}) == 400
    assert add(name="node2", identity=identity_of(2)) == 201
    assert [n["name"] for n in station.operate("GET", "/v1/nodes").json["nodes"]] == ["node1", "node2"]
    assert station.operate("GET", "/v1/nodes/node2").json["location_trusted"] is False
    assert station.operate("GET", "/v1/nodes/node3").status == 404


def test_states_of_a_node(station):
    station.add_node()

    def to(state):
        return station.operate("POST", "/v1/nodes/node1/state", {"state": state}).status
    assert to("leased") == 409, "an order that went live alone does that"
    assert to("asleep") == 400
    assert to("available") == 200
    assert to("returned") == 200
    assert to("held") == 409


def test_the_audit_trail_has_every_write_and_its_end(station):
    station.add_node()
    order = station.add_order()
    station.operate("POST", "/v1/orders", {"node": "node1", "image": "debian-12"})
    station.operate("POST", f"/v1/orders/{order['id']}/cancel")
    entries = station.audit()
    assert [(e["account"], e["action"], e["result"].split(":")[0]) for e in entries] == [
        ("admin", "node-add", "done"), ("admin", "order-create", "done"), ("admin", "order-create", "refused"),
        ("admin", "order-cancel", "done")]
    assert order["id"] in entries[1]["object"]
    assert [e["id"] for e in station.operate("GET", f"/v1/audit?after={entries[1]['id']}").json["entries"]] == [
        e["id"] for e in entries[2:]]


def test_a_token_goes_by_tls_alone_and_the_program_says_what_is_wrong(station, tmp_path):
    """Whoever names no https is stopped before anything is sent; a wrong token, CA or folder is told with what to do."""
    other, ca = tmp_path / "other.token", station.state / "ca.pem"
    other.write_text("no-such-token\n")

    def asked(*args, options=("--token-file", other, "--ca", ca)):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("REMINT_")}
        done = subprocess.run([BUILD / "remint", *map(str, args), *map(str, options)], env=clean, capture_output=True, text=True,
                              timeout=60)
        assert done.returncode == 1 and not done.stdout, done
        return done.stderr
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.5)
        port = listener.getsockname()[1]
        for url in (f"http://127.0.0.1:{port}", f"127.0.0.1:{port}"):
            assert "not https://HOST:PORT" in asked("node", "list", "--station", url)
        try:
            raise AssertionError(listener.accept()[0].recv(4096))
        except TimeoutError:
            pass
    url = (station.state / "url").read_text().strip()
    for words in (["node", "list"], ["watch"], ["order", "log", "o-1"], ["image", "gc", tmp_path, "--dry-run"]):
        assert "the station has no account with this token" in asked(*words, "--station", url)
    wrong = ("--token-file", other, "--ca", station.state / "sign.pem")
    assert "--ca must be the station's ca.pem" in asked("node", "list", "--station", url, options=wrong)
    assert "has 'remint serve --state" in asked("node", "list", options=("--state", tmp_path / "none"))
    assert "many machines have that" in asked("node", "add", "a", "--serial", "None", options=("--state", station.state))
    assert asked("order", "log", "o-1", options=("--state", station.state)) == "remint: there is no such order\n"
    serve = ("serve", "--state", tmp_path / "other", "--https", "127.0.0.1:0", "--http")
    assert "--http and --https name other ports" in asked(*serve, f"127.0.0.1:{station.ports['http']['port']}", options=())
    nowhere = asked(*serve, "127.0.0.1:0", options=("--boot", tmp_path / "none"))
    assert "make it, or leave out --boot" in nowhere
    made = ("keys", "make", "--ca-dir", tmp_path / "pki")
    subprocess.run([BUILD / "remint", *made], stdout=subprocess.DEVNULL, timeout=60, check=True)
    assert "ca.key is there already: nothing is overwritten" in asked(*made, options=())
