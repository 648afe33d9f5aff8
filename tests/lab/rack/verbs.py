# SPDX-License-Identifier: Apache-2.0
"""remint lab up, down, status, env, console, power, junit: what they do. Each returns an exit status."""
import json
import os
import shlex
import subprocess
import sys

from .. import junit as reports
from .. import paths
from . import console, control, launch, report
from .folder import Folder


def fail(why):
    print(f"lab: {why}", file=sys.stderr)
    return 1


def up(args):
    folder = Folder(args.folder)
    try:
        folder.prepare()
        launch.start(folder, args.options, lambda text: print(f"lab: {text}", flush=True))
        rack = control.ask(folder.path, "status")
    except (OSError, ValueError, launch.Failed, control.Gone) as problem:
        return fail(problem)
    except KeyboardInterrupt:
        return fail("interrupted; nothing of it runs")
    show(rack)
    print(f'\n  eval "$(remint lab env --folder {shlex.quote(str(folder.path))})"    then remint, and remint lab, find it\n'
          f"  remint lab down --folder {shlex.quote(str(folder.path))}    ends it")
    return 0


def down(args):
    folder = Folder(args.folder)
    try:
        how = launch.end(folder)
    except launch.Failed as problem:
        return fail(problem)
    if not how and not folder.was_a_rack():
        return fail(f"no rack is up in {folder.path}")
    said = {"asked": "the rack has ended", "killed": "the rack did not end and was killed", "": "no rack was up"}[how]
    if args.keep:
        print(f"lab: {said}; {folder.path} is kept")
        return 0
    folder.remove()
    print(f"lab: {said}; what it left is removed")
    return 0


def look(args):
    """The rack's status, or None after saying that there is none."""
    folder = Folder(args.folder)
    try:
        return control.ask(folder.path, "status")
    except (control.Gone, ValueError) as problem:
        left = "; 'remint lab down' removes what it left" if folder.was_a_rack() and not folder.holder() else ""
        fail(f"{problem}{left}")
    return None


def status(args):
    rack = look(args)
    if rack is None:
        return 1
    if args.json:
        print(json.dumps(rack, indent=1))
    else:
        show(rack)
    return 0 if rack["station"]["exit"] is None else 1


def size(count):
    return f"{count / (1 << 30):.3g}G" if count >= 1 << 30 else f"{count >> 20}M"


def show(rack):
    station = rack["station"]
    runs = "" if station["exit"] is None else f", and has ended ({station['exit']}): see {rack['folder']}/station/station.log"
    print(f"rack     {rack['folder']}, up since {rack['since']}, network {rack['network']}, {rack['accel']}\n"
          f"station  {station['url']}{runs}\n         CA {station['ca']}, token {station['token_file']}\n"
          f"BMCs     user and password in {rack['bmc_credentials']}, certificates in {rack['bmc_known']}\n")
    rows = [("NODE", "POWER", "STARTS", "SERIAL", "DISKS", "BMC", "")]
    for node in rack["nodes"]:
        faults = "" if node["bmc"]["profile"] == "plain" else f"({node['bmc']['profile']})"
        rows.append((node["name"], node["power"], str(node["starts"]), node["serial"],
                     ",".join(f"{d['kind']}:{size(d['bytes'])}" for d in node["disks"]), node["bmc"]["url"], faults))
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def env(args):
    rack = look(args)
    if rack is None:
        return 1
    station = rack["station"]
    for name, value in {"REMINT_RACK": rack["folder"], "REMINT_STATION": station["url"], "REMINT_CA": station["ca"],
                        "REMINT_TOKEN_FILE": station["token_file"], "REMINT_BMC_CREDENTIALS": rack["bmc_credentials"],
                        "REMINT_BMC_KNOWN": rack["bmc_known"]}.items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def node_of(rack, name):
    """None after saying that there is none."""
    found = next((node for node in rack["nodes"] if node["name"] == name), None)
    if not found:
        fail(f"there is no {name}: there are {', '.join(node['name'] for node in rack['nodes'])}")
    return found


def show_console(args):
    rack = look(args)
    node = rack and node_of(rack, args.node)
    if not node:
        return 1
    folder = Folder(args.folder)
    try:
        if not args.follow:
            print(console.newest(folder.nodes / args.node, args.node), end="", flush=True)
            return 0
        for piece in console.follow(folder.nodes / args.node, args.node, lambda: bool(folder.holder())):
            print(piece, end="", flush=True)
    except (KeyboardInterrupt, BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # whatever is still in the buffer
    return 0


def power(args):
    """By the program that operators use."""
    rack = look(args)
    nodes = rack and (rack["nodes"] if args.node == "all" else [node_of(rack, args.node)])
    if not nodes or nodes == [None]:
        return 1
    argv = [str(paths.program()), "bmc", "power", args.action, *(node["bmc"]["url"] for node in nodes), "--known", rack["bmc_known"],
            "--credentials", rack["bmc_credentials"], *(["--json"] if args.json else [])]
    return subprocess.run(argv, check=False).returncode


def junit(args):
    try:
        reports.write(args.output, "remint reimage", report.cases(report.read(args.summary), Folder(args.folder).nodes))
    except (OSError, ValueError) as problem:
        return fail(problem)
    return 0
