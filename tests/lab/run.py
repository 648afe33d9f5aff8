# SPDX-License-Identifier: Apache-2.0
"""remint lab run: provisions an emulated machine with a packed image, for a CI job. docs/ci.md"""
import json
import shutil
import sys
import tempfile
from pathlib import Path

from . import accel, children, disks, images, junit, paths
from .machine import KINDS, Machine
from .provision import provision
from .station import Refused, Station
from .wait import Late


def add(verbs):
    """`run` among the verbs of the lab."""
    run = verbs.add_parser(
        "run", help="provision an emulated machine with an image",
        description="Provisions an emulated machine with an image and exits 0 when its order ends well, or 1 and says why not.")
    run.set_defaults(check=check, do=do)
    run.add_argument("--image", required=True, type=Path, metavar="DIR", help="what 'remint image pack' made")
    run.add_argument("--image-ca", type=Path, metavar="FILE", help="the machine trusts images signed under this CA, PEM; "
                     "without it the lab signs a copy of the manifest with a key of its own")
    run.add_argument("--expect-live", action="store_true", help="wait until the tenant's system has phoned home; without it "
                     "the run is good when the machine has been handed over")
    run.add_argument("--disk", action="append", metavar="KIND[:MIB]", help=f"{', '.join(KINDS)}; may be repeated; the first "
                     "is written (default: nvme, the image's size and a little)")
    run.add_argument("--memory", type=int, default=1024, metavar="MIB", help="of the machine (default: 1024)")
    run.add_argument("--firmware", choices=("uefi", "bios", "direct"), help="'direct' starts the agent's kernel without "
                     "firmware and iPXE, which is quicker (default: what the image boots by)")
    run.add_argument("--user-data", type=Path, metavar="FILE", help="cloud-init user-data for the tenant's system")
    run.add_argument("--timeout", type=int, default=900, metavar="SECONDS", help="for everything (default: 900)")
    run.add_argument("--folder", type=Path, metavar="DIR", help="logs and consoles go here (default: a new one under "
                     "build/lab or the temporary folder)")
    run.add_argument("--junit", type=Path, metavar="FILE", help="write a JUnit report")
    run.add_argument("--json", action="store_true", help="print the result as JSON")
    run.add_argument("--keep", action="store_true", help="keep the disks and the station's state too")


def check(args):
    """Raises ValueError for what is no use."""
    if args.memory < 256:
        raise ValueError("--memory is at least 256")
    if args.timeout < 1:
        raise ValueError("--timeout is at least 1")
    args.disks = disks.of_words(args.disk or ["nvme"])
    if images.manifest(args.image)["kind"] == "overlay":
        raise ValueError(f"--image {args.image}: an overlay, which no machine boots; 'remint lab up' takes it beside an image")


def make_machine(args, manifest, folder, kernel):
    boots = manifest["boot"]["firmware"]
    firmware = args.firmware or ("uefi" if "uefi" in boots else "bios")
    made = disks.make(folder, args.disks, images.disk_bytes(manifest) + disks.SPARE, images.block(manifest) or 512, "LAB")
    uefi = firmware == "uefi" or firmware == "direct" and "uefi" in boots
    machine = Machine("node1", folder / "machine", made, memory=args.memory, firmware="uefi" if uefi else "bios",
                      accel=accel.choose(kernel, folder.parent))
    return machine, firmware == "direct"


def run(args, folder, say):
    manifest = images.manifest(args.image)
    station = Station(folder / "station")
    try:
        station.make_keys()
        images.give(station, args.image, manifest, sign=not args.image_ca)
        if not args.image_ca:
            say("the manifest's copy is signed with a key of the lab's own; --image-ca checks yours")
        station.start()
        station.build_boot(args.image_ca)
        machine, direct = make_machine(args, manifest, folder, paths.boot_parts() / "vmlinuz")
        station.add_node(machine)
        more = {"user_data": args.user_data.read_text()} if args.user_data else {}
        order = station.create_order(machine.name, manifest["name"], root={"disks": [machine.disks[0].serial]}, **more)
        good = ("live",) if args.expect_live else ("handed-over", "live")
        outcome = provision(station, machine, order, args.timeout, direct, (*good, "held", "cancelled"), say)
        station.save(order, folder)
        return outcome, outcome.state in good
    finally:
        station.stop()


def new_folder(args):
    if args.folder:
        args.folder.mkdir(parents=True, exist_ok=True)
        return args.folder.resolve()
    base = paths.build_folder() / "lab" if paths.build_folder().is_dir() else Path(tempfile.gettempdir())
    base.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="run-", dir=base))


def do(args):
    children.on_signals()
    say = (lambda text: None) if args.json else (lambda text: print(f"lab: {text}", flush=True))
    folder = new_folder(args)
    result = {"ok": False, "state": "", "why": "", "step": "", "seconds": 0, "console_tail": "", "folder": str(folder)}
    try:
        outcome, ok = run(args, folder, say)
        result.update(ok=ok, state=outcome.state, why="" if ok else outcome.why, step=outcome.step,
                      seconds=round(outcome.seconds, 1), console_tail=outcome.tail, steps=outcome.steps)
    except (OSError, KeyError, ValueError, RuntimeError, Late, Refused, paths.NotBuilt) as problem:
        result["why"] = f"{type(problem).__name__}: {problem}"
    finally:
        children.end_all()
        if not args.keep:
            for path in [*folder.glob("disk*.raw"), folder / "station"]:
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    (folder / "result.json").write_text(json.dumps(result, indent=1) + "\n")
    if args.junit:
        junit.write(args.junit, "remint lab", [junit.Case(f"provision {args.image.name}", result["seconds"], result["why"], result["console_tail"])])
    report(args, result)
    return 0 if result["ok"] else 1


def report(args, result):
    if args.json:
        print(json.dumps(result, indent=1))
    elif result["ok"]:
        print(f"lab: {result['state']} after {result['seconds']} s")
    else:
        print(f"lab: not {'live' if args.expect_live else 'handed over'}: {result['why']}", file=sys.stderr)
        print(f"lab: the last step was {result['step'] or 'none'}; the console's end:\n{result['console_tail']}\n"
              f"lab: logs are in {result['folder']}", file=sys.stderr)
