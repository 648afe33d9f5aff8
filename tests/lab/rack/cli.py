# SPDX-License-Identifier: Apache-2.0
"""remint lab up, down, status, env, console, power, junit: the arguments. docs/ci.md"""
from pathlib import Path

from .. import disks, images
from ..bmc.profiles import profile
from ..machine import KINDS
from . import network, room, verbs
from .folder import default

DISK_MIB = 4096  # of a disk, where neither its size nor an image says otherwise
NICS_MOST = 8
MEMORY_LEAST = 512  # MiB; the agent needs them

ACTIONS = ("on", "off", "force-off", "restart", "graceful-restart", "status")


def add(to):
    """The rack's verbs among those of the lab."""
    up = _verb(to, "up", verbs.up, check_up, "start a rack of emulated machines, each with a BMC, and a station",
               "Starts a rack in the background: nodes that are off, a BMC for each, the network, and a station that knows them.")
    _up_options(up)
    down = _verb(to, "down", verbs.down, None, "end a rack", "Ends a rack and removes what it has left, also one that was killed.")
    down.add_argument("--keep", action="store_true", help="keep disks, consoles and the station's state")
    status = _verb(to, "status", verbs.status, None, "show a rack", "Shows a rack. Exit status 0 when it is up and its station runs.")
    status.add_argument("--json", action="store_true", help="print it as JSON")
    _verb(to, "env", verbs.env, None, "what a shell needs for it: eval \"$(remint lab env)\"",
          "Prints the variables by which the other commands find the rack's station and BMCs, for a shell to take over.")
    seen = _verb(to, "console", verbs.show_console, None, "what a node's serial console says",
                 "Prints what the node's serial console has said since the machine was last started.")
    seen.add_argument("node", metavar="NODE")
    seen.add_argument("--follow", action="store_true", help="go on, also over restarts, until it is interrupted or the rack ends")
    power = _verb(to, "power", verbs.power, None, "switch nodes through their BMCs",
                  "Switches nodes as 'remint bmc power' does, by Redfish; awaited. 'off' asks the system, 'force-off' and 'restart' do not.")
    power.add_argument("node", metavar="NODE", help="or 'all'")
    power.add_argument("action", choices=ACTIONS, metavar="ACTION", help=", ".join(ACTIONS))
    power.add_argument("--json", action="store_true", help="print the result as JSON")
    junit = _verb(to, "junit", verbs.junit, None, "a report for a CI system",
                  "Makes a JUnit report of what 'remint reimage --json' has printed: a node is a case, a failure shows the end of its console.")
    junit.add_argument("summary", type=Path, metavar="FILE")
    junit.add_argument("--output", type=Path, required=True, metavar="FILE", help="where to")


def _verb(to, name, do, check, text, description):
    made = to.add_parser(name, help=text, description=description)
    made.set_defaults(do=do, check=check or (lambda args: None))
    made.add_argument("--folder", type=Path, default=default(), metavar="DIR", help="the rack's (REMINT_RACK; default: %(default)s)")
    return made


def _up_options(up):
    up.add_argument("--nodes", type=int, metavar="N", help="default: one for each core of this host, as far as its memory goes")
    up.add_argument("--disk", action="append", metavar="KIND[:MIB]", help=f"of each node: {', '.join(KINDS)}; may be repeated (default: "
                    f"nvme; as large as the largest image and a little, or {DISK_MIB})")
    up.add_argument("--nics", type=int, default=1, metavar="K", help="cards of each node; the first one boots (default: 1)")
    up.add_argument("--memory", type=int, default=1024, metavar="MIB", help="of each node (default: 1024)")
    up.add_argument("--tpm", action="store_true", help="each node has a TPM")
    up.add_argument("--firmware", choices=("uefi", "bios"), default="uefi", help="default: uefi")
    up.add_argument("--profile", action="append", default=[], metavar="[NODE=]FAULTS", help="faults of the BMCs, or of one node's; joined "
                    "by '+': docs/lab-bmc.md lists them")
    up.add_argument("--image", action="append", default=[], type=Path, metavar="DIR", help="what 'remint image pack' made, for the station; "
                    "may be repeated")
    up.add_argument("--image-ca", type=Path, metavar="FILE", help="the nodes trust images signed under this CA, PEM; without it the lab "
                    "signs copies of the manifests with a key of its own")
    up.add_argument("--network", choices=network.KINDS, default="auto", help="'segment' is one with DHCP, in a network namespace; 'user' "
                    "needs nothing of the host, and a node starts from it by HTTP with the BMC's URI (default: a segment where it can be had)")


def check_up(args):
    """Raises ValueError for what is no use, and leaves in args.options what the rack is to be."""
    if args.memory < MEMORY_LEAST:
        raise ValueError(f"--memory is at least {MEMORY_LEAST}: the agent needs that")
    if not 1 <= args.nics <= NICS_MOST:
        raise ValueError(f"--nics is from 1 to {NICS_MOST}")
    if args.image_ca and not args.image_ca.is_file():
        raise ValueError(f"--image-ca {args.image_ca}: there is no such file")
    wanted, packed = disks.of_words(args.disk or ["nvme"]), [images.manifest(path) for path in args.image]
    if len({image["name"] for image in packed}) < len(packed):
        raise ValueError("--image: two have the same name")
    largest = max(map(images.disk_bytes, packed), default=0)
    number = room.nodes(args.nodes, args.memory, room.free(), room.cores())
    blocks = {images.block(image) for image in packed} - {None}
    if len(blocks) > 1:
        raise ValueError("--image: they are for disks of different block sizes, and the nodes' disks are all alike")
    args.options = {
        "nodes": number, "memory": args.memory, "nics": args.nics, "tpm": args.tpm, "firmware": args.firmware, "network": args.network,
        "disks": wanted, "disk_default": largest + disks.SPARE if largest else DISK_MIB << 20,
        "block": blocks.pop() if blocks else 512, "images": [str(path.resolve()) for path in args.image],
        "image_ca": str(args.image_ca.resolve()) if args.image_ca else None, "profiles": _profiles(args.profile, number)}


def _profiles(words, number):
    """{node or "": faults}"""
    made = {}
    for word in words:
        node, equals, faults = word.rpartition("=")
        if equals and node not in [f"node{n}" for n in range(1, number + 1)]:
            raise ValueError(f"--profile {word}: there is no {node}")
        profile(faults)
        made[node] = faults
    return made
