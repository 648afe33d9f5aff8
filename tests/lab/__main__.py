# SPDX-License-Identifier: Apache-2.0
"""remint lab run: provisions an emulated machine with a packed image, for a CI job. docs/ci.md"""
import argparse
import json
import os
import shutil
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import accel, children, paths  # noqa: E402
from lab.machine import KINDS, Disk, Machine  # noqa: E402
from lab.provision import provision  # noqa: E402
from lab.station import Refused, Station  # noqa: E402
from lab.wait import Late  # noqa: E402

MIB = 1 << 20
SPARE = 256 * MIB  # on a disk, for the seed's partition
FILES = ("manifest.json", "manifest.json.p7s")


def arguments(argv):
    parser = argparse.ArgumentParser(prog="remint lab", description="Emulated machines for tests.")
    run = parser.add_subparsers(dest="verb", required=True).add_parser(
        "run", help="provision an emulated machine with an image",
        description="Provisions an emulated machine with an image and exits 0 when its order ends well, or 1 and says why not.")
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
    args = parser.parse_args(argv)
    if args.memory < 256:
        parser.error("--memory is at least 256")
    if args.timeout < 1:
        parser.error("--timeout is at least 1")
    args.disks = [parse_disk(parser, text) for text in args.disk or ["nvme"]]
    return args


def parse_disk(parser, text):
    kind, _, size = text.partition(":")
    if kind not in KINDS or (size and not size.isdigit()):
        parser.error(f"--disk {text}: {', '.join(KINDS)}, and a size in MiB after a colon")
    return kind, int(size or 0) * MIB


def link_image(image, manifest, station):
    """The image among the station's, by hard links where the file system allows; nothing of it is changed."""
    into = station.images / manifest["name"]
    into.mkdir()
    for name in (*FILES, manifest["index"]["file"], manifest["payload"]["file"]):
        try:
            os.link(image / name, into / name)
        except OSError:
            shutil.copyfile(image / name, into / name)
    return into


def make_machine(args, manifest, folder, kernel):
    boots = manifest["boot"]["firmware"]
    firmware = args.firmware or ("uefi" if "uefi" in boots else "bios")
    disks = []
    for n, (kind, size) in enumerate(args.disks):
        path = folder / f"disk{n}.raw"
        with open(path, "wb") as f:
            f.truncate(size or manifest["size"] + SPARE)
        block = manifest["logical_block_size"] if kind != "sata" else 512
        disks.append(Disk(path, kind, f"LAB{n}", block))
    uefi = firmware == "uefi" or firmware == "direct" and "uefi" in boots
    machine = Machine("node1", folder / "machine", disks, memory=args.memory, firmware="uefi" if uefi else "bios",
                      accel=accel.choose(kernel, folder.parent))
    return machine, firmware == "direct"


def run(args, folder, say):
    manifest = json.loads((args.image / "manifest.json").read_text())
    station = Station(folder / "station")
    try:
        station.make_keys()
        into = link_image(args.image, manifest, station)
        if not args.image_ca:
            (into / "manifest.json.p7s").unlink()
            station.sign(into)
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


def junit(path, image, result):
    suite = ET.Element("testsuite", name="remint lab", tests="1", failures=str(int(not result["ok"])), errors="0", skipped="0",
                       time=str(result["seconds"]))
    case = ET.SubElement(suite, "testcase", classname="lab", name=f"provision {image}", time=str(result["seconds"]))
    if not result["ok"]:
        ET.SubElement(case, "failure", message=result["why"]).text = result["console_tail"]
    ET.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)


def new_folder(args):
    if args.folder:
        args.folder.mkdir(parents=True, exist_ok=True)
        return args.folder.resolve()
    base = paths.build_folder() / "lab" if paths.build_folder().is_dir() else Path(tempfile.gettempdir())
    base.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="run-", dir=base))


def main():
    args = arguments(sys.argv[1:])
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
        junit(args.junit, args.image.name, result)
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


if __name__ == "__main__":
    sys.exit(main())
