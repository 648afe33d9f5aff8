# SPDX-License-Identifier: Apache-2.0
"""The life of an order, as a node and an operator see it."""
import contextlib
import email
import hashlib
import json
import re
import subprocess
import threading

from evidence import drive
from evidence import evidence as evidence_of
from evidence import image as image_of
from fake_agent import FakeAgent
from harness import BUILD, identity_of


WIPE = {"disks": "all", "level": "purge", "verify": "full", "namespaces": "keep", "forbid": [], "secrets": []}
PORT = {"name": "rail0", "mac": "52:54:00:00:00:01"}


def verify(station, tmp_path, text, signature):
    (tmp_path / "text").write_bytes(text)
    (tmp_path / "sig").write_bytes(signature)
    return subprocess.run(["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", tmp_path / "sig", "-content",
                           tmp_path / "text", "-CAfile", station.state / "evidence-ca.pem", "-purpose", "any", "-out",
                           "/dev/null"], capture_output=True).returncode


def test_from_order_to_live(station, tmp_path):
    station.add_node()
    order = station.add_order()
    agent = FakeAgent(station)
    assert order["state"] == "pending" and station.node()["order"] == order["id"]
    agent.work()
    assert station.order(order)["state"] == "handed-over"
    assert "remint.hint" not in agent.script(), "a node whose order is handed over starts from its disk"
    assert agent.phone_home().status == 204
    done = station.order(order)
    assert done["state"] == "live" and done["certificate"] and station.node()["state"] == "leased"
    assert [(s["name"], s["outcome"]) for s in done["steps"]] == [("wipe", "done")]
    assert agent.phone_home().status == 404, "the token is good once"
    for what in ("certificate", "addendum"):
        text = station.operate("GET", f"/v1/orders/{order['id']}/{what}").body
        sig = station.operate("GET", f"/v1/orders/{order['id']}/{what}.p7s").body
        assert verify(station, tmp_path, text, sig) == 0
        assert verify(station, tmp_path, text + b" ", sig) != 0
    assert station.operate("GET", f"/v1/orders/{order['id']}/log").body == b"a line\n"
    again = station.operate("POST", "/v1/orders", {"node": "node1", "image": "debian-12"})
    assert again.status == 409 and "leased" in again.json["error"]
    assert station.operate("POST", "/v1/nodes/node1/state", {"state": "returned"}).status == 200
    assert station.add_order()["state"] == "pending"


def test_erase_only(station, tmp_path):
    station.add_node()
    order = station.add_order(image=None, wipe={"disks": ["D1"]})
    assert order["image"] is None and order["order"]["image"] is None and order["order"]["wipe"] == {**WIPE, "disks": ["D1"]}
    agent = FakeAgent(station)
    agent.checkin()
    assert agent.order["cloud_init"] is None and agent.order["root"] is None
    assert agent.call("POST", "outcome", {"outcome": "erased"}).status == 409, "without a certificate"
    with_image = evidence_of(order["id"], agent.identity)
    assert agent.call("POST", "evidence", with_image).status == 400, "the order has no image"
    assert agent.evidence().status == 200
    assert agent.call("POST", "outcome", {"outcome": "handed-over"}).status == 409, "there is nothing to hand over"
    for _ in range(2):  # the answer may have been lost
        assert agent.call("POST", "outcome", {"outcome": "erased"}).status == 204
    done = station.order(order)
    assert (done["state"], done["certificate"]) == ("erased", True)
    node = station.node()
    assert (node["state"], node["order"]) == ("available", None) and "remint.hint" not in agent.script()
    text = station.operate("GET", f"/v1/orders/{order['id']}/certificate").body
    sig = station.operate("GET", f"/v1/orders/{order['id']}/certificate.p7s").body
    assert verify(station, tmp_path, text, sig) == 0
    certificate = json.loads(text)
    assert certificate["image"] is None and "No image was written" in certificate["statement"]
    assert station.operate("POST", f"/v1/orders/{order['id']}/cancel").status == 409
    assert station.operate("GET", f"/v1/orders/{order['id']}/addendum").status == 404
    assert station.add_order(image=None)["state"] == "pending"


