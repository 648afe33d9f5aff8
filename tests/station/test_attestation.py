# SPDX-License-Identifier: Apache-2.0
"""Who a node is and what it runs, by its TPM: swtpm, whose PCRs are those of a real boot (tests/machines/tcg-logs)."""
import copy
import json
import subprocess

import pytest
from evidence import evidence
from harness import BUILD, TOP, Station
from tpm import EK_USAGE, Tpm, TpmAgent, canonical, captured

LOG, _, MEASURED = captured()


@pytest.fixture(scope="module")
def tpm(tmp_path_factory):
    """The node's own, after the right boot."""
    t = Tpm(tmp_path_factory.mktemp("tpm") / "node", LOG)
    yield t
    t.close()


@pytest.fixture(scope="module")
def other_tpm(tmp_path_factory):
    """A neighbour's, which has booted the same."""
    t = Tpm(tmp_path_factory.mktemp("tpm") / "other", LOG)
    yield t
    t.close()


@pytest.fixture
def attesting(station, tpm):
    """A station whose boot folder has the image of that boot, and node1, which must prove itself and is trusted for nothing else."""
    expect(station, MEASURED)
    station.add_node(trusted=False)
    tpm.make_keys()
    change(station, attest="require", ek_sha256=tpm.ek_sha256())
    station.add_order()
    return station


def expect(station, measured, name="boot.json"):
    (station.boot / name).write_text(json.dumps({"version": "0.1.0", "measured": measured}))


def change(station, status=200, **what):
    reply = station.operate("POST", "/v1/nodes/node1/tpm", what)
    assert reply.status == status, reply
    return reply.json


def refused(agent, *words, **changed):
    """The check-in gets no order, and says why."""
    reply = agent.checkin_proven(**changed)
    assert reply.status == 200, reply
    assert reply.json["order"] is None
    for word in words:
        assert word in reply.json["why_no_order"], reply.json["why_no_order"]
    entry = agent.station.audit()[-1]
    assert entry["action"] == "check-in" and entry["result"].startswith("refused"), entry
    return reply.json


@pytest.mark.parametrize("kind", ["ecc", "rsa"])
def test_right_tpm_and_right_image_get_the_order(station, tpm, kind):
    expect(station, MEASURED)
    station.add_node(trusted=False)
    station.add_order()
    tpm.ek_kind = kind
    try:
        tpm.make_keys()
        change(station, attest="require", ek_sha256=tpm.ek_sha256())
        agent = TpmAgent(station, tpm)
        reply = agent.checkin_proven()
    finally:
        tpm.ek_kind = "ecc"
    assert reply.json["order"], reply.json["why_no_order"]
    assert reply.json["quote"]["required"] is True
    last = station.node()["tpm"]["last"]
    assert (last["result"], last["why"], last["boot_image"]) == ("passed", None, MEASURED["version"])


def test_certificate_carries_the_quote_and_is_checked_from_outside(attesting, tpm, tmp_path):
    agent = TpmAgent(attesting, tpm)
    assert agent.checkin_proven().json["order"]
    order = agent.order["id"]
    sent = agent.seal(evidence(order, agent.identity))
    reply = agent.call("POST", "evidence", sent)
    assert reply.status == 200, reply
    certificate = attesting.operate("GET", f"/v1/orders/{order}/certificate").json
    assert certificate["identity_basis"] == "tpm"
    assert certificate["attestation"]["result"] == "passed"
    assert certificate["attestation"]["boot_image"] == MEASURED["version"]
    assert "rests on its TPM" in certificate["statement"]
    for name, what in ((f"{order}.json", "certificate"), (f"{order}.json.p7s", "certificate.p7s"),
                       (f"{order}.evidence.json", "evidence")):
        (tmp_path / name).write_bytes(attesting.operate("GET", f"/v1/orders/{order}/{what}").body)

    def verify(*files):
        done = subprocess.run(["sh", TOP / "docs/verify-quote.sh", *files], cwd=tmp_path, capture_output=True, timeout=60)
        return done.returncode == 0, done.stdout + done.stderr

    good, said = verify(f"{order}.json", f"{order}.evidence.json")
    assert good and b"verified" in said, said
    assert verify(f"{order}.json")[0]
    # Any part of it changed: no.
    for key in ("quote", "signature", "nonce", "bound_to", "ak_public"):
        bad = copy.deepcopy(certificate)
        bad["attestation"][key] = flipped(bad["attestation"][key])
        (tmp_path / "bad.json").write_bytes(canonical(bad))
        assert not verify("bad.json", f"{order}.evidence.json")[0], key
    other = json.loads(sent)
    other["agent"]["version"] = "9"
    (tmp_path / "bad.evidence.json").write_bytes(canonical(other))
    assert not verify(f"{order}.json", "bad.evidence.json")[0], "a quote over other evidence"


