# SPDX-License-Identifier: Apache-2.0
"""A BMC to try a client against, with a machine in memory: PYTHONPATH=tests python3 -m lab.bmc --profile etag-strict"""
import argparse
import json
import signal
import sys

from . import Bmc, FakeMachine
from .profiles import PROFILES


def main(argv):
    parser = argparse.ArgumentParser(prog="lab.bmc", description="Serves a BMC on 127.0.0.1 until it is interrupted. The first line says where: "
                                     "url, certificate (PEM), user and password, as JSON.")
    parser.add_argument("--profile", default="plain", metavar="NAME[+NAME]", help="its faults (default: plain)")
    parser.add_argument("--delay", type=float, default=0, metavar="SECONDS", help="that each answer takes (default: 0)")
    parser.add_argument("--post", type=float, default=2, metavar="SECONDS", help="from power-on to the system (default: 2)")
    parser.add_argument("--port", type=int, default=0, help="default: any")
    parser.add_argument("--folder", metavar="DIR", help="where its certificate is kept (default: a temporary one)")
    parser.add_argument("--list", action="store_true", help="list the profiles")
    args = parser.parse_args(argv)
    if args.list:
        print("\n".join(f"{name:26} {' '.join(made.__doc__.split())}" for name, made in PROFILES.items()))
        return 0
    try:
        bmc = Bmc(FakeMachine(post=args.post), args.profile, delay=args.delay, port=args.port, folder=args.folder)
    except ValueError as wrong:
        parser.error(str(wrong))
    with bmc:
        print(json.dumps({"url": bmc.url, "certificate": str(bmc.certificate), "user": bmc.user, "password": bmc.password}), flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
    return 0


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    sys.exit(main(sys.argv[1:]))
