# SPDX-License-Identifier: Apache-2.0
"""The virtual rack's parts by themselves: what is refused, how many nodes there is room for, its socket, its folder, consoles, reports."""
import argparse
import json
import os
import socket
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import children, images, junit, run  # noqa: E402
from lab.rack import cli, console, control, report, room  # noqa: E402
from lab.rack.folder import Folder  # noqa: E402
from lab.segment import Segment  # noqa: E402


def parsed(*words):
    parser = argparse.ArgumentParser()
    cli.add(parser.add_subparsers())
    args = parser.parse_args(["up", *words])
    args.check(args)
    return args.options


def folder_of(path, name, **manifest):
    """An image's folder, its files empty."""
    path.mkdir()
    of = {"name": name, "index": {"file": "index.bin"}, "payload": {"file": "payload.zst"}, **manifest}
    (path / "manifest.json").write_text(json.dumps(of))
    for file in ("manifest.json.p7s", "index.bin", "payload.zst"):
        (path / file).write_bytes(b"")
    return path


@pytest.fixture
def image(tmp_path):
    return folder_of(tmp_path / "image", "a", kind="disk", size=5 << 30, logical_block_size=512)


@pytest.mark.parametrize("words, says", [
    (["--nodes", "0"], "from 1 to"), (["--nodes", "65"], "from 1 to"), (["--nodes", "60", "--memory", "900000"], "MiB are free"),
    (["--memory", "511"], "at least 512"), (["--nics", "9"], "from 1 to 8"), (["--disk", "tape:5"], "tape"), (["--disk", "nvme:"], "in MiB"),
    (["--disk", "nvme:0"], "in MiB"), (["--disk", "nvme:1x"], "in MiB"), (["--profile", "nosuch"], "no profile nosuch"),
    (["--profile", "node9=plain", "--nodes", "1"], "no node9"), (["--image", "/nonexistent"], "no image"),
    (["--image-ca", "/nonexistent"], "no such file")])
def test_what_is_refused(words, says):
    with pytest.raises(ValueError, match=says):
        parsed("--memory", "512", *words) if "--memory" not in words else parsed(*words)


def test_what_is_asked_for(image):
    made = parsed("--nodes", "1", "--memory", "512", "--disk", "sata:64", "--disk", "nvme", "--nics", "3", "--image", str(image),
                  "--profile", "etag-strict+task-slow", "--profile", "node1=silent-ok")
    assert made["disks"] == [("sata", 64 << 20), ("nvme", 0)] and made["disk_default"] == (5 << 30) + (256 << 20)
    assert made["profiles"] == {"": "etag-strict+task-slow", "node1": "silent-ok"} and made["nics"] == 3
    with pytest.raises(ValueError, match="same name"):
        parsed("--memory", "512", "--image", str(image), "--image", str(image))


def test_images_of_every_kind(image, tmp_path):
    """Of kind root: a disk that the layout fits. An overlay goes onto no disk, and no machine boots it."""
    files = {"kernel": {"file": "vmlinuz"}, "initrd": {"file": "initrd.img"}, "cmdline": "ro"}
    root = folder_of(tmp_path / "root", "r", kind="root", size=1 << 30, kexec=files, layout={"partitions": [{"size": 8 << 30}, {}]})
    overlay = folder_of(tmp_path / "overlay", "o", kind="overlay", size=1 << 40)
    small = ("--nodes", "1", "--memory", "512", "--image")
    assert parsed(*small, str(overlay))["disk_default"] == cli.DISK_MIB << 20
    made = parsed(*small, str(root), "--image", str(image), "--image", str(overlay))
    assert made["block"] == 512 and 10 << 30 < made["disk_default"] < 11 << 30
    parser = argparse.ArgumentParser()
    run.add(parser.add_subparsers())
    for path, says in ((overlay, "no machine boots"), (tmp_path / "none", "no image of 'remint image pack'")):
        with pytest.raises(ValueError, match=says):
            run.check(parser.parse_args(["run", "--image", str(path)]))
    run.check(parser.parse_args(["run", "--image", str(root)]))
    (root / "vmlinuz").write_bytes(b"k")
    (root / "initrd.img").write_bytes(b"i")
    (tmp_path / "given").mkdir()
    images.give(argparse.Namespace(images=tmp_path / "given"), root, images.manifest(root), sign=False)
    assert {p.name for p in (tmp_path / "given/r").iterdir()} == {p.name for p in root.iterdir()}