def flipped(digits):
    middle = len(digits) // 2
    return digits[:middle] + ("1" if digits[middle] != "1" else "2") + digits[middle + 1:]


def test_evidence_must_be_quoted_as_it_is(attesting, tpm):
    agent = TpmAgent(attesting, tpm)
    assert agent.checkin_proven().json["order"]
    plain = evidence(agent.order["id"], agent.identity)
    sealed = json.loads(agent.seal(plain))

    def refused_with(body, *words):
        reply = agent.call("POST", "evidence", body)
        assert reply.status == 400 and all(w in reply.json["error"] for w in words), reply

    refused_with(plain, "quote is missing")
    refused_with(json.dumps(sealed), "canonical")
    other = json.loads(json.dumps(sealed))
    other["agent"]["version"] = "9"
    refused_with(canonical(other), "challenge")
    other = json.loads(agent.seal(plain, nonce="ab" * 32))
    refused_with(canonical(other), "key and nonce")
    short = dict(sealed["attestation"], quote=tpm.quote("00" * 32, [4])[0])
    refused_with(canonical({**plain, "attestation": short}), "signed")
    for junk in (7, {}, {**sealed["attestation"], "more": 1}, {**sealed["attestation"], "quote": "xyz"},
                 {**sealed["attestation"], "quote": "00" * 2000}):
        refused_with(canonical({**plain, "attestation": junk}), "attestation")
    assert agent.call("POST", "evidence", canonical(sealed)).status == 200


def test_a_replayed_quote_is_refused(attesting, tpm):
    agent = TpmAgent(attesting, tpm)
    offer = agent.offer()
    hint, challenge = agent.boot(offer)
    proof = agent.prove(challenge)
    assert agent.checkin_with(proof, hint).json["order"]
    assert agent.checkin_with(proof, hint).status == 401, "a challenge is good once, as its hint"
    again, fresh = agent.boot(offer)
    assert fresh["nonce"] != challenge["nonce"]
    # The old proof; and the old quote with the new secret.
    reply = agent.checkin_with(proof, again)
    assert reply.json["order"] is None and "secret" in reply.json["why_no_order"]
    again, fresh = agent.boot(offer)
    reply = agent.checkin_with({**proof, "secret": tpm.activate(fresh)}, again)
    assert reply.json["order"] is None and "an old one" in reply.json["why_no_order"]
    assert attesting.node()["tpm"]["last"]["result"] == "failed"


def test_the_same_checkin_may_be_repeated(attesting, tpm):
    """When the answer is lost, as without a TPM."""
    agent = TpmAgent(attesting, tpm)
    hint, challenge = agent.boot()
    proof = agent.prove(challenge)
    assert agent.checkin_with(proof, hint, "12" * 16).json["order"]
    assert agent.checkin_with(proof, hint, "12" * 16).json["order"]


def section(measured, name):
    return next(s for s in measured["uki"]["sections"] if s["name"] == name)


def other_image(*names):
    """The expected values of an image that differs in these parts from the one that was booted."""
    measured = copy.deepcopy(MEASURED)
    measured["version"] = "another"
    measured["uki"]["pcr4"] = "12" * 32
    for name in names:
        section(measured, name)["sha256"] = "34" * 32
    measured["uki"].pop("pcr11", None)
    return measured


def test_another_boot_image_is_refused(attesting, tpm):
    agent = TpmAgent(attesting, tpm)
    expect(attesting, other_image(".linux"))
    refused(agent, "must prove itself")
    # An older one that was kept is good; a kept one that cannot be read hinders nobody.
    expect(attesting, MEASURED, "2026-11.boot.json")
    (attesting.boot / "bad.boot.json").write_text("{")
    assert agent.checkin_proven().json["order"]
    (attesting.boot / "2026-11.boot.json").unlink()
    (attesting.boot / "boot.json").write_text(json.dumps({"version": "0.1.0"}))
    refused(agent, "expected values")
    (attesting.boot / "boot.json").unlink()
    refused(agent, "boot.json")


def test_what_was_started_after_it_is_seen(attesting, tmp_path):
    """A TPM that has measured one thing more than the log says."""
    more = Tpm(tmp_path / "more", LOG)
    try:
        more.make_keys()
        change(attesting, ek_sha256=more.ek_sha256())
        agent = TpmAgent(attesting, more)
        assert agent.checkin_proven().json["order"]
        more.tool("pcrextend", f"9:sha256={'ab' * 32}")
        refused(agent, "PCR 9")
    finally:
        more.close()


def test_a_log_that_lies_is_refused(attesting, tpm):
    agent = TpmAgent(attesting, tpm)
    refused(agent, event_log=LOG[:-40].hex())
    refused(agent, event_log=b"nothing of the kind".hex())
    refused(agent, event_log=bytes(len(LOG)).hex())
    pcrs = dict(tpm.pcrs(), **{"4": "00" * 32})
    refused(agent, "not those of the quote", pcrs=pcrs)
    pcrs = tpm.pcrs()
    del pcrs["7"]
    refused(agent, "PCRs", pcrs=pcrs)


