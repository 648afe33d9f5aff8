# SPDX-License-Identifier: Apache-2.0
"""What the BMC does for drives."""
from .profile import Profile


class NoErase(Profile):
    """Drives without SecureErase."""

    def shape(self, request, body):
        body.get("Actions", {}).pop("#Drive.SecureErase", None)
        return super().shape(request, body)


PROFILES = {"no-secure-erase": NoErase}
