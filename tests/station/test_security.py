# SPDX-License-Identifier: Apache-2.0
"""What strangers, and those with too small a role, can and cannot do."""
import contextlib
import json
import os
import re
import socket
import ssl

import pytest
from documented import DOC
from fake_agent import FakeAgent

GARBAGE = ["", "x", "A" * 43, "A" * 44, "%s%n" * 20, "A" * 8000]
NEEDS = {"viewer": 0, "operator": 1, "administrator": 2}


def calls():
    for path, methods in DOC["paths"].items():
        for method, op in methods.items():
            yield method.upper(), re.sub(r"\{[a-z]+\}", "node1", path), op


def test_every_call_with_every_kind_of_token(station):
    station.add_node()
    station.add_order()
    old, new = FakeAgent(station), FakeAgent(station)
    old.checkin()
    new.checkin()
    roles = {role: station.account(role) for role in NEEDS}
    hint = FakeAgent(station).hint()
    n = 0
    for method, path, op in calls():
        if op["x-port"] == "http":
            # On HTTPS not even these say anything to a stranger.
            assert station.call(method, path).status == 401
            continue
        if not op["security"]:
            assert station.call(method, path, b"{}").status == 400, "for whoever asks, and the body is checked"
            continue
        for token in [None, *GARBAGE]:
            reply = station.call(method, path, b"{}", token)
            assert reply.status == 401 and reply.json == {"error": "not authorised"}
            n += 1
        kind = next(iter(op["security"][0]))
        others = {"lease": (old.lease, 409 if kind == "lease" else 403), "hint": (hint, 403), "account": (roles["viewer"], 403)}
        for other, (token, status) in others.items():
            expected = status
            if other == kind == "account":
                if op["x-role"] == "viewer":
                    continue
            elif other == kind == "hint":
                expected = 400  # let in, and the body is not a check-in
            assert station.call(method, path, b"{}", token).status == expected, (method, path, other)
            n += 1
        if kind == "account":
            assert station.call(method, path, b"{}", new.lease).status == 403
            for role, rank in NEEDS.items():
                if rank < NEEDS[op["x-role"]]:
                    assert station.call(method, path, b"{}", roles[role]).status == 403, (method, path, role)
                    n += 1
    assert n > 300
    refused = [e for e in station.audit() if e["result"].startswith("refused")]
    assert any(e["account"].startswith("viewer-") and e["action"] == "order-create" for e in refused)
    assert sum(e["account"] == "stranger" for e in refused) <= 20, "strangers cannot fill the audit trail"


def test_unknown_paths_tell_a_stranger_nothing(station):
    for path in ("/", "/v1", "/v1/orders/x/y/z", "/admin", "/boot/vmlinuz", "//", "/v1/nodes/"):
        for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
            assert station.call(method, path).status == 401
    assert station.operate("GET", "/nothing").status == 404
    assert station.operate("PATCH", "/v1/nodes").status == 405


def test_http_gives_nothing_but_what_a_boot_needs(station):
    for path in ("/", "/boot", "/boot/", "/boot/admin.token", "/images", "/images/", "/images/debian-12",
                 "/images/debian-12/", "/images/debian-12/../../state/admin.token", "/boot/../state/admin.token",
                 "/boot/..%2fstate%2fadmin.token", "/images/..%2f/manifest.json", "/images/../boot/vmlinuz", "/boot//vmlinuz",
                 "/images/%2e%2e/manifest.json", "/images/./manifest.json", "/boot/vmlinuz%00", "/boot/vmlinuz/", "/v1/nodes",
                 "/v1/whoami", "/v1/agent/checkin", "/phone-home/", "/phone-home/x", "/phone-home/" + "A" * 43, "/station.db",
                 "/boot.ipxe/x", "/images/debian-12/manifest.json/x", "/images/" + "a" * 300 + "/index.bin"):
        for method in ("GET", "POST", "PUT", "DELETE"):
            reply = station.call(method, path, port="http", token=station.admin)
            assert reply.status in (404, 405), (method, path, reply)
    for path in ("/boot/vmlinuz", "/boot.ipxe", "/images/debian-12/index.bin"):
        for method in ("POST", "PUT", "DELETE"):
            assert station.call(method, path, b"x", port="http").status == 405


