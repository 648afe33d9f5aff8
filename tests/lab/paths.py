# SPDX-License-Identifier: Apache-2.0
"""Where the program and the boot image lie: beside an installed lab, or in a build folder of the source tree."""
import os
import shutil
from pathlib import Path

HERE = Path(__file__).resolve().parent


class NotBuilt(Exception):
    pass


def build_folder():
    """REMINT_BUILD, else the source tree's build/."""
    return Path(os.environ.get("REMINT_BUILD") or HERE.parents[1] / "build").resolve()


def program():
    named, installed, built = os.environ.get("REMINT_PROGRAM"), HERE.parents[2] / "bin/remint", build_folder() / "remint"
    for path in (Path(named) if named else None, installed, built):
        if path and os.access(path, os.X_OK):
            return path
    found = shutil.which("remint")
    if not found:
        raise NotBuilt(f"no remint at {installed} or {built}, nor on PATH: run make, or set REMINT_PROGRAM")
    return Path(found)


def boot_parts():
    """The folder with the generic boot image: vmlinuz and generic.img."""
    named = os.environ.get("REMINT_BOOT")
    candidates = [Path(named)] if named else [HERE.parents[2] / "lib/remint/boot", build_folder() / "boot"]
    for path in candidates:
        if (path / "generic.img").exists() and (path / "vmlinuz").exists():
            return path
    raise NotBuilt(f"no vmlinuz and generic.img in {' or '.join(map(str, candidates))}: run make boot-image")
