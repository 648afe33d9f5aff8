#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the floors: an include may only point down, and each ioctl has its owner in agent/hw/.

usage: floors.py [TREE]      exit 0: in order; 1: each arrow that goes up or sideways on a line of its own
"""
import re
import sys
from pathlib import Path

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)
IOCTL = re.compile(r"\bioctl\s*\(")


def read_floors(path):
    floor_of, belongs = {}, {}
    for line in path.read_text().splitlines():
        words = line.split("#")[0].split()
        if not words:
            continue
        if words[0] == "=":
            belongs[words[1]] = words[2]
        else:
            floor_of.update({room: int(words[0]) for room in words[1:]})
    return floor_of, belongs


def room_of(path, floor_of, belongs):
    """The longest room that the path lies in; None outside the floors (tests, system headers)."""
    if path in belongs:
        return belongs[path]
    parts = path.split("/")[:-1]
    while parts:
        if "/".join(parts) in floor_of:
            return "/".join(parts)
        parts.pop()
    return None


def check_file(name, text, floor_of, belongs):
    room = room_of(name, floor_of, belongs)
    for include in INCLUDE.findall(text):
        target = room_of(include, floor_of, belongs)
        if target is None:
            yield f"{name}: includes \"{include}\", which lies in no room"
        elif target != room and floor_of[target] >= floor_of[room]:
            way = "up" if floor_of[target] > floor_of[room] else "sideways"
            yield (f"{name}: includes \"{include}\": an arrow {way}, from {room} (floor {floor_of[room]}) "
                   f"to {target} (floor {floor_of[target]})")
    if room != "agent/hw" and IOCTL.search(text):
        yield f"{name}: calls ioctl(), whose owner is agent/hw"


def check_tree(top):
    floor_of, belongs = read_floors(Path(__file__).with_name("floors.txt"))
    for room in floor_of:
        for path in sorted((top / room).rglob("*.[ch]")):
            name = str(path.relative_to(top))
            if room_of(name, floor_of, {}) == room:  # not of a room within this one
                yield from check_file(name, path.read_text(), floor_of, belongs)


def main():
    top = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2]
    found = list(check_tree(top))
    print("\n".join(found) if found else "floors: in order")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
