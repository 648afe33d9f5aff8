# SPDX-License-Identifier: Apache-2.0
"""The agent's boot image as `make boot-image` left it in the build folder: size, contents, that another clone makes the same
bytes, and that it boots: directly, and as one signed EFI file under Secure Boot."""
import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ["REMINT_BUILD"]).resolve()
BOOT = BUILD / "boot"
GOAL = 24 << 20
OVMF = Path("/usr/share/OVMF")
# Debian's ovmf package has variables in which the certificate of this key is enrolled, for tests; its password is public.
SNAKEOIL = Path("/usr/share/ovmf/PkKek-1-snakeoil")


def manifest():
    """Path to (digest, mode, size, link's target) of every file."""
    files = {}
    for line in (BOOT / "manifest.txt").read_text().splitlines()[2:]:
        digest, mode, size, name = line.split(None, 3)
        path, _, target = name.partition(" -> ")
        files[path] = (digest, int(mode, 8), int(size), target)
    return files


def option(name):
    return f"CONFIG_{name}=y" in (BUILD / ".config").read_text().splitlines()


def test_size():
    kernel, initramfs = ((BOOT / name).stat().st_size for name in ("vmlinuz", "generic.img"))
    print(f"kernel {kernel} + initramfs {initramfs} = {(kernel + initramfs) / (1 << 20):.1f} MiB of 24 MiB")
    assert kernel + initramfs <= GOAL


def test_contents():
    files = manifest()
    assert files["/init"][1] == 0o100755
    assert files["/usr/bin/remint-agent"][3] == "/init"
    assert files["/dev/console"][1] == 0o020600
    modules = {Path(path).name for path in files if path.endswith(".ko")}
    wanted = {"BOOT_NVME": "nvme.ko", "BOOT_SATA": "ahci.ko", "BOOT_SAS": "mpt3sas.ko", "BOOT_VIRTIO": "virtio_blk.ko",
              "BOOT_NIC_INTEL": "ice.ko", "BOOT_NIC_MELLANOX": "mlx5_core.ko", "BOOT_NIC_BROADCOM": "bnxt_en.ko",
              "BOOT_EFIVARFS": "efivarfs.ko", "ALONE": "usb-storage.ko", "BOOT_MEDIA": "sr_mod.ko"}
    assert {m for o, m in wanted.items() if option(o)} <= modules
    assert not any(mode & 0o6022 for _, mode, _, target in files.values() if not target and mode & 0o170000 == 0o100000)
    if not option("BOOT_SHELL"):
        assert not [path for path in files if re.search(r"/(sh|bash|dash|busybox|modprobe|udevd)$", path)]


def test_programs_are_these_alone():
    """No shell, no helper, nothing that a message from outside could start: every file that may be executed and is no library."""
    if option("BOOT_SHELL"):
        pytest.skip("built with a shell")
    library = re.compile(r"/lib(64)?/.*\.so(\.\d+)*$")
    programs = {path for path, (_, mode, _, _) in manifest().items()
                if mode & 0o170000 == 0o100000 and mode & 0o111 and not library.match(path)}
    mkfs = {"STEP_ROOT_IMAGE": "vfat", "FS_EXT4": "ext4", "FS_XFS": "xfs", "FS_BTRFS": "btrfs"}
    assert programs == {"/init"} | {f"/usr/sbin/mkfs.{name}" for o, name in mkfs.items() if option(o)}


@pytest.mark.parametrize("choice, program, module", [
    ("STEP_ROOT_IMAGE", "mkfs.vfat", "vfat"), ("FS_EXT4", "mkfs.ext4", "ext4"), ("FS_XFS", "mkfs.xfs", "xfs"),
    ("FS_BTRFS", "mkfs.btrfs", "btrfs"), ("MD", None, "raid1")])
def test_file_systems_of_root_images(choice, program, module):
    files = manifest()
    names = {path.rsplit("/", 1)[1] for path in files}
    # A boot medium is FAT as well.
    assert (f"{module}.ko" in names) == (option(choice) or (module == "vfat" and option("ALONE")))
    if program:
        assert (f"/usr/sbin/{program}" in files) == option(choice)
    # The kernel asks for it by an alias, and there is no modprobe: it is loaded by name.
    assert "crc32c_generic.ko" in names or not any(option(fs) for fs in ("FS_EXT4", "FS_XFS", "FS_BTRFS"))