def test_erase_only_says_nothing_of_an_image(station):
    station.add_node()
    for more in ({"root": {}}, {"boot": "disk-first"}, {"mirrors": []}, {"verify": "full"}, {"memory": 64 << 20},
                 {"min_serial": 1}, {"user_data": "#cloud-config"}, {"network_config": "x"},
                 {"network": {"ethernets": [PORT]}}):
        reply = station.operate("POST", "/v1/orders", {"node": "node1", "image": None, **more})
        assert reply.status == 400 and next(iter(more)) in reply.json["error"], reply
    assert station.operate("POST", "/v1/orders", {"node": "node1"}).status == 400, "a forgotten image is not none"
    order = station.add_order()
    agent = FakeAgent(station)
    agent.checkin()
    assert agent.call("POST", "evidence", evidence_of(order["id"], agent.identity, image=None, root_disks=[])).status == 400
    assert agent.evidence().status == 200
    assert agent.call("POST", "outcome", {"outcome": "erased"}).status == 409


def test_phone_home_counts_only_after_the_hand_over(station):
    station.add_node()
    order = station.add_order()
    agent = FakeAgent(station)
    agent.checkin()
    assert agent.phone_home().status == 404
    assert station.order(order)["state"] == "running"
    assert station.call("POST", "/phone-home/" + "A" * 43, b"", port="http").status == 404


def test_no_hand_over_without_a_certificate_of_this_lease(station):
    station.add_node()
    station.add_order()
    agent = FakeAgent(station)
    agent.checkin()
    assert agent.call("POST", "outcome", {"outcome": "handed-over"}).status == 409
    assert agent.evidence().status == 200
    agent.checkin()
    assert agent.call("POST", "outcome", {"outcome": "handed-over"}).status == 409
    assert agent.evidence().status == 200
    assert agent.call("POST", "outcome", {"outcome": "handed-over"}).status == 204
    assert agent.call("POST", "outcome", {"outcome": "handed-over"}).status == 204, "the answer may have been lost"


def test_evidence_of_another_order_is_refused(station):
    station.add_node()
    station.add_order()
    agent = FakeAgent(station)
    agent.checkin()
    assert agent.call("POST", "evidence", evidence_of("o-other", agent.identity)).status == 400


def test_a_failed_order_holds_the_node(station):
    station.add_node()
    order = station.add_order()
    agent = FakeAgent(station)
    agent.checkin()
    held = {"outcome": "held", "step": "image", "reason": "the signature does not verify"}
    assert agent.call("POST", "outcome", held).status == 204
    assert agent.call("POST", "outcome", held).status == 204
    shown = station.order(order)
    assert (shown["state"], shown["step"], shown["reason"]) == ("held", "image", "the signature does not verify")
    assert station.node()["state"] == "held" and "remint.hint" not in agent.script()
    assert station.operate("POST", "/v1/nodes/node1/state", {"state": "available"}).json["state"] == "available"


def test_events_are_stored_once(station):
    station.add_node()
    order = station.add_order()
    agent = FakeAgent(station)
    agent.checkin()
    batch = [agent.event("step-begun", "destroy", "wipe"), agent.event("note", "destroy", "wipe", text="hello")]
    assert agent.events(*batch).json == {"acked": 2, "cancelled": False}
    batch.append(agent.event("step-failed", "destroy", "wipe", text="no"))
    assert agent.events(*batch).json["acked"] == 3
    assert agent.events(batch[2], batch[0]).status == 400, "the numbers must rise"
    events = station.operate("GET", f"/v1/events?order={order['id']}").json
    assert [e["seq"] for e in events["events"]] == [1, 2, 3] and events["last"] == events["events"][-1]["id"]
    assert {(e["order"], e["node"]) for e in events["events"]} == {(order["id"], "node1")}
    assert station.order(order)["step"] == "wipe"
    # A batch is taken whole or not at all.
    bad = [agent.event("note", "destroy", "wipe", text="x"), {"seq": 99, "kind": "nonsense"}]
    assert agent.events(*bad).status == 400
    assert len(station.operate("GET", "/v1/events").json["events"]) == 3