def test_another_tpm_is_refused(attesting, tpm, other_tpm):
    """A neighbour with a real TPM, the right image, and the node's UUID, serial and MAC."""
    thief = TpmAgent(attesting, other_tpm)
    refused(thief, "another TPM")
    # The node's endorsement key, and an attestation key of one's own: the secret stays hidden.
    mine, own = tpm.make_keys(), other_tpm.make_keys()
    hint, challenge = thief.boot({"ek_public": mine[0].hex(), "ak_public": own[1].hex(), "ek_certificate": None})
    quote, signature = other_tpm.quote(challenge["nonce"])
    reply = thief.checkin_with({"secret": "00" * 32, "quote": quote, "signature": signature, "pcrs": other_tpm.pcrs(),
                                "event_log": LOG.hex()}, hint)
    assert reply.json["order"] is None and "could not reveal the secret" in reply.json["why_no_order"]


def test_an_unknown_tpm_and_first_use(station, tpm, other_tpm):
    expect(station, MEASURED)
    station.add_node(trusted=False)
    station.add_order()
    agent = TpmAgent(station, tpm)
    said = refused(agent, "not known to be the node's", "remint node tpm")
    assert "location-trusted" in said["why_no_order"], "the policy is to record, and nothing else proves it"
    change(station, first_use=True)
    # Not with another boot image.
    expect(station, other_image(".initrd"))
    refused(agent)
    assert station.node()["tpm"]["ek_sha256"] is None
    expect(station, MEASURED)
    assert agent.checkin_proven().json["order"]
    node = station.node()
    assert (node["tpm"]["ek_sha256"], node["tpm"]["ek_basis"], node["tpm"]["first_use"]) == (tpm.ek_sha256(), "first-use", False)
    assert any(e["action"] == "node-tpm" and "first use" in e["result"] and tpm.ek_sha256() in e["object"]
               for e in station.audit())
    refused(TpmAgent(station, other_tpm), "another TPM")


def test_a_tpm_is_one_nodes(station, tpm):
    expect(station, MEASURED)
    tpm.make_keys()
    station.add_node(1, trusted=False)
    station.add_node(2, trusted=False)
    change(station, ek_sha256=tpm.ek_sha256())
    reply = station.operate("POST", "/v1/nodes/node2/tpm", {"ek_sha256": tpm.ek_sha256()})
    assert reply.status == 409 and "node1" in reply.json["error"]
    station.operate("POST", "/v1/nodes/node2/tpm", {"first_use": True})
    station.add_order(2)
    refused(TpmAgent(station, tpm, 2), "that of node node1")


def make_ca(folder, name):
    key, pem = folder / f"{name}.key", folder / f"{name}.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
                    "-out", pem, "-days", "30", "-subj", f"/CN={name}"], check=True, capture_output=True)
    return key, pem


@pytest.mark.parametrize("kind", ["ecc", "rsa"])
def test_the_makers_certificate(tmp_path, tpm, kind):
    ca, other = make_ca(tmp_path, "maker"), make_ca(tmp_path, "somebody")
    station = Station(tmp_path)
    station.options = ("--ek-ca", ca[1])
    station.start()
    tpm.ek_kind = kind
    try:
        station.add_image()
        expect(station, MEASURED)
        station.add_node(trusted=False)
        station.add_order()
        agent = TpmAgent(station, tpm)
        tpm.make_keys()
        for certificate in (None, b"\x30\x03\x02\x01\x01", tpm.certificate(*other), tpm.certificate(*ca, usage="clientAuth")):
            agent.certificate = certificate
            refused(agent, "not known to be the node's")
        agent.certificate = tpm.certificate(*ca, usage=EK_USAGE)
        assert agent.checkin_proven().json["order"]
        assert station.node()["tpm"]["ek_basis"] == "certificate"
        agent.certificate = None  # from then on the key suffices
        assert agent.checkin_proven().json["order"]
    finally:
        tpm.ek_kind = "ecc"
        station.stop()


def test_record_gives_the_order_and_writes_down_why_not(station, tpm):
    expect(station, other_image(".linux"))
    station.add_node()
    station.add_order()
    agent = TpmAgent(station, tpm)
    reply = agent.checkin_proven()
    assert reply.json["order"] and reply.json["quote"]["required"] is False
    order = agent.order["id"]
    assert agent.call("POST", "evidence", agent.seal(evidence(order, agent.identity))).status == 200
    certificate = station.operate("GET", f"/v1/orders/{order}/certificate").json
    assert certificate["identity_basis"] == "location-trusted"
    assert certificate["attestation"]["result"] == "failed"
    assert "not known to be the node's" in certificate["attestation"]["why"]
    # Without the quote it is taken as well, and says no more than there is.
    assert agent.call("POST", "evidence", evidence(order, agent.identity)).status == 200
    certificate = station.operate("GET", f"/v1/orders/{order}/certificate").json
    assert certificate["attestation"]["quote"] is None


