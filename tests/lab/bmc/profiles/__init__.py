# SPDX-License-Identifier: Apache-2.0
"""Profiles by name. Several are joined by "+": the first one's data and hooks come first. docs/lab-bmc.md tells what each is modelled on."""
from . import accounts, bios, busy, etags, events, hostile, logs, manager, media, power, sessions, settings, shapes, silent, tasks, update
from .profile import Profile

PROFILES = {"plain": Profile}
for module in (settings, etags, silent, busy, power, media, tasks, shapes, sessions, accounts, bios, logs, update, manager, events, hostile):
    PROFILES.update(module.PROFILES)


def profile(names):
    """The class of a profile."""
    classes = [_named(name) for name in names.split("+")]
    return classes[0] if len(classes) == 1 else type("Joined", tuple(classes), {})


def _named(name):
    if name not in PROFILES:
        raise ValueError(f"there is no profile {name}: there are {', '.join(PROFILES)}")
    return PROFILES[name]
