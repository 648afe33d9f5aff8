# SPDX-License-Identifier: Apache-2.0
"""A rack's nodes and their BMCs become known: to the station, and to whoever uses `remint bmc` here."""


def enrol(station, node, folder):
    """As an operator does it. The lab has made the BMC's certificate, so it knows which one is right."""
    station.call("POST", "/v1/nodes", {"name": node.name, "location_trusted": True, "identity": node.identity()})
    station.call("POST", f"/v1/nodes/{node.name}/state", {"state": "available"})
    station.remint("bmc", "trust", node.bmc.url, "--known", folder.known, "--expect", node.fingerprint())
    station.remint("node", "bmc", node.name, "--address", node.bmc.url, "--known", folder.known, "--credentials", folder.credentials)
