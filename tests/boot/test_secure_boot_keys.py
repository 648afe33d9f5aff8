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


GLOBAL = bytes.fromhex("61dfe48bca93d211aa0d00e098032b8c")
DATABASE = bytes.fromhex("cbb219d73a3d9645a3bcdad00e67656f")


def signed_files(pk, kek):
    """Of a bundle whose keys are these: variable, file, who must have signed it, attributes, GUID."""
    return (("PK", "PK", pk, 0x27, GLOBAL), ("KEK", "KEK", pk, 0x27, GLOBAL), ("db", "db", kek, 0x27, DATABASE),
            ("dbx", "dbx", kek, 0x67, DATABASE), ("PK", "clear-PK", pk, 0x27, GLOBAL))


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
    for name, file, signer, attributes, guid in signed_files("PK", "KEK"):
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


def digest_of(cert):
    text = run("openssl", "x509", "-in", cert, "-noout", "-fingerprint", "-sha256").stdout
    return text.split("=")[1].strip().replace(":", "").lower()


def der_of(folder, cert):
    assert run("openssl", "x509", "-in", cert, "-outform", "DER", "-out", folder / "der").returncode == 0
    return (folder / "der").read_bytes()


def test_a_new_kek(site):
    sb, out = site / "sb", site / "out"
    assert enroll(site).returncode == 0
    (sb / "KEK.key").unlink()  # lost, or in the wrong hands
    done = keys("rotate", "--dir", sb, "--key", "kek", "--name", "a hall")
    assert done.returncode == 0 and "key exchange key 2" in done.stdout, done.stderr
    assert enroll(site).returncode == 0
    for name, file, signer, attributes, guid in signed_files("PK", "KEK-2"):
        assert openssl_verifies(site, name, out / f"{file}.auth", sb / f"{signer}.pem", attributes, guid), file
    assert not openssl_verifies(site, "db", out / "db.auth", sb / "KEK.pem", 0x27, DATABASE)
    kek = parts(out / "KEK.auth")[2]
    assert der_of(site, sb / "KEK-2.pem") in kek and der_of(site, sb / "KEK.pem") not in kek
    document = json.loads((out / "bundle.json").read_text())
    assert "former" not in document, "an agent that knows nothing of former keys would refuse it"


