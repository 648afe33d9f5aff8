# SPDX-License-Identifier: Apache-2.0
"""The lab: emulated machines, tenants' disks, and a station on loopback, for the demo, the tests and a CI job."""
