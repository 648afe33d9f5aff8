# SPDX-License-Identifier: Apache-2.0
"""Secure Boot with real firmware: a site's keys are enrolled, and what is not signed by them stays out. docs/secure-boot.md

The machines have no network boot, whose option ROM nobody has signed, but start the boot image from a medium."""
import json
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from conftest import SECONDS
from lab import former, paths, varstore
from lab.machine import GATEWAY, OVMF, Machine
from lab.station import ENDED
from lab.wait import until

EMPTY = OVMF / "OVMF_VARS_4M.fd"
OTHERS = OVMF / "OVMF_VARS_4M.snakeoil.fd"   # somebody else's PK, KEK and db
MEDIUM_MIB = 64
# A busy host's timer must not fail the kernel.
COMMAND_LINE = "console=ttyS0,115200 no_timer_check"
BUILT_IN = f"lockdown=integrity module.sig_enforce=1 {COMMAND_LINE}"  # what boot build makes of it


class Site:
    """A site's keys, and media with its boot image, signed this way or that."""

    def __init__(self, rack, folder):
        self.rack, self.station, self.folder = rack, rack.station, folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        self.keys, self.bundle = folder / "keys", rack.station.boot / "secure-boot"
        self.station.remint("keys", "init", "--dir", self.keys, "--name", "lab site")

    def image(self, name, *signed):
        """The boot image as one EFI file, with its command line built in."""
        out = self.folder / name
        self.station.remint("boot", "build", "--generic", paths.boot_parts(), "--station",
                            f"https://{GATEWAY}:{self.station.https_port}", "--station-ca", self.station.state / "ca.pem",
                            "--image-ca", self.station.pki / "ca.pem", "--uki", "--cmdline", COMMAND_LINE, *signed, "-o", out)
        for left in ("vmlinuz", "initrd.img"):
            (out / left).unlink()
        return out / "remint.efi"

    def enroll(self, image, *more):
        self.station.remint("keys", "enroll", "--dir", self.keys, "--output", self.bundle, "--image", image, *more)

    def medium(self, program):
        """A disk with this program where firmware looks for one."""
        path = self.folder / f"medium{self.rack.n}.raw"
        with open(path, "wb") as f:
            f.truncate(MEDIUM_MIB << 20)
        for argv in (["mformat", "-i", path, "-v", "BOOT", "::"], ["mmd", "-i", path, "::EFI", "::EFI/BOOT"],
                     ["mcopy", "-i", path, program, "::EFI/BOOT/BOOTX64.EFI"]):
            subprocess.run(argv, check=True, capture_output=True, timeout=60)
        return self.rack.stick(path)


@pytest.fixture(scope="module")
def site(the_rack):
    made = Site(the_rack, the_rack.folder / "site")
    yield made
    shutil.rmtree(made.folder)


def secure_machine(rack, variables, *disks):
    rack.n += 1
    machine = Machine(f"secure{rack.n}", rack.folder / f"secure{rack.n}", list(disks), memory=512, firmware="uefi",
                      accel=rack.accel, first_variables=variables)
    rack.machines.append(machine)
    rack.station.add_node(machine)
    return machine


def boot_from(machine, medium):
    """Replaces the medium, and starts from it."""
    machine.disks = [d for d in machine.disks if d.kind != "usb"] + [medium]
    machine.boot_disk(medium.serial)


def run(rack, machine, medium, order):
    """Boots from the medium until the order has ended; the consoles of all boots."""
    consoles = []
    for _ in range(4):
        boot_from(machine, medium)
        until(lambda: not machine.running() or rack.station.order(order)["state"] in ENDED, SECONDS, f"the order {order}")
        if machine.running() and rack.station.order(order)["state"] == "erased":
            machine.wait_off(60)
        machine.cut_power() if rack.station.order(order)["state"] in ENDED else None
        consoles.append(machine.console())
        if rack.station.order(order)["state"] in ENDED:
            break
    rack.station.save(order, machine.folder)
    return consoles


def stays_out(machine, medium):
    """The firmware refuses what is on the medium: no kernel, no agent."""
    boot_from(machine, medium)
    machine.wait_console("BdsDxe: failed to load .*: Access Denied", SECONDS)
    console = machine.console()
    machine.cut_power()
    assert "Linux version" not in console and "remint-agent" not in console


def erase(rack, machine, **wish):
    if rack.station.call("GET", f"/v1/nodes/{machine.name}")["state"] == "available":
        rack.station.call("POST", f"/v1/nodes/{machine.name}/state", {"state": "returned"})
    return rack.station.create_order(machine.name, None, secure_boot=wish)


def sha256_of(cert):
    done = subprocess.run(["openssl", "x509", "-in", cert, "-noout", "-fingerprint", "-sha256"], check=True, capture_output=True,
                          text=True, timeout=60)
    return done.stdout.split("=")[1].strip().replace(":", "").lower()


def held_by(state, variable):
    return {c["sha256"] for c in state[variable]["certificates"]}