@pytest.mark.parametrize("wanted, available, cores, nodes", [(None, 8192, 2, 2), (None, 1500, 2, 1), (None, 99999, 64, 64), (6, 8192, 2, 6)])
def test_as_many_as_there_is_room_for(wanted, available, cores, nodes):
    assert room.nodes(wanted, 1024, available, cores) == nodes


@pytest.mark.parametrize("wanted, available, says", [
    (8, 8192, "8 nodes of 1024 MiB need 9984 MiB and 8192 MiB are free: --nodes 6 fits"),
    (None, 1000, "1 node of 1024 MiB needs 1472 MiB and 1000 MiB are free: not even one fits")])
def test_no_room(wanted, available, says):
    with pytest.raises(ValueError, match=says):
        room.nodes(wanted, 1024, available, 2)


def test_control_groups_bound_the_memory(tmp_path):
    """The tightest of the groups that we are in; one without a limit does not count."""
    proc, groups = tmp_path / "proc", tmp_path / "groups"
    (proc / "self").mkdir(parents=True)
    (proc / "meminfo").write_text("MemTotal: 9000000 kB\nMemAvailable:    8388608 kB\n")
    (proc / "self/cgroup").write_text("0::/a/b\n")
    (groups / "a/b").mkdir(parents=True)
    assert room.free(proc, groups) == 8192
    for group, limit in ("a/b", "max"), ("a", str(3 << 30)):
        (groups / group / "memory.max").write_text(f"{limit}\n")
        (groups / group / "memory.current").write_text(f"{1 << 30}\n")
    assert room.free(proc, groups) == 2048


# ---- the socket ----------------------------------------------------------------------------------------


def refuse(request):
    if request["do"] == "no":
        raise ValueError("not that")
    return {"heard": request}


@pytest.fixture
def deep(tmp_path):
    """A folder whose path is longer than a socket's may be."""
    folder = tmp_path / ("x" * 100) / "rack"
    folder.mkdir(parents=True)
    made = control.Control(folder, refuse)
    yield folder
    made.close()
    with pytest.raises(control.Gone):
        control.ask(folder, "status")


def test_a_request_and_its_answer(deep):
    assert control.ask(deep, "status", node="ä")["heard"] == {"do": "status", "node": "ä"}
    with pytest.raises(ValueError, match="not that"):
        control.ask(deep, "no")
    assert (deep / control.NAME).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("line", [b"\n", b"[]\n", b"{}\n", b'{"do": 5}\n', b"\xff\xfe\n", b"[" * 60000 + b"\n", b"x" * control.LONGEST + b"\n"])
def test_what_is_no_request(deep, line):
    with socket.socket(socket.AF_UNIX) as s, control._address(deep) as address:
        s.connect(address)
        s.sendall(line)
        with s.makefile() as lines:
            assert json.loads(lines.readline())["ok"] is False


def test_one_that_says_nothing_holds_up_nobody(deep):
    with socket.socket(socket.AF_UNIX) as s, control._address(deep) as address:
        s.connect(address)
        begun = time.monotonic()
        assert control.ask(deep, "status")["heard"] and time.monotonic() - begun < 5


# ---- the folder ----------------------------------------------------------------------------------------


def test_a_folder_of_somebody_elses_things_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(ValueError, match="thesis.txt"):
        Folder(tmp_path).prepare()
    (tmp_path / "options.json").write_text("{}")
    (tmp_path / "nodes").mkdir()
    (tmp_path / "station").symlink_to("/etc")
    with pytest.raises(ValueError, match="former rack"):
        Folder(tmp_path).prepare()
    Folder(tmp_path).remove()
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"] and Path("/etc/passwd").exists()