def test_without_a_tpm(station):
    station.add_node()
    station.add_order()
    agent = TpmAgent(station, None)
    assert agent.checkin().json["order"], "as before"
    assert station.node()["tpm"]["last"]["why"] == "its agent offered no TPM"
    change(station, attest="require")
    reply = agent.checkin()
    assert reply.json["order"] is None and "offered no TPM" in reply.json["why_no_order"]
    reply = agent.checkin_with({"error": "TPM: it is in lockout"}, agent.hint())
    assert reply.json["order"] is None and "it is in lockout" in reply.json["why_no_order"]


def test_off_and_unknown_machines_are_not_asked(station, tpm):
    agent = TpmAgent(station, tpm)
    assert agent.boot()[1] is None
    station.add_node()
    change(station, attest="off")
    assert agent.boot()[1] is None
    station.add_order()
    assert agent.checkin().json["order"]


def test_malformed_documents(attesting, tpm):
    agent = TpmAgent(attesting, tpm)
    offer = agent.offer()
    for key in ("ek_public", "ak_public"):
        for value in ("", "0", "zz", "00" * 1025, offer[key][:-2], offer[key] + "00", flipped(offer[key][:40]) + offer[key][40:], 7,
                      None):
            reply = attesting.call("POST", "/v1/agent/boot", {"identity": agent.identity, "tpm": {**offer, key: value}})
            assert reply.status == 400, (key, value, reply)
    swapped = {"ek_public": offer["ak_public"], "ak_public": offer["ek_public"], "ek_certificate": None}
    for tpm_value in (7, [], {}, {**offer, "more": 1}, {**offer, "ek_certificate": "00" * 5000}, swapped):
        assert attesting.call("POST", "/v1/agent/boot", {"identity": agent.identity, "tpm": tpm_value}).status == 400
    hint, challenge = agent.boot(offer)
    proof = agent.prove(challenge)
    for bad in (7, {}, {"error": ""}, {"error": "x" * 501}, {**proof, "error": "both"}, {**proof, "pcrs": {"24": "00" * 32}},
                {**proof, "pcrs": {"01": "00" * 32}}, {**proof, "pcrs": {"1": "00"}}, {**proof, "event_log": "0"},
                {**proof, "secret": "00" * 100}, {**proof, "cmdline": "x" * 3000}, {**proof, "event_log": "00" * ((1 << 20) + 1)}):
        assert agent.checkin_with(bad, hint).status == 400
    assert agent.checkin_with(proof, hint).json["order"], "what was malformed has spent nothing"


def test_operators_program(station, tpm, tmp_path):
    station.add_node()
    ek, _ = tpm.make_keys()
    digest = tpm.ek_sha256()

    def remint(*args, status=0):
        done = subprocess.run([BUILD / "remint", *map(str, args), "--state", station.state], capture_output=True, timeout=60,
                              check=False)
        assert done.returncode == status, done.stderr
        return done.stdout.decode() + done.stderr.decode()

    for name, content in (("ek.pub", ek), ("ek.pem", tpm.read("ek.pem")),
                          ("ek.der", tpm.certificate(*make_ca(tmp_path, "maker")))):
        (tmp_path / name).write_bytes(content)
        remint("node", "tpm", "node1", "--forget")
        assert digest in remint("node", "tpm", "node1", "--ek", tmp_path / name)
    remint("node", "tpm", "node1", "--ek", digest, "--attest", "require")
    assert station.node()["attest"] == "require"
    (tmp_path / "junk").write_bytes(b"junk")
    assert "neither a public key" in remint("node", "tpm", "node1", "--ek", tmp_path / "junk", status=1)
    assert "--attest is" in remint("node", "tpm", "node1", "--attest", "maybe", status=1)
    assert "is needed" in remint("node", "tpm", "node1", status=1)
    remint("node", "trust", "node1", "--tpm-first-use")
    assert station.node()["tpm"] == {"ek_sha256": None, "ek_basis": None, "first_use": True, "last": None}
    remint("node", "add", "node2", "--mac", "52:54:00:00:00:77", "--attest", "require", "--ek", tmp_path / "ek.pub")
    assert station.node(2)["tpm"]["ek_sha256"] == digest
    for body in ({}, {"attest": "maybe"}, {"ek_sha256": "x"}, {"first_use": 1}, {"first_use": True, "ek_sha256": "00" * 32},
                 {"more": 1}):
        change(station, 400, **body)