def test_an_operator_waits_for_events(station):
    station.add_node()
    station.add_order()
    agent = FakeAgent(station)
    agent.checkin()
    got = []
    waiter = threading.Thread(target=lambda: got.append(station.operate("GET", "/v1/events?after=0&wait=30")))
    waiter.start()
    assert agent.events(agent.event("step-begun", "check", "image")).status == 200
    waiter.join(60)
    assert [e["step"] for e in got[0].json["events"]] == ["image"]
    last = got[0].json["last"]
    assert station.operate("GET", f"/v1/events?after={last}&wait=1").json == {"events": [], "last": last}


def test_stopping_ends_waits(station):
    def wait():
        with contextlib.suppress(OSError):  # whether it is answered or cut off
            station.operate("GET", "/v1/events?wait=30")
    waiter = threading.Thread(target=wait)
    waiter.start()
    station.operate("GET", "/v1/whoami")
    station.stop()
    waiter.join(60)
    assert not waiter.is_alive()
    station.start()


def test_it_is_too_late_to_cancel_once_the_certificate_is_there(station):
    station.add_node()
    order = station.add_order()
    agent = FakeAgent(station)
    agent.checkin()
    assert agent.evidence().status == 200
    refused = station.operate("POST", f"/v1/orders/{order['id']}/cancel")
    assert refused.status == 409 and "too late" in refused.json["error"]
    assert agent.events(agent.event("step-begun", "commit", "commit")).json["cancelled"] is False
    # An agent that died there holds nobody up: its next boot begins anew.
    FakeAgent(station).checkin()
    assert station.operate("POST", f"/v1/orders/{order['id']}/cancel").status == 200


def test_cancelling(station):
    station.add_node()
    order = station.add_order()
    agent = FakeAgent(station)
    agent.checkin()
    assert station.operate("POST", f"/v1/orders/{order['id']}/cancel").json["state"] == "cancelled"
    assert agent.events(agent.event("step-begun", "destroy", "wipe")).json["cancelled"] is True
    assert agent.journal().status == 409, "nothing destructive begins after it"
    assert agent.call("POST", "outcome", {"outcome": "held", "step": "wipe", "reason": "cancelled"}).status == 204
    assert station.order(order)["state"] == "cancelled" and station.node()["state"] == "held"
    assert station.operate("POST", f"/v1/orders/{order['id']}/cancel").status == 409


def test_one_open_order_a_node(station):
    station.add_node()
    station.add_order()
    assert station.operate("POST", "/v1/orders", {"node": "node1", "image": "debian-12"}).status == 409


def test_what_an_order_must_say(station):
    station.add_node()

    def status(**wish):
        return station.operate("POST", "/v1/orders", {"node": "node1", "image": "debian-12", **wish}).status
    assert status(node="node9") == 404
    assert status(image="nothing") == 404
    assert status(image="../state") == 404
    assert status(surprise=1) == 400
    assert status(boot="floppy") == 400
    assert status(wipe={"disks": []}) == 400
    assert status(user_data="echo hello") == 400
    assert status(min_serial=4) == 409
    assert status(root_disk="S1") == 400, "it is root now"
    assert status(root={"disks": ["S1"]}, wipe={"disks": ["S1", "S2"]}, boot="network-first", min_serial=2) == 201


