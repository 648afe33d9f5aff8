# SPDX-License-Identifier: Apache-2.0
"""Drivers and services out of signed overlays: a module that the boot image lacks, services that are ready in their ways and are ended in order, and
an overlay that was tampered with. docs/overlays.md, docs/overlay-services.md"""
import json
import shutil
import subprocess

from conftest import MIB
from lab import former, paths
from lab.provision import ENDED

MODULE = "dummy"  # signed by whoever signed the kernel, and in no boot image

# Says that it is ready, and what it sees; ends when it is told to.
SPEAKER = r"""
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void ends(int signal)
{
	static const char words[] = "speaker: ends\n";

	(void)signal;
	_exit(write(1, words, sizeof(words) - 1) < 0);
}

int main(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	signal(SIGTERM, ends);
	printf("speaker: process %d, shared %s\n", getpid(), access("/run/from-the-first", F_OK) ? "not seen" : "seen");
	fflush(stdout);
	strncpy(at.sun_path, getenv("NOTIFY_SOCKET"), sizeof(at.sun_path) - 1);
	if (sendto(fd, "READY=1", 7, 0, (struct sockaddr *)&at, sizeof(at)) != 7)
		return 1;
	for (;;)
		pause();
}
"""
LOOK = (f"grep -q '^{MODULE} ' /proc/modules && echo the module is there; grep -c : /proc/net/dev; "
        "touch /x || echo read-only; touch /run/from-the-first; ls /dev/null /sys/class >/dev/null")
SERVICES = [
    {"name": "look", "arguments": ["/bin/busybox", "sh", "-c", LOOK], "ready": "exits", "wait": 30, "stop": 5},
    {"name": "speaker", "arguments": ["/usr/bin/speaker"], "ready": "notify", "wait": 30, "stop": 5},
    {"name": "deaf", "arguments": ["/bin/busybox", "sh", "-c", "trap '' TERM; touch /run/up; while :; do sleep 1; done"], "ready": "path",
     "path": "/var/run/up", "wait": 30, "stop": 1}]


def tree(folder, kernel):
    """What such an overlay is made of, by Debian's own tools."""
    shutil.rmtree(folder, ignore_errors=True)
    release = (kernel / "release").read_text().strip()
    modules = folder / "lib/modules" / release
    for name in "bin", "usr/bin", "dev", "proc", "sys", "run", "tmp", "var":
        (folder / name).mkdir(parents=True)
    modules.mkdir(parents=True)
    shutil.copy(next((kernel / "lib/modules" / release).rglob(f"{MODULE}.ko*")), modules)
    for index in "modules.order", "modules.builtin":
        shutil.copy(kernel / "lib/modules" / release / index, modules)
    subprocess.run(["depmod", "-b", folder, release], check=True, timeout=60)
    shutil.copy("/bin/busybox", folder / "bin/busybox")
    subprocess.run(["gcc", "-O", "-static", "-x", "c", "-", "-o", folder / "usr/bin/speaker"], input=SPEAKER, text=True, check=True, timeout=60)
    return folder, release


def pack(rack, name):
    folder, release = tree(rack.folder / "overlay-tree", rack.kernel)
    declaration = rack.folder / "overlay.json"
    declaration.write_text(json.dumps({"kernel": release, "modules": [MODULE], "services": SERVICES}))
    return rack.station.pack(folder, name, 1, "--kind", "overlay", "--declare", declaration)


def test_drivers_and_services_of_an_overlay(rack):
    contents = (paths.boot_parts() / "manifest.txt").read_text()
    assert f"/{MODULE}.ko" not in contents
    mark = former.marker()
    disk = rack.disk(64, "nvme", mark)
    machine = rack.machine(disk)
    before = disk.path.read_bytes()

    payload = pack(rack, "tampered") / "payload.zst"
    bent = bytearray(payload.read_bytes())
    bent[len(bent) // 2] ^= 1
    payload.write_bytes(bent)
    order = rack.order(machine, "tiny", overlays=["tampered"])
    outcome = rack.run(machine, order)
    assert (outcome.state, outcome.step) == ("held", "overlays"), (outcome.why, outcome.tail)
    assert "SHA-256" in outcome.why, outcome.why
    assert disk.path.read_bytes() == before, "the disk was written to"

    pack(rack, "tools")
    order = rack.order(machine, "tiny", overlays=["tools"])
    outcome = rack.run(machine, order, until_states=("handed-over", *ENDED))
    assert outcome.state == "handed-over", (outcome.why, outcome.tail)
    log = rack.station.log_of(order)
    for words in ("tools/look: the module is there\n", "tools/look: 1\n", "tools/look: read-only\n",
                  "tools/speaker: speaker: process 2, shared seen\n"):
        assert words in log, log
    # In the reverse order of their start.
    ends = [log.index(words) for words in ("service deaf of overlay tools has not ended within 1 s: it is killed", "tools/speaker: speaker: ends\n")]
    assert ends == sorted(ends)
    certificate = rack.certificate(order, machine)
    (overlay,) = certificate["overlays"]
    assert overlay["name"] == "tools"
    services = {s["name"]: (s["ready"], s["ended"], s["stopped"]) for s in overlay["services"]}
    assert services == {"look": ("exits", "exit status 0", None), "speaker": ("notify", "exit status 0", "SIGTERM"),
                        "deaf": ("path", None, "SIGKILL")}
    assert {s["name"]: s["outcome"] for s in certificate["steps"]}["overlays-leave"] == "done"
    # The module has gone again: else a note would say so.
    assert not [e for e in rack.station.events(order) if e["kind"] == "note" and e["step"] == "overlays-leave"]
    assert former.bytes_found(disk.path, mark) == 0
    assert disk.path.stat().st_size == 64 * MIB
