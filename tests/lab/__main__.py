# SPDX-License-Identifier: Apache-2.0
"""remint lab: one emulated machine for a CI job, or a rack of them. docs/ci.md"""
import argparse
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import run  # noqa: E402
from lab.rack import cli as rack  # noqa: E402


def arguments(argv):
    parser = argparse.ArgumentParser(prog="remint lab", description="Emulated machines for tests.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    run.add(verbs)
    rack.add(verbs)
    args = parser.parse_args(argv)
    try:
        args.check(args)
    except ValueError as wrong:
        verbs.choices[args.verb].error(str(wrong))
    return args


if __name__ == "__main__":
    args = arguments(sys.argv[1:])
    sys.exit(args.do(args))
