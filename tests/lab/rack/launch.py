# SPDX-License-Identifier: Apache-2.0
"""Starts a rack in the background, and ends it."""
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from . import control

END_SECONDS = 60
LAST_LINES = 12  # of the rack's log, when it did not come up


class Failed(Exception):
    pass


def start(folder, options, say):
    """Until the rack is up; say() gets what it says meanwhile."""
    folder.write(folder.options, options)
    with open(folder.log, "ab") as log:
        child = subprocess.Popen([sys.executable, Path(__file__).parent, folder.path], start_new_session=True, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        _listen(child, folder, say)
    except KeyboardInterrupt:
        child.terminate()
        child.wait(END_SECONDS)
        folder.remove()  # nobody else has had it
        raise
    finally:
        child.stdout.close()


def _listen(child, folder, say):
    for line in child.stdout:
        kind, _, text = line.strip().partition(" ")
        if kind == "up":
            return
        if kind == "failed":
            raise Failed(f"{text}; {folder.path} has its logs, and 'remint lab down' removes it")
        say(text)
    tail = folder.log.read_text(errors="replace").splitlines()[-LAST_LINES:]
    raise Failed("\n".join([f"the rack ended ({child.wait(END_SECONDS)}) before it was up", *tail]))


def _wait_for_end(folder, pid):
    end = time.monotonic() + END_SECONDS
    while folder.holder() == pid:
        if time.monotonic() >= end:
            return False
        time.sleep(0.05)
    return True


def end(folder):
    """What was ended: "asked", "killed", or "" when no rack was up."""
    pid = folder.holder()
    if not pid:
        return ""
    try:
        control.ask(folder.path, "down")
    except (control.Gone, ValueError):
        os.kill(pid, signal.SIGTERM)  # it holds the lock, so the number is its own
    if _wait_for_end(folder, pid):
        return "asked"
    os.kill(pid, signal.SIGKILL)
    if not _wait_for_end(folder, pid):
        raise Failed(f"process {pid} does not end, though it was killed")
    return "killed"
