# SPDX-License-Identifier: Apache-2.0
"""What a node's serial console has said: a log for each start of the machine, without terminal controls."""
import re
import time

CONTROL = re.compile(r"\x1b\[[0-9;?=]*[ -/]*[@-~]|\x1b[()].|\x1b[^\[()]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
CUT = re.compile(r"\x1b(\[[0-9;?=]*[ -/]*|[()])?\Z")  # a control of which the rest is still to come
LOOK_SECONDS = 0.2


def logs(folder, name):
    """In the order of the starts."""
    return sorted(folder.glob(f"{name}.console-*.log"), key=lambda p: int(p.stem.rsplit("-", 1)[1]))


def plain(text):
    return CONTROL.sub("", text)


def newest(folder, name):
    """All of the last start; "" before the first one."""
    found = logs(folder, name)
    return plain(found[-1].read_bytes().decode(errors="replace")) if found else ""


def follow(folder, name, goes_on):
    """From the last start on, piece by piece, as long as goes_on() says so."""
    at, file, rest = None, None, ""
    try:
        while True:
            going = goes_on()
            found = logs(folder, name)
            while found and at != found[-1]:
                if file:
                    yield plain(rest + _read(file)) + f"\n-- {name} is started again\n"
                    file.close()
                at = found[found.index(at) + 1] if at in found else found[-1]
                file, rest = open(at, encoding="utf-8", errors="replace", newline=""), ""
            text = rest + (_read(file) if file else "")
            cut = CUT.search(text)
            rest = text[cut.start():] if cut else ""
            if len(text) > len(rest):
                yield plain(text[:len(text) - len(rest)])
            elif not going:
                return
            else:
                time.sleep(LOOK_SECONDS)
    finally:
        if file:
            file.close()


def _read(file):
    return file.read(1 << 20)
