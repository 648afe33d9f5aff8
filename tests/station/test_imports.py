# SPDX-License-Identifier: Apache-2.0
"""Records of stand-alone use, as an operator brings them from a boot medium. docs/standalone.md"""
import hashlib
import json
import subprocess
from datetime import datetime, timezone

import pytest
from evidence import drive
from evidence import evidence as evidence_of
from harness import BUILD, Station, identity_of
from test_order import verify


def run(*argv, **kw):
    return subprocess.run([str(a) for a in argv], check=True, capture_output=True, timeout=60, **kw)


def now():
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def cms_sign(content, key, cert, folder):
    (folder / "content").write_bytes(content)
    run("openssl", "cms", "-sign", "-binary", "-noattr", "-outform", "DER", "-in", folder / "content", "-signer", cert,
        "-inkey", key, "-out", folder / "sig")
    return (folder / "sig").read_bytes()


class Medium:
    """What an agent leaves: the order, and a record of its use."""

    def __init__(self, folder, once=True, serials=("D1",)):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.pki = folder.parent / "pki"
        if not self.pki.exists():
            run(BUILD / "remint", "keys", "make", "--ca-dir", self.pki)
        alone = {"serials": list(serials) or None, "confirm": None if serials else "console", "once": once,
                 "expires": "2099-01-01T00:00:00Z"}
        # As a person writes it, with line ends: its bytes are what is signed.
        self.order = json.dumps({"order": 1, "id": "o-5f0c", "node": "rack9-old", "image": None, "wipe": {"disks": "all"},
                                 "alone": alone}, indent=1).encode()
        self.order_p7s = cms_sign(self.order, self.pki / "sign.key", self.pki / "sign.pem", folder)
        self.key, self.cert = folder / "agent.key", folder / "agent.pem"
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3650",
            "-subj", "/CN=agent", "-addext", "keyUsage=critical,digitalSignature", "-addext",
            "extendedKeyUsage=codeSigning", "-addext", "basicConstraints=critical,CA:FALSE", "-keyout", self.key, "-out",
            self.cert)

    def record(self, nonce="ab" * 16, **changed):
        record = {"standalone": 1, "order_sha256": hashlib.sha256(self.order).hexdigest(),
                  "order_signature_sha256": hashlib.sha256(self.order_p7s).hexdigest(), "nonce": nonce, "made": now(),
                  "agent_certificate": self.cert.read_text(), "site": {"site.json": "cd" * 32},
                  "evidence": evidence_of("o-5f0c", identity_of(7), image=None, root_disks=[])}
        return self.sealed({**record, **changed})

    def sealed(self, record):
        text = json.dumps(record, sort_keys=True, separators=(",", ":")).encode()
        return self.body(text, cms_sign(text, self.key, self.cert, self.folder))

    def body(self, text, signature):
        return {"order": self.order.decode(), "order_p7s": self.order_p7s.hex(), "record": text.decode(),
                "record_p7s": signature.hex()}


@pytest.fixture
def medium(tmp_path):
    return Medium(tmp_path / "medium")


@pytest.fixture
def trusting(tmp_path, medium):
    """A station that trusts the medium's signer."""
    folder = tmp_path / "station"
    folder.mkdir()
    station = Station(folder)
    station.options = ("--order-ca", medium.pki / "ca.pem")
    yield station.start()
    station.stop()


def test_import_gives_a_certificate(trusting, medium, tmp_path):
    body = medium.record()
    reply = trusting.operate("POST", "/v1/imports", body, trusting.account("operator"))
    assert reply.status == 201, reply
    shown = reply.json
    assert shown["order"] == "o-5f0c" and shown["node"] == "rack9-old"
    text = trusting.operate("GET", f"/v1/imports/{shown['id']}/certificate").body
    sig = trusting.operate("GET", f"/v1/imports/{shown['id']}/certificate.p7s").body
    assert hashlib.sha256(text).hexdigest() == shown["certificate_sha256"]
    assert verify(trusting, tmp_path, text, sig) == 0
    certificate = json.loads(text)
    assert certificate["identity_basis"] == "stand-alone" and certificate["node"] == "rack9-old"
    assert certificate["image"] is None and certificate["drives"][0]["claim"]
    assert certificate["requested_by"] == certificate["standalone"]["order_signer"]
    assert certificate["standalone"]["order_sha256"] == hashlib.sha256(medium.order).hexdigest()
    assert certificate["standalone"]["imported_by"].startswith("operator-")
    assert "without a station" in certificate["statement"] and "proven by nothing but the record" in certificate["statement"]
    assert [i["id"] for i in trusting.operate("GET", "/v1/imports").json["imports"]] == [shown["id"]]
    assert any(e["action"] == "import-add" and e["result"] == "done" for e in trusting.audit())


def test_import_twice_gives_the_same_certificate(trusting, medium):
    body = medium.record()
    first = trusting.operate("POST", "/v1/imports", body)
    again = trusting.operate("POST", "/v1/imports", body)
    assert (first.status, again.status) == (201, 200) and first.json == again.json
    # The same record under another signature of the same key is the same record.
    text = body["record"].encode()
    other = {**body, "record_p7s": cms_sign(text, medium.key, medium.cert, medium.folder).hex()}
    assert other["record_p7s"] != body["record_p7s"]
    assert trusting.operate("POST", "/v1/imports", other).json == first.json
    # And another record of the same use is none.
    changed = medium.record(site={})
    reply = trusting.operate("POST", "/v1/imports", changed)
    assert reply.status == 409 and "has a certificate" in reply.json["error"], reply