class Enrolled:
    """What the first order has left: the firmware's variables, for the tests that go on from there."""

    def __init__(self, rack, site):
        self.mark = former.marker()
        self.image = site.image("first", "--keys", site.keys)
        site.enroll(self.image)
        self.disk = rack.disk(64, "virtio", self.mark, discard=False)
        machine = secure_machine(rack, EMPTY, self.disk)
        order = erase(rack, machine, keys="enrol")
        self.consoles = run(rack, machine, site.medium(self.image), order)
        self.order = rack.station.order(order)
        self.left = former.bytes_found(self.disk.path, self.mark)
        self.certificate = rack.certificate(order, machine) if self.order["certificate"] else None
        self.variables = site.folder / "enrolled.fd"
        shutil.copyfile(machine.variables, self.variables)
        rack.put_away()


@pytest.fixture(scope="module")
def enrolled(the_rack, site):
    return Enrolled(the_rack, site)


def test_an_order_enrols_the_keys_and_the_machine_enforces_them(site, enrolled):
    """In setup mode the keys come first, then a reset; what erases is an agent that the firmware has verified."""
    assert (enrolled.order["state"], enrolled.order["reason"]) == ("erased", None), enrolled.consoles[-1][-3000:]
    before, after = enrolled.consoles
    assert "secure-boot: reset" in before and "Secure boot disabled" in before
    assert "destroy: wipe" not in before, "a disk was touched before the keys were in force"
    assert "Secure boot enabled" in after and "Kernel is locked down" in after
    assert enrolled.left == 0
    part = enrolled.certificate["secure_boot"]
    state = part["state"]
    assert (part["keys"], part["handover"]) == ("enrol", "site")
    assert (state["secure_boot"], state["setup_mode"]) == (True, False)
    for variable, cert in (("PK", "PK.pem"), ("KEK", "KEK.pem"), ("db", "db-1.pem")):
        assert held_by(state, variable) == {sha256_of(site.keys / cert)}
    assert state["dbx"]["certificates"] == []
    store = varstore.VarStore.read(enrolled.variables)
    assert store.get("PK"), "no platform key lies in the flash"


def test_what_is_not_signed_by_the_site_stays_out(rack, site, enrolled):
    """One flipped bit in the initramfs, another key, no signature."""
    machine = secure_machine(rack, enrolled.variables)
    flipped = site.folder / "flipped.efi"
    program = bytearray(enrolled.image.read_bytes())
    program[len(program) - (4 << 20)] ^= 1  # within the initramfs, which lies last and has 15 MB
    flipped.write_bytes(program)
    other = Site.__new__(Site)
    other.rack, other.station, other.folder, other.keys = rack, rack.station, site.folder, site.folder / "other-keys"
    rack.station.remint("keys", "init", "--dir", other.keys, "--name", "another site")
    for program in (flipped, other.image("other", "--keys", other.keys), site.image("unsigned")):
        stays_out(machine, site.medium(program))


def entry_with_options(variables, to, words):
    """The medium by a boot entry of somebody's, who gives the program a command line."""
    usb = varstore.pci(2) + varstore.node(3, 5, bytes([0, 0]))
    store = varstore.VarStore.read(variables)
    store.add("Boot0099", varstore.option("somebody's", usb + varstore.file("\\EFI\\BOOT\\BOOTX64.EFI"),
                                          words.encode("utf-16-le") + b"\0\0"))
    store.add("BootNext", struct.pack("<H", 0x99))
    store.write(to)
    return to


@pytest.mark.parametrize("on", [True, False])
def test_the_built_in_command_line_is_the_only_one(rack, site, enrolled, on):
    """Without Secure Boot the same entry has its way, which shows that the firmware passes its words on."""
    words = "console=ttyS0,115200 remint.alone somebodys=words"
    variables = entry_with_options(enrolled.variables if on else EMPTY, site.folder / "options.fd", words)
    machine = secure_machine(rack, variables)
    boot_from(machine, site.medium(enrolled.image))
    line = machine.wait_console(r"Command line: (.*)", SECONDS).group(1)
    assert "somebody's" in machine.console()
    machine.cut_power()
    assert ("somebodys=words" in line) != on and (line.strip() == BUILT_IN) == on, line


def rotate(site, machine, stage, *more):
    """Other tests' nodes are gone."""
    others = [n["name"] for n in site.station.call("GET", "/v1/nodes")["nodes"] if n["name"] != machine.name]
    site.station.remint("keys", "rotate", "--dir", site.keys, "--stage", stage,
                        *(word for name in others for word in ("--without", name)), *more)


def refused(words, call, *args):
    with pytest.raises(RuntimeError) as why:
        call(*args)
    assert words in str(why.value), why.value


def state_after(rack, machine, medium, boots, **wish):
    order = erase(rack, machine, **wish)
    consoles = run(rack, machine, medium, order)
    ended = rack.station.order(order)
    assert (ended["state"], ended["reason"]) == ("erased", None), consoles[-1][-3000:]
    assert len(consoles) == boots
    return rack.certificate(order, machine)["secure_boot"]["state"]


