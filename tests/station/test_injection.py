# SPDX-License-Identifier: Apache-2.0
"""Attempts to bring a command into an iPXE script, or a word into a kernel command line, through every value that reaches one.

A script is read here as iPXE reads it (lines, words, what joins commands, what is expanded), and whatever anybody says of himself, it must be one of
those that the station gives to honest machines.
"""
import re
import socket
import subprocess
import urllib.parse

import pytest
from harness import BUILD, Station, identity_of

MAC = identity_of(1)["macs"][0]
HOSTILE = [
    "x\nshell", "x\r\nchain http://evil/x", "x\n#!ipxe\nshell", "x && shell", "x || shell", "x ; shell", "x;shell", "x&&shell", "x||shell",
    "${net0/ip}", "${uuid}shell", "$", "{}", "# x", "#", "\"x", "'x", "\\x", "`shell`", "$(shell)", "--name x", "-n x", "%0ashell", "%250ashell",
    "x init=/bin/sh", "x initrd=http://evil/x", "x console=ttyS9", "x remint.hint=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "x remint.alone",
    "x rdinit=/bin/sh --", "@HINT@", "@CONSOLE@", "x\x00shell", "x\x0bshell", "x\x0cshell", "\u2028shell", "\x85shell", "\xff\xfe", "", " ",
    "a" * 3000, MAC + "\nshell", MAC + " init=/bin/sh", MAC + "&x", MAC.replace(":", " "),
]
CONSOLE = r"[A-Za-z0-9,._: -]*"
COMMANDS = {"set", "imgfree", "kernel", "initrd", "boot", "inc", "iseq", "echo", "sleep", "goto", "exit", "sanboot", "chain"}
WORDS = {"initrd", "remint.hint", "remint.mac", "console"}


def commands(script):
    """As iPXE's script image and its command shell take them: a line is words split at blanks, "&&", "||" and ";" as words separate commands."""
    assert script.startswith("#!ipxe\n") and "\r" not in script
    for line in script.split("\n")[1:]:
        words = re.split(r"[ \t]+", line.strip(" \t"))
        assert not re.search(r"[^\x20-\x7e]", line), line
        if words[0].startswith((":", "#")) or words == [""]:
            continue
        command = []
        for word in [*words, ";"]:
            if word in ("&&", "||", ";"):
                if command:
                    yield command
                command = []
            else:
                command.append(word)


def check(script):
    """No command but ours, nothing expanded but iPXE's own settings, no word on a kernel's command line but ours."""
    for command in commands(script):
        assert command[0] in COMMANDS, command
        for name in re.findall(r"\$\{([^}]*)\}?", " ".join(command)):
            assert name in ("uuid", "serial:uristring", "netX/mac", "platform", "tries", "pause"), command
        if command[0] in ("kernel", "initrd", "chain"):
            assert not any(word.startswith("-") for word in command[1:] if word != "--replace"), command
        if command[0] == "kernel":
            words = [word.split("=", 1) for word in command[2:]]
            assert {word[0] for word in words} <= WORDS, command
            assert len([word for word in words if word[0] == "remint.hint"]) == 1
    return script


def plain(script):
    """Without what differs each time."""
    return re.sub(r"(?<=remint\.hint=)[A-Za-z0-9_-]{43}(?= )", "HINT", script)


def get(station, query, headers=()):
    """The answer to a query of any bytes, as no library would send them; 0: the server has hung up."""
    with socket.create_connection(("127.0.0.1", station.ports["http"]["port"]), timeout=60) as s:
        s.sendall(b"GET /boot.ipxe?" + query + b" HTTP/1.1\r\n" + b"".join(h + b"\r\n" for h in headers or [b"Host: x"]) +
                  b"Connection: close\r\n\r\n")
        answer = b"".join(iter(lambda: s.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]) if head else 0, body.decode()


def ask(station, **said):
    status, script = get(station, urllib.parse.urlencode(said, quote_via=urllib.parse.quote).encode())
    assert status == 200
    return plain(check(script))


def honest(station, **said):
    """What an honest machine is answered: enrolled or not, with a MAC or without, by any firmware."""
    return {ask(station, **{k: v for k, v in said.items() if k not in without}) for without in
            ((), ("mac",), ("uuid", "serial"), ("platform",), ("mac", "platform"))}


@pytest.mark.parametrize("efi_file", [False, True])
@pytest.mark.parametrize("order", [False, True])
def test_what_a_machine_says_of_itself(station, efi_file, order):
    if efi_file:
        (station.boot / "remint.efi").write_bytes(b"MZ" * 100)
    station.add_node()
    if order:
        station.add_order()
    identity = identity_of(1)
    said = {"uuid": identity["uuid"], "serial": identity["serial"], "mac": MAC, "platform": "efi"}
    stranger = {**said, "uuid": identity_of(9)["uuid"], "serial": "S9"}
    expected = honest(station, **said) | honest(station, **stranger)
    assert any("/boot/remint.efi" in script for script in expected) == efi_file
    for name in (*said, "other", "hint", "HINT", "console"):
        for value in HOSTILE:
            assert ask(station, **{**said, name: value}) in expected, (name, value)
            assert ask(station, **{**stranger, name: value}) in expected, (name, value)


