# SPDX-License-Identifier: Apache-2.0
"""An agent whose TPM is swtpm, asked by tpm2-tools: another implementation than the real agent's, on the same wire."""
import hashlib
import json
import os
import shutil
import struct
import subprocess
import sys

from fake_agent import FakeAgent
from harness import TOP

sys.path.insert(0, str(TOP / "tests"))
from lab import tpm as lab_tpm  # noqa: E402

LOGS = TOP / "tests/machines/tcg-logs"
PCRS = [0, 2, 4, 7, 9, 11, 12, 13]
EK_USAGE = "2.23.133.8.1"


def events(log):
    """(PCR, type, SHA-256) of each event of a crypto-agile log. PC Client Platform Firmware Profile, section 10."""
    size = struct.unpack_from("<I", log, 28)[0]
    spec, at = log[32:32 + size], 32 + size
    sizes = dict(struct.unpack_from("<HH", spec, 28 + 4 * i) for i in range(struct.unpack_from("<I", spec, 24)[0]))
    while at < len(log):
        pcr, kind, count = struct.unpack_from("<III", log, at)
        at += 12
        sha256 = None
        for _ in range(count):
            algorithm, = struct.unpack_from("<H", log, at)
            digest = log[at + 2:at + 2 + sizes[algorithm]]
            sha256 = digest if algorithm == 0x000b else sha256
            at += 2 + sizes[algorithm]
        at += 4 + struct.unpack_from("<I", log, at)[0]
        yield pcr, kind, sha256


def captured(name="efi"):
    """A real boot: its log, its command line, and what its boot folder's boot.json says."""
    about = json.loads((LOGS / f"{name}.json").read_text())
    return (LOGS / f"{name}.log").read_bytes(), about["cmdline"], about["measured"]


