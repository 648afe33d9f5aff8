#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""make demo: an emulated server loses its former tenant's data, receives a signed Debian, boots it, and says so. docs/demo.md

usage: demo.py --build DIR      DIR holds what `make all boot-image` built; DIR/demo/result.json tells how it ended
"""
import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import accel, children, former, paths  # noqa: E402
from lab.machine import Disk, Machine  # noqa: E402
from lab.provision import provision  # noqa: E402
from lab.station import Refused, Station  # noqa: E402
from lab.tenant import debian12  # noqa: E402
from lab.wait import Late  # noqa: E402

NVME_MIB, SCSI_MIB = 4096, 1024
SECONDS = 900  # for the order, from power on to the phone-home


def say(text):
    print(f"\n== {text}", flush=True)


class Phases:
    """Seconds of each phase, in order."""

    def __init__(self):
        self.rows = []

    def measure(self, name, call, *args):
        say(name)
        begun = time.monotonic()
        result = call(*args)
        self.add(name, time.monotonic() - begun)
        return result

    def add(self, name, seconds):
        self.rows.append({"name": name, "seconds": round(seconds, 1)})

    def show(self):
        for row in self.rows:
            print(f"  {row['seconds']:8.1f} s  {row['name']}")


def tenant_disk(folder):
    """Debian's disk, built once: again only when its recipe has changed."""
    recipe = hashlib.sha256(b"".join(p.read_bytes() for p in sorted(Path(debian12.__file__).parent.glob("*.py"))))
    disk, stamp = folder / "debian12.raw", folder / "debian12.recipe"
    if not (disk.exists() and stamp.exists() and stamp.read_text() == recipe.hexdigest()):
        stamp.unlink(missing_ok=True)
        debian12.build(disk)
        stamp.write_text(recipe.hexdigest())
    return disk


def make_disks(folder, kernel, mark):
    """A drive that can Format, and one that has neither Format nor a discard that erases; both full of a former tenant."""
    former.make(folder / "nvme.raw", NVME_MIB, kernel, mark)
    former.make(folder / "scsi.raw", SCSI_MIB, kernel, mark)
    return [Disk(folder / "nvme.raw", "nvme", "DEMONVME1"), Disk(folder / "scsi.raw", "scsi", "DEMOSCSI1", discard=False)]


def search(disks, mark):
    return sum(former.bytes_found(d.path, mark) for d in disks)


