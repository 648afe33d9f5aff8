# SPDX-License-Identifier: Apache-2.0
"""Where Boot is writable (quirk 1)."""
from .vendors import Dell10


class SettingsResource(Dell10):
    """iDRAC 10: Boot of the System is read-only; it is written at @Redfish.Settings, and is so at once."""
    boot_settings = "Immediate"


class SettingsAtReset(Dell10):
    """The same, but until the next reset only the settings resource shows what was written."""
    boot_settings = "OnReset"


PROFILES = {"settings-resource": SettingsResource, "settings-at-reset": SettingsAtReset}