def test_modules_keep_debians_signature():
    release = (BUILD / "kernel/release").read_text().strip()
    tree = BUILD / "boot-modules/lib/modules" / release
    modules = list(tree.rglob("*.ko"))
    assert len(modules) > 10
    for module in modules:
        data = module.read_bytes()
        assert data.endswith(b"~Module signature appended~\n"), module
        assert data == (BUILD / "kernel/lib/modules" / release / module.relative_to(tree)).read_bytes()


def unlike_us():
    """What must not matter: umask, locale, time zone, home, and a longer path."""
    env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/nonexistent", "TZ": "Pacific/Chatham", "LC_ALL": "C.UTF-8",
           "REMINT_CACHE": os.environ.get("REMINT_CACHE", str(BUILD / "cache"))}
    return {"env": env, "umask": 0o077}


def test_what_is_installed_twice(tmp_path):
    """The second time replaces the first, the program finds the boot image beside it, and the README's links hold."""
    for _ in range(2):
        subprocess.run(["make", f"O={BUILD}", "-o", "all", "-o", "boot-image", "install", f"DESTDIR={tmp_path}", "prefix=/usr"], cwd=TOP,
                       check=True, stdout=subprocess.DEVNULL, timeout=300)
    lab, documents = tmp_path / "usr/libexec/remint/lab", tmp_path / "usr/share/doc/remint"
    assert (lab / "__main__.py").exists() and not (lab / "lab").exists()
    for link in re.findall(r"\]\((docs/[a-z-]+\.[a-z]+)", (documents / "README.md").read_text()):
        assert (documents / link).exists(), link
    remint, ca = tmp_path / "usr/bin/remint", tmp_path / "pki/ca.pem"
    for words in (["keys", "make", "--ca-dir", ca.parent],
                  ["boot", "build", "--station", "https://10.0.0.1:8443", "--station-ca", ca, "--image-ca", ca, "-o", tmp_path / "boot"]):
        subprocess.run([remint, *words], check=True, stdout=subprocess.DEVNULL, timeout=60)


def test_another_clone_makes_the_same_bytes(tmp_path):
    clone = tmp_path / "another clone's folder, with a rather longer path".replace(" ", "-").replace(",", "").replace("'", "")
    shutil.copytree(TOP, clone, ignore=shutil.ignore_patterns(".git", "build", "__pycache__"), symlinks=True)
    out = clone / "elsewhere"
    out.mkdir()
    shutil.copy(BUILD / ".config", out / ".config")
    done = subprocess.run(["nice", "make", "-j2", f"O={out}", "boot-image"], cwd=clone, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600, **unlike_us())
    assert done.returncode == 0, done.stdout
    for name in ("manifest.txt", "vmlinuz", "generic.img"):
        assert (out / "boot" / name).read_bytes() == (BOOT / name).read_bytes(), name


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ca")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=a CA for a test", "-keyout", folder / "ca.key", "-out", folder / "ca.pem"],
                   check=True, capture_output=True)
    return folder / "ca.pem"


def boot_build(certificate, out, *more):
    subprocess.run([BUILD / "remint", "boot", "build", "--generic", BOOT, "--station", "https://10.0.2.2:8443", "--station-ca",
                    certificate, "--image-ca", certificate, "--built", "2026-11-22T21:00:00Z", "-o", out, *more],
                   check=True, timeout=60)
    return out


def console_until(argv, patterns, seconds=240):
    """Runs a machine until its console shows one of the patterns; which, and the whole text."""
    machine = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    os.set_blocking(machine.stdout.fileno(), False)
    text, end = "", time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            data = machine.stdout.read()
            text += (data or b"").decode(errors="replace").replace("\0", "")
            for pattern in patterns:
                if re.search(pattern, text):
                    return pattern, text
            if machine.poll() is not None and not data:
                break
            time.sleep(0.2)
        return None, text
    finally:
        machine.kill()
        machine.wait()


