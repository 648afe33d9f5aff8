# SPDX-License-Identifier: Apache-2.0
"""Certificates: what the station claims of every method, the schema, the documented openssl commands, and what people are shown."""
import copy
import hashlib
import html.parser
import json
import re
import subprocess

import evidence
import jsonschema
import pytest
from documented import CERTIFICATE, check_certificate
from fake_agent import FakeAgent
from harness import BUILD, TOP

HOSTILE = "<img src=x onerror=alert(1)>\"' &amp; \x85 \u202e"


def certify(station, drives, n=1, **changed):
    """An order with this evidence: its id, and the certificate."""
    station.add_node(n)
    order = station.add_order(n, wipe={"level": "clear", "verify": "sampled"})
    agent = FakeAgent(station, n)
    agent.checkin()
    reply = agent.evidence(drives, **changed)
    assert reply.status == 200, reply
    return order["id"], station.operate("GET", f"/v1/orders/{order['id']}/certificate").json


def fetch(station, order, folder):
    done = remint("order", "certificate", order, "--evidence", "--output", folder, "--state", station.state)
    assert done.returncode == 0, done.stderr
    return folder / f"{order}.json"


def remint(*args):
    return subprocess.run([BUILD / "remint", *map(str, args)], capture_output=True, text=True, timeout=60)


def test_every_method_is_certified(station):
    drives = [evidence.drive(f"D{i}", method) for i, method in enumerate(evidence.TECHNIQUES)]
    drives += [evidence.drive(f"N{i}", method, leaves="random")
               for i, (method, (technique, _)) in enumerate(evidence.TECHNIQUES.items()) if method != "overwrite"]
    drives += [evidence.failed(), evidence.untold(), evidence.drive("S", "nvme-sanitize-block", samples=3001)]
    _, certificate = certify(station, drives, drives_not_touched=[evidence.untouched()])
    for drive in certificate["drives"]:
        noise = (drive["proof"]["method_reads"] or {}).get("random_bytes")
        expected = ("not erased" if drive["outcome"] == "failed" else
                    "asserted by the device" if noise and drive["technique"] == "cryptographic erase" else "read back")
        assert drive["claim"] == expected, drive["name"]
        assert drive["level_basis"] == (None if expected == "not erased" else
                                        "read back" if drive["method"] == "overwrite" else "asserted by the device")
    assert certificate["validation"]["result"] == "borne out"
    assert certificate["tool"] == {"name": "remint-agent", "version": "0.1.0"}
    assert certificate["place"] is None and certificate["contact"] is None


def test_what_the_proof_lacks_is_told(station):
    unchanged, marked = evidence.drive("A", "nvme-sanitize-block"), evidence.drive("B")
    unchanged["proof"]["unchanged"] = 2
    marked["proof"]["markers_gone"] -= 1
    _, certificate = certify(station, [evidence.drive("C"), unchanged, marked])
    validation = certificate["validation"]
    assert validation["result"] == "not borne out"
    assert [w["name"] for w in validation["not_borne_out"]] == ["serial:A", "serial:B"]
    assert [(d["outcome"], d["claim"]) for d in certificate["drives"]] == [
        ("proven", "read back"), ("failed", "not erased"), ("failed", "not erased")]


def test_evidence_that_contradicts_itself_is_refused(station):
    station.add_node()
    station.add_order()
    agent = FakeAgent(station)
    agent.checkin()
    wrong = evidence.drive()
    wrong["proof"]["markers_gone"] += 1
    reply = agent.evidence([wrong])
    assert reply.status == 400 and "markers_gone is more than markers_written" in reply.json["error"]
    old = evidence.drive()
    del old["proof"]["unchanged"]
    assert "unchanged is missing" in agent.evidence([old]).json["error"]


def test_place_and_contact_are_kept(station):
    def restart(*options):
        station.stop()
        station.options = options
        station.start()
    restart("--place", "Frankfurt, Halle 7 \u2013 Süd", "--contact", "noc@example.net")
    assert certify(station, None)[1]["place"] == "Frankfurt, Halle 7 \u2013 Süd"
    restart()
    _, certificate = certify(station, None, 2)
    assert (certificate["place"], certificate["contact"]) == ("Frankfurt, Halle 7 \u2013 Süd", "noc@example.net")
    restart("--place", "Berlin")
    _, certificate = certify(station, None, 3)
    assert (certificate["place"], certificate["contact"]) == ("Berlin", "noc@example.net")
    station.stop()
    for bad in ("two\nlines", "x" * 201):
        done = remint("serve", "--state", station.state, "--place", bad)
        assert done.returncode == 1 and "place: not one line" in done.stderr, done
    station.options = ()
    station.start()


