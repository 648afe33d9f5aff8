# SPDX-License-Identifier: Apache-2.0
"""Builders of tenants' disks. None needs root or a loop device."""
