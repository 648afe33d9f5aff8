# SPDX-License-Identifier: Apache-2.0
"""A rack of emulated machines that stays up: a station, nodes with their BMCs, and the network between them. docs/ci.md"""