# ---- the schema ----

def paths(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in items:
        yield from paths(member, (*path, key))


def at(value, path):
    for key in path:
        value = value[key]
    return value


# Where anything may stand (or, in `image`, more than is listed), and what need not be there.
FREE = re.compile(r"capabilities/(nvme|ata|scsi|none)(/|$)|capabilities/opal/|health/(before|after)/|(^|/)efi/|^gpus/\d+/(settings|health)/|^gpus/.*/(from|to|wanted)$")
MORE = re.compile(r"^image(/written(/targets/\d+)?)?$|capabilities/(nvme|ata|scsi|opal)|health/(before|after)|^gpus/\d+/(settings|health)$")
OPTIONAL = re.compile(r"samples$|lost$|^out_of_band$|^gate$|^overlays$|^nics$|^nics/.*/(driver|interface|mac|psid|serial)$|^gate/.*/where$|^gpus$|^gpus/\d+/(slot|model|serial|uuid|driver|vbios|inforom|memory)$|^gpus/\d+/reset/(boot|memory_scrub)$|^gpus/\d+/scrub/(.*rate|share|faults)$|^firmware/(pstore|variables|memory|after_reset)$|^firmware/memory/reason$|^firmware/.*/(what|reason)$|agent/boot_image$|steps/\d+/resumed$|^image/(kind|redundancy)$|^image/written/")


def refused(certificate):
    return not CERTIFICATE.is_valid(certificate)


def test_the_schema_refuses_what_is_no_certificate(station):
    """Each member left out, of another type, or with a stranger beside it."""
    crypto = evidence.drive("C", "nvme-sanitize-crypto", leaves="random", samples=3001)
    _, good = certify(station, [evidence.drive("A"), crypto, evidence.failed()], drives_not_touched=[evidence.untouched()],
                      firmware=evidence.firmware())
    good["gate"], good["nics"] = evidence.gate(), evidence.nics()
    lazy = {"reset": {"not_done": "no driver"}, "scrub": {"not_done": "no driver"}, "not_set": [{"setting": "mig", "wanted": 1, "why": "x"}]}
    good["gpus"] = [evidence.gpu(), evidence.gpu("0000:2a:00.0", backend=None, faults=[{"what": "xid", "text": "x"}], **lazy)]
    good["overlays"] = [evidence.overlay()]
    assert not refused(good)
    tried = 0
    for path in list(paths(good)):
        name = "/".join(map(str, path))
        if FREE.search(name):
            continue
        if path and isinstance(path[-1], str):
            less = copy.deepcopy(good)
            del at(less, path[:-1])[path[-1]]
            if not OPTIONAL.search(name):
                assert refused(less), f"without {name}"
            other = copy.deepcopy(good)
            at(other, path[:-1])[path[-1]] = 1.5 if not isinstance(at(good, path), (int, float)) else "1"
            if name not in ("image/kind", "image/redundancy"):
                assert refused(other), f"with another {name}"
            tried += 2
        if isinstance(at(good, path), dict) and not MORE.search(name) and name != "efi":
            more = copy.deepcopy(good)
            at(more, path)["surprise"] = None
            assert refused(more), f"{name} with a stranger"
            tried += 1
    assert tried > 400


def test_the_firmware_in_words(station, tmp_path):
    order, certificate = certify(station, [evidence.drive("A")], firmware=evidence.firmware(),
                                 efi={"removed": [{"number": "0001"}], "kept": [{}, {}], "cleaned": []})
    CERTIFICATE.validate(certificate)
    assert "Firmware variables removed: 1." in certificate["statement"]
    path = fetch(station, order, tmp_path)
    shown = remint("certificate", "show", path).stdout
    for words in ("Boot entries: 1 removed, 2 stay", "Other variables: 40 seen, 1 removed, 1 reported", "1 removed, 900 bytes",
                  "After a reset the firmware had kept", "removing a UEFI variable: the firmware does not allow it",
                  "clearing the memory: the firmware has no MemoryOverwriteRequestControl"):
        assert words in shown, words
    page = remint("certificate", "html", path).stdout
    assert "<h2>Firmware</h2>" in page and "shim&#39;s" in page or "shim's" in page


@pytest.mark.parametrize("change", [
    {"certificate": 1}, {"certificate": 3}, {"issued": "yesterday"}, {"standards": []}, {"root_disks": []},
    {"identity_basis": "a feeling"}, {"validation": {}}])
def test_the_schema_refuses_wrong_heads(station, change):
    assert refused({**certify(station, None)[1], **change})


def test_the_schema_knows_what_goes_together(station):
    _, good = certify(station, [evidence.drive("A"), evidence.failed()])

    def drive(i, **changed):
        bad = copy.deepcopy(good)
        bad["drives"][i].update(changed)
        return bad
    assert refused(drive(1, claim="read back")), "a drive that failed"
    assert refused(drive(1, level_basis="read back"))
    assert refused(drive(1, reason=None))
    assert refused(drive(0, reason="it burned"))
    assert refused(drive(0, level_basis=None))
    assert refused(drive(0, level="purge")), "by overwriting"
    assert refused(drive(0, proof={**good["drives"][0]["proof"], "unchanged": 1}))
    assert refused(drive(0, proof={**good["drives"][0]["proof"], "reads": "mixed"}))


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(CERTIFICATE.schema)


# ---- by openssl ----

@pytest.fixture
def script(tmp_path):
    """The commands of docs/certificate.md, as they stand there."""
    lines = (TOP / "docs/certificate.md").read_text().splitlines()
    begin = lines.index("    #!/bin/sh")
    end = next(i for i in range(begin, len(lines)) if lines[i] and not lines[i].startswith("    "))
    path = tmp_path / "check.sh"
    path.write_text("\n".join(line[4:] for line in lines[begin:end]) + "\n")

    def run(*args):
        return subprocess.run(["sh", path, *args], capture_output=True, text=True, timeout=60)
    return run


def test_the_documented_commands_verify(station, script, tmp_path):
    order, _ = certify(station, None)
    path = fetch(station, order, tmp_path)
    ca, handed_in = station.state / "evidence-ca.pem", tmp_path / f"{order}.evidence.json"
    done = script(path, ca, handed_in)
    assert done.returncode == 0 and f"verified: {path}" in done.stdout, done
    assert hashlib.sha256(path.read_bytes()).hexdigest() in done.stdout and "Code Signing" in done.stdout
    assert script(path, ca).returncode == 0
    handed_in.write_bytes(handed_in.read_bytes() + b" ")
    assert script(path, ca, handed_in).returncode != 0, "other evidence"
    other = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                            "-keyout", tmp_path / "k", "-out", tmp_path / "other.pem", "-subj", "/CN=remint station CA"],
                           capture_output=True)
    assert other.returncode == 0 and script(path, tmp_path / "other.pem").returncode != 0, "another CA"
    path.write_bytes(path.read_bytes().replace(b"read back", b"read  back", 1))
    assert script(path, ca).returncode != 0, "another document"


