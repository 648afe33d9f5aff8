# SPDX-License-Identifier: Apache-2.0
"""Profiles by name. Several are joined by "+": the first one's hooks come first."""
from .profile import Profile

PROFILES = {"plain": Profile}


def profile(names):
    """The class of a profile."""
    classes = [_named(name) for name in names.split("+")]
    return classes[0] if len(classes) == 1 else type("Joined", tuple(classes), {})


def _named(name):
    if name not in PROFILES:
        raise ValueError(f"there is no profile {name}: there are {', '.join(PROFILES)}")
    return PROFILES[name]