def test_a_begun_write_is_in_the_journal(station):
    station.add_node()
    station.add_order()
    agent = FakeAgent(station)
    agent.checkin()
    entry = {"drive": "serial:D1", "step": "write", "method": "sha256:" + "ab" * 32, "marker_key": "", "state": "begun",
             "proof": None}
    assert agent.call("POST", "journal", entry).status == 204
    agent.checkin()
    assert agent.answer["journal"] == [entry]


def command(station, *args):
    return subprocess.run([BUILD / "remint", *args, "--state", station.state], capture_output=True, text=True, timeout=60)


def test_the_command_line_orders(station):
    station.add_node()
    create = ("order", "create", "node1", "--image", "debian-12", "--json")
    for bad in ("64Q", "M", "-1", "64MM", ""):
        done = command(station, *create, "--memory", bad)
        assert done.returncode and "--memory" in done.stderr, (bad, done)
    done = command(station, *create, "--redundancy", "mirror", "--root-disk", "S1")
    assert done.returncode == 1 and '"mirror" needs 2' in done.stderr
    done = command(station, *create, "--root-disk", "S1", "--root-disk", "S2", "--redundancy", "copies", "--on-loss", "continue",
                   "--mirror", "http://m1/d/", "--mirror", "http://m2/d/", "--verify", "none", "--memory", "64M")
    assert done.returncode == 0, done.stderr
    order = json.loads(done.stdout)["order"]
    assert order["root"] == {"disks": ["S1", "S2"], "redundancy": "copies", "on_loss": "continue"}
    assert order["image"]["mirrors"] == ["http://m1/d/", "http://m2/d/"] and order["image"]["verify"] == "none"
    assert order["memory"] == 64 << 20


WRONG = [
    ({"root": "S1"}, "order.root must be an object"),
    ({"root": {"disk": "S1"}}, "disk"),
    ({"root": {"disks": []}}, "names 0 disks"),
    ({"root": {"disks": "S1"}}, "order.root.disks must be an array"),
    ({"root": {"disks": ["S1", "S2"]}}, '"single" needs 1'),
    ({"root": {"disks": ["S1"], "redundancy": "mirror"}}, '"mirror" needs 2'),
    ({"root": {"disks": ["S1", "S1"], "redundancy": "copies"}}, "twice"),
    ({"root": {"redundancy": "raid5"}}, "order.root.redundancy"),
    ({"root": {"on_loss": "shrug"}}, "order.root.on_loss"),
    ({"mirrors": "http://m/d/"}, "order.image.mirrors must be an array"),
    ({"mirrors": ["http://m/d"]}, "ends in"),
    ({"mirrors": ["http://m/d/?x=/"]}, "order.image.mirrors"),
    ({"mirrors": [f"http://m{n}/" for n in range(8)]}, "at most 7"),
    ({"verify": "maybe"}, "order.image.verify"),
    ({"memory": 1 << 20}, "order.memory"),
    ({"memory": "64M"}, "order.memory"),
]


def test_wrong_wishes_are_refused_with_the_reason(station):
    station.add_node()
    for wish, says in WRONG:
        answer = station.operate("POST", "/v1/orders", {"node": "node1", "image": "debian-12", **wish})
        assert answer.status == 400 and says in answer.json["error"], (wish, answer)
    assert station.operate("GET", "/v1/orders").json["orders"] == []


def test_how_an_image_is_written_reaches_the_agent(station):
    station.add_node()
    root = {"disks": ["S1", "S2"], "redundancy": "mirror", "on_loss": "continue"}
    mirrors = ["http://10.0.2.2:8080/images/debian-12/", "https://images.example/d/"]
    station.add_order(root=root, mirrors=mirrors, verify="sampled", memory=64 << 20)
    agent = FakeAgent(station)
    agent.checkin()
    assert agent.order["root"] == root and agent.order["memory"] == 64 << 20
    assert agent.order["image"]["mirrors"] == mirrors and agent.order["image"]["verify"] == "sampled"