def test_boots_with_512_mib(certificate, tmp_path):
    out = boot_build(certificate, tmp_path / "site")
    files = json.loads((out / "boot.json").read_text())["files"]
    assert sorted(files) == ["initrd.img", "ipxe.efi", "undionly.kpxe", "vmlinuz"]
    found, text = console_until(
        ["qemu-system-x86_64", "-accel", "tcg", "-m", "512", "-nographic", "-no-reboot", "-nic", "none", "-kernel", out / "vmlinuz",
         "-initrd", out / "initrd.img", "-append", "console=ttyS0 quiet remint.hint=AAAAAAAAAAAAAAAAAAAAAA"],
        ["remint-agent [0-9]", "Kernel panic"])
    assert found == "remint-agent [0-9]", text
    assert "site part" not in text


def test_ipxe(certificate, tmp_path):
    """Debian's, signed with the rest; what is neither of the two kinds, or one of them twice, is refused."""
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=boot", "-keyout", key, "-out", cert],
                   check=True, capture_output=True)
    out = boot_build(certificate, tmp_path / "site", "--uki", "--key", key, "--cert", cert)
    package = Path("/usr/lib/ipxe")
    assert (out / "undionly.kpxe").read_bytes() == (package / "undionly.kpxe").read_bytes()
    for name in "ipxe.efi", "remint.efi":
        subprocess.run(["sbverify", "--cert", cert, out / name], check=True, capture_output=True)
    out = boot_build(certificate, tmp_path / "plain", "--ipxe", package / "ipxe.efi")
    assert (out / "ipxe.efi").read_bytes() == (package / "ipxe.efi").read_bytes() and not (out / "undionly.kpxe").exists()
    for wrong in ([package / "ipxe.lkrn"], [package / "ipxe.iso"], [BUILD / "remint"], [certificate], [OVMF / "OVMF_VARS_4M.fd"],
                  [package / "ipxe.efi", package / "snponly.efi"], [tmp_path / "missing"]):
        with pytest.raises(subprocess.CalledProcessError):
            boot_build(certificate, tmp_path / "wrong", *(a for path in wrong for a in ("--ipxe", path)))


def secure_boot(efi, folder):
    """A machine whose firmware takes nothing but what the test key has signed."""
    (folder / "esp/EFI/BOOT").mkdir(parents=True)
    shutil.copy(efi, folder / "esp/EFI/BOOT/BOOTX64.EFI")
    shutil.copy(OVMF / "OVMF_VARS_4M.snakeoil.fd", folder / "vars.fd")
    return ["qemu-system-x86_64", "-accel", "tcg", "-machine", "q35,smm=on", "-cpu", "max", "-m", "512", "-nographic", "-no-reboot",
            "-nic", "none", "-global", "driver=cfi.pflash01,property=secure,value=on",
            "-drive", f"if=pflash,format=raw,unit=0,file={OVMF}/OVMF_CODE_4M.secboot.fd,readonly=on",
            "-drive", f"if=pflash,format=raw,unit=1,file={folder}/vars.fd",
            "-drive", f"file=fat:{folder}/esp,format=raw,if=virtio,readonly=on"]


@pytest.fixture(scope="module")
def signed(certificate, tmp_path_factory):
    folder = tmp_path_factory.mktemp("signed")
    subprocess.run(["openssl", "rsa", "-in", f"{SNAKEOIL}.key", "-passin", "pass:snakeoil", "-out", folder / "db.key"], check=True,
                   capture_output=True)
    return boot_build(certificate, folder / "site", "--uki", "--cmdline", "console=ttyS0 quiet", "--key", folder / "db.key",
                      "--cert", f"{SNAKEOIL}.pem") / "remint.efi"


def test_signed_efi_file_boots_under_secure_boot(signed, tmp_path):
    found, text = console_until(secure_boot(signed, tmp_path), ["remint-agent [0-9]", "Kernel panic", "No bootable option"])
    assert found == "remint-agent [0-9]", text


def test_one_changed_byte_is_denied_under_secure_boot(signed, tmp_path):
    changed = tmp_path / "changed.efi"
    data = bytearray(signed.read_bytes())
    at = data.index(b"site.json")
    data[at] ^= 1
    changed.write_bytes(data)
    found, text = console_until(secure_boot(changed, tmp_path), ["Access Denied", "remint-agent [0-9]", "No bootable option"])
    assert found == "Access Denied", text
