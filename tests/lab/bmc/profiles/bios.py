# SPDX-License-Identifier: Apache-2.0
"""BIOS settings that are taken otherwise than was said."""
from ..errors import Refusal
from ..exchange import Response
from .profile import Profile
from .vendors import Dell9


class BiosJob(Dell9):
    """iDRAC: settings become a job that waits for the next boot; without an ApplyTime they wait for ever."""
    task_seconds = 1e9
    applies, job = False, None

    def bios_change(self, attributes, when):
        self.applies = when == "OnReset"
        return attributes

    def bios_applies(self):
        return self.applies

    def encode(self, request, response):
        response = super().encode(request, response)
        if request.method == "PATCH" and request.path.endswith("/Bios/Settings") and response.status == 200 and self.applies:
            made = self.bmc.tasks.start("BIOS settings", Response)
            self.job = next(t for t in self.bmc.tasks.all.values() if t.monitor == made.headers["Location"])
            made.headers = {**response.headers, "Location": self.job.uri}
            return made
        return response

    def booted(self, way):
        super().booted(way)
        if self.job:
            self.job._ends("Completed", [])


class BiosSilent(Profile):
    """200 to BIOS settings, and nothing waits for the next boot."""

    def bios_change(self, attributes, when):
        return {}


class BiosRefuses(Profile):
    """A value that the registry allows is refused, because of another attribute."""

    def bios_change(self, attributes, when):
        raise Refusal(400, "Contoso.1.0.DependencyNotMet", "SysProfile must be Custom for that.")


class BiosNoRegistry(Profile):
    """Nothing says what an attribute may be."""

    def shape(self, request, body):
        body.pop("AttributeRegistry", None)
        return super().shape(request, body)


PROFILES = {"bios-job": BiosJob, "bios-silent": BiosSilent, "bios-refuses": BiosRefuses, "bios-no-registry": BiosNoRegistry}