def test_links_and_odd_files_are_not_followed(station):
    secret = station.state / "admin.token"
    (station.boot / "remint.efi").symlink_to(secret)
    (station.images / "linked").symlink_to(station.state)
    odd = station.images / "odd"
    odd.mkdir()
    (odd / "payload.zst").symlink_to(secret)
    os.mkfifo(odd / "index.bin")
    (odd / "manifest.json").mkdir()
    (odd / "other").write_bytes(b"x")
    for path in ("/boot/remint.efi", "/images/linked/manifest.json", "/images/odd/payload.zst", "/images/odd/index.bin",
                 "/images/odd/manifest.json", "/images/odd/other"):
        assert station.call("GET", path, port="http").status == 404
    assert [i["name"] for i in station.operate("GET", "/v1/images").json["images"]] == ["debian-12"]


def test_bodies_are_bounded(station):
    agent = FakeAgent(station, 9)
    agent.checkin()
    assert agent.call("PUT", "log", b"x" * (4 << 20)).status == 204
    assert agent.call("PUT", "log", b"x" * ((4 << 20) + 1)).status == 413
    assert agent.call("POST", "events", b"x" * ((1 << 20) + 1)).status == 413
    assert station.call("POST", "/phone-home/" + "A" * 43, b"x" * 65536, port="http").status == 404
    assert station.call("POST", "/phone-home/" + "A" * 43, b"x" * 65537, port="http").status == 413
    assert station.call("POST", "/v1/orders", b"x" * 1000000).status == 401
    assert agent.call("PUT", "inventory", {"x": "y" * (600 << 10)}).status == 413, "of a machine that is not enrolled"


def test_an_endless_body_is_cut_off(station):
    with socket.create_connection(("127.0.0.1", station.ports["http"]["port"]), timeout=60) as s:
        s.sendall(b"POST /phone-home/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
        with pytest.raises(OSError):
            for _ in range(1000):
                s.sendall(chunk)
    assert station.operate("GET", "/v1/whoami").status == 200


def test_slow_heads_do_not_keep_others_out(station):
    """Many connections that never finish their heads; that they are ended is tested with the clock's help elsewhere."""
    slow = []
    for _ in range(150):
        s = socket.create_connection(("127.0.0.1", station.ports["http"]["port"]), timeout=60)
        s.sendall(b"GET /boot.ipxe HTTP/1.1\r\nX-Slow: ")
        slow.append(s)
    assert station.call("GET", "/boot.ipxe", port="http").status == 200
    assert station.operate("GET", "/v1/whoami").status == 200
    for s in slow:
        s.close()


JUNK = {
    "zeros": b"\0" * 100, "no target": b"GET\r\n\r\n", "version": b"GET / HTTP/9.9\r\n\r\n",
    "negative length": b"POST /phone-home/x HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    "huge length": b"POST /phone-home/x HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
    "long target": b"GET /boot.ipxe?" + b"a" * 60000 + b" HTTP/1.1\r\n\r\n",
    "odd query": b"GET /boot.ipxe?" + b"&=%" * 1000 + b" HTTP/1.0\r\n\r\n",
    "no head": b"", "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 600,
}


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK.keys())
def test_junk(station, junk):
    for port in ("http", "https"):
        with socket.create_connection(("127.0.0.1", station.ports[port]["port"]), timeout=60) as s:
            s.settimeout(2)  # it need not end the connection before its own limit
            with contextlib.suppress(OSError):
                s.sendall(junk)
                s.shutdown(socket.SHUT_WR)
                while s.recv(65536):
                    pass
    assert station.operate("GET", "/v1/whoami").status == 200


def test_old_tls_is_refused(station):
    context = ssl.create_default_context(cafile=str(station.state / "ca.pem"))
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with socket.create_connection(("127.0.0.1", station.ports["https"]["port"]), timeout=60) as s:
        with pytest.raises((ssl.SSLError, OSError)):
            context.wrap_socket(s, server_hostname="127.0.0.1")
    context = ssl.create_default_context(cafile=str(station.state / "ca.pem"))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with socket.create_connection(("127.0.0.1", station.ports["https"]["port"]), timeout=60) as s:
        with context.wrap_socket(s, server_hostname="127.0.0.1") as tls:
            assert tls.version() == "TLSv1.2"


def test_json_is_read_strictly(station):
    station.add_node()
    text = json.dumps({"node": "node1", "image": "debian-12"})
    for body in (text[:-1], text + "x", '{"node":"node1","node":"node1","image":"debian-12"}', "[]", "null", "", "[" * 100000,
                 '{"node":"node1\\u0000","image":"debian-12"}', '{"node":1,"image":"debian-12"}'):
        assert station.operate("POST", "/v1/orders", body).status == 400, body[:50]
    for query in ("after=x", "after=-1", "after=1&after=2", "wait=31", "surprise=1", "after=%00", "after=99999999999999999999"):
        assert station.operate("GET", "/v1/events?" + query).status == 400, query