def test_whose_it_is(tmp_path):
    first, second = Folder(tmp_path / "rack"), Folder(tmp_path / "rack")
    first.prepare()
    assert first.path.stat().st_mode & 0o777 == 0o700 and second.holder() == 0
    first.take()
    assert second.holder() == os.getpid()
    for ask in second.take, second.prepare:
        with pytest.raises(ValueError, match="is up"):
            ask()


# ---- consoles and reports ------------------------------------------------------------------------------


def test_a_console_without_terminal_controls(tmp_path):
    assert console.newest(tmp_path, "node1") == ""
    (tmp_path / "node1.console-9.log").write_bytes(b"old\n")
    (tmp_path / "node1.console-10.log").write_bytes(b"\x1b[2J\x1b[01;01HBdsDxe\xff: \x1b]0;title\x07 done\r\n")
    assert console.newest(tmp_path, "node1") == "BdsDxe\ufffd: 0;title done\n"


def test_a_console_is_followed_over_a_restart(tmp_path):
    first, second, up = tmp_path / "n.console-1.log", tmp_path / "n.console-2.log", threading.Event()
    got = console.follow(tmp_path, "n", lambda: not up.is_set())
    first.write_bytes(b"one \x1b[")
    assert next(got) == "one "
    with open(first, "ab") as file:
        file.write(b"31mred")
    assert next(got) == "red"
    second.write_bytes(b"two")
    assert next(got) == "\n-- n is started again\n" and next(got) == "two"
    up.set()
    assert list(got) == []


def test_a_report_of_a_run(tmp_path):
    (tmp_path / "nodes/node2").mkdir(parents=True)
    (tmp_path / "nodes/node2/node2.console-1.log").write_bytes(b"panic\x00 & <end>\n")
    (tmp_path / "run.json").write_text(json.dumps({"until": "live", "nodes": [
        {"node": "node1", "state": "live", "step": None, "reason": None, "created": "2026-01-01T00:00:00Z", "updated": "2026-01-01T00:01:30Z"},
        {"node": "node2", "state": "held", "step": "write", "reason": "no\x1broom", "created": "2026-01-01T00:00:00Z", "updated": "?"},
        {"node": "node3", "state": "waiting", "step": None, "reason": None, "created": None, "updated": None}]}))
    junit.write(tmp_path / "report.xml", "remint reimage", report.cases(report.read(tmp_path / "run.json"), tmp_path / "nodes"))
    suite = ET.parse(tmp_path / "report.xml").getroot()
    assert (suite.get("tests"), suite.get("failures"), suite.get("time")) == ("3", "2", "90.0")
    held = suite.findall("testcase")[1].find("failure")
    assert held.get("message") == "held in write: noroom" and held.text == "panic & <end>"
    assert suite.findall("testcase")[2].find("failure").get("message") == "waiting: it has not ended"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"nodes": 5}', '{"nodes": [5]}', '{"nodes": [{"node": "a"}]}'])
def test_what_is_no_summary(tmp_path, text):
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(ValueError, match="remint reimage"):
        report.read(tmp_path / "run.json")


# ---- what it stands on ---------------------------------------------------------------------------------


def test_a_child_outlives_the_thread_that_asked_for_it():
    """A BMC starts its machine on the thread of a connection, which ends."""
    made = []
    thread = threading.Thread(target=lambda: made.append(children.start(["sleep", "60"])))
    thread.start()
    thread.join()
    time.sleep(0.3)
    assert made[0].poll() is None
    children.end(made[0])


def test_a_port_of_ours_is_brought_into_a_segment():
    segment = Segment()
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            segment.bring(port)
            program = f"import socket; print(socket.create_connection(('127.0.0.1', {port}), 10).recv(5).decode())"
            inside = subprocess.Popen(segment.inside(sys.executable, "-c", program), stdout=subprocess.PIPE, text=True)
            client, _ = server.accept()
            with client:
                client.sendall(b"hello")
                assert inside.communicate(timeout=20)[0] == "hello\n"
    finally:
        segment.close()
