# SPDX-License-Identifier: Apache-2.0
"""remint keys init, sign and enroll: keys in files and in a token, and what is refused. docs/secure-boot.md"""
import hashlib
import json
import os
import struct
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
REMINT = Path(os.environ.get("REMINT_BUILD", TOP / "build")) / "remint"
STUB = "/usr/lib/systemd/boot/efi/linuxx64.efi.stub"
SOFTHSM = "/usr/lib/softhsm/libsofthsm2.so"


def run(*argv, **kw):
    return subprocess.run([str(a) for a in argv], capture_output=True, text=True, timeout=60, check=False, **kw)


def keys(*argv, **kw):
    return run(REMINT, "keys", *argv, **kw)


@pytest.fixture
def site(tmp_path):
    assert keys("init", "--dir", tmp_path / "sb", "--name", "a hall").returncode == 0
    assert keys("sign", STUB, "--dir", tmp_path / "sb", "--output", tmp_path / "boot.efi").returncode == 0
    return tmp_path


def enroll(site, image="boot.efi", *more):
    return keys("enroll", "--dir", site / "sb", "--output", site / "out", "--image", site / image, *more)


def parts(path):
    """Time, SignedData and contents of a payload."""
    raw = path.read_bytes()
    year, month, day, hour, minute, second = struct.unpack_from("<HBBBBB", raw)
    length, = struct.unpack_from("<I", raw, 16)
    return (year, month, day, hour, minute, second), raw[40:16 + length], raw[16 + length:]


def openssl_verifies(folder, name, path, cert, attributes, guid):
    """What the firmware verifies, put together here once more."""
    raw = path.read_bytes()
    _, signed, contents = parts(path)
    (folder / "content").write_bytes(name.encode("utf-16-le") + guid + struct.pack("<I", attributes) + raw[:16] + contents)
    # ContentInfo: SEQUENCE { 1.2.840.113549.1.7.2, [0] SignedData }
    inner = bytes.fromhex("06092a864886f70d010702") + b"\xa0\x82" + struct.pack(">H", len(signed)) + signed
    (folder / "p7").write_bytes(b"\x30\x82" + struct.pack(">H", len(inner)) + inner)
    return run("openssl", "smime", "-verify", "-binary", "-inform", "DER", "-in", folder / "p7", "-content", folder / "content",
               "-CAfile", cert, "-purpose", "any", "-out", "/dev/null").returncode == 0


def test_what_is_made(site):
    sb, out = site / "sb", site / "out"
    modes = {p.name: p.stat().st_mode & 0o777 for p in sb.iterdir()}
    assert all(modes[name] == 0o600 for name in ("PK.key", "KEK.key", "db-1.key"))
    for name in ("PK", "KEK", "db-1"):
        text = run("openssl", "x509", "-in", sb / f"{name}.pem", "-noout", "-text").stdout
        assert "Public-Key: (2048 bit)" in text and "CN = a hall" in text
    again = keys("init", "--dir", sb)
    assert again.returncode == 1 and "nothing is overwritten" in again.stderr

    assert enroll(site).returncode == 0
    document = json.loads((out / "bundle.json").read_text())
    assert document["generation"] == 1
    for name, digest in document["sha256"].items():
        assert hashlib.sha256((out / f"{name}.auth").read_bytes()).hexdigest() == digest
    assert (out / "clear-PK.auth").stat().st_mode & 0o777 == 0o600
    a = bytes.fromhex("61dfe48bca93d211aa0d00e098032b8c")
    d = bytes.fromhex("cbb219d73a3d9645a3bcdad00e67656f")
    for name, file, signer, attributes, guid in (("PK", "PK", "PK", 0x27, a), ("KEK", "KEK", "PK", 0x27, a), ("db", "db", "KEK", 0x27, d),
                                                 ("dbx", "dbx", "KEK", 0x67, d), ("PK", "clear-PK", "PK", 0x27, a)):
        assert openssl_verifies(site, name, out / f"{file}.auth", sb / f"{signer}.pem", attributes, guid), file
        assert not openssl_verifies(site, name, out / f"{file}.auth", sb / "db-1.pem", attributes, guid)
    # The next one is later, and what takes the platform key out is later than what puts it there.
    first, clear = parts(out / "PK.auth")[0], parts(out / "clear-PK.auth")[0]
    assert enroll(site).returncode == 0
    assert first < clear < parts(out / "PK.auth")[0]


