# SPDX-License-Identifier: Apache-2.0
"""Restarts of the BMC, and drives."""
from ..exchange import Response
from .profile import Profile


class NeverRestarts(Profile):
    """It agrees to a restart, and goes on as before."""

    def before(self, request):
        return Response(204) if request.path.endswith("Manager.Reset") else super().before(request)


class NoErase(Profile):
    """Drives without SecureErase."""

    def shape(self, request, body):
        body.get("Actions", {}).pop("#Drive.SecureErase", None)
        return super().shape(request, body)


PROFILES = {"manager-never-restarts": NeverRestarts, "no-secure-erase": NoErase}
