# SPDX-License-Identifier: Apache-2.0
"""Debian's kernel package as `make boot-image` has unpacked it: FOLDER/boot/vmlinuz-RELEASE, FOLDER/lib/modules/RELEASE."""
from pathlib import Path


def release(folder):
    have = sorted((folder / "boot").glob("vmlinuz-*"))
    if not have:
        raise RuntimeError(f"{folder} holds no kernel: run make boot-image")
    return have[-1].name.removeprefix("vmlinuz-")


def image(folder):
    return folder / "boot" / f"vmlinuz-{release(folder)}"


def modules_in_order(folder, wanted):
    """Paths of the wanted modules and of what they need, each after what it needs. Built-in ones are left out."""
    base = folder / "lib/modules" / release(folder)
    needs = {}
    for line in (base / "modules.dep").read_text().splitlines():
        path, _, rest = line.partition(":")
        needs[path] = rest.split()
    by_name = {Path(p).name.split(".")[0].replace("-", "_"): p for p in needs}
    order = []

    def take(path):
        for need in needs[path]:
            take(need)
        if path not in order:
            order.append(path)

    for name in wanted:
        if name in by_name:
            take(by_name[name])
    return [base / p for p in order]