def test_what_is_left_out_is_written_out(station):
    station.add_node()
    station.add_order(root={"redundancy": "copies"}, mirrors=None, verify=None, memory=None)
    agent = FakeAgent(station)
    agent.checkin()
    assert agent.order["root"] == {"disks": None, "redundancy": "copies", "on_loss": "hold"}
    assert agent.order["memory"] is None


def test_less_than_was_ordered_is_not_certified(station):
    station.add_node()
    station.add_order(wipe={"forbid": ["overwrite"]})
    agent = FakeAgent(station)
    agent.checkin()
    policy = {"level": "purge", "forbid": ["overwrite"], "verify": "full"}
    for less, words in (({"level": "clear"}, "the order is to purge"), ({"verify": "sampled"}, "the order is to read all"),
                        ({"forbid": []}, "the order forbids overwrite")):
        reply = agent.evidence([drive(method="nvme-sanitize-block", policy={**policy, **less})])
        assert reply.status == 400 and words in reply.json["error"], reply
    assert agent.evidence([drive(method="nvme-sanitize-block", policy={**policy, "forbid": ["overwrite", "opal-revert"]})]).status == 200


def test_the_certificate_tells_how_the_image_was_read_back(station):
    station.add_node()
    order = station.add_order(verify="none")
    agent = FakeAgent(station)
    agent.checkin()
    evidence = evidence_of(order["id"], agent.identity)
    for wrong, words in (({}, 'verify is "full", and the order says "none"'), ({"manifest_sha256": "ab" * 32}, "the order names the manifest"),
                         ({"redundancy": "copies"}, 'redundancy is "copies"'), ({"serial": 2}, "serial is below the order's")):
        evidence["image"] = image_of(**wrong)
        evidence["image"]["written"]["verify"] = "none" if wrong else "full"
        reply = agent.call("POST", "evidence", evidence)
        assert reply.status == 400 and words in reply.json["error"], reply
    evidence["image"] = image_of()
    evidence["image"]["written"]["verify"] = "none"
    assert agent.call("POST", "evidence", evidence).status == 200
    certificate = station.operate("GET", f"/v1/orders/{order['id']}/certificate").json
    assert "The image was not read back." in certificate["statement"]
    assert certificate["root_disks"] == evidence["root_disks"]
    evidence["root_disks"][0]["lost"] = "it burned"
    assert agent.call("POST", "evidence", evidence).status == 400, "no disk is whole"


def test_user_data_is_joined_with_the_phone_home(station):
    station.add_node()
    station.add_order(user_data="#!/bin/sh\necho hello\n", network_config="version: 2\n")
    agent = FakeAgent(station)
    agent.checkin()
    seed = agent.order["cloud_init"]
    message = email.message_from_string(seed["user_data"])
    parts = [p.get_payload() for p in message.walk() if not p.is_multipart()]
    assert parts[0].startswith("#!/bin/sh\necho hello") and parts[1].startswith("#cloud-config\nphone_home:")
    assert seed["network_config"] == "version: 2\n"
    assert f'instance-id: "{agent.order["id"]}"' in seed["meta_data"] and 'local-hostname: "node1"' in seed["meta_data"]
    shown = station.operate("GET", f"/v1/orders/{agent.order['id']}").body.decode()
    assert "hello" not in shown and "phone-home" not in shown