def openssl_cms(document, signature, ca, folder):
    """What an outsider does: the signature, then the signer's usage, which OpenSSL 3.0 cannot demand of cms -verify."""
    signer = folder / f"{document.name}.signer.pem"
    commands = [
        ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", signature, "-content", document, "-CAfile", ca,
         "-purpose", "any", "-certsout", signer, "-out", "/dev/null"],
        ["openssl", "x509", "-in", signer, "-noout", "-ext", "keyUsage,extendedKeyUsage"]]
    for argv in commands:
        print("  $", " ".join(map(str, argv)))
        done = subprocess.run([str(a) for a in argv], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
        if done.returncode:
            raise RuntimeError(f"openssl does not verify {document}: {done.stdout.strip()}")
    print("   ", " ".join(done.stdout.split()))
    return done.stdout


def run_order(station, machine, folder, phases):
    """The operator orders and watches, the machine is switched on."""
    station.remint("node", "add", machine.name, "--mac", machine.mac, "--uuid", machine.uuid, "--serial", machine.serial,
                   "--location-trusted")
    for state in ("available", "returned"):
        station.remint("node", "state", machine.name, state)
    order = json.loads(station.remint("order", "create", machine.name, "--image", "debian-12", "--root-disk",
                                      machine.disks[0].serial, "--wipe-level", "clear", "--json"))["id"]
    say(f"the order {order}, as `remint watch` shows it")
    watch = children.start([station.program, "watch", "--order", order, "--until-done"], env=station.environment())
    begun = time.time()
    try:
        outcome = provision(station, machine, order, SECONDS)
        if outcome.state == "live":
            watch.wait(30)
    except subprocess.TimeoutExpired:
        print("  (remint watch had not ended)")
    finally:
        children.end(watch)
        station.save(order, folder / "order")
    live = seconds_of(station.order(order)["updated"]) if outcome.state == "live" else None
    add_steps(phases, station.events(order), begun, live)
    return order, outcome


def seconds_of(text):
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp()


def add_steps(phases, events, begun, live):
    """The node's phases from the station's record, whose times are to the second; what took none is left out."""
    last, started = begun, {}
    for event in events:
        now, key = seconds_of(event["time"]), (event.get("phase"), event.get("step"))
        if event["kind"] == "step-begun":
            started[key] = now
            if len(started) == 1:
                phases.add("node: power on, firmware, iPXE, agent's start", now - last)
        elif event["kind"] in ("step-done", "step-failed") and key in started:
            if now > started[key]:
                phases.add(f"node: {key[0]}: {key[1]}", now - started[key])
            last = now
    if live:
        phases.add("node: the tenant's system starts and phones home", live - last)


def check(station, order, folder):
    """Certificate and manifest, by openssl alone."""
    station.remint("order", "certificate", order, "--output", folder)
    certificate = folder / f"{order}.json"
    openssl_cms(certificate, f"{certificate}.p7s", station.state / "evidence-ca.pem", folder)
    image = station.images / "debian-12"
    usage = openssl_cms(image / "manifest.json", image / "manifest.json.p7s", station.pki / "ca.pem", folder)
    if "Code Signing" not in usage:
        raise RuntimeError("the manifest's signer has no codeSigning usage")
    return certificate


def demo(build, folder, phases, result):
    run = folder / "run"
    shutil.rmtree(run, ignore_errors=True)
    run.mkdir(parents=True)
    disk = phases.measure("tenant: a Debian 12 disk", tenant_disk, folder)
    station = Station(run, build / "remint")
    station.make_keys()
    phases.measure("packing and signing the image", station.pack, disk, "debian-12")
    mark = former.marker()
    disks = phases.measure("two disks full of a former tenant's data", make_disks, run, build / "kernel", mark)
    result["former_tenant_bytes_before"] = search(disks, mark)
    print(f"  the search finds {result['former_tenant_bytes_before']} bytes of the former tenant")
    station.start()
    station.build_boot()
    machine = Machine("node1", run / "machine", disks, memory=1024,
                      accel=accel.choose(build / "boot/vmlinuz", folder))
    try:
        order, outcome = run_order(station, machine, run, phases)
        result["outcome"] = outcome.state
        result["former_tenant_bytes_found"] = phases.measure("searching both disks", search, disks, mark)
        if outcome.state != "live":
            print(outcome.tail)
            raise RuntimeError(f"{outcome.why} (the last step was {outcome.step or 'none'})")
        say("certificate and manifest, by openssl")
        result["certificate"] = str(check(station, order, run / "certificate"))
        station.remint("certificate", "html", result["certificate"], "--output", run / "certificate" / "certificate.html")
    finally:
        machine.cut_power()
        station.stop()
    if not result["former_tenant_bytes_before"]:
        raise RuntimeError("the search found nothing of the former tenant before: it proves nothing")
    if result["former_tenant_bytes_found"]:
        raise RuntimeError(f"{result['former_tenant_bytes_found']} bytes of the former tenant are left")
    for d in disks:
        d.path.unlink()


def main():
    parser = argparse.ArgumentParser(description="The demo.")
    parser.add_argument("--build", required=True, type=Path)
    build = parser.parse_args().build.resolve()
    os.environ["REMINT_BUILD"] = str(build)
    children.on_signals()
    folder, phases, begun = build / "demo", Phases(), time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    result = {"outcome": "failed", "why": None, "phases": phases.rows, "certificate": None,
              "former_tenant_bytes_before": None, "former_tenant_bytes_found": None}
    try:
        demo(build, folder, phases, result)
    except (OSError, KeyError, ValueError, RuntimeError, subprocess.SubprocessError, Late, Refused, paths.NotBuilt) as problem:
        result["why"] = f"{problem}" or type(problem).__name__
    except KeyboardInterrupt:
        result["why"] = "interrupted"
    finally:
        children.end_all()
        result["seconds"] = round(time.monotonic() - begun, 1)
        (folder / "result.json").write_text(json.dumps(result, indent=1) + "\n")
    say(f"{'live' if not result['why'] else 'failed'} after {result['seconds']:.0f} s")
    phases.show()
    if result["why"]:
        print(f"\ndemo: {result['why']}\ndemo: consoles and logs are in {folder / 'run'}", file=sys.stderr)
        return 1
    print(f"\n  former tenant: {result['former_tenant_bytes_before']} bytes before, "
          f"{result['former_tenant_bytes_found']} after\n  certificate:   {result['certificate']} (and .p7s; certificate.html is for people)\n"
          f"  result:        {folder / 'result.json'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
