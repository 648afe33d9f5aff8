# SPDX-License-Identifier: Apache-2.0
"""Bounded waiting."""
import time


class Late(Exception):
    """What was waited for did not come in time, or cannot come any more."""


def until(ask, seconds, what, every=0.2):
    """Calls ask() until it returns something true, and returns that. ask may raise Late itself."""
    end = time.monotonic() + seconds
    while True:
        got = ask()
        if got:
            return got
        if time.monotonic() >= end:
            raise Late(f"{what}: not within {seconds:.0f} s")
        time.sleep(every)
