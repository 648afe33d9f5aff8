# SPDX-License-Identifier: Apache-2.0
"""A BMC for a machine of the lab: a Redfish service that switches, boots and feeds it, and can have the faults of real ones. docs/lab-bmc.md"""
from .bmc import Bmc
from .fake import FakeMachine, Way
from .lab_machine import LabMachine

__all__ = ["Bmc", "FakeMachine", "LabMachine", "Way"]
