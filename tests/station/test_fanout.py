# SPDX-License-Identifier: Apache-2.0
"""Many clients at once, more than there may be, and those that take nothing or say nothing."""
import contextlib
import http.client
import os
import socket
import subprocess
import threading

import pytest
from fake_agent import FakeAgent
from harness import BUILD, PATIENCE, Station

SIZE = 16 << 20
PAYLOAD = "/images/debian-12/payload.zst"


@pytest.fixture
def limited(tmp_path):
    """A station with limits of one's own."""
    stations = []

    def start(*options):
        station = Station(tmp_path)
        station.options = options
        stations.append(station.start())
        station.add_image()
        return station

    yield start
    for station in stations:
        station.stop()


def fill(station, size=SIZE):
    data = os.urandom(size)
    (station.images / "debian-12/payload.zst").write_bytes(data)
    return data


def connect(station):
    return http.client.HTTPConnection("127.0.0.1", station.ports["http"]["port"], timeout=PATIENCE)


def ask(c, first, last, path=PAYLOAD):
    c.request("GET", path, headers={"Range": f"bytes={first}-{last}"})
    return c.getresponse()


def test_two_hundred_at_once_and_the_api_answers(station):
    """All connections are open at the same time, and asked before any is read."""
    data, step = fill(station), 1 << 20
    clients = [connect(station) for _ in range(200)]
    replies = []
    for i, c in enumerate(clients):
        first = (i * 37777) % (SIZE - step)
        replies.append((first, ask(c, first, first + step - 1)))
    assert station.operate("GET", "/v1/whoami").status == 200
    station.add_node()
    station.add_order()
    agent = FakeAgent(station)
    agent.checkin()
    assert agent.call("POST", "events", {"events": [{"seq": 1, "time": "2026-11-22T21:00:00Z", "kind": "note", "phase": "destroy",
                                                     "step": "write", "text": "x"}]}).status == 200
    for first, reply in replies:
        assert reply.status == 206
        assert reply.read() == data[first:first + step]
    for c in clients:
        c.close()


