# SPDX-License-Identifier: Apache-2.0
"""remint image write, from a server with ranges onto files and, as root, loop devices."""
import functools
import json
import os
import pty
import random
import re
import resource
import signal
import struct
import subprocess
import threading
import time
import uuid
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("REMINT_BUILD", TOP / "build")).resolve()
REMINT = BUILD / "remint"
MIB, CHUNK = 1 << 20, 4 << 20
SIZE = 61 * MIB + 4096
LINUX = "0fc63daf-8483-4772-8e79-3d69d8477de4"
UNBOOTABLE = 3
root_only = pytest.mark.skipif(os.geteuid() != 0 or not os.path.exists("/dev/loop-control"), reason="loop devices need root")


class Server:
    """Serves a folder by ranges; counts the payload's bytes, and can spoil or hold them."""

    def __init__(self, folder):
        self.folder, self.sent, self.spoil, self.hold = Path(folder), 0, None, threading.Event()
        self.hold_after = None  # bytes of payload, then it waits for `hold`
        self.busy = 0  # requests for payload that are answered by 503 first
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                path = outer.folder / self.path.lstrip("/")
                if not path.is_file():
                    self.send_error(404)
                    return
                data, asked = path.read_bytes(), re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
                first, last = (int(asked[1]), min(int(asked[2]), len(data) - 1)) if asked else (0, len(data) - 1)
                body = bytearray(data[first:last + 1])
                payload = path.name == "payload.zst"
                if payload and outer.busy:
                    outer.busy -= 1
                    self.send_error(503)
                    return
                if payload and outer.spoil is not None and first <= outer.spoil <= last:
                    body[outer.spoil - first] ^= 1
                self.send_response(206 if asked else 200)
                self.send_header("Content-Length", str(len(body)))
                if asked:
                    self.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
                self.end_headers()
                try:
                    self.give(body, payload)
                except OSError:
                    self.close_connection = True

            def give(self, body, payload):
                for at in range(0, len(body), 65536):
                    if payload and outer.hold_after is not None and outer.sent >= outer.hold_after:
                        outer.hold.wait(60)
                    self.wfile.write(body[at:at + 65536])
                    outer.sent += len(body[at:at + 65536]) if payload else 0

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self):
        self.hold.set()
        self.http.shutdown()
        self.http.server_close()


def write_disk(path):
    """A GPT, noise in half of the chunks, zeros in the others."""
    last, dice = SIZE // 512 - 1, random.Random(7)
    entry = struct.pack("<16s16sQQQ72s", uuid.UUID(LINUX).bytes_le, uuid.uuid5(uuid.NAMESPACE_DNS, "a").bytes_le, 2048, 4095, 0, b"")
    table = entry.ljust(16384, b"\0")

    def header(here, there, at):
        def pack(crc):
            return struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, crc, 0, here, there, 34, last - 33, b"remint test disk",
                               at, 128, 128, zlib.crc32(table))
        return pack(zlib.crc32(pack(0))).ljust(512, b"\0")

    mbr = bytes(446) + struct.pack("<B3sB3sII", 0, b"\0\2\0", 0xEE, b"\xff" * 3, 1, last) + bytes(48) + b"\x55\xaa"
    with path.open("wb") as f:
        f.truncate(SIZE)
        f.write(mbr + header(1, last, 2) + table)
        for at in range(MIB, SIZE - MIB, 2 * CHUNK):
            f.seek(at)
            f.write(dice.randbytes(2 * MIB))
        f.seek(SIZE - 512 - len(table))
        f.write(table + header(last, 1, last - 32))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    d = tmp_path_factory.mktemp("site")
    for name in "keys", "other":
        subprocess.run([REMINT, "keys", "make", "--ca-dir", d / name], check=True, stdout=subprocess.DEVNULL)
    write_disk(d / "disk.raw")
    subprocess.run([REMINT, "image", "pack", d / "disk.raw", "--name", "test", "--version", "1.0", "--serial", "5", "--key",
                    d / "keys/sign.key", "--cert", d / "keys/sign.pem", "-o", d / "image", "--firmware", "bios", "-q"], check=True,
                   stdout=subprocess.DEVNULL)
    return d