class Tpm(lab_tpm.Tpm):
    """With its keys in files, as tpm2-tools have them."""

    def __init__(self, folder, log=None):
        super().__init__(folder)
        self.ek_kind = "ecc"
        if log:
            self.measure(log)

    def close(self):
        self.end()
        shutil.rmtree(self.folder)

    def tool(self, name, *args, check=True):
        done = super().tool(name, *args, check=check)
        if name not in ("flushcontext", "pcrextend"):  # there is no resource manager: what a tool has loaded stays
            super().tool("flushcontext", "-t", check=False)
        return done.stdout.decode()

    def measure(self, log):
        """Brings the PCRs to where that log has brought a real TPM's."""
        digests = [f"{pcr}:sha256={sha256.hex()}" for pcr, kind, sha256 in events(log) if kind != 3]  # EV_NO_ACTION
        for i in range(0, len(digests), 32):
            self.tool("pcrextend", *digests[i:i + 32])

    def make_keys(self):
        self.tool("createek", "-c", "ek.ctx", "-G", self.ek_kind, "-u", "ek.pub")
        self.tool("createak", "-C", "ek.ctx", "-c", "ak.ctx", "-G", "ecc", "-g", "sha256", "-s", "ecdsa", "-u", "ak.pub",
                  "-n", "ak.name")
        return self.read("ek.pub"), self.read("ak.pub")

    def read(self, name):
        return (self.folder / name).read_bytes()

    def ek_sha256(self):
        pem = self.folder / "ek.pem"
        self.tool("readpublic", "-c", "ek.ctx", "-f", "pem", "-o", pem)
        der = subprocess.run(["openssl", "pkey", "-pubin", "-in", pem, "-outform", "DER"], capture_output=True, check=True)
        return hashlib.sha256(der.stdout).hexdigest()

    def activate(self, challenge):
        (self.folder / "credential").write_bytes(struct.pack(">II", 0xBADCC0DE, 1) + bytes.fromhex(challenge["credential"])
                                                 + bytes.fromhex(challenge["secret"]))
        self.tool("startauthsession", "--policy-session", "-S", "session")
        self.tool("policysecret", "-S", "session", "-c", "e")
        self.tool("activatecredential", "-c", "ak.ctx", "-C", "ek.ctx", "-i", "credential", "-o", "secret", "-P",
                  "session:session")
        self.tool("flushcontext", "session", check=False)
        return self.read("secret").hex()

    def quote(self, qualifying, pcrs=None):
        chosen = ",".join(map(str, pcrs or PCRS))
        self.tool("quote", "-c", "ak.ctx", "-l", f"sha256:{chosen}", "-q", qualifying, "-m", "quote", "-s", "signature", "-g",
                  "sha256")
        return self.read("quote").hex(), self.read("signature").hex()

    def pcrs(self):
        values = {}
        for line in self.tool("pcrread", "sha256:" + ",".join(map(str, PCRS))).splitlines()[1:]:
            number, value = line.split(":")
            values[number.strip()] = value.strip()[2:].lower()
        return {k: v for k, v in values.items() if len(v) == 64}

    def certificate(self, ca_key, ca_pem, usage=EK_USAGE):
        """The maker's, DER, for the key that make_keys() has made."""
        self.ek_sha256()
        (self.folder / "ext").write_text(f"extendedKeyUsage={usage}\nbasicConstraints=critical,CA:FALSE\n"
                                         "subjectAltName=critical,dirName:tpm\n[tpm]\n0.2.23.133.2.1=id:00001014\n")
        subprocess.run(["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                        "any.key", "-subj", "/", "-out", "any.csr"], cwd=self.folder, check=True, capture_output=True)
        subprocess.run(["openssl", "x509", "-req", "-in", "any.csr", "-force_pubkey", "ek.pem", "-CA", ca_pem, "-CAkey", ca_key,
                        "-CAcreateserial", "-days", "30", "-extfile", "ext", "-outform", "DER", "-out", "ek.crt"],
                       cwd=self.folder, check=True, capture_output=True)
        return self.read("ek.crt")


class TpmAgent(FakeAgent):
    """What the real agent says of its TPM; `tpm` is one of ours."""

    def __init__(self, station, tpm, n=1, boot="efi"):
        super().__init__(station, n)
        self.tpm, self.certificate = tpm, None
        self.log, self.cmdline, _ = captured(boot)

    def offer(self):
        ek, ak = self.tpm.make_keys()
        return {"ek_public": ek.hex(), "ak_public": ak.hex(), "ek_certificate": self.certificate and self.certificate.hex()}

    def boot(self, offer=None):
        """The hint and the challenge, which may be null."""
        reply = self.station.call("POST", "/v1/agent/boot", {"identity": self.identity, "tpm": offer or self.offer()})
        assert reply.status == 200, reply
        return reply.json["hint"], reply.json["challenge"]

    def prove(self, challenge):
        quote, signature = self.tpm.quote(challenge["nonce"])
        return {"secret": self.tpm.activate(challenge), "quote": quote, "signature": signature, "pcrs": self.tpm.pcrs(),
                "event_log": self.log.hex(), "cmdline": self.cmdline}

    def checkin_with(self, attestation, hint, nonce=None):
        body = {"protocol": 1, "nonce": nonce or os.urandom(16).hex(), "agent": {"version": "0.1.0", "boot_image": ""},
                "identity": self.identity, "attestation": attestation}
        reply = self.station.call("POST", "/v1/agent/checkin", body, hint)
        if reply.status == 200:
            self.answer, self.lease, self.order = reply.json, reply.json["lease"]["token"], reply.json["order"]
        return reply

    def checkin_proven(self, **changed):
        hint, challenge = self.boot()
        return self.checkin_with({**self.prove(challenge), **changed}, hint)

    def seal(self, evidence, nonce=None):
        """Adds the quote; the whole as the bytes that are sent."""
        nonce = nonce or self.answer["quote"]["nonce"]
        digest = hashlib.sha256(canonical(evidence)).digest()
        quote, signature = self.tpm.quote(hashlib.sha256(bytes.fromhex(nonce) + digest).hexdigest())
        seal = {"ak_public": self.tpm.read("ak.pub").hex(), "nonce": nonce, "quote": quote, "signature": signature}
        return canonical({**evidence, "attestation": seal})


def canonical(json_value):
    return json.dumps(json_value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
