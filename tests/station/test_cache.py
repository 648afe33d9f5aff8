# SPDX-License-Identifier: Apache-2.0
"""The real nginx with docs/nginx-cache.conf in front of a real station."""
import collections
import http.client
import os
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest
from harness import PATIENCE, TOP

SLICE = 8 << 20
SIZE = 5 * SLICE + 12345
PAYLOAD = "/images/debian-12/payload.zst"
OUTER = """
daemon off; master_process on; worker_processes 2; worker_rlimit_nofile 4096; pid {at}/pid; error_log {at}/error.log; {user}
events {{ worker_connections 1024; }}
http {{
    client_body_temp_path {at}/body; proxy_temp_path {at}/proxy; fastcgi_temp_path {at}/f; uwsgi_temp_path {at}/u;
    scgi_temp_path {at}/s; log_subrequest on;
    log_format asked '$uri $upstream_addr $upstream_bytes_received'; access_log {at}/access.log asked;
    include {at}/remint.conf;
}}
"""


def change(text, before, after):
    assert text.count(before) == 1, before
    return text.replace(before, after)


class Cache:
    def __init__(self, folder, upstream):
        self.at = folder
        self.at.mkdir(mode=0o755)
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        text = (TOP / "docs/nginx-cache.conf").read_text()
        text = change(text, "server 192.0.2.10:8080;", f"server 127.0.0.1:{upstream};")
        text = change(text, "listen 8080 ", f"listen 127.0.0.1:{self.port} ")
        text = change(text, "/var/cache/nginx/remint ", f"{self.at}/cache ")
        (self.at / "remint.conf").write_text(text)
        user = "user root;" if os.geteuid() == 0 else ""
        (self.at / "nginx.conf").write_text(OUTER.format(at=self.at, user=user))
        program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
        assert program, "nginx-light is not installed"
        self.process = subprocess.Popen([program, "-p", self.at, "-c", self.at / "nginx.conf"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE).close()
                return
            except OSError:
                assert self.process.poll() is None and time.monotonic() < end, (self.at / "error.log").read_text()
                time.sleep(0.05)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)

    def get(self, path, value=None):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        c.request("GET", path, headers={"Range": value} if value else {})
        reply = c.getresponse()
        body = reply.read()
        c.close()
        return reply.status, body

    def asked(self):
        """What the station was asked for: a list of sizes of answers for each path."""
        asked = collections.defaultdict(list)
        for line in (self.at / "access.log").read_text().splitlines():
            uri, upstream, size = line.split(" ")
            if upstream != "-":
                asked[uri].append(int(size))
        return asked

    def await_files(self, n):
        """An answer is in the cache a moment after its last byte has been sent."""
        end = time.monotonic() + PATIENCE
        while sum(len(p.name) == 32 for p in (self.at / "cache").rglob("*") if p.is_file()) < n:
            assert time.monotonic() < end
            time.sleep(0.05)


@pytest.fixture
def cache(station, tmp_path):
    c = Cache(tmp_path / "nginx", station.ports["http"]["port"])
    yield c
    c.stop()


def fill(station):
    data = os.urandom(SIZE)
    (station.images / "debian-12/payload.zst").write_bytes(data)
    return data


def test_a_hall_asks_the_cache_and_the_cache_asks_once(station, cache):
    data, wrong, n_clients, step = fill(station), [], 40, 3 << 20

    def client(n):
        """The whole payload by ranges that fit no slice, beginning at a place of its own."""
        try:
            for i in range(-(-SIZE // step)):
                first = (i + n) * step % (-(-SIZE // step) * step)
                last = min(first + step, SIZE) - 1
                if cache.get(PAYLOAD, f"bytes={first}-{last}") != (206, data[first:last + 1]):
                    wrong.append((n, first))
        except (OSError, http.client.HTTPException) as e:
            wrong.append((n, repr(e)))

    threads = [threading.Thread(target=client, args=(n,)) for n in range(n_clients)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(300)
    assert not any(t.is_alive() for t in threads) and wrong == []
    cache.await_files(6)
    asked = cache.asked()[PAYLOAD]
    assert 6 <= len(asked) <= 8, asked  # 6 slices; one may be asked for while it is being put in place
    assert SIZE < sum(asked) < SIZE + 2 * SLICE + 10000


def test_what_is_cached_outlives_the_station(station, cache):
    data = fill(station)
    assert cache.get(PAYLOAD, f"bytes=100-{2 * SLICE - 1}") == (206, data[100:2 * SLICE])
    status, index = cache.get("/images/debian-12/index.bin")
    assert status == 200 and index == (station.images / "debian-12/index.bin").read_bytes()
    cache.await_files(3)
    station.stop()
    assert cache.get(PAYLOAD, f"bytes=0-{2 * SLICE - 1}") == (206, data[:2 * SLICE])
    assert cache.get("/images/debian-12/index.bin") == (200, index)
    status, body = cache.get(PAYLOAD, f"bytes={3 * SLICE}-{3 * SLICE + 9}")
    assert status in (502, 504) and body != data[3 * SLICE:3 * SLICE + 10]
    station.start()
    end = time.monotonic() + PATIENCE
    while cache.get(PAYLOAD, f"bytes={3 * SLICE}-{3 * SLICE + 9}") != (206, data[3 * SLICE:3 * SLICE + 10]):
        assert time.monotonic() < end  # nginx leaves a server that failed alone for ten seconds
        time.sleep(0.5)


def test_the_cache_passes_on_nothing_but_files(station, cache):
    for path in ("/boot.ipxe", "/boot.ipxe?mac=52:54:00:00:00:01", "/phone-home/x", "/v1/whoami", "/images/debian-12/other"):
        assert cache.get(path)[0] == 404
    assert not [uri for uri in cache.asked() if not uri.startswith(("/boot/", "/images/"))]
    assert cache.get("/boot/vmlinuz") == (200, (station.boot / "vmlinuz").read_bytes())


def test_a_changed_manifest_is_seen(station, cache):
    path = station.images / "debian-12/manifest.json"
    before = path.read_bytes()
    assert cache.get("/images/debian-12/manifest.json") == (200, before)
    (path.parent / "new").write_bytes(before + b" ")
    (path.parent / "new").rename(path)
    end = time.monotonic() + PATIENCE
    while cache.get("/images/debian-12/manifest.json") != (200, before + b" "):
        assert time.monotonic() < end
        time.sleep(1)


def test_a_broken_cache_gives_other_bytes_and_says_nothing(station, cache):
    """Which is why a payload is believed by its index alone: the agent finds such a chunk and goes to another source."""
    data = fill(station)
    assert cache.get(PAYLOAD, "bytes=0-999") == (206, data[:1000])
    cache.await_files(1)
    broken = 0
    for file in (p for p in (cache.at / "cache").rglob("*") if p.is_file()):
        text = file.read_bytes()
        at = text.find(data[:1000])
        if at >= 0:
            file.write_bytes(text[:at] + bytes(1000) + text[at + 1000:])
            broken += 1
    assert broken == 1
    assert cache.get(PAYLOAD, "bytes=0-999") == (206, bytes(1000))