def test_altered_records_are_refused(trusting, medium, tmp_path):
    body = medium.record()
    text = body["record"]
    other_key = Medium(tmp_path / "other")  # the same order, by another key
    altered = {
        "drive": {**body, "record": text.replace('"serial":"D1"', '"serial":"D2"')},
        "claim": {**body, "record": text.replace('"markers_gone":1067', '"markers_gone":1066')},
        "order": {**body, "order": body["order"].replace("rack9-old", "rack9-new")},
        "order's signature": {**body, "order_p7s": body["order_p7s"][:-2] + "00"},
        "signature": {**body, "record_p7s": body["record_p7s"][:-2] + "00"},
        "no signature": {**body, "record_p7s": ""},
        "another's signature": {**body, "record_p7s": other_key.record()["record_p7s"]},
        "another key in it": {**body, "record": text.replace(json.dumps(medium.cert.read_text())[1:-1],
                                                             json.dumps(other_key.cert.read_text())[1:-1])},
        "not the order's": {**body, "order": other_key.order.decode() + " ", "order_p7s": cms_sign(
            other_key.order + b" ", medium.pki / "sign.key", medium.pki / "sign.pem", medium.folder).hex()},
    }
    for what, bad in altered.items():
        assert bad != body, what
        reply = trusting.operate("POST", "/v1/imports", bad)
        assert reply.status == 400, (what, reply)
    assert trusting.operate("GET", "/v1/imports").json["imports"] == []
    assert any(e["action"] == "import-add" and e["result"].startswith("refused") for e in trusting.audit())


def test_records_that_say_too_much_are_refused(trusting, medium):
    whole = evidence_of("o-5f0c", identity_of(7))
    no_image = evidence_of("o-5f0c", identity_of(7), image=None, root_disks=[])
    foreign = json.loads(json.dumps(no_image).replace('"D1"', '"D9"'))
    silent = {**no_image, "drives": []}
    cleared = evidence_of("o-5f0c", identity_of(7), [drive()], image=None, root_disks=[])
    for says, changed in (("image", {"evidence": whole}), ("does not name", {"evidence": foreign}), ("says nothing of the drive D1", {"evidence": silent}),
                          ("the order is to purge", {"evidence": cleared}),
                          ("order", {"evidence": {**no_image, "order": "o-other"}}), ("nonce", {"nonce": "ab"}),
                          ("site", {"site": {"x": "y"}}), ("extra", {"extra": 1}), ("made", {"made": "now"}),
                          ("standalone", {"standalone": 2})):
        reply = trusting.operate("POST", "/v1/imports", medium.record(**changed))
        assert reply.status == 400 and says in reply.json["error"], (says, reply)


def test_an_order_is_good_once(trusting, medium):
    assert trusting.operate("POST", "/v1/imports", medium.record("ab" * 16)).status == 201
    reply = trusting.operate("POST", "/v1/imports", medium.record("cd" * 16))
    assert reply.status == 409 and "copied" in reply.json["error"], reply


def test_an_order_for_several_machines(trusting, tmp_path):
    several = Medium(tmp_path / "several", once=False, serials=())
    for nonce in ("ab" * 16, "cd" * 16):
        assert trusting.operate("POST", "/v1/imports", several.record(nonce)).status == 201
    assert len(trusting.operate("GET", "/v1/imports").json["imports"]) == 2


def test_who_may_import(trusting, medium, station, tmp_path):
    assert trusting.operate("POST", "/v1/imports", medium.record(), trusting.account("viewer")).status == 403
    # A station that was told of no such CA trusts nobody; one that was told of another does not trust this signer.
    reply = station.operate("POST", "/v1/imports", medium.record())
    assert reply.status == 409 and "--order-ca" in reply.json["error"]
    other = Medium(tmp_path / "elsewhere" / "medium")
    assert trusting.operate("POST", "/v1/imports", other.record()).status == 400
    assert trusting.operate("GET", f"/v1/imports/{'ab' * 32}/certificate").status == 404


def test_remint_order_import(trusting, medium, tmp_path):
    """The operator's program, with the files as they lie on a medium."""
    body = medium.record()
    (medium.folder / "order.json").write_text(body["order"])
    (medium.folder / "order.json.p7s").write_bytes(bytes.fromhex(body["order_p7s"]))
    (medium.folder / "evidence-o-5f0c-1.json").write_text(body["record"])
    (medium.folder / "evidence-o-5f0c-1.json.p7s").write_bytes(bytes.fromhex(body["record_p7s"]))
    out = tmp_path / "out"
    for _ in range(2):
        run(BUILD / "remint", "order", "import", medium.folder / "evidence-o-5f0c-1.json", "--output", out, "--state",
            trusting.state)
    certificate = out / "certificate-o-5f0c-1.json"
    said = run(BUILD / "remint", "certificate", "verify", certificate, "--ca", trusting.state / "evidence-ca.pem").stdout
    assert b"signed by" in said
    assert b"No image was written: the order was to erase" in run(BUILD / "remint", "certificate", "show", certificate).stdout