def der_of(cert):
    return subprocess.run(["openssl", "x509", "-in", cert, "-outform", "DER"], check=True, capture_output=True, timeout=60).stdout


def test_a_machine_that_missed_new_platform_keys_goes_to_the_newest(rack, site, enrolled):
    """PK was replaced twice and KEK once, and the private keys before are gone: one order, and the firmware has taken each link."""
    keys = site.folder / "replaced"  # of its own, so that the other tests' keys stay
    shutil.copytree(site.keys, keys)
    for key in ("pk", "kek", "pk"):
        rack.station.remint("keys", "rotate", "--dir", keys, "--key", key)
    for former_key in ("PK", "PK-2", "KEK"):
        (keys / f"{former_key}.key").unlink()
    rack.station.remint("keys", "enroll", "--dir", keys, "--output", site.bundle, "--image", enrolled.image)
    machine = secure_machine(rack, enrolled.variables, rack.disk(32, "virtio"))
    state = state_after(rack, machine, site.medium(enrolled.image), 2, keys="enrol")
    assert (state["secure_boot"], state["setup_mode"]) == (True, False)
    newest = {"PK": keys / "PK-3.pem", "KEK": keys / "KEK-2.pem", "db": keys / "db-1.pem"}
    assert {v: held_by(state, v) for v in newest} == {v: {sha256_of(cert)} for v, cert in newest.items()}
    store = varstore.VarStore.read(machine.variables)
    for variable in ("PK", "KEK"):
        data = store.get(variable).data
        assert len(data) == 28 + 16 + len(der_of(newest[variable])) and data.endswith(der_of(newest[variable]))
    nodes = json.loads(rack.station.remint("keys", "status", "--dir", keys, "--json"))["nodes"]
    node, = (n for n in nodes if n["node"] == machine.name)
    assert (node["keys"], node["PK"], node["KEK"], node["db"]) == ("present", 3, 2, [1])


def test_keys_are_rotated_and_an_old_image_is_revoked(rack, site, enrolled):
    machine = secure_machine(rack, enrolled.variables, rack.disk(32, "virtio"))
    old_medium = site.medium(enrolled.image)
    old, new = site.keys / "db-1.pem", site.keys / "db-2.pem"

    # The new key beside the old one; no image is signed with it before the node is known to trust it.
    rotate(site, machine, "add")
    site.enroll(enrolled.image)
    refused("handed in an inventory", rotate, site, machine, "sign")
    state = state_after(rack, machine, old_medium, 2, keys="enrol")
    assert held_by(state, "db") == {sha256_of(old), sha256_of(new)}

    # Images with the new key; the old one is not revoked before the image that is served has the new one.
    refused("--stage sign comes first", rotate, site, machine, "revoke", "--image", enrolled.image)
    rotate(site, machine, "sign")
    image = site.image("second", "--keys", site.keys)
    refused("is not signed by the key of", rotate, site, machine, "revoke", "--image", enrolled.image)
    rotate(site, machine, "revoke", "--image", image)
    refused("is not signed by a key of db", site.enroll, enrolled.image)
    site.enroll(image)
    medium = site.medium(image)
    state = state_after(rack, machine, medium, 2, keys="enrol")
    assert held_by(state, "db") == {sha256_of(new)} and held_by(state, "dbx") == {sha256_of(old)}
    stays_out(machine, old_medium)

    # And the machine goes to somebody who wants keys of their own.
    state = state_after(rack, machine, medium, 1, keys="keep", handover="setup")
    assert (state["setup_mode"], held_by(state, "PK")) == (True, set())
    assert varstore.VarStore.read(machine.variables).get("PK") is None


def test_somebody_elses_keys_hold_the_machine(rack, site, enrolled):
    """A former tenant's platform key: the site's image does not start, and one that does says whose key it is."""
    disk = rack.disk(32, "virtio")
    former.fill(disk.path, 32 << 20, former.marker())  # without a partition table, which firmware would mend
    before = disk.path.read_bytes()
    machine = secure_machine(rack, OTHERS, disk)
    stays_out(machine, site.medium(enrolled.image))

    folder = Path("/usr/share/ovmf")
    key = site.folder / "snakeoil.key"
    subprocess.run(["openssl", "rsa", "-in", folder / "PkKek-1-snakeoil.key", "-passin", "pass:snakeoil", "-out", key], check=True,
                   capture_output=True, timeout=60)
    image = site.image("theirs", "--key", key, "--cert", folder / "PkKek-1-snakeoil.pem")
    order = erase(rack, machine, keys="enrol")
    run(rack, machine, site.medium(image), order)
    ended = rack.station.order(order)
    assert (ended["state"], ended["step"]) == ("held", "secure-boot")
    assert "somebody else's Secure Boot keys" in ended["reason"] and "not the site's" in ended["reason"], ended["reason"]
    assert sha256_of(folder / "PkKek-1-snakeoil.pem") in ended["reason"]
    assert disk.path.read_bytes() == before, "a disk was touched"
