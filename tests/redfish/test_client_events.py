# SPDX-License-Identifier: Apache-2.0
"""`remint bmc events`: lines as things happen, from streams that end, drip, or mean harm."""
import contextlib
import json
import signal
import subprocess
import time

import pytest
from client import leaves_no_session

SERVICE = "/redfish/v1/EventService"


class Watching:
    """A command that runs."""

    def __init__(self, client, *words):
        self.client = client
        self.process = subprocess.Popen([*client.argv("events"), *words], env=client.environment(), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def await_stream(self, seconds=10):
        end = time.monotonic() + seconds
        while not self.client.bmc.events._streams:
            assert time.monotonic() < end and self.process.poll() is None
            time.sleep(0.02)

    def publish(self, *texts):
        with self.client.bmc.lock:
            for text in texts:
                self.client.bmc.events.publish("Test", text, SERVICE)

    def read(self):
        return self.process.stdout.readline().rstrip("\n")

    def end(self, how=signal.SIGINT):
        """Exit status, the rest of the output, standard error."""
        if how:
            self.process.send_signal(how)
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out, err


@contextlib.contextmanager
def watching(client, *words):
    w = Watching(client, *words)
    try:
        yield w
    finally:
        if w.process.poll() is None:
            w.process.kill()
        w.process.communicate()


def test_lines():
    with leaves_no_session() as c, watching(c) as w:
        w.await_stream()
        w.publish("A fan is slow.", "Bells \x07 and\nlines")
        assert w.read().endswith(f"OK LabEvent.1.0.Test: A fan is slow. ({SERVICE})")
        assert w.read().endswith(f"Bells ? and lines ({SERVICE})")
        assert w.end() == (0, "", "")
        assert c.asked("GET", f"{SERVICE}/SSE")[0].headers["accept"].startswith("text/event-stream")


def test_json_lines_and_the_time_is_over():
    with leaves_no_session() as c, watching(c, "--json", "--timeout", "1") as w:
        w.await_stream()
        w.publish("One.", "Two.")
        lines = [json.loads(w.read()) for _ in range(2)]
        assert [(one["bmc"], one["event"]["Events"][0]["Message"]) for one in lines] == [(c.bmc.url, "One."), (c.bmc.url, "Two.")]
        assert int(lines[1]["id"]) == int(lines[0]["id"]) + 1
        assert w.end(how=None) == (0, "", "")


def test_cut_anywhere_with_other_ends_of_lines():
    with leaves_no_session("sse-bytes") as c, watching(c, "--json") as w:
        w.await_stream()
        w.publish("One.", "Two.")
        assert [json.loads(w.read())["event"]["Events"][0]["Message"] for _ in range(2)] == ["One.", "Two."]
        assert w.end()[0] == 0


def test_follow_goes_on_after_the_last_event():
    with leaves_no_session("sse-ends") as c, watching(c, "--json", "--follow") as w:
        w.await_stream()
        w.publish("1", "2", "3", "4")
        lines = [json.loads(w.read()) for _ in range(4)]
        assert [one["event"]["Events"][0]["Message"] for one in lines] == ["1", "2", "3", "4"]
        assert w.end()[0] == 0
        streams = c.asked("GET", f"{SERVICE}/SSE")
        assert "last-event-id" not in streams[0].headers
        assert [s.headers["last-event-id"] for s in streams[1:4]] == [one["id"] for one in lines[:3]]


def test_without_follow_it_ends_with_the_stream():
    with leaves_no_session("sse-ends") as c, watching(c) as w:
        w.await_stream()
        w.publish("1", "2")
        status, out, err = w.end(how=None)
        assert (status, out.count("\n"), err) == (0, 1, "")


def test_follow_through_a_restart_of_the_bmc():
    with leaves_no_session() as c, watching(c, "--json", "--follow") as w:
        w.await_stream()
        w.publish("Before.")
        assert json.loads(w.read())["event"]["Events"][0]["Message"] == "Before."
        with c.bmc.lock:
            c.bmc.events.end()
            c.bmc.manager.restart()
        w.publish("Meanwhile.")
        assert json.loads(w.read())["event"]["Events"][0]["Message"] == "Meanwhile."
        assert w.end()[0] == 0


@pytest.mark.parametrize("profile, said", [
    ("sse-absent", "has no stream of events"), ("sse-endless-line", "a line of more than 262144 bytes"),
    ("sse-endless-event", "an event of more than 1048576 bytes"), ("sse-page", "is no stream of events"),
])
def test_streams_that_are_none(profile, said):
    for follow in ([], ["--follow"]):
        with leaves_no_session(profile) as c:
            status, out, err = c.run("events", *follow)
            assert status == 1 and out == "" and said in err
            assert c.seconds < 10


def test_an_event_that_is_no_json_is_told_and_the_next_is_shown():
    with leaves_no_session("sse-no-json") as c, watching(c, "--json") as w:
        w.await_stream()
        w.publish("After.")
        assert json.loads(w.read())["event"]["Events"][0]["Message"] == "After."
        status, _, err = w.end()
        assert status == 0 and err.count("an event that cannot be read") == 2


def test_streams_that_end_at_once_are_not_begun_for_ever():
    with leaves_no_session() as c:
        c.bmc.profile.events = lambda parts: iter([b": nothing\n\n"])
        status, _, err = c.run("events", "--follow")
        assert status == 1 and "6 streams of events have ended and brought nothing" in err
        assert len(c.asked("GET", f"{SERVICE}/SSE")) == 6