def test_the_network_goes_to_the_agent_as_it_is(station):
    station.add_node()
    network = {"ethernets": [PORT], "vlans": [{"name": "storage", "id": 100, "link": "rail0", "dhcp4": True}]}
    for more, words in (({"network": {"ethernets": [PORT, PORT]}}, "network.ethernets[1].name"), ({"network": []}, "network must be an object"),
                        ({"network": network, "network_config": "version: 2\n"}, "two words on one thing")):
        reply = station.operate("POST", "/v1/orders", {"node": "node1", "image": "debian-12", **more})
        assert reply.status == 400 and words in reply.json["error"], reply
    reply = station.operate("POST", "/v1/runs", {"nodes": ["node1"], "order": {"image": "debian-12", "network": network}, "until": "live"})
    assert reply.status == 400 and "names the ports of one machine" in reply.json["error"], reply
    order = station.add_order(network=network)
    assert order["order"]["network"] == network
    agent = FakeAgent(station)
    agent.checkin()
    assert agent.order["network"] == network and agent.order["cloud_init"]["network_config"] is None
    # What the agent says that it has written is what the order asks for, or there is no certificate.
    assert agent.journal("begun").status == 204 and agent.journal("proven").status == 204
    text = (b'version: 2\nethernets:\n  "rail0":\n    match:\n      macaddress: "52:54:00:00:00:01"\n    set-name: "rail0"\n'
            b'vlans:\n  "storage":\n    id: 100\n    link: "rail0"\n    dhcp4: true\n')
    written = {"sha256": hashlib.sha256(text).hexdigest(), "size": len(text), "ports": [{**PORT, "pci": "0000:18:00.0"}]}
    for wrong, words in ((None, "was not written"), ({**written, "sha256": "ab" * 32}, "build the boot image"),
                         ({**written, "size": 5}, "build the boot image"), ({**written, "ports": written["ports"] * 2}, "2 ports"),
                         ({**written, "ports": [{**PORT, "mac": "52:54:00:00:00:02"}]}, "is not the order's rail0, 52:54:00:00:00:01")):
        reply = agent.evidence(network=wrong)
        assert reply.status == 400 and words in reply.json["error"], (wrong, reply)
    assert agent.evidence(network=written).status == 200


def test_a_network_that_nobody_ordered_is_not_certified(station):
    station.add_node()
    station.add_order()
    agent = FakeAgent(station)
    agent.checkin()
    assert agent.journal("begun").status == 204 and agent.journal("proven").status == 204
    reply = agent.evidence(network={"sha256": "ab" * 32, "size": 5, "ports": [{**PORT, "pci": None}]})
    assert reply.status == 400 and "says nothing of a network" in reply.json["error"], reply
    assert agent.evidence().status == 200


def test_the_order_names_the_image_that_was_there(station):
    sha256 = station.add_image("other", serial=7)
    station.add_node()
    station.add_order(image="other")
    agent = FakeAgent(station)
    agent.checkin()
    assert agent.order["image"] == {"manifest_sha256": sha256, "min_serial": 7, "mirrors": [], "verify": "full",
                                    "manifest_url": station.ports["http"]["url"] + "/images/other/manifest.json"}
    assert agent.order["root"] == {"disks": None, "redundancy": "single", "on_loss": "hold"}
    assert agent.order["wipe"] == WIPE
    assert agent.order["efi"] == {"boot": "disk-first", "foreign": "report", "remove": [], "keep_uris": [],
                                  "clear_memory": True, "verify_after_reset": False}


def test_what_the_firmware_is_to_be_like(station):
    station.add_node()
    efi = {"foreign": "remove", "remove": ["Named-0f3c1a52-90ab-4cde-8f01-23456789abcd"], "verify_after_reset": True}
    for bad in ({"boot": "disk-first"}, {"foreign": "all"}, {"remove": ["PK-8be4df61-93ca-11d2-aa0d-00e098032b8c"]}, {"x": 1}):
        assert station.operate("POST", "/v1/orders", {"node": "node1", "image": "debian-12", "efi": bad}).status == 400, bad
    station.add_order(image=None, efi=efi)
    agent = FakeAgent(station)
    agent.checkin()
    assert agent.order["efi"] == {**efi, "keep_uris": [], "clear_memory": True}