def test_queries_of_any_bytes(station):
    station.add_node()
    station.add_order()
    said = {"uuid": identity_of(1)["uuid"], "serial": identity_of(1)["serial"], "mac": MAC, "platform": "pcbios"}
    expected = honest(station, **said)
    for query in (b"mac=" + MAC.encode() + b"&mac=x%0ashell", b"mac=%", b"mac=%0", b"mac=%zz", b"&&&=", b"=", b"mac", b"%0ashell=%0ashell",
                  b"mac=\xff\xfe\x0bshell", b"mac=$%7Buuid%7D", b"serial=" + b"%41" * 1000, b"a=b&" * 500):
        status, script = get(station, query)
        assert status in (0, 200, 400, 414) and (status != 200 or plain(check(script)) in expected), query
    # Neither the name by which it was asked, nor any other header, stands in a script.
    evil = [b"Host: evil\tshell", b"X-Forwarded-Host: evil", b"X-Forwarded-For: evil", b"User-Agent: ${shell}", b"Referer: evil"]
    for query in (b"", urllib.parse.urlencode(said).encode()):
        status, script = get(station, query, evil)
        assert status == 400 or "evil" not in check(script)


def test_the_first_script_is_the_same_for_everybody(station):
    script = check(station.call("GET", "/boot.ipxe", port="http").body.decode())
    [command] = [c for c in commands(script) if c[0] == "chain"]
    assert command[2].startswith(station.ports["http"]["url"] + "/boot.ipxe?uuid=${uuid}")


def test_what_an_operator_enrols_and_orders(station):
    """None of it is in a script. Names are checked, the rest is stored as it is."""
    station.add_node()
    station.add_order()
    said = {"uuid": identity_of(1)["uuid"], "serial": identity_of(1)["serial"], "mac": MAC, "platform": "pcbios"}
    expected = honest(station, **said)
    for n, value in enumerate(v for v in HOSTILE if "\x00" not in v):
        mac = f"52:54:00:00:01:{n:02x}"
        body = {"name": f"hostile{n}", "location_trusted": True, "identity": {"serial": value, "macs": [mac]}}
        assert station.operate("POST", "/v1/nodes", {**body, "name": value}).status == 400 or value == "a" * 3000
        assert station.operate("POST", "/v1/nodes", {**body, "identity": {"macs": [value]}}).status == 400 or not value.strip()
        assert station.operate("POST", "/v1/nodes", {**body, "identity": {"uuid": value, "macs": [mac]}}).status == 400 or not value.strip()
        if station.operate("POST", "/v1/nodes", body).status != 201:
            continue
        assert station.operate("POST", "/v1/orders", {"node": f"hostile{n}", "image": value}).status in (400, 404)
        order = {"node": f"hostile{n}", "image": "debian-12", "user_data": f"#cloud-config\n{value}\n", "root": {"disks": [value or "x"]}}
        assert station.operate("POST", "/v1/orders", order).status in (201, 400)
        script = ask(station, serial=value, mac=mac, platform="pcbios")
        assert script.replace(mac, MAC) in expected | {ask(station, mac=MAC, platform="pcbios")}, value
    for value in HOSTILE:
        reply = station.call("POST", "/v1/agent/boot", {"identity": {"uuid": value, "serial": value, "macs": [value]}})
        assert reply.status == 400 or re.fullmatch(r"[A-Za-z0-9_-]{43}", reply.json["hint"]), value


@pytest.mark.parametrize("option", ["--address", "--console", "--http", "--dhcp", "--dhcp-range", "--dhcp-router", "--dhcp-dns"])
def test_what_the_station_is_started_with(tmp_path, option):
    """Refused at the start, or escaped in the script (test_script.c): never a line of its own."""
    beside = {"--dhcp": ["--dhcp-proxy"], "--dhcp-range": ["--dhcp", "lo"], "--dhcp-router": ["--dhcp", "lo", "--dhcp-range", "127.0.0.2,127.0.0.3"],
              "--dhcp-dns": ["--dhcp", "lo", "--dhcp-range", "127.0.0.2,127.0.0.3"]}
    for value in HOSTILE:
        if "\x00" in value or not value.strip() or (option == "--console" and re.fullmatch(CONSOLE, value)):
            continue
        rest = [a for o in ("--http", "--https") if o != option for a in (o, "127.0.0.1:0")]
        done = subprocess.run([BUILD / "remint", "serve", "--state", tmp_path / "state", *rest, *beside.get(option, []), f"{option}={value}"],
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        assert done.returncode == 1, (value, done)
        assert b"\nshell" not in done.stderr
        assert not (tmp_path / "state/dhcp").exists()


def test_consoles_become_nothing_else(tmp_path):
    """What a console may be made of: each word has our prefix, and the last one ends the line."""
    station = Station(tmp_path, console=" ".join(v for v in HOSTILE if re.fullmatch(CONSOLE, v)) + " --name init")
    station.start()
    try:
        [kernel] = [c for c in commands(ask(station, mac=MAC, platform="pcbios")) if c[0] == "kernel"]
        assert [word for word in kernel if "name" in word] == ["console=--name"] * 2 and kernel[-1] == "console=init"
    finally:
        station.stop()
