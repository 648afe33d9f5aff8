# SPDX-License-Identifier: Apache-2.0
"""A BMC for a machine of the lab: a Redfish service (DSP0266) that really switches, boots and feeds it, and can be given the faults of real ones. docs/lab-bmc.md"""
from .bmc import Bmc
from .fake import FakeMachine, Way

__all__ = ["Bmc", "FakeMachine", "Way"]