@pytest.fixture
def server(site):
    server = Server(site / "image")
    yield server
    server.close()


@pytest.fixture
def device(tmp_path):
    """A file in a disk's stead."""
    path = tmp_path / "device"
    with path.open("wb") as f:
        f.truncate(SIZE + MIB)
    return path


def words(site, server, device, *more, ca="keys"):
    return [str(w) for w in (REMINT, "image", "write", f"{server.url}/manifest.json", "--device", device, "--ca", site / ca / "ca.pem",
                             *more)]


def write(*a, **kw):
    return subprocess.run(words(*a, **kw), stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=120,
                          text=True)


def refused(done, *says, status=1):
    assert done.returncode == status, done.stdout + done.stderr
    for word in says:
        assert word in done.stderr
    assert "Sanitizer" not in done.stderr


def equal(device, site):
    with open(device, "rb") as f:
        return f.read(SIZE) == (site / "disk.raw").read_bytes()


def payload_size(site):
    return (site / "image/payload.zst").stat().st_size


@pytest.mark.parametrize("verify", ["full", "sampled", "none"])
def test_whole(site, server, device, verify):
    done = write(site, server, device, "--json", "--verify", verify)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert equal(device, site)
    assert said["verify"] == verify and said["bytes"] == SIZE and said["bad_chunks"] == 0 and said["bad"] == []
    assert 0 < said["fetched"] <= payload_size(site) and said["peak_rss_kib"] > 1000 and said["seconds"] > 0
    assert said["signer"] and said["name"] == "test" and said["serial"] == 5
    assert (said["read_back"] == 0) == (verify == "none")
    assert said["zeros_left"] > 0  # the file has never held anything


def test_for_people(site, server, device):
    done = write(site, server, device)
    assert "test 1.0, serial 5, written in" in done.stdout and "read back: full" in done.stdout
    assert "signed by" in done.stderr and "larger than the image" in done.stderr
    assert write(site, server, device, "--force", "--quiet").stderr == ""


def test_zeros_are_made_on_a_device_that_held_data(site, server, device):
    device.write_bytes(random.Random(2).randbytes(SIZE + MIB))
    refused(write(site, server, device), "holds data", "first MiB", "--force")
    assert device.read_bytes() == random.Random(2).randbytes(SIZE + MIB)
    assert write(site, server, device, "--force").returncode == 0
    assert equal(device, site)
    assert device.read_bytes()[SIZE:] == random.Random(2).randbytes(SIZE + MIB)[SIZE:]


def test_what_is_found_is_told(site, server, device):
    subprocess.run(["mke2fs", "-q", "-L", "precious", device], check=True, env=dict(os.environ, PATH="/usr/sbin:/sbin:/usr/bin:/bin"))
    refused(write(site, server, device), "ext2", "precious", "--force")
    refused(write(site, server, device, "--resume"), "not empty")


def test_nothing_is_changed_by_a_refusal(site, server, device, tmp_path):
    refused(write(site, server, device, ca="other"), "signature")
    refused(write(site, server, device, "--min-serial", 6), "serial 5", "6")
    refused(write(site, server, device, "--verify", "some"), "--verify")
    refused(write(site, server, device, "--memory", "1M"), "48M")
    refused(write(site, server, device, "--mirror", "ftp://x/"), "--mirror")
    refused(write(site, server, device, "--device", tmp_path / "other"), "one --device", "other")
    refused(write(site, server, tmp_path), "neither a block device")
    refused(write(site, server, tmp_path / "missing"), "missing")
    os.truncate(device, SIZE - 4096)
    refused(write(site, server, device), f"has {SIZE - 4096} bytes", f"needs {SIZE}")
    assert not (tmp_path / "missing").exists()
    assert not any(device.read_bytes())
    assert server.sent == 0


