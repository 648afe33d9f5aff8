# SPDX-License-Identifier: Apache-2.0
"""remint image push, mirror and gc, as an operator runs them; import is in test_import.py."""
import hashlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time

import pytest

import stores
from stores import S3, Nginx, signature
from test_image_cli import MIB, REMINT, TOP, flip, make_disk, ok, pack, refused, remint, site  # noqa: F401 (site is a fixture)

sys.path.insert(0, str(TOP / "tests/station"))
from harness import Station  # noqa: E402

FILES = ["index.bin", "manifest.json", "manifest.json.p7s", "payload.zst"]
TIMES = ("--not-before", "2026-01-01T00:00:00Z", "--not-after", "2036-01-01T00:00:00Z")
DAY = 86400


def contents(folder):
    return {p.name: p.read_bytes() for p in folder.iterdir()}


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def sign_options(site, serial=5):
    return ("--name", "test", "--version", "1.0", "--serial", serial, "--key", site / "sign.key", "--cert", site / "sign.pem", *TIMES)


def import_(site, source, out, *more, env=None):
    return remint("import", source, *sign_options(site), "-o", out, *more, env=env)


@pytest.fixture(scope="module")
def packed(site, tmp_path_factory):
    out = tmp_path_factory.mktemp("store") / "packed"
    ok(pack(site, site / "disk.raw", out, *TIMES))
    return out


@pytest.fixture(scope="module")
def big(site, tmp_path_factory):
    """An image of twelve chunks that do not compress."""
    folder = tmp_path_factory.mktemp("big")
    disk = make_disk(folder / "disk.raw", size=48 * MIB)
    with disk.open("r+b") as f:
        f.seek(2 * MIB)
        f.write(random.Random(2).randbytes(45 * MIB))
    ok(pack(site, disk, folder / "big", *TIMES))
    return folder / "big"


