# SPDX-License-Identifier: Apache-2.0
"""What lies between the station and the nodes: a segment with the station's own DHCP, or QEMU's user-mode network for each node by itself."""
import os
import shutil
import socket

from ..segment import ADDRESS, BRIDGE, TUN, Segment

RANGE = "10.9.0.100,10.9.0.250"
KINDS = ("auto", "segment", "user")


class UserNetwork:
    """Needs nothing of the host. A node starts from it by HTTP with a URI, or by its card's ROM, which is iPXE."""

    kind = "user"

    def serve(self, station):
        """The station listens on this host's loopback, which is where it looks for nodes as it is."""

    def plug(self, machine, station):
        """What the network hands to the card's ROM."""
        return f"{station.http_url}/boot.ipxe"

    def bring(self, port):
        """The station reaches this host's ports as they are."""

    def close(self):
        pass


class SegmentNetwork:
    """A bridge in a network namespace of its own: PXE and UEFI HTTP as in a rack. Needs /dev/net/tun and dnsmasq."""

    kind = "segment"

    def __init__(self):
        self.segment, self._taps = Segment(), 0

    def serve(self, station):
        station.front, station.listen, station.address = self.segment.inside(), "0.0.0.0", ADDRESS
        station.options = ["--dhcp", BRIDGE, "--dhcp-range", RANGE]
        with socket.create_server(("127.0.0.1", station.https_port)) as listener:
            self.segment.forward(listener, station.https_port)

    def plug(self, machine, station):
        """The firmware finds its files by itself."""
        machine.front, machine.netdev = self.segment.inside(), self.segment.tap(f"tap{self._taps}")
        self._taps += 1
        return None

    def bring(self, port):
        self.segment.bring(port)

    def close(self):
        self.segment.close()


def choose(kind):
    """RuntimeError where a segment was asked for and cannot be had."""
    found = os.access(TUN, os.R_OK | os.W_OK) and shutil.which("dnsmasq", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
    if kind == "user" or (kind == "auto" and not found):
        return UserNetwork()
    try:
        return SegmentNetwork()
    except (OSError, RuntimeError) as failed:
        if kind == "segment":
            raise RuntimeError(f"--network segment: {failed}") from failed
        return UserNetwork()