def test_a_locked_file_is_in_use(site, server, device):
    with subprocess.Popen(["flock", device, "sh", "-c", "echo; exec sleep 60"], stdout=subprocess.PIPE) as holder:
        holder.stdout.readline()
        refused(write(site, server, device), "in use")
        holder.kill()


def test_a_file_open_for_writing_is_in_use(site, server, device):
    with device.open("r+b"):
        refused(write(site, server, device), "in use", "open for writing", str(os.getpid()))
    with device.open("rb"):
        assert write(site, server, device).returncode == 0


def test_local_manifest(site, server, device):
    local = ["image", "write", site / "image", "--device", device, "--ca", site / "keys/ca.pem"]
    refused(subprocess.run([REMINT, *local], capture_output=True, text=True), "--mirror", "HTTP")
    done = subprocess.run([REMINT, *local, "--mirror", server.url], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert equal(device, site)


def test_a_payload_that_is_not_there_costs_nothing(site, server, device):
    """A wrong --mirror is found before the device's beginning goes, even with --force."""
    before = b"what the disk holds".ljust(SIZE, b".")
    device.write_bytes(before)
    local = [REMINT, "image", "write", site / "image", "--device", device, "--ca", site / "keys/ca.pem", "--force"]
    done = subprocess.run([*local, "--mirror", f"{server.url}/not", "--mirror", "http://127.0.0.1:1"], capture_output=True, text=True)
    refused(done, f"{server.url}/not/payload.zst: HTTP status 404", "127.0.0.1:1/payload.zst", "nothing has been changed")
    assert device.read_bytes() == before
    server.busy = 1
    done = subprocess.run([*local, "--mirror", f"{server.url}/not", "--mirror", server.url], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert equal(device, site)


def test_a_password_in_a_url_is_not_shown(site, server, device):
    server.spoil, good = int(payload_size(site) * 0.4), Server(site / "image")
    url, mine = server.url.replace("//", "//joe:hunter2@"), ["--device", device, "--ca", site / "keys/ca.pem"]
    missing = subprocess.run([REMINT, "image", "write", f"{url}/not.json", *mine], capture_output=True, text=True)
    done = subprocess.run([REMINT, "image", "write", url, *mine, "--json", "--mirror", good.url], capture_output=True, text=True)
    good.close()
    refused(missing, f"{server.url}/not.json: the server answers 404")
    assert done.returncode == 0 and json.loads(done.stdout)["bad"][0]["source"] == f"{server.url}/payload.zst"
    assert "hunter2" not in missing.stderr + done.stdout + done.stderr


def test_damaged_everywhere(site, server, device):
    """The only source lies: the disk must not boot, and the chunk is named."""
    server.spoil = int(payload_size(site) * 0.4)  # in the midst of a frame of noise
    done = write(site, server, device)
    refused(done, "SHA-256", "chunk", "does not boot", "--resume", status=UNBOOTABLE)
    assert not any(device.read_bytes()[:CHUNK])
    server.spoil = None
    assert write(site, server, device, "--resume").returncode == 0
    assert equal(device, site)


def test_a_device_that_takes_no_write(site, server, device):
    """What it held is still there: nobody is told that it does not boot."""
    assert write(site, server, device).returncode == 0
    cannot_write = functools.partial(resource.setrlimit, resource.RLIMIT_FSIZE, (0, 0))
    done = subprocess.run(words(site, server, device, "--force"), capture_output=True, text=True, preexec_fn=cannot_write,
                          restore_signals=False)
    assert equal(device, site)
    refused(done, "making it unbootable first", "may still boot")
    assert "does not boot" not in done.stderr


def test_a_good_mirror(site, server, device):
    server.spoil = int(payload_size(site) * 0.4)  # in the midst of a frame of noise
    good = Server(site / "image")
    done = write(site, server, device, "--mirror", good.url, "--json")
    good.close()
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert equal(device, site)
    assert said["bad_chunks"] >= 1 and said["bad"][0]["source"].startswith(server.url) and "SHA-256" in said["bad"][0]["why"]
    assert "damaged" in done.stderr


def start(server, argv, share, size):
    """Runs until the server has given `share` of the payload, and holds it there."""
    server.hold_after = int(share * size)
    child = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for _ in range(600):
        if server.sent >= server.hold_after:
            break
        time.sleep(0.05)
    assert child.poll() is None
    time.sleep(0.5)  # what has come is written
    return child


def test_resumed_after_a_kill(site, server, device):
    size = payload_size(site)
    child = start(server, words(site, server, device), 0.8, size)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    server.hold.set()
    assert not any(device.read_bytes()[:CHUNK])
    done = write(site, server, device, "--resume", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert equal(device, site)
    assert said["kept"] > 0 and said["fetched"] < 0.5 * size


def test_interrupted(site, server, device):
    child = start(server, words(site, server, device), 0.3, payload_size(site))
    begun = time.monotonic()
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=30)
    assert time.monotonic() - begun < 30
    assert child.returncode == UNBOOTABLE
    assert "interrupted" in err or "cancel" in err
    assert "does not boot" in err and "--resume" in err
    assert not any(device.read_bytes()[:CHUNK])


def test_progress_on_a_terminal(site, server, device):
    ours, theirs = pty.openpty()
    done = subprocess.run(words(site, server, device), stdout=subprocess.DEVNULL, stderr=theirs, timeout=60)
    said = os.read(ours, 65536)
    os.close(ours)
    os.close(theirs)
    assert done.returncode == 0
    assert b"\rwriting" in said and b"100%" in said


def test_an_answer_that_is_cut_off(site, server, device):
    with open("/dev/full", "w") as full:
        for argv in words(site, server, device, "--json"), [REMINT, "--version"]:
            done = subprocess.run(argv, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
            assert done.returncode == 1 and "standard output" in done.stderr
    assert equal(device, site)


def test_usage(site, server, device):
    refused(subprocess.run([REMINT, "image", "write", server.url], capture_output=True, text=True), "--device", status=2)
    assert "MANIFEST-URL" in subprocess.run([REMINT, "image", "write", "--help"], capture_output=True, text=True).stdout


# ---- block devices ---------------------------------------------------------------------------------


def losetup(*more):
    env = dict(os.environ, PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    return subprocess.run(["losetup", *map(str, more)], check=True, stdout=subprocess.PIPE, text=True, env=env).stdout.strip()


def has_partition(device):
    return Path(f"/sys/class/block/{Path(device).name}p1/size").exists()


def kernel_reads_gpt(site):
    """Some emulators' kernels do not."""
    name = losetup("--find", "--show", "--partscan", "--read-only", site / "disk.raw")
    found = has_partition(name)
    losetup("--detach", name)
    return found


@pytest.fixture
def loop(device):
    name = losetup("--find", "--show", "--partscan", device)
    yield name
    losetup("--detach", name)


@root_only
def test_loop_device(site, server, device, loop):
    done = write(site, server, loop, "--json")
    assert done.returncode == 0, done.stderr
    assert equal(device, site)
    assert json.loads(done.stdout)["zeros_left"] == 0  # nobody has proven that it reads zero
    assert has_partition(loop) == kernel_reads_gpt(site)
    refused(write(site, server, loop), "gpt")
    if os.path.exists(f"{loop}p1"):
        refused(write(site, server, f"{loop}p1"), "partition")
    refused(write(site, server, device), "in use", Path(loop).name)


@root_only
def test_a_mounted_device_is_in_use(site, server, loop, tmp_path):
    env = dict(os.environ, PATH="/usr/sbin:/sbin:/usr/bin:/bin")
    subprocess.run(["mke2fs", "-q", loop], check=True, env=env)
    (tmp_path / "mnt").mkdir()
    subprocess.run(["mount", loop, tmp_path / "mnt"], check=True, env=env)
    try:
        refused(write(site, server, loop, "--force"), "in use", "mounted on", str(tmp_path / "mnt"))
    finally:
        subprocess.run(["umount", tmp_path / "mnt"], check=True, env=env)
    assert write(site, server, loop, "--force").returncode == 0


@root_only
def test_a_device_under_a_loop_device_is_in_use(site, server, loop):
    """Neither O_EXCL nor the kernel's holders say so, and a file system may be mounted on it."""
    upper = losetup("--find", "--show", loop)
    try:
        refused(write(site, server, loop, "--force"), "in use", f"{Path(upper).name} lies on it")
    finally:
        losetup("--detach", upper)
    with open(loop, "r+b"):
        refused(write(site, server, loop, "--force"), "in use", "open for writing", str(os.getpid()))


@root_only
@pytest.mark.skipif("btrfs" not in Path("/proc/filesystems").read_text(), reason="the kernel has no btrfs")
def test_a_mounted_btrfs_is_named(site, server, tmp_path):
    """Its mount has a device number of its own."""
    disk, env = tmp_path / "disk", dict(os.environ, PATH="/usr/sbin:/sbin:/usr/bin:/bin")
    with disk.open("wb") as f:
        f.truncate(128 * MIB)
    subprocess.run(["mkfs.btrfs", "-q", disk], check=True, env=env)
    (tmp_path / "mnt").mkdir()
    name = losetup("--find", "--show", disk)
    subprocess.run(["mount", name, tmp_path / "mnt"], check=True, env=env)
    try:
        refused(write(site, server, name, "--force"), "mounted on", str(tmp_path / "mnt"))
    finally:
        subprocess.run(["umount", tmp_path / "mnt"], check=True, env=env)
        losetup("--detach", name)


@root_only
def test_a_file_among_large_blocks(site, tmp_path):
    """An image that ends in the midst of a block of 4096 bytes, onto a file of a file system that has such blocks."""
    env, content = dict(os.environ, PATH="/usr/sbin:/sbin:/usr/bin:/bin"), random.Random(3).randbytes(5 * MIB + 512)
    (tmp_path / "odd.raw").write_bytes(content)
    subprocess.run([REMINT, "image", "pack", tmp_path / "odd.raw", "--name", "odd", "--version", "1", "--serial", "1", "--key",
                    site / "keys/sign.key", "--cert", site / "keys/sign.pem", "-o", tmp_path / "image", "--firmware", "bios", "-q"],
                   check=True, stdout=subprocess.DEVNULL)
    with (tmp_path / "disk").open("wb") as f:
        f.truncate(32 * MIB)
    (tmp_path / "mnt").mkdir()
    odd, name = Server(tmp_path / "image"), losetup("--find", "--show", "--sector-size", 4096, tmp_path / "disk")
    try:
        subprocess.run(["mke2fs", "-q", "-b", "4096", name], check=True, env=env)
        subprocess.run(["mount", name, tmp_path / "mnt"], check=True, env=env)
        with (tmp_path / "mnt/file").open("wb") as f:
            f.truncate(6 * MIB)
        done = write(site, odd, tmp_path / "mnt/file")
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "mnt/file").read_bytes()[:len(content)] == content
    finally:
        subprocess.run(["umount", tmp_path / "mnt"], check=False, env=env)
        losetup("--detach", name)
        odd.close()


@root_only
def test_another_block_size(site, server, device):
    name = losetup("--find", "--show", "--sector-size", 4096, device)
    try:
        refused(write(site, server, name), "4096", "512")
    finally:
        losetup("--detach", name)
