#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""usage: dhcp_client.py CARD MAC [CODE=HEX ...]      what firmware asks of DHCP, and the offers that come, as JSON

The options are those of a DHCPDISCOVER, such as 93=0010. Nothing is taken: an offer lapses. Where an offer is a PXE server's and names no file, that server is asked
for it (PXE 2.1, 2.2.4): "boot_server" is its answer.
"""
import json
import os
import socket
import struct
import sys
import time

OWN = "10.9.0.250"  # this host's address, which no DHCP server knows of
COOKIE = b"\x63\x82\x53\x63"
SECONDS, COMPANY = 6, 0.7  # for a first offer, before which dnsmasq pings the address for 3 s; for others after it


def message(kind, xid, mac, options, client=bytes(4)):
    flags = 0 if any(client) else 0x8000  # broadcast the answer
    head = struct.pack("!BBBBIHH4s12x", 1, 1, 6, 0, xid, 0, flags, client) + mac.ljust(16, b"\0") + bytes(192) + COOKIE
    body = bytes([53, 1, kind]) + b"".join(bytes([code, len(value)]) + value for code, value in options)
    return head + body + b"\x37\x07\x01\x03\x06\x0c\x3c\x42\x43" + b"\xff"


def is_ours(packet, xid):
    return len(packet) > 240 and packet[4:8] == xid.to_bytes(4, "big") and packet[236:240] == COOKIE


def menu_item(vendor):
    """The first type of the boot menu in option 43."""
    at = 0
    while at < len(vendor) and vendor[at] != 255:
        if vendor[at] == 9:
            return vendor[at + 2:at + 4]
        at += vendor[at + 1] + 2
    return None


def ask_boot_server(offered, card, mac, options):
    xid, own = int.from_bytes(os.urandom(4), "big"), socket.inet_aton(OWN)
    item = menu_item(bytes.fromhex(offered["options"].get("43", "")))
    chosen = [(43, bytes([71, 4]) + item + b"\0\0\xff")] if item else []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((OWN, 68))
        s.settimeout(SECONDS)
        s.sendto(message(3, xid, mac, [*options, *chosen], own), (offered["server"], 4011))
        try:
            while not is_ours(packet := s.recv(2048), xid):
                continue
        except TimeoutError:
            return None
        return offer(packet)


def text(raw):
    return raw.split(b"\0")[0].decode(errors="replace")


def offer(packet):
    options, at = {}, 240
    while at < len(packet) and packet[at] != 255:
        if packet[at]:
            options[packet[at]] = packet[at + 2:at + 2 + packet[at + 1]]
            at += packet[at + 1] + 1
        at += 1
    return {"server": socket.inet_ntoa(options.get(54, bytes(4))), "address": socket.inet_ntoa(packet[16:20]),
            "next": socket.inet_ntoa(packet[20:24]), "file": text(options.get(67, b"")) or text(packet[108:236]),
            "vendor": text(options.get(60, b"")), "options": {str(code): value.hex() for code, value in options.items()}}


def main():
    card, mac = sys.argv[1], bytes.fromhex(sys.argv[2].replace(":", ""))
    options = [(int(code), bytes.fromhex(value)) for code, value in (o.split("=") for o in sys.argv[3:])]
    xid, found = int.from_bytes(os.urandom(4), "big"), []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, card.encode())
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        s.bind(("", 68))
        s.sendto(message(1, xid, mac, options), ("255.255.255.255", 67))
        end = time.monotonic() + SECONDS
        while (left := end - time.monotonic()) > 0:
            s.settimeout(left)
            try:
                packet = s.recv(2048)
            except TimeoutError:
                break
            if is_ours(packet, xid):
                found.append(offer(packet))
                end = min(end, time.monotonic() + COMPANY)
    for offered in found:
        if offered["vendor"] == "PXEClient" and not offered["file"]:
            offered["boot_server"] = ask_boot_server(offered, card, mac, options)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