def test_ranges_by_many_threads_are_the_right_bytes(station):
    data, wrong = fill(station), []

    def client(n):
        try:
            c = connect(station)
            for i in range(20):
                first = (n * 1234567 + i * 7654321) % (SIZE - 300000)
                if ask(c, first, first + 299999).read() != data[first:first + 300000]:
                    wrong.append((n, i))
            c.close()
        except (OSError, http.client.HTTPException) as e:
            wrong.append((n, repr(e)))

    threads = [threading.Thread(target=client, args=(n,)) for n in range(32)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(PATIENCE)
    assert not any(t.is_alive() for t in threads) and wrong == []


def test_a_client_beyond_the_limit_is_told_to_come_back(limited):
    station = limited("--max-connections", "8")
    data = fill(station)
    inside = [connect(station) for _ in range(8)]
    for c in inside:
        assert ask(c, 0, 9).read() == data[:10]
    for _ in range(20):
        c = connect(station)
        reply = ask(c, 0, 9)
        assert reply.status == 503 and 5 <= int(reply.headers["Retry-After"]) <= 10
        assert reply.headers["Connection"] == "close" and b"too many connections" in reply.read()
        c.close()
    for c in inside:  # those who are in stay in
        assert ask(c, 10, 19).read() == data[10:20]
    assert station.operate("GET", "/v1/whoami").status == 200  # a limit of its own
    inside.pop().close()
    for _ in range(PATIENCE * 10):  # the place is free once the station has seen the end
        c = connect(station)
        reply = ask(c, 0, 9)
        if reply.status == 206:
            break
        c.close()
    assert reply.read() == data[:10]


def test_an_address_has_a_limit(limited):
    station = limited("--max-connections", "16", "--max-per-address", "4")
    fill(station)
    inside = [connect(station) for _ in range(4)]
    for c in inside:
        assert ask(c, 0, 9).status == 206
    assert ask(connect(station), 0, 9).status == 503
    other = http.client.HTTPConnection("127.0.0.1", station.ports["http"]["port"], timeout=PATIENCE,
                                       source_address=("127.0.0.2", 0))
    assert ask(other, 0, 9).status == 206


def test_a_body_of_one_too_many_is_read_before_the_answer(limited):
    station = limited("--max-connections", "1")
    inside = connect(station)
    assert ask(inside, 0, 9).status == 206
    c = connect(station)
    c.request("POST", "/phone-home/" + "A" * 43, b"x" * 60000)
    assert c.getresponse().status == 503


def drain(s):
    """Reads until the end, however it comes."""
    n = 0
    with contextlib.suppress(ConnectionError):
        while got := s.recv(1 << 20):
            n += len(got)
    return n


def test_a_reader_that_stands_still_is_ended(limited):
    station = limited("--idle", "2")
    fill(station, 64 << 20)
    with socket.create_connection(("127.0.0.1", station.ports["http"]["port"]), timeout=PATIENCE) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        s.sendall(f"GET {PAYLOAD} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert s.recv(1000, socket.MSG_PEEK)
        wait_until_only(station, 0)
        assert drain(s) < 64 << 20
    assert station.operate("GET", "/v1/whoami").status == 200


def wait_until_only(station, n):
    """Until the process has no more than n sockets that belong to clients of the HTTP port.

    Its descriptors are root's alone to look at; a socket that nobody holds any more has no inode.
    """
    port = f"{station.ports['http']['port']:04X}"
    for _ in range(300):
        with open("/proc/net/tcp") as f:
            rows = [line.split() for line in f.readlines()[1:]]
        left = [r for r in rows if r[1].endswith(":" + port) and r[3] != "0A" and r[9] != "0"]
        if len(left) <= n:
            return
        threading.Event().wait(0.1)
    raise AssertionError(f"{len(left)} connections are still open")


def test_slow_heads_are_ended(limited):
    """A byte now and then does not keep a connection alive."""
    station = limited("--idle", "3")
    slow = [socket.create_connection(("127.0.0.1", station.ports["http"]["port"]), timeout=PATIENCE) for _ in range(20)]
    ended = 0
    for s in slow:
        s.sendall(b"GET /boot.ipxe HTTP/1.1\r\nX-Slow: ")
    for _ in range(PATIENCE):
        threading.Event().wait(1)
        ended = 0
        for s in slow:
            try:
                s.sendall(b"a")
            except OSError:
                ended += 1
        if ended == len(slow):
            break
    assert ended == len(slow)
    assert station.call("GET", "/boot.ipxe", port="http").status == 200


@pytest.mark.parametrize("value, status, part", [
    ("bytes=0-0,10-19", 200, (0, SIZE)), ("bytes=-7", 206, (SIZE - 7, SIZE)), (f"bytes={SIZE - 1}-", 206, (SIZE - 1, SIZE)),
    (f"bytes={SIZE - 5}-{SIZE + 100}", 206, (SIZE - 5, SIZE)), (f"bytes={SIZE}-", 416, None), (f"bytes=-{SIZE * 2}", 206, (0, SIZE))])
def test_odd_ranges_on_a_connection_that_lives_on(station, value, status, part):
    data, c = fill(station), connect(station)
    for _ in range(2):
        c.request("GET", PAYLOAD, headers={"Range": value})
        reply = c.getresponse()
        body = reply.read()
        assert reply.status == status and (part is None or body == data[slice(*part)])
    c.close()


def test_a_file_has_a_tag_by_which_caches_see_that_it_changed(station):
    data = fill(station)
    first = station.call("GET", PAYLOAD, port="http")
    tag = first.headers["etag"]
    same = station.call("GET", PAYLOAD, port="http", headers={"If-None-Match": f'"other", {tag}'})
    assert same.status == 304 and same.body == b"" and same.headers["etag"] == tag
    part = station.call("GET", PAYLOAD, port="http", headers={"If-Range": tag, "Range": "bytes=1-2"})
    assert part.status == 206 and part.body == data[1:3] and part.headers["etag"] == tag
    data = fill(station)
    assert station.call("GET", PAYLOAD, port="http", headers={"If-None-Match": tag}).status == 200
    whole = station.call("GET", PAYLOAD, port="http", headers={"If-Range": tag, "Range": "bytes=1-2"})
    assert whole.status == 200 and whole.body == data and whole.headers["etag"] != tag


@pytest.mark.parametrize("option", [("--max-connections", "0"), ("--max-per-address", "0"), ("--idle", "99999"),
                                    ("--max-connections", "99999999"), ("--images-url", "ftp://x/images"),
                                    ("--images-url", "http://x/images/")])
def test_senseless_limits_are_refused(tmp_path, option):
    done = subprocess.run([BUILD / "remint", "serve", "--state", tmp_path / "s", *option], capture_output=True, text=True,
                          timeout=PATIENCE)
    assert done.returncode != 0 and (option[0] in done.stderr or option[1] in done.stderr) and not (tmp_path / "s").exists()


def test_images_may_be_fetched_elsewhere(limited):
    """From a cache in front of the station, which stays the one to fall back to."""
    station = limited("--images-url", "http://cache.example:8080/images")
    assert station.operate("GET", "/v1/images").json["images"][0]["manifest_url"] == (
        "http://cache.example:8080/images/debian-12/manifest.json")
    station.add_node()
    station.add_order()
    agent = FakeAgent(station)
    agent.checkin()
    image = agent.order["image"]
    assert image["manifest_url"] == "http://cache.example:8080/images/debian-12/manifest.json"
    assert image["mirrors"] == [station.ports["http"]["url"] + "/images/debian-12/"]
    assert station.call("GET", PAYLOAD, port="http").status == 200