def test_scripts(station):
    station.add_node()
    agent = FakeAgent(station)
    first = station.call("GET", "/boot.ipxe", port="http").body.decode()
    assert first.startswith("#!ipxe\n") and "?uuid=${uuid}" in first
    assert "remint.hint" not in agent.script(), "an enrolled node without order starts from its disk"
    station.add_order()
    script = agent.script()
    assert re.search(r"^kernel http://\S+/boot/vmlinuz initrd=initrd.img remint.hint=\S{43} remint.mac=52:54:00:00:00:01 "
                     r"console=ttyS0,115200 console=tty0 \|\| goto failed$", script, re.M)
    assert "shell" not in script and "shell" not in first
    hostile = agent.script(mac="x\nshell\n", serial="${uuid} || shell", uuid="%0ashell")
    assert "shell" not in hostile


def test_an_unknown_machine_gets_an_agent_and_no_order(station):
    agent = FakeAgent(station, 7)
    assert agent.checkin().status == 200
    assert agent.order is None and agent.answer["node"] is None and "not enrolled" in agent.answer["why_no_order"]
    assert agent.call("PUT", "inventory", {"disks": [1]}).status == 204
    assert agent.events(agent.event("note", "observe", "", text="hello")).status == 200
    assert agent.call("PUT", "log", "x").status == 204
    assert agent.journal().status == 409
    machines = station.operate("GET", "/v1/seen").json["machines"]
    assert [m["identity"] for m in machines] == [identity_of(7)]
    assert station.operate("GET", f"/v1/seen/{machines[0]['id']}").json["inventory"] == {"disks": [1]}


def test_only_a_trusted_place_gets_an_order_that_destroys(station):
    station.add_node(trusted=False)
    order = station.add_order()
    agent = FakeAgent(station)
    agent.checkin()
    assert agent.order is None and "location-trusted" in agent.answer["why_no_order"]
    assert station.order(order)["state"] == "pending"
    assert station.operate("POST", "/v1/nodes/node1/trust", {"location_trusted": True}).status == 200
    agent.checkin()
    assert agent.order["id"] == order["id"]


def test_what_opens_a_drive_is_for_the_agent_alone(station):
    station.add_node()
    secrets = [{"drive": "D1", "psid": "PSIDPSIDPSID", "sid": None}]
    order = station.add_order(wipe={"level": "clear", "forbid": ["nvme-format-ses1"], "secrets": secrets})
    assert order["order"]["wipe"] == {**WIPE, "level": "clear", "forbid": ["nvme-format-ses1"], "secrets": [{"drive": "D1"}]}
    shown = station.operate("GET", f"/v1/orders/{order['id']}")
    assert b"PSIDPSID" not in shown.body
    agent = FakeAgent(station)
    agent.checkin()
    assert agent.order["wipe"]["secrets"] == secrets
    for bad in ({"level": "none"}, {"verify": "none"}, {"secrets": [{"drive": "D1"}]}, {"forbid": "all"}, {"depth": 1}):
        assert station.operate("POST", "/v1/orders", {"node": "node1", "image": "debian-12", "wipe": bad}).status in (400, 409)


def test_an_image_whose_validity_is_over(station):
    """No agent would take it, so no machine is to be started for it; one that is not valid yet may wait."""
    station.add_node()
    station.add_image("drivers", overlay=True)
    wanted = {"node": "node1", "image": "debian-12", "overlays": ["drivers"]}
    (station.images / "empty").mkdir()
    assert "no folder of that name" in station.operate("POST", "/v1/orders", {**wanted, "image": "empty"}).json["error"]
    for name in ("debian-12", "drivers"):
        path = station.images / name / "manifest.json"
        good = path.read_text()
        path.write_text(good.replace("2099-", "2021-"))
        refused = station.operate("POST", "/v1/orders", wanted)
        assert refused.status == 409 and f"image {name} was valid until 2021-01-01T00:00:00Z" in refused.json["error"]
        path.write_text(good)
    path.write_text(good.replace("2020-", "2098-"))
    assert station.operate("POST", "/v1/orders", wanted).status == 201
