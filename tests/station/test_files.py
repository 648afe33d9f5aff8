# SPDX-License-Identifier: Apache-2.0
"""Boot files and images, whole and by ranges."""
import http.client
import subprocess

import pytest
from harness import BUILD


@pytest.mark.parametrize("value, part", [("bytes=0-0", (0, 1)), ("bytes=100-299", (100, 300)), ("bytes=900-", (900, 1000)),
                                         ("bytes=-10", (990, 1000)), ("bytes=-5000", (0, 1000)), ("bytes=990-5000", (990, 1000))])
def test_ranges(station, value, part):
    whole = (station.images / "debian-12/payload.zst").read_bytes()
    reply = station.call("GET", "/images/debian-12/payload.zst", port="http", headers={"Range": value})
    assert reply.status == 206 and reply.body == whole[slice(*part)]
    assert reply.headers["content-range"] == f"bytes {part[0]}-{part[1] - 1}/1000"


@pytest.mark.parametrize("value", ["bytes=1-2,4-5", "bytes=5-1", "chunks=1-2", "bytes=", "bytes=a-b", "bytes=1", "bytes=--1",
                                   "bytes=99999999999999999999999-"])
def test_a_range_that_may_be_ignored_is(station, value):
    reply = station.call("GET", "/images/debian-12/payload.zst", port="http", headers={"Range": value})
    assert reply.status == 200 and len(reply.body) == 1000 and reply.headers["accept-ranges"] == "bytes"


@pytest.mark.parametrize("value", ["bytes=1000-", "bytes=5000-6000", "bytes=-0"])
def test_a_range_behind_the_end(station, value):
    reply = station.call("GET", "/images/debian-12/payload.zst", port="http", headers={"Range": value})
    assert reply.status == 416 and reply.headers["content-range"] == "bytes */1000"


def test_head_and_keep_alive(station):
    c = http.client.HTTPConnection("127.0.0.1", station.ports["http"]["port"], timeout=60)
    c.request("HEAD", "/boot/vmlinuz")
    reply = c.getresponse()
    assert reply.status == 200 and reply.headers["content-length"] == "10240" and reply.read() == b""
    sock = c.sock
    for first in range(0, 1000, 100):
        c.request("GET", "/boot/vmlinuz", headers={"Range": f"bytes={first}-{first + 99}"})
        reply = c.getresponse()
        assert reply.status == 206 and len(reply.read()) == 100
        assert c.sock is sock
    c.close()


def test_far_ranges_of_a_large_file(station):
    size = 5 << 30
    path = station.images / "debian-12/payload.zst"
    with open(path, "r+b") as f:
        f.truncate(size)
        f.seek(size - 4)
        f.write(b"last")
    reply = station.call("GET", "/images/debian-12/payload.zst", port="http", headers={"Range": f"bytes={size - 4}-"})
    assert reply.status == 206 and reply.body == b"last"


def test_images_are_listed(station):
    sha256 = station.add_image("other", serial=9)
    (station.images / "broken").mkdir()
    (station.images / "broken/manifest.json").write_text("{")
    images = station.operate("GET", "/v1/images").json["images"]
    assert [(i["name"], i["serial"], i["size"]) for i in images] == [("debian-12", 3, 8 << 20), ("other", 9, 8 << 20)]
    assert images[1]["manifest_sha256"] == sha256
    assert images[1]["manifest_url"] == station.ports["http"]["url"] + "/images/other/manifest.json"
    assert station.operate("POST", "/v1/orders", {"node": "node1", "image": "broken"}).status in (400, 404)


def test_a_state_folder_has_one_station(station):
    second = subprocess.run([BUILD / "remint", "serve", "--state", station.state, "--http", "127.0.0.1:0", "--https",
                             "127.0.0.1:0", "--address", "127.0.0.1"], capture_output=True, text=True, timeout=60)
    assert second.returncode != 0 and "in use" in second.stderr
    assert station.operate("GET", "/v1/whoami").status == 200