def test_others_and_revocations_are_kept(site):
    other = site / "other"
    assert keys("init", "--dir", other, "--name", "a vendor").returncode == 0
    program = bytearray(Path(STUB).read_bytes())
    program[0x1000] ^= 1  # another program than the boot image
    (site / "bad").write_bytes(program)
    assert keys("sign", site / "bad", "--dir", other, "--output", site / "bad.efi").returncode == 0
    rom = "5a" * 32
    assert enroll(site, "boot.efi", "--rom", rom, "--with", other / "PK.pem", "--dbx-hash", site / "bad.efi", "--dbx-cert",
                  other / "db-1.pem").returncode == 0
    assert enroll(site).returncode == 0
    der = run("openssl", "x509", "-in", other / "PK.pem", "-outform", "DER", "-out", site / "der")
    assert bytes.fromhex(rom) in parts(site / "out/db.auth")[2]
    assert der.returncode == 0 and (site / "der").read_bytes() in parts(site / "out/db.auth")[2]
    revoked = parts(site / "out/dbx.auth")[2]
    digest, = json.loads((site / "sb/keys.json").read_text())["dbx_hashes"]
    assert bytes.fromhex(digest) in revoked and len(revoked) > 28 + 48


def test_a_bundle_that_would_shut_nodes_out_is_refused(site):
    assert keys("init", "--dir", site / "other").returncode == 0
    assert keys("sign", STUB, "--dir", site / "other", "--output", site / "theirs.efi").returncode == 0
    before = (site / "sb/keys.json").read_bytes()
    for image, more, words in (("theirs.efi", (), "not signed by a key of db"),
                               ("boot.efi", ("--dbx-hash", site / "boot.efi"), "revoked by its digest"),
                               ("boot.efi", ("--rom", "5a"), "hexadecimal"), ("der", (), "der")):
        refused = enroll(site, image, *more)
        assert refused.returncode == 1 and words in refused.stderr, refused.stderr
    assert (site / "sb/keys.json").read_bytes() == before and not (site / "out").exists()


def test_keys_in_a_token(tmp_path):
    """They are used and never seen: nothing of them lies in the folder."""
    tokens = tmp_path / "tokens"
    tokens.mkdir()
    (tmp_path / "softhsm.conf").write_text(f"directories.tokendir = {tokens}\n")
    env = dict(os.environ, SOFTHSM2_CONF=str(tmp_path / "softhsm.conf"), PKCS11_MODULE_PATH=SOFTHSM)
    assert run("softhsm2-util", "--init-token", "--free", "--label", "hall", "--pin", "1234", "--so-pin", "1234", env=env).returncode == 0
    for n, name in enumerate(("pk", "kek", "db"), 1):
        pem = tmp_path / f"{name}.pem"
        assert run("openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", pem).returncode == 0
        done = run("softhsm2-util", "--import", pem, "--token", "hall", "--label", name, "--id", f"0{n}", "--pin", "1234", env=env)
        assert done.returncode == 0, done.stderr
        pem.unlink()
    uris = {name: f"pkcs11:token=hall;object={name}?pin-value=1234" for name in ("pk", "kek", "db")}
    sb, image = tmp_path / "sb", tmp_path / "boot.efi"
    made = keys("init", "--dir", sb, *(w for n, uri in uris.items() for w in (f"--{n}-key", uri)), env=env)
    assert made.returncode == 0, made.stderr
    assert {p.name for p in sb.iterdir()} == {"keys.json", "PK.pem", "KEK.pem", "db-1.pem"}
    signed = keys("sign", STUB, "--dir", sb, "--output", image, env=env)
    assert signed.returncode == 0, signed.stderr
    assert run("sbverify", "--cert", sb / "db-1.pem", image).returncode == 0
    done = keys("enroll", "--dir", sb, "--output", tmp_path / "out", "--image", image, env=env)
    assert done.returncode == 0, done.stderr
    assert openssl_verifies(tmp_path, "PK", tmp_path / "out/PK.auth", sb / "PK.pem", 0x27,
                            bytes.fromhex("61dfe48bca93d211aa0d00e098032b8c"))
    wrong = keys("init", "--dir", tmp_path / "none", "--pk-key", "pkcs11:token=hall;object=none?pin-value=1234", env=env)
    assert wrong.returncode == 1 and "names no private key" in wrong.stderr
    assert keys("init", "--dir", tmp_path / "file", "--pk-key", "PK.key").returncode == 1
