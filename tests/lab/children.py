# SPDX-License-Identifier: Apache-2.0
"""Child processes that never outlive us: ended by process id at exit, and by the kernel when we are killed."""
import atexit
import concurrent.futures
import ctypes
import os
import signal
import subprocess
import threading

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)
_running = []
# The kernel's word is about the thread that has made a child (prctl(2), PR_SET_PDEATHSIG): one that ends would take the child with it, so threads
# have their children made by one that stays.
_maker = concurrent.futures.ThreadPoolExecutor(1, "children")


def _die_with_parent():
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _make(argv, kw):
    return subprocess.Popen(argv, preexec_fn=_die_with_parent, **kw)


def start(argv, **kw):
    # /dev/null: an emulator must not take the terminal.
    kw.setdefault("stdin", subprocess.DEVNULL)
    argv = [str(a) for a in argv]
    stays = threading.current_thread() is threading.main_thread()
    child = _make(argv, kw) if stays else _maker.submit(_make, argv, kw).result()
    _running.append(child)
    return child


def end(child, gently=0):
    """Asks (SIGTERM) and waits for `gently` seconds, then kills; reaps."""
    if child.poll() is None and gently:
        child.terminate()
        try:
            child.wait(gently)
        except subprocess.TimeoutExpired:
            pass
    if child.poll() is None:
        child.kill()
    child.wait(30)
    if child in _running:
        _running.remove(child)


@atexit.register
def end_all():
    for child in list(_running):
        end(child)


def on_signals():
    """SIGTERM ends us through the exit handlers. For programs; a test runner has its own ways."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(143) if not _running else (end_all(), os._exit(143)))