@pytest.mark.parametrize("usage, code", [("digitalSignature", "codeSigning"), ("digitalSignature", "serverAuth"),
                                         ("keyAgreement", "codeSigning")])
def test_the_documented_commands_look_at_the_usage(station, script, tmp_path, usage, code):
    """A certificate of the same CA that was made for something else may not sign."""
    order, _ = certify(station, None)
    path, ca = fetch(station, order, tmp_path), station.state / "evidence-ca.pem"
    (tmp_path / "ext").write_text(f"keyUsage={usage}\nextendedKeyUsage={code}\n")
    for argv in (["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "k.pem", "-out",
                  "k.csr", "-subj", "/CN=somebody"],
                 ["x509", "-req", "-in", "k.csr", "-CA", ca, "-CAkey", station.state / "ca.key", "-CAcreateserial", "-days", "2",
                  "-extfile", "ext", "-out", "cert.pem"],
                 ["cms", "-sign", "-binary", "-noattr", "-in", path, "-signer", "cert.pem", "-inkey", "k.pem", "-outform", "DER",
                  "-out", f"{path}.p7s"]):
        done = subprocess.run(["openssl", *argv], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    allowed = (usage, code) == ("digitalSignature", "codeSigning")
    assert (script(path, ca).returncode == 0) == allowed
    assert (remint("certificate", "verify", path, "--ca", ca).returncode == 0) == allowed


# ---- for people ----

class Page(html.parser.HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.said = set(), set(), []
        self.feed(text)
        self.close()
        self.text = " ".join(" ".join(self.said).split())

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        self.said.append(data)


def page_of(path):
    done = remint("certificate", "html", path)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_page(station, tmp_path):
    crypto = evidence.drive("C", "nvme-sanitize-crypto", leaves="random", samples=3001)
    order, _ = certify(station, [evidence.drive("A"), crypto, evidence.failed(reason="it burned")],
                       drives_not_touched=[evidence.untouched()])
    path = fetch(station, order, tmp_path)
    text = page_of(path)
    page = Page(text)
    for said in ("1 of the 3 drives that were to be erased is not erased", "MODEL 1000", "cryptographic erase",
                 "asserted by the device", "It does not say", "Nobody can see that by reading the drive", "it burned",
                 "over-provisioned flash drive 2 no command reads it", "removable", "0.1 % is found with a probability of 95 %",
                 "not itself signed", hashlib.sha256(path.read_bytes()).hexdigest(), "openssl cms -verify"):
        assert said in page.text, said
    # It needs nothing else, and runs nothing.
    assert page.tags <= {"html", "head", "meta", "title", "style", "body", "main", "header", "section", "footer", "div", "h1", "h2",
                         "p", "b", "br", "span", "small", "dl", "dt", "dd", "table", "col", "thead", "tbody", "tr", "th", "td",
                         "code", "pre"}
    assert page.attributes <= {"lang", "charset", "http-equiv", "content", "name", "class"}
    assert "url(" not in text and "@import" not in text and "http" not in text.replace("http-equiv", "")
    assert remint("certificate", "html", path, "-o", tmp_path / "page.html").returncode == 0
    assert (tmp_path / "page.html").read_text() == text


def test_nothing_of_the_document_becomes_markup(station, tmp_path):
    drive = evidence.drive(model=HOSTILE, serial=HOSTILE, reason=None)
    drive["not_done"] = [{"what": HOSTILE, "reason": HOSTILE}]
    drive["plan"][0]["reason"] = HOSTILE
    drive["attempts"].insert(0, {**drive["attempts"][0], "error": HOSTILE})
    order, certificate = certify(station, [drive], drives_not_touched=[evidence.untouched(HOSTILE, HOSTILE)])
    path = fetch(station, order, tmp_path)
    page = Page(page_of(path))
    assert "img" not in page.tags and "onerror" not in page.attributes
    assert page.text.count("<img src=x onerror=alert(1)>\"' &amp; ?? ???") >= 5
    # and nothing becomes a command to a terminal
    shown = remint("certificate", "show", path).stdout
    assert HOSTILE[:28] in shown and not set("\x85\u202e\x1b") & set(shown)
    hostile_name = tmp_path / "a$(touch x)'b.json"
    hostile_name.write_bytes(path.read_bytes())
    assert r"""-content 'a$(touch x)'\''b.json'""" in Page(page_of(hostile_name)).text
    check_certificate(certificate)


def test_it_is_shown_in_words(station, tmp_path):
    order, _ = certify(station, [evidence.drive("A"), evidence.drive("B", "nvme-sanitize-block")])
    path = fetch(station, order, tmp_path)
    shown = remint("certificate", "show", path)
    assert shown.returncode == 0, shown.stderr
    for said in ("All 2 drives that were to be erased are erased.", "serial:A", "magnetic, virtio, 1.07 GB", "purge",
                 "read in full: a keyed stream, then all zeros", "It does not say", "Not done:", "over-provisioned flash",
                 hashlib.sha256(path.read_bytes()).hexdigest(), "signature has not been looked at"):
        assert said in shown.stdout, said


def test_other_documents_are_refused(station, tmp_path):
    order, certificate = certify(station, None)
    path = fetch(station, order, tmp_path)
    texts = {"text": "hello", "list": "[]", "manifest": (station.images / "debian-12/manifest.json").read_text(),
             "evidence": (tmp_path / f"{order}.evidence.json").read_text(), "first": json.dumps({**certificate, "certificate": 1}),
             "cut": path.read_text()[:-1], "bare": '{"certificate": 2}'}
    for name, text in texts.items():
        other = tmp_path / f"{name}.json"
        other.write_text(text)
        for verb in ("show", "html"):
            done = remint("certificate", verb, other, *(["-o", tmp_path / "never.html"] if verb == "html" else []))
            assert done.returncode == 1 and not done.stdout and f"{name}.json" in done.stderr, (name, done)
            assert done.stderr.count("\n") == 1
    assert not (tmp_path / "never.html").exists()
    assert "not a certificate" in remint("certificate", "show", tmp_path / "manifest.json").stderr
    assert "version 1" in remint("certificate", "show", tmp_path / "first.json").stderr
    assert remint("certificate", "html", path, "-o").returncode == 2