def test_a_new_pk_and_the_way_there_from_each_before_it(site):
    sb, out = site / "sb", site / "out"
    assert enroll(site).returncode == 0
    times = [parts(out / "clear-PK.auth")[0]]
    for n in (2, 3):
        done = keys("rotate", "--dir", sb, "--key", "pk")
        assert done.returncode == 0 and f"platform key {n}" in done.stdout and f"PK-from-{n - 1}.auth" in done.stdout, done.stderr
        times.append(parts(sb / f"PK-from-{n - 1}.auth")[0])
    for gone in ("PK.key", "PK-2.key"):
        (sb / gone).unlink()
    assert enroll(site).returncode == 0
    times.append(parts(out / "PK.auth")[0])
    assert times == sorted(set(times)), "firmware takes later ones alone"

    for name, file, signer, attributes, guid in signed_files("PK-3", "KEK"):
        assert openssl_verifies(site, name, out / f"{file}.auth", sb / f"{signer}.pem", attributes, guid), file
    document = json.loads((out / "bundle.json").read_text())
    for n, (old, new) in enumerate((("PK", "PK-2"), ("PK-2", "PK-3"))):
        file = out / f"PK-from-{n + 1}.auth"
        assert openssl_verifies(site, "PK", file, sb / f"{old}.pem", 0x27, GLOBAL)
        assert not openssl_verifies(site, "PK", file, sb / f"{new}.pem", 0x27, GLOBAL)
        assert parts(file)[2].endswith(der_of(site, sb / f"{new}.pem"))
        assert document["former"][n] == {"PK": digest_of(sb / f"{old}.pem"), "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
    assert len(document["former"]) == 2


def test_what_cannot_be_rotated_so(site):
    sb = site / "sb"
    before = (sb / "keys.json").read_bytes()
    for words, *argv in (("--key is db, kek or pk", "--key", "dbx"), ("--stage does not go with --key pk", "--key", "pk", "--stage", "add"),
                         ("--without does not go with --key kek", "--key", "kek", "--without", "n1"),
                         ("--image does not go with --key kek", "--key", "kek", "--image", site / "boot.efi"),
                         ("--kek-key does not go with --key pk", "--key", "pk", "--kek-key", "pkcs11:object=x"),
                         ("--pk-key does not go with --key db", "--stage", "add", "--pk-key", "pkcs11:object=x"),
                         ("--pk-key takes a key's URI", "--key", "pk", "--pk-key", "PK.key"), ("--stage is add, sign or revoke",)):
        refused = keys("rotate", "--dir", sb, *argv)
        assert refused.returncode == 1 and words in refused.stderr, refused.stderr
    (sb / "PK.key").rename(sb / "away")
    refused = keys("rotate", "--dir", sb, "--key", "pk")
    assert refused.returncode == 1 and "PK.key" in refused.stderr
    assert (sb / "keys.json").read_bytes() == before and not (sb / "PK-2.pem").exists()
    (sb / "away").rename(sb / "PK.key")
    # A link that is lost is seen before a bundle goes out.
    assert keys("rotate", "--dir", sb, "--key", "pk").returncode == 0
    (sb / "PK-from-1.auth").unlink()
    refused = enroll(site)
    assert refused.returncode == 1 and "PK-from-1.auth" in refused.stderr and not (site / "out").exists()


def import_key(folder, name, n, env):
    pem = folder / f"{name}.pem"
    assert run("openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", pem).returncode == 0
    done = run("softhsm2-util", "--import", pem, "--token", "hall", "--label", name, "--id", f"0{n}", "--pin", "1234", env=env)
    assert done.returncode == 0, done.stderr
    pem.unlink()


def test_keys_in_a_token(tmp_path):
    """They are used and never seen: nothing of them lies in the folder."""
    tokens = tmp_path / "tokens"
    tokens.mkdir()
    (tmp_path / "softhsm.conf").write_text(f"directories.tokendir = {tokens}\n")
    env = dict(os.environ, SOFTHSM2_CONF=str(tmp_path / "softhsm.conf"), PKCS11_MODULE_PATH=SOFTHSM)
    assert run("softhsm2-util", "--init-token", "--free", "--label", "hall", "--pin", "1234", "--so-pin", "1234", env=env).returncode == 0
    for n, name in enumerate(("pk", "kek", "db"), 1):
        import_key(tmp_path, name, n, env)
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
    assert openssl_verifies(tmp_path, "PK", tmp_path / "out/PK.auth", sb / "PK.pem", 0x27, GLOBAL)

    # A new PK and KEK in the token; the key that is there already is no new one.
    for n, name in enumerate(("pk2", "kek2"), 4):
        import_key(tmp_path, name, n, env)
    again = keys("rotate", "--dir", sb, "--key", "pk", "--pk-key", uris["pk"], env=env)
    assert again.returncode == 1 and "the key that is in use now" in again.stderr
    for name in ("pk", "kek"):
        done = keys("rotate", "--dir", sb, "--key", name, f"--{name}-key", f"pkcs11:token=hall;object={name}2?pin-value=1234", env=env)
        assert done.returncode == 0, done.stderr
    assert not [p.name for p in sb.iterdir() if p.suffix == ".key"]
    done = keys("enroll", "--dir", sb, "--output", tmp_path / "out", "--image", image, env=env)
    assert done.returncode == 0, done.stderr
    for name, file, signer, attributes, guid in (*signed_files("PK-2", "KEK-2"), ("PK", "PK-from-1", "PK", 0x27, GLOBAL)):
        assert openssl_verifies(tmp_path, name, tmp_path / f"out/{file}.auth", sb / f"{signer}.pem", attributes, guid), file
    wrong = keys("init", "--dir", tmp_path / "none", "--pk-key", "pkcs11:token=hall;object=none?pin-value=1234", env=env)
    assert wrong.returncode == 1 and "names no private key" in wrong.stderr
    assert keys("init", "--dir", tmp_path / "file", "--pk-key", "PK.key").returncode == 1
