# SPDX-License-Identifier: Apache-2.0
"""200, and something else than what was asked for (quirks 3 and 4)."""
from ..errors import Refusal
from .profile import Profile
from .vendors import Ami, Dell9, Hpe11, Supermicro

THREE = {"BootSourceOverrideTarget", "BootSourceOverrideEnabled", "BootSourceOverrideMode"}


class SilentOk(Profile):
    """200 to a change of Boot, and nothing changes."""

    def boot_change(self, boot, changes):
        return {}


class SilentLegacy(Supermicro):
    """Supermicro: what is not in the PATCH falls back, Mode to Legacy and Enabled to Disabled."""

    def boot_change(self, boot, changes):
        if THREE & set(changes):
            return {"BootSourceOverrideMode": "Legacy", "BootSourceOverrideEnabled": "Disabled", **changes}
        return changes


class AllThree(Ami):
    """AMI and ASRock: Target, Enabled and Mode are taken together only; fewer are ignored."""

    def boot_change(self, boot, changes):
        if THREE & set(changes) and not THREE <= set(changes):
            return {k: v for k, v in changes.items() if k not in THREE}
        return changes


class NoMode(Profile):
    """There is no BootSourceOverrideMode, and a PATCH with it is refused whole."""
    boot_mode = False

    def before(self, request):
        if request.method == "PATCH" and b"BootSourceOverrideMode" in request.body:
            raise Refusal(400, "PropertyUnknown", "Boot/BootSourceOverrideMode", related=["/Boot/BootSourceOverrideMode"])
        return super().before(request)


class NoHttpUri(Hpe11):
    """iLO 6: HttpBootUri is taken and ignored; the BIOS's UrlBootFile says from where."""
    uri_attribute = "UrlBootFile"

    def boot_change(self, boot, changes):
        changes.pop("HttpBootUri", None)
        return changes


class NoHttpUriDell(Dell9):
    """Dell: there is no HttpBootUri; the BIOS's HttpDev1Uri says from where."""
    boot_uri = False
    uri_attribute = "HttpDev1Uri"


PROFILES = {"silent-ok": SilentOk, "silent-legacy": SilentLegacy, "boot-all-three": AllThree, "no-mode": NoMode,
            "no-http-uri": NoHttpUri, "no-http-uri-dell": NoHttpUriDell}
