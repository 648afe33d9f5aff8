# SPDX-License-Identifier: Apache-2.0
"""A network segment without root: a bridge in a user and network namespace of its own, with a station, machines and other servers on it.

What runs in it is started with Segment.inside() in front; it ends with us, because the kernel kills it when we die, and the namespace with it.
"""
import os
import socket
import subprocess
import sys
from pathlib import Path

from . import children

ADDRESS, OTHER_ADDRESS = "10.9.0.1", "10.9.0.2"
NETWORK, PREFIX = "10.9.0.0", 24
BRIDGE = "lan"
TUN = Path("/dev/net/tun")
# Hands back a socket that listens where it runs: usage DESCRIPTOR PORT.
LISTEN = ("import socket, sys; s = socket.create_server(('127.0.0.1', int(sys.argv[2]))); "
          "socket.send_fds(socket.socket(fileno=int(sys.argv[1])), [b'.'], [s.fileno()])")


def hold(argv):
    """A namespace lives as long as a process in it, and that one as long as we hold its input."""
    child = children.start([*argv, "sh", "-c", "echo ready; exec cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    if child.stdout.readline() != b"ready\n":
        raise RuntimeError("this host does not let us make network namespaces: see unshare(1)")
    return child


def enter(holder):
    """Namespaces are entered first: a change of credentials takes the parent-death signal away."""
    return ["nsenter", "-t", str(holder.pid), "-U", "-n", "--preserve-credentials", "setpriv", "--pdeathsig", "KILL"]


class Segment:
    def __init__(self):
        self.holders = [hold(["unshare", "-rn"])]
        self.forwarders = []
        self.run("ip", "link", "set", "lo", "up")
        self.run("ip", "link", "add", BRIDGE, "type", "bridge")
        self.run("ip", "addr", "add", f"{ADDRESS}/{PREFIX}", "dev", BRIDGE)
        self.run("ip", "link", "set", BRIDGE, "up")

    def inside(self, *argv):
        return [*enter(self.holders[0]), *map(str, argv)]

    def run(self, *argv):
        return subprocess.run(self.inside(*argv), check=True, timeout=30, capture_output=True, stdin=subprocess.DEVNULL).stdout

    def tap(self, name):
        """A port for an emulated machine: Machine.netdev."""
        self.run("ip", "tuntap", "add", "dev", name, "mode", "tap")
        self.run("ip", "link", "set", name, "master", BRIDGE, "up")
        return f"tap,id=net,ifname={name},script=no,downscript=no"

    def host(self, name, address=None):
        """Another host on the segment, in a network namespace of its own whose card is `name`; what stands in front of its programs."""
        holder = hold(self.inside("unshare", "-n"))
        self.holders.append(holder)
        self.run("ip", "link", "add", f"p-{name}", "type", "veth", "peer", "name", name, "netns", str(holder.pid))
        self.run("ip", "link", "set", f"p-{name}", "master", BRIDGE, "up")
        front = enter(holder)
        for argv in ([] if address is None else ["addr", "add", f"{address}/{PREFIX}", "dev", name]), ["link", "set", name, "up"]:
            if argv:
                subprocess.run([*front, "ip", *argv], check=True, timeout=30, capture_output=True)
        return front

    def forward(self, listener, port):
        """Connections to a listening socket of ours go to this port of 127.0.0.1 in the segment."""
        argv = self.inside(sys.executable, Path(__file__).parent / "forward.py", listener.fileno(), port)
        self.forwarders.append(children.start(argv, pass_fds=[listener.fileno()], env=dict(os.environ, PYTHONDONTWRITEBYTECODE="1")))

    def bring(self, port):
        """Connections to this port of 127.0.0.1 in the segment go to the same one of ours."""
        ours, its = socket.socketpair()
        with ours, its:
            subprocess.run(self.inside(sys.executable, "-c", LISTEN, its.fileno(), port), check=True, timeout=30, capture_output=True,
                           stdin=subprocess.DEVNULL, pass_fds=[its.fileno()])
            descriptors = socket.recv_fds(ours, 1, 1)[1]
        with socket.socket(fileno=descriptors[0]) as listener:
            argv = [sys.executable, Path(__file__).parent / "forward.py", listener.fileno(), port]
            self.forwarders.append(children.start(argv, pass_fds=[listener.fileno()], env=dict(os.environ, PYTHONDONTWRITEBYTECODE="1")))

    def close(self):
        for child in (*self.forwarders, *reversed(self.holders)):
            children.end(child)
            for pipe in (child.stdin, child.stdout):
                if pipe:
                    pipe.close()
