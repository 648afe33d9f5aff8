# SPDX-License-Identifier: Apache-2.0
"""remint reimage against a real station, with agents that are none."""
import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading
import time

import pytest
from fake_agent import FakeAgent
from harness import BUILD, PATIENCE

RUN = re.compile(r"r-[0-9a-f]{16}")
HELD = "the signature does not verify"


class Reimage:
    """The command as a child."""

    def __init__(self, station, *words, token=None, stdin=None, **more):
        environment = {**os.environ, "REMINT_STATE": str(station.state)}
        if token:
            (station.state / "other.token").write_text(token)
            environment["REMINT_TOKEN_FILE"] = str(station.state / "other.token")
        self.process = subprocess.Popen([BUILD / "remint", "reimage", *words], env=environment, text=True,
                                        stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
                                        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more})
        if stdin:
            self.process.stdin.write(stdin)
            self.process.stdin.close()
            self.process.stdin = None

    def end(self):
        """Its exit status, what it said on standard output, and on standard error."""
        out, err = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, out, err


def reimage(station, *words, **more):
    return Reimage(station, *words, **more).end()


def until(what):
    end = time.monotonic() + PATIENCE
    while not (found := what()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return found


def the_run(station):
    """The newest run in full, once there is one."""
    newest = until(lambda: station.operate("GET", "/v1/runs").json["runs"])[0]
    return station.operate("GET", f"/v1/runs/{newest['id']}").json


def nodes_that_are(station, state):
    return [n["node"] for n in the_run(station)["nodes"] if n["state"] == state]


def agent_of(station, node):
    return FakeAgent(station, int(node.removeprefix("node")))


def work(station, node):
    """From the boot to the tenant's system."""
    agent = agent_of(station, node)
    agent.work()
    if agent.order["image"]:
        assert agent.phone_home().status == 204


def hold(station, node):
    agent = agent_of(station, node)
    assert agent.checkin().status == 200
    assert agent.call("POST", "outcome", {"outcome": "held", "step": "image", "reason": HELD}).status == 204


def next_pending(station):
    return until(lambda: nodes_that_are(station, "pending"))[0]


def add_nodes(station, n):
    for i in range(1, n + 1):
        station.add_node(i)
    return [f"node{i}" for i in range(1, n + 1)]


def orders(station):
    return station.operate("GET", "/v1/orders").json["orders"]


def test_so_many_at_once(station):
    add_nodes(station, 4)
    command = Reimage(station, "node[1-3]", "node4", "node1", "--image", "debian-12", "--concurrency", "2", "--json")
    most = 0
    while (run := the_run(station))["counts"]["done"] < 4:
        most = max(most, run["counts"]["open"])
        if run["counts"]["open"] == 2 or not run["counts"]["waiting"]:
            for node in nodes_that_are(station, "pending"):
                work(station, node)
        time.sleep(0.05)
    code, out, err = command.end()
    assert code == 0, (out, err)
    run = json.loads(out)
    assert most == 2 and run["result"] == "done" and run["state"] == "ended" and run["counts"]["done"] == 4
    assert [(n["node"], n["state"]) for n in run["nodes"]] == [(f"node{i}", "live") for i in range(1, 5)]
    assert "node1: wipe: destroy\n" in err and "node4: live\n" in err
    assert {o["run"] for o in orders(station)} == {run["id"]} and len(orders(station)) == 4


def test_one_is_held(station):
    add_nodes(station, 2)
    command = Reimage(station, "node1", "node2", "--image", "debian-12", "--until", "handed-over")
    until(lambda: len(nodes_that_are(station, "pending")) == 2)
    hold(station, "node1")
    agent_of(station, "node2").work()
    code, out, err = command.end()
    assert code == 1, (out, err)
    assert re.search(r"^node1 +held +image +0:\d\d +o-[0-9a-f]{16}$", out, re.M), out
    assert re.search(r"^node2 +handed-over +- +0:\d\d +o-[0-9a-f]{16}$", out, re.M), out
    assert f"\nnode1: held: {HELD}\n" in out and "1 of 2 done, 1 held" in out


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_cut_off_and_resumed(station, how):
    add_nodes(station, 2)
    command = Reimage(station, "node1", "node2", "--image", "debian-12", "--concurrency", "1")
    first = next_pending(station)
    agent = agent_of(station, first)
    agent.checkin()
    command.process.send_signal(how)
    code, out, err = command.end()
    run = the_run(station)["id"]
    if how == signal.SIGINT:
        assert code == 3 and f"remint reimage --resume {run}" in err and "not begun" in out, (out, err)
    work(station, first)  # which goes on without anybody
    time.sleep(0.3)
    assert [o["node"] for o in orders(station)] == [first], "nobody asks for the next"
    listed = subprocess.run([BUILD / "remint", "reimage", "--list", "--state", station.state], capture_output=True, text=True)
    assert re.search(rf"^{run} +open +debian-12 +2 +1 +0 +1 +0 +admin ", listed.stdout, re.M), listed
    again = Reimage(station, "--resume", run, token=station.account("operator"))
    work(station, next_pending(station))
    code, out, err = again.end()
    assert code == 0, (out, err)
    assert sorted(o["node"] for o in orders(station)) == ["node1", "node2"]
    assert len({o["requested_by"] for o in orders(station)}) == 2, "the audit trail tells who asked for which"


def test_two_commands_on_one_run(station):
    add_nodes(station, 3)
    commands = [Reimage(station, "node*", "--image", "debian-12", "--concurrency", "2")]
    run = the_run(station)["id"]
    commands.append(Reimage(station, "--resume", run))
    for _ in range(3):
        work(station, next_pending(station))
    assert [c.end()[0] for c in commands] == [0, 0]
    assert sorted(o["node"] for o in orders(station)) == ["node1", "node2", "node3"]


def test_begun_from_many_sides_at_once(station):
    add_nodes(station, 12)
    body = {"nodes": [f"node{i}" for i in range(1, 13)], "order": {"image": "debian-12"}, "concurrency": 5}
    run = station.operate("POST", "/v1/runs", body).json
    assert run["free"] == 5 and run["counts"]["waiting"] == 12
    threads = [threading.Thread(target=station.operate, args=("POST", f"/v1/runs/{run['id']}/begin")) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert [o["node"] for o in reversed(orders(station))] == [f"node{i}" for i in range(1, 6)]


def test_the_station_goes_away_for_a_while(station):
    add_nodes(station, 1)
    command = Reimage(station, "node1", "--image", "debian-12")
    agent = agent_of(station, next_pending(station))
    agent.checkin()
    station.kill()
    line = ""
    while "not heard" not in line:
        line = command.process.stdout.readline()
        assert line
    station.start()
    work(station, "node1")
    code, out, err = command.end()
    assert code == 0 and "station: answers again" in out, (out, err)


def test_a_leased_node_is_refused_unless_its_tenant_has_left(station):
    add_nodes(station, 2)
    station.add_order(1)
    work(station, "node1")
    assert station.node(1)["state"] == "leased"
    words = ["node1", "node2", "--image", "debian-12", "--dry-run"]
    code, out, _ = reimage(station, *words)
    assert code == 1 and re.search(r"^node1 +refused +node node1 is leased", out, re.M) and re.search("^node2 +taken", out, re.M)
    assert reimage(station, *words, "--returned")[0] == 0
    assert station.node(1)["state"] == "leased" and len(orders(station)) == 1, "a dry run changes nothing"
    command = Reimage(station, *words[:-1])
    work(station, next_pending(station))
    code, out, err = command.end()
    assert code == 1 and re.search(r"^node1 +refused +- +- +-$", out, re.M) and "node1: refused: node node1 is leased" in out, (out, err)
    assert station.node(1)["state"] == "leased"
    command = Reimage(station, "node1", "--image", "debian-12", "--returned")
    work(station, next_pending(station))
    assert command.end()[0] == 0
    assert [e["object"].split(" (")[0] for e in station.audit() if e["action"] == "node-state"] == ["node1: leased -> returned"]


def test_what_was_refused_is_tried_again(station):
    add_nodes(station, 1)
    blocking = station.add_order(1)
    assert reimage(station, "node1", "--erase-only")[0] == 1
    station.operate("POST", f"/v1/orders/{blocking['id']}/cancel")
    command = Reimage(station, "--resume", the_run(station)["id"])
    work(station, next_pending(station))
    code, out, err = command.end()
    assert code == 0 and re.search("^node1 +erased", out, re.M), (out, err)


def test_no_more_after_so_many_failures(station):
    add_nodes(station, 3)
    command = Reimage(station, "node*", "--image", "debian-12", "--concurrency", "1", "--max-failures", "1")
    hold(station, next_pending(station))
    code, out, err = command.end()
    assert code == 1 and "stopped: too many were held" in out and len(orders(station)) == 1, (out, err)
    run = the_run(station)
    assert run["state"] == "stopped"
    code, _, err = reimage(station, "--resume", run["id"])
    assert code == 1 and "higher number of failures" in err
    again = Reimage(station, "--resume", run["id"], "--max-failures", "0", "--concurrency", "2")
    until(lambda: len(nodes_that_are(station, "pending")) == 2)
    for node in nodes_that_are(station, "pending"):
        work(station, node)
    assert again.end()[0] == 1, "the first one is still held"


def test_cancelled(station):
    add_nodes(station, 3)
    command = Reimage(station, "node*", "--image", "debian-12", "--concurrency", "2")
    until(lambda: len(nodes_that_are(station, "pending")) == 2)
    agent = agent_of(station, "node2")
    agent.work()  # handed over: too late for it
    run = the_run(station)["id"]
    code, out, err = reimage(station, "--cancel", run)
    assert code == 0 and "1 at work, 1 cancelled, 1 not begun" in out, (out, err)
    agent.phone_home()
    code, out, err = command.end()
    assert code == 1 and re.search("^node2 +live", out, re.M) and len(orders(station)) == 2, (out, err)
    code, _, err = reimage(station, "--resume", run)
    assert code == 1 and "was cancelled" in err


def test_a_changed_image_is_not_mixed_in(station):
    add_nodes(station, 2)
    command = Reimage(station, "node*", "--image", "debian-12", "--concurrency", "1")
    first = next_pending(station)
    (station.images / "debian-12").rename(station.images / "old")
    station.add_image(serial=4)
    work(station, first)
    code, out, err = command.end()
    assert code == 1 and "node2: refused: image debian-12 is another one than when the run was made" in out, (out, err)


def test_bad_words_order_nothing(station, tmp_path):
    add_nodes(station, 2)
    image = ("--image", "debian-12")
    (tmp_path / "list").write_text("# a rack\n\nnode1\n  nowhere # gone\n")
    for words, code, said in (
            (("node1", "node8", "nod\33e9", *image), 1, "no node 'node8', 'nod?e9': nothing has been ordered"),
            (("x*", *image), 1, "no node 'x*'"),
            (("node1", "--nodes-from", str(tmp_path / "list"), *image), 1, "no node 'nowhere'"),
            (("node1", "--nodes-from", str(tmp_path / "none"), *image), 1, "cannot open"),
            (("--all-returned", *image), 1, "no node is meant"),
            (("node1", "--except", "*", *image), 1, "no node is meant"),
            (image, 2, "which nodes?"),
            (("node1",), 1, "--image NAME and --erase-only"),
            (("node1", "--image", "debian-13"), 1, "debian-13"),
            (("node1", "node2", "--root-disk", "D1", *image), 1, "disks of one node"),
            (("node1", "--concurrency", "0", *image), 1, "run.concurrency"),
            (("node1", "--until", "done", *image), 1, "run.until"),
            (("node1", "--verify", "well", *image), 1, "verify"),
            (("--resume", "r-0000000000000000"), 1, "there is no such run"),
            (("--resume", "../orders"), 1, "is not a run's id"),
            (("--resume", "r-0000000000000000", "--image", "x"), 2, "unknown option '--image'"),
            (("--cancel", "r-0000000000000000"), 1, "there is no such run")):
        result = reimage(station, *words)
        assert result[0] == code and said in result[2], (words, result)
    assert not station.operate("GET", "/v1/runs").json["runs"] and not orders(station)


def test_nodes_from_a_list(station):
    add_nodes(station, 3)
    station.operate("POST", "/v1/nodes/node3/state", {"state": "available"})
    station.operate("POST", "/v1/nodes/node3/state", {"state": "returned"})
    code, out, err = reimage(station, "--nodes-from", "-", "--all-returned", "--except", "node2", "--image", "debian-12", "--dry-run",
                             "--json", stdin="node1 # the first\nnode[12]\n")
    assert code == 0, err
    assert json.loads(out) == {"nodes": [{"node": "node1", "refused": None}, {"node": "node3", "refused": None}]}


def test_for_so_long(station):
    add_nodes(station, 1)
    code, out, err = reimage(station, "node1", "--image", "debian-12", "--timeout", "1", "--json")
    assert code == 3 and json.loads(out)["result"] == "unfinished" and "the time is over" in err, (out, err)


def test_secrets_of_a_run_are_not_shown(station):
    add_nodes(station, 1)
    order = {"image": "debian-12", "user_data": "#cloud-config\npassword: hunter2\n", "wipe": {"secrets": [{"drive": "D1", "psid": "ABCD"}]}}
    run = station.operate("POST", "/v1/runs", {"nodes": ["node1"], "order": order}).json
    shown = station.operate("GET", f"/v1/runs/{run['id']}").body
    assert b"D1" in shown and b"ABCD" not in shown and b"hunter2" not in shown
    viewer = station.account("viewer")
    assert station.operate("POST", f"/v1/runs/{run['id']}/begin", token=viewer).status == 403
    assert station.operate("POST", f"/v1/runs/{run['id']}/begin").json["counts"]["open"] == 1
    agent = FakeAgent(station)
    agent.checkin()
    assert agent.order["wipe"]["secrets"][0]["psid"] == "ABCD" and "hunter2" in agent.order["cloud_init"]["user_data"]


def test_the_view_fits_the_terminal(station):
    nodes = add_nodes(station, 30)
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    command = Reimage(station, "node*", "--image", "debian-12", "--watch", "--concurrency", "3", stdout=theirs)
    os.close(theirs)
    said = []

    def read():
        with open(ours, "rb", buffering=0, closefd=True) as terminal:
            try:
                while text := terminal.read(4096):
                    said.append(text)
            except OSError:
                pass  # the other side is closed

    reader = threading.Thread(target=read)
    reader.start()
    until(lambda: len(nodes_that_are(station, "pending")) == 3)
    first = nodes_that_are(station, "pending")
    hold(station, first[0])
    agent = agent_of(station, first[1])
    agent.checkin()
    agent.events(agent.event("step-begun", "destroy", "wipe"),
                 agent.event("progress", "destroy", "wipe", done=300 << 20, total=1 << 30))

    def frames():
        return [re.sub(r"\x1b\[[0-9]*[A-Z]|\r", "", f) for f in b"".join(said).decode(errors="replace").split("\33[J")]

    shown = until(lambda: next((f for f in frames() if re.search(rf"^{first[0]} +held", f, re.M) and " 29 %" in f), None))
    lines = shown.strip("\n").split("\n")
    assert len(lines) <= 23 and max(map(len, lines)) < 80, lines
    assert re.search(rf"^{first[1]} +running +wipe +\d:\d\d +.*29 %", "\n".join(lines), re.M), lines
    assert re.search(rf"^{first[2]} +pending +\d:\d\d +waits for the machine: switch it on", "\n".join(lines), re.M), lines
    assert re.search(r"^\.\.\. and \d+ more: \d+ waiting$", lines[-2]), lines
    assert re.search(r"^\d:\d\d  0 of 30 done, 3 at work, 26 waiting, 1 held, 0 refused, 0 cancelled  r-", lines[-1]), lines
    command.process.send_signal(signal.SIGINT)
    assert command.process.wait(PATIENCE) == 3
    reader.join()
    assert len(orders(station)) == 4 and len(nodes) == 30
