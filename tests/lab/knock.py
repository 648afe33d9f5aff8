# SPDX-License-Identifier: Apache-2.0
"""The other end of a machine's network cable: asks every TCP port of a machine for a connection, as anybody on its network could.

The machine's QEMU has `Wire.netdev()` as its network: Ethernet frames in UDP datagrams over loopback. Nothing but this is on the cable.
"""
import ipaddress
import select
import socket
import struct
import time

OUR_MAC = bytes.fromhex("525400ffff01")
PORTS = range(1, 65536)
WINDOW = 256  # that are asked before answers are taken
ARP, IPV4, TCP = 0x0806, 0x0800, 6
SYN, RST, ACK = 2, 4, 16


def _sum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xffff) + (total >> 16)
    return ~(total + (total >> 16)) & 0xffff


class Wire:
    def __init__(self, ours, its):
        """Both addresses are IPv4, as text; the machine's must have been configured."""
        self.ours, self.its = (ipaddress.IPv4Address(a).packed for a in (ours, its))
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            self.peer = free.getsockname()
        self.its_mac = None

    def netdev(self):
        return f"socket,id=net,udp=127.0.0.1:{self.socket.getsockname()[1]},localaddr=127.0.0.1:{self.peer[1]}"

    def close(self):
        self.socket.close()

    def _send(self, mac, kind, data):
        self.socket.sendto(mac + OUR_MAC + struct.pack("!H", kind) + data, self.peer)

    def _arp(self, operation, mac, to):
        self._send(to, ARP, struct.pack("!HHBBH", 1, IPV4, 6, 4, operation) + OUR_MAC + self.ours + mac + self.its)

    def _syn(self, port):
        tcp = struct.pack("!HHIIBBHHH", 40000, port, 1, 0, 5 << 4, SYN, 1024, 0, 0)
        tcp = tcp[:16] + struct.pack("!H", _sum(self.ours + self.its + struct.pack("!HH", TCP, len(tcp)) + tcp)) + tcp[18:]
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0, 64, TCP, 0) + self.ours + self.its
        self._send(self.its_mac, IPV4, ip[:10] + struct.pack("!H", _sum(ip)) + ip[12:] + tcp)

    def _frames(self, seconds):
        """What has arrived, and what does within so many seconds from then on."""
        while select.select([self.socket], [], [], seconds)[0]:
            yield self.socket.recv(65536)

    def _take(self, frame, closed, opened):
        kind = frame[12:14]
        if kind == struct.pack("!H", ARP) and len(frame) >= 42 and frame[28:32] == self.its:
            self.its_mac = frame[22:28]
            if frame[20:22] == b"\0\1" and frame[38:42] == self.ours:
                self._arp(2, self.its_mac, self.its_mac)
        if kind == struct.pack("!H", IPV4) and len(frame) >= 54 and frame[23] == TCP and frame[26:30] == self.its:
            tcp = frame[14 + (frame[14] & 15) * 4:]
            port, to, flags = *struct.unpack("!HH", tcp[:4]), tcp[13]
            if to == 40000:
                (closed if flags & RST else opened if flags & SYN else set()).add(port)

    def knock(self, seconds):
        """(ports that said no, ports that said yes), of all 65535, each asked until it has answered or time is up."""
        end, closed, opened = time.monotonic() + seconds, set(), set()
        while len(closed | opened) < len(PORTS) and time.monotonic() < end:
            if not self.its_mac:
                self._arp(1, bytes(6), b"\xff" * 6)
                for frame in self._frames(0.2):
                    self._take(frame, closed, opened)
                continue
            left = [p for p in PORTS if p not in closed and p not in opened]
            for at in range(0, len(left), WINDOW):
                for port in left[at:at + WINDOW]:
                    self._syn(port)
                for frame in self._frames(0.05):
                    self._take(frame, closed, opened)
                    if left[min(at + WINDOW, len(left)) - 1] in closed:
                        break
        return closed, opened