@pytest.fixture
def web(tmp_path, site):
    """An nginx, and the folder that it serves."""
    if not (site / "web.pem").exists():
        (site / "ext").write_text("subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n")
        for words in (["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=web", "-keyout", "web.key", "-out", "csr"],
                      ["x509", "-req", "-in", "csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "20", "-extfile", "ext", "-out", "web.pem"]):
            subprocess.run(["openssl", *words], cwd=site, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    root = tmp_path / "www"
    root.mkdir()
    server = Nginx(tmp_path / "nginx", root, (site / "web.key", site / "web.pem"), "opensesame")
    server.root = root
    yield server
    server.close()


@pytest.fixture
def s3():
    store = S3()
    yield store
    store.close()


# ---- push ---------------------------------------------------------------------------------------

def push(site, image, where, *more, env=None):
    return remint("push", image, where, "--ca", site / "ca.pem", *more, env=env)


def aws(**more):
    return {**os.environ, "AWS_ACCESS_KEY_ID": stores.KEY_ID, "AWS_SECRET_ACCESS_KEY": stores.SECRET, **more}


def test_push_to_a_folder(site, packed, tmp_path):
    out = tmp_path / "images/test"
    assert "serial 5" in ok(push(site, packed, out))
    assert contents(out) == contents(packed)
    before = os.stat(out / "payload.zst")
    said = json.loads(ok(push(site, packed, out, "--json")))
    assert said["sent_bytes"] == 0 and {f["sent"] for f in said["files"]} == {False}
    flip(out / "payload.zst", 1000)
    ok(push(site, packed, out))
    assert contents(out) == contents(packed) and os.stat(out / "payload.zst").st_ino != before.st_ino
    ok(pack(site, site / "disk.raw", tmp_path / "six", *TIMES, serial=6))
    refused(push(site, tmp_path / "six", out), "another image", "serial 5", "--force")
    ok(push(site, tmp_path / "six", out, "--force"))
    assert contents(out) == contents(tmp_path / "six")
    (out / "more").write_text("x")
    refused(push(site, packed, out, "--force"), "more")
    assert [p.name for p in out.parent.iterdir()] == ["test"]


def test_push_verifies_first(site, packed, tmp_path):
    image = shutil.copytree(packed, tmp_path / "image")
    flip(image / "payload.zst", 1000)
    refused(push(site, image, tmp_path / "out"), "chunk 2: SHA-256 mismatch")
    refused(remint("push", packed, tmp_path / "out", "--ca", site / "other.pem"), "signature")
    assert not (tmp_path / "out").exists()
    ok(push(site, image, tmp_path / "out", "--no-payload-check"))
    refused(push(site, packed, "ftp://127.0.0.1/x"), "s3://")


def test_push_to_nginx(site, packed, web, tmp_path):
    where = f"{web.url}/images/a/test"
    ok(push(site, packed, where))
    assert contents(web.root / "images/a/test") == contents(packed)
    order = [line.split()[6].rsplit("/", 1)[1] for line in web.log.read_text().splitlines() if '"PUT ' in line]
    assert order == ["payload.zst", "index.bin", "manifest.json.p7s", "manifest.json"]
    sent = {f["name"]: f["sent"] for f in json.loads(ok(push(site, packed, where, "--json")))["files"]}
    assert sent == {"payload.zst": True, "index.bin": False, "manifest.json.p7s": False, "manifest.json": False}
    ok(pack(site, site / "disk.raw", tmp_path / "six", *TIMES, serial=6))
    refused(push(site, tmp_path / "six", where + "/"), "another image")
    ok(push(site, tmp_path / "six", where, "--force"))
    lines = [line.split('"')[1].split()[:2] for line in web.log.read_text().splitlines()]
    gone = lines.index(["DELETE", "/images/a/test/manifest.json"])
    assert ["PUT", "/images/a/test/payload.zst"] in lines[gone:], "the manifest goes before its files do"
    assert contents(web.root / "images/a/test") == contents(tmp_path / "six")


def test_no_password_is_shown(site, packed, web, tmp_path):
    """Nor what signs a URL: all of it ends in logs."""
    base = web.url.replace("http://", "http://user:geheim@")
    ok(pack(site, site / "disk.raw", tmp_path / "six", *TIMES, serial=6))
    copies = tmp_path / "copies"
    for done in (push(site, packed, f"{base}/test"), push(site, packed, f"{base}/test", "--json"), push(site, tmp_path / "six", f"{base}/test"),
                 push(site, packed, f"{base}/test", "--token-file", tmp_path), mirror(site, f"{base}/test", copies, "--json"),
                 mirror(site, f"{base}/missing", copies, "--json"), import_(site, f"{base}/test/index.bin?geheim", tmp_path / "x", "--no-digest"),
                 import_(site, f"{base}/missing?geheim", tmp_path / "x", "--no-digest"), import_(site, f"{base}/test?geheim", tmp_path / "x"),
                 import_(site, f"{base}/test/index.bin?geheim", tmp_path / "x", "--sha256", "0" * 64)):
        said = done.stdout + done.stderr
        assert f"127.0.0.1:{web.port}/" in said and "geheim" not in said, said


def test_push_with_a_token(site, packed, web, tmp_path):
    (tmp_path / "token").write_text("opensesame\n")
    where, tls = f"{web.tls_url}/test", ("--tls-ca", site / "ca.pem")
    refused(push(site, packed, where, *tls), "401")
    refused(push(site, packed, where, "--token-file", tmp_path / "token"), web.tls_url)  # an unknown CA
    refused(push(site, packed, f"{web.url}/test", "--token-file", tmp_path / "token"), "in the clear")
    ok(push(site, packed, where, *tls, "--token-file", tmp_path / "token"))
    assert contents(web.root / "test") == contents(packed)


def test_push_where_nothing_is_taken(site, packed, tmp_path):
    station = Station(tmp_path).start()
    try:
        said = refused(push(site, packed, f"http://127.0.0.1:{station.ports['http']['port']}/images/test"), "PUT")
        assert "HTTP status" in said
    finally:
        station.stop()


def test_the_store_verifies_as_amazon_does():
    """Amazon's own examples: GetObject, PutObject and GetBucketLifecycle of 24 May 2013."""
    scope, date = "20130524/us-east-1/s3/aws4_request", "20130524T000000Z"
    host = {"host": "examplebucket.s3.amazonaws.com", "x-amz-date": date}
    body = sha256(b"Welcome to Amazon S3.")

    def made(method, path, query, body_hash, **more):
        headers = {**host, "x-amz-content-sha256": body_hash, **{k.replace("_", "-"): v for k, v in more.items()}}
        return signature(stores.SECRET, method, path, query, headers, sorted(headers), body_hash, date, scope)
    assert made("GET", "/test.txt", "", stores.EMPTY, range="bytes=0-9") == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    assert made("PUT", "/test$file.text", "", body, date="Fri, 24 May 2013 00:00:00 GMT", x_amz_storage_class="REDUCED_REDUNDANCY") == \
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
    assert made("GET", "/", "lifecycle", stores.EMPTY) == "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"


def test_push_to_s3(site, packed, s3):
    words = ("s3://images/rack1/test", "--endpoint", s3.endpoint)
    ok(push(site, packed, *words, env=aws()))
    assert {k: v[0] for k, v in s3.objects.items()} == {f"/images/rack1/test/{n}": d for n, d in contents(packed).items()}
    assert [path.rsplit("/")[-1] for method, path, _ in s3.seen if method == "PUT"] == ["payload.zst", "index.bin", "manifest.json.p7s", "manifest.json"]
    s3.seen.clear()
    assert json.loads(ok(push(site, packed, *words, "--json", env=aws())))["sent_bytes"] == 0
    assert not [method for method, _, _ in s3.seen if method == "PUT"]
    content, _, etag = s3.objects["/images/rack1/test/index.bin"]
    s3.objects["/images/rack1/test/index.bin"] = (content, None, etag)  # of the same size, but nobody says what it is
    ok(push(site, packed, *words, env=aws()))
    assert [path for method, path, _ in s3.seen if method == "PUT"] == ["/images/rack1/test/index.bin"]


def test_push_to_s3_in_parts(site, big, s3):
    ok(push(site, big, "s3://images/big", "--endpoint", s3.endpoint + "/", "--part-size", 8, env=aws()))
    assert s3.objects["/images/big/payload.zst"][0] == (big / "payload.zst").read_bytes() and not s3.uploads
    parts = [int(words["partNumber"]) for method, _, words in s3.seen if "partNumber" in words]
    assert parts == list(range(1, len(parts) + 1)) and len(parts) == -((big / "payload.zst").stat().st_size // -(8 * MIB))
    ok(push(site, big, "s3://images/big", "--endpoint", s3.endpoint, env=aws()))


def test_s3_credentials(site, packed, big, s3, tmp_path):
    words = ("s3://images/test", "--endpoint", s3.endpoint)
    none = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    refused(push(site, packed, *words, env=none), "AWS_ACCESS_KEY_ID")
    refused(push(site, packed, *words, env=aws(AWS_SECRET_ACCESS_KEY="wrong")), "403", "SignatureDoesNotMatch")
    refused(push(site, packed, *words, env=aws(AWS_ACCESS_KEY_ID="AKIAWRONG")), "InvalidAccessKeyId")
    refused(push(site, packed, *words, "--region", "eu-west-1", env=aws()), "AuthorizationHeaderMalformed")
    refused(push(site, packed, *words, "--token-file", tmp_path, env=aws()), "https:// alone")
    refused(push(site, packed, "s3://images/a b", env=aws()), "s3://BUCKET/PREFIX")
    assert not s3.objects
    (tmp_path / "keys").write_text(f"[other]\naws_access_key_id = x\n[default]\n# ours\naws_access_key_id={stores.KEY_ID}\n"
                                   f"aws_secret_access_key = {stores.SECRET}\naws_session_token = temporary\n")
    s3.session = "temporary"
    refused(push(site, packed, *words, env=aws()), "InvalidToken")
    ok(push(site, packed, *words, "--credentials-file", tmp_path / "keys", env=none))
    assert len(s3.objects) == 4


def test_a_store_that_stumbles(site, big, s3):
    """503 twice for each part: all is tried again."""
    count = {}

    def broken(method, path, words):
        n = words.get("partNumber")
        count[n] = count.get(n, 0) + 1
        return n and count[n] <= 2
    s3.broken = broken
    ok(push(site, big, "s3://images/big", "--endpoint", s3.endpoint, "--part-size", 32, env=aws()))
    assert s3.objects["/images/big/payload.zst"][0] == (big / "payload.zst").read_bytes()


@pytest.mark.parametrize("how", ["part", "complete", "SIGTERM", "SIGHUP"])
def test_a_failed_upload_leaves_nothing(site, big, s3, how):
    argv = [REMINT, "image", "push", big, "s3://images/big", "--ca", site / "ca.pem", "--endpoint", s3.endpoint, "--part-size", "8"]
    s3.bad_complete = how == "complete"
    if how != "complete":
        s3.broken = lambda method, path, words: words.get("partNumber") == "3"
    child = subprocess.Popen(argv, env=aws(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                             preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL))  # the tests may run under nohup
    if how.startswith("SIG"):
        end = time.monotonic() + 60
        while not any(words.get("partNumber") == "3" for _, _, words in list(s3.seen)):
            assert time.monotonic() < end
            time.sleep(0.01)
        child.send_signal(signal.Signals[how])
    out, err = child.communicate(timeout=120)
    assert child.returncode == 1
    assert {"part": "SlowDown", "complete": "InternalError"}.get(how, "cancelled") in err
    assert not s3.uploads and not s3.objects
    assert [method for method, _, words in s3.seen if "uploadId" in words][-1] == "DELETE"


@pytest.mark.parametrize("command", ["push", "mirror", "import"])
def test_a_server_that_does_not_answer_is_told_at_once(site, packed, tmp_path, command):
    """It is tried again for half a minute."""
    url = f"http://127.0.0.1:{stores.free_port()}/test"
    words = {"push": (packed, url, "--ca", site / "ca.pem"), "mirror": (url, tmp_path / "copies", "--ca", site / "ca.pem"),
             "import": (url, *sign_options(site), "-o", tmp_path / "image", "--no-digest")}[command]
    child = subprocess.Popen([REMINT, "image", command, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    said = child.stderr.readline()
    assert url in said and "connect" in said and "trying again" in said
    child.terminate()
    assert "cancelled" in child.communicate(timeout=20)[1] and child.returncode == 1


# ---- mirror -------------------------------------------------------------------------------------

def mirror(site, *words):
    return remint("mirror", *words, "--ca", site / "ca.pem")


def test_mirror(site, packed, big, web, tmp_path):
    shutil.copytree(packed, web.root / "test")
    (web.root / "a").mkdir()
    dest = tmp_path / "copies"
    said = ok(mirror(site, f"{web.url}/test", dest))
    assert "fetched and verified" in said and contents(dest / "test") == contents(packed)
    assert "is good" in ok(mirror(site, f"{web.url}/test/manifest.json", dest))
    flip(dest / "test/payload.zst", 1000)
    done = json.loads(ok(mirror(site, f"{web.url}/test/", dest, "--json")))
    assert [(i["outcome"], i["name"], i["serial"]) for i in done["images"]] == [("fetched", "test", 5)]
    assert contents(dest / "test") == contents(packed) and [p.name for p in dest.iterdir()] == ["test"]


def test_mirror_keeps_newer(site, packed, web, tmp_path):
    shutil.copytree(packed, web.root / "five")
    ok(pack(site, site / "disk.raw", web.root / "six", *TIMES, serial=6))
    dest = tmp_path / "copies"
    words = (f"{web.url}/five", dest, "--keep-newer", "--json")
    assert [json.loads(ok(mirror(site, *words)))["images"][0]["outcome"] for _ in range(2)] == ["fetched", "kept"]
    both = json.loads(ok(mirror(site, f"{web.url}/six", *words)))["images"]
    assert [i["outcome"] for i in both] == ["fetched", "kept"]
    assert json.loads((dest / "test/manifest.json").read_text())["serial"] == 6
    refused(mirror(site, f"{web.url}/five", dest, "--min-serial", 6), "serial 5")


@pytest.mark.parametrize("name, at, says", [
    ("manifest.json", 30, "signature"), ("manifest.json.p7s", -3, "signature"), ("index.bin", 100, "index.bin"),
    ("payload.zst", 1000, "chunk 2: SHA-256 mismatch"),
])
def test_mirror_of_a_tampered_image(site, packed, web, tmp_path, name, at, says):
    shutil.copytree(packed, web.root / "test")
    flip(web.root / "test" / name, at)
    refused(mirror(site, f"{web.url}/test", tmp_path / "copies"), says)
    left = [p.name for p in (tmp_path / "copies").iterdir()] if (tmp_path / "copies").exists() else []
    assert left == (["test.partial"] if name == "payload.zst" else [])
    if left:  # the frames that were right, and nothing else
        good, ours = (packed / name).read_bytes(), (tmp_path / "copies/test.partial" / name).read_bytes()
        assert len(ours) == len(good) and all(a in (0, b) for a, b in zip(ours, good))
        shutil.copy(packed / name, web.root / "test")
        done = json.loads(ok(mirror(site, f"{web.url}/test", tmp_path / "copies", "--json")))["images"][0]
        assert done["found_bytes"] > 0 and contents(tmp_path / "copies/test") == contents(packed)


def test_mirror_of_what_is_not_whole(site, packed, web, tmp_path):
    image = shutil.copytree(packed, web.root / "test")
    dest = tmp_path / "copies"
    refused(remint("mirror", f"{web.url}/test", dest, "--ca", site / "other.pem"), "signature")
    (image / "payload.zst").write_bytes((packed / "payload.zst").read_bytes()[:-100])
    refused(mirror(site, f"{web.url}/test", dest), "payload.zst")
    (image / "index.bin").unlink()
    refused(mirror(site, f"{web.url}/test", dest), "index.bin", "404")
    assert not (dest / "test").exists()
    # one that fails does not keep the others from being copied
    shutil.copytree(packed, web.root / "whole")
    done = mirror(site, f"{web.url}/test", f"{web.url}/whole", dest)
    assert done.returncode == 1 and "404" in done.stderr and contents(dest / "test") == contents(packed)


def test_mirror_keeps_nothing_that_the_disk_did_not_take(site, packed, web, tmp_path):
    """After a failed flush the pages read well, and the next flush succeeds: a second try must not build on them."""
    shutil.copytree(packed, web.root / "test")
    (tmp_path / "broken.c").write_text("#include <errno.h>\nint fsync(int fd) { (void)fd; errno = EIO; return -1; }\n")
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", tmp_path / "broken.so", tmp_path / "broken.c"], check=True)
    broken = dict(os.environ, LD_PRELOAD=str(tmp_path / "broken.so"))
    refused(remint("mirror", f"{web.url}/test", tmp_path / "copies", "--ca", site / "ca.pem", env=broken), "payload.zst: flush")
    assert not any((tmp_path / "copies").iterdir())


def test_mirror_onto_a_full_disk(site, packed, web, tmp_path):
    shutil.copytree(packed, web.root / "test")
    done = subprocess.run([REMINT, "image", "mirror", f"{web.url}/test", tmp_path / "copies", "--ca", site / "ca.pem"], capture_output=True,
                          text=True, restore_signals=False, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)))
    refused(done, f"{tmp_path}/copies/test.partial/payload.zst")


def test_mirror_goes_on_after_a_kill(site, big, web, tmp_path):
    shutil.copytree(big, web.root / "big")
    dest, size = tmp_path / "copies", (big / "payload.zst").stat().st_size
    child = subprocess.Popen([REMINT, "image", "mirror", f"{web.url}/big", dest, "--ca", site / "ca.pem", "--limit-rate", str(16 * MIB)],
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    partial, end = dest / "test.partial/payload.zst", time.monotonic() + 60
    while not partial.exists() or partial.stat().st_blocks * 512 < 20 * MIB:
        assert child.poll() is None and time.monotonic() < end
        time.sleep(0.01)
    child.kill()
    child.wait()
    assert sorted(p.name for p in dest.iterdir()) == ["test.partial"]
    done = json.loads(ok(mirror(site, f"{web.url}/big", dest, "--json")))["images"][0]
    assert done["found_bytes"] >= 16 * MIB and done["found_bytes"] + done["fetched_bytes"] == size
    assert contents(dest / "test") == contents(big) and [p.name for p in dest.iterdir()] == ["test"]


def test_mirror_of_all_that_a_station_has(site, packed, tmp_path):
    station = Station(tmp_path).start()
    try:
        shutil.copytree(packed, station.images / "test")
        station.add_image()  # with a signature that is none
        source = f"https://127.0.0.1:{station.ports['https']['port']}/v1/images"
        words = (source, tmp_path / "copies", "--tls-ca", station.state / "ca.pem", "--json")
        refused(mirror(site, *words), "token")
        done = mirror(site, *words, "--token-file", station.state / "admin.token")
        assert done.returncode == 1 and "debian-12" in done.stderr and "signature" in done.stderr
        assert [i.get("name") for i in json.loads(done.stdout)["images"]] == [None, "test"]
        assert contents(tmp_path / "copies/test") == contents(packed)
    finally:
        station.stop()


def test_mirror_keeps_versions_of_one_image_apart(site, packed, tmp_path):
    """As orders and gc tell them: by their folders. "test-10" is listed before "test-9"."""
    station = Station(tmp_path).start()
    try:
        shutil.copytree(packed, station.images / "test-9")
        ok(pack(site, site / "disk.raw", station.images / "test-10", *TIMES, serial=10))
        source = f"https://127.0.0.1:{station.ports['https']['port']}/v1/images"
        for outcome in "fetched", "unchanged":
            done = json.loads(ok(mirror(site, source, tmp_path / "copies", "--tls-ca", station.state / "ca.pem", "--json",
                                        "--token-file", station.state / "admin.token")))
            assert {(i["name"], i["serial"], i["outcome"]) for i in done["images"]} == {("test", 5, outcome), ("test", 10, outcome)}
        assert {p.name: contents(p) for p in (tmp_path / "copies").iterdir()} == {p.name: contents(p) for p in station.images.iterdir()}
    finally:
        station.stop()


# ---- gc -----------------------------------------------------------------------------------------

def add(station, folder, name, serial, days=5):
    """An image in a folder of its own name, some days old."""
    station.add_image(folder, serial)
    path = station.images / folder
    manifest = json.loads((path / "manifest.json").read_text())
    manifest["name"] = name
    (path / "manifest.json").write_text(json.dumps(manifest, sort_keys=True, separators=(",", ":")))
    age(path, days)
    return path


def age(path, days):
    then = time.time() - days * DAY
    for p in [*path.iterdir(), path]:
        os.utime(p, (then, then))


def gc(station, *more, reach=True):
    state = ("--state", station.state) if reach else ()
    return remint("gc", station.images, *state, *more)


def verdicts(done):
    return {f["folder"]: (f["remove"], f["removed"], f["reason"]) for f in json.loads(ok(done))["folders"]}


def there(station):
    return sorted(p.name for p in station.images.iterdir())


@pytest.fixture
def station(tmp_path):
    s = Station(tmp_path).start()
    yield s
    if s.process.poll() is None:
        s.stop()


def test_gc_keeps_the_newest(station):
    for serial in range(1, 6):
        add(station, f"debian-{serial}", "debian", serial)
    add(station, "other", "other", 1)
    add(station, "young", "debian", 2, days=0)
    said = verdicts(gc(station, "--dry-run", "--json"))
    assert {f for f, v in said.items() if v[0]} == {"debian-1", "debian-2", "debian-3"} and not any(v[1] for v in said.values())
    assert len(there(station)) == 7, "a dry run removes nothing"
    refused(gc(station), "--yes")
    out = ok(gc(station, "--yes", "--keep", 3))
    assert there(station) == ["debian-3", "debian-4", "debian-5", "other", "young"]
    assert "removed" in out and "younger than --min-age" in out
    verdicts(gc(station, "--yes", "--keep", 1, "--min-age", "0", "--json"))
    assert there(station) == ["debian-5", "other"]
    refused(gc(station, "--yes", "--keep", 0), "--keep")
    refused(gc(station, "--yes", "--min-age", "1w"), "--min-age")


def test_gc_and_open_orders(station):
    for serial in range(1, 6):
        add(station, f"debian-{serial}", "debian", serial)
    station.add_node()
    order = station.operate("POST", "/v1/orders", {"node": "node1", "image": "debian-1", "mirrors": ["http://127.0.0.1:1/images/debian-2/"]}).json
    said = verdicts(gc(station, "--yes", "--json"))
    assert said["debian-1"] == said["debian-2"] == (False, False, "an open order uses it") and said["debian-3"][1]
    assert there(station) == ["debian-1", "debian-2", "debian-4", "debian-5"]
    assert station.operate("POST", f"/v1/orders/{order['id']}/cancel").status == 200
    assert verdicts(gc(station, "--yes", "--json"))["debian-1"][1]
    assert there(station) == ["debian-4", "debian-5"]


def test_gc_and_runs(station):
    """Its nodes wait: there is no order yet, and there will be."""
    for serial in range(1, 6):
        add(station, f"debian-{serial}", "debian", serial)
    station.add_image("tools", 1, overlay=True)
    for serial in 2, 3:
        add(station, f"tools-{serial}", "tools", serial)
    age(station.images / "tools", 5)
    station.add_node()
    run = station.operate("POST", "/v1/runs", {"nodes": ["node1"], "order": {"image": "debian-1", "overlays": ["tools"]}}).json
    said = verdicts(gc(station, "--yes", "--json"))
    assert said["debian-1"] == said["tools"] == (False, False, "a run that is not over uses it") and said["debian-2"][1]
    assert station.operate("POST", f"/v1/runs/{run['id']}/cancel").status == 200
    said = verdicts(gc(station, "--yes", "--json"))
    assert said["debian-1"][1] and said["tools"][1]


def test_gc_without_a_station(station):
    for serial in range(1, 4):
        add(station, f"debian-{serial}", "debian", serial)
    refused(gc(station, "--yes", reach=False), "--station", "--no-orders")
    station.stop()
    refused(gc(station, "--yes"), "open orders", "--no-orders")
    assert len(there(station)) == 3
    assert "removed" in ok(gc(station, "--yes", "--no-orders", reach=False))
    assert there(station) == ["debian-2", "debian-3"]


def test_gc_of_remains_and_of_what_is_not_ours(station, tmp_path):
    for name, files in ("old.partial", ["payload.zst", "index.bin"]), ("new.partial", ["payload.zst"]), ("held.partial", []), \
            ("notes", ["readme"]), ("half", ["payload.zst"]):
        (station.images / name).mkdir()
        for f in files:
            (station.images / name / f).write_bytes(b"x" * 100)
        age(station.images / name, 0.5 if name == "new.partial" else 3)
    add(station, "one", "debian", 1)
    (add(station, "more", "zebra", 1) / "notes.txt").write_text("mine")
    age(station.images / "more", 9)
    (station.images / "link").symlink_to(station.images / "one")
    (station.images / "broken").mkdir()
    (station.images / "broken/manifest.json").write_text("{}")
    age(station.images / "broken", 9)
    holder = subprocess.Popen(["flock", station.images / "held.partial", "sh", "-c", "echo held; exec sleep 60"], stdout=subprocess.PIPE)
    assert holder.stdout.readline()
    said = verdicts(gc(station, "--yes", "--keep", 1, "--json"))
    holder.kill()
    holder.wait()
    assert {f for f, v in said.items() if v[1]} == {"old.partial", "half"}
    assert said["held.partial"][2] == "another process works in it" and "notes.txt" in said["more"][2]
    assert there(station) == ["broken", "held.partial", "link", "more", "new.partial", "notes", "one"]
    holder.stdout.close()


# ---- all ----------------------------------------------------------------------------------------

def test_help_and_usage(tmp_path):
    for command in "import", "push", "mirror", "gc":
        said = ok(remint(command, "--help"))
        assert f"usage: remint image {command}" in said and "--json" in said
        refused(remint(command), "usage", status=2)
        refused(remint(command, "--nonsense", "a", "b"), "--nonsense", status=2)
