# SPDX-License-Identifier: Apache-2.0
"""remint lab junit: what `remint reimage --json` has printed, as a report for a CI system; a node is a case."""
import json
from datetime import datetime

from .. import junit
from . import console

TAIL = 25  # lines of a console that are shown


def seconds(node):
    try:
        begun, ended = (datetime.strptime(node[key], "%Y-%m-%dT%H:%M:%SZ") for key in ("created", "updated"))
    except (KeyError, TypeError, ValueError):  # no order was made
        return 0.0
    return max((ended - begun).total_seconds(), 0.0)


def cases(run, nodes):
    """nodes: the folder of a rack's nodes, for their consoles."""
    good = {"live", "erased", run.get("until", "live")}
    made = []
    for node in run["nodes"]:
        name, state = str(node["node"]), str(node["state"])
        case = junit.Case(f"reimage {name}", seconds(node))
        if state not in good:
            step = f" in {node['step']}" if node.get("step") else ""
            case.why = f"{state}{step}: {node.get('reason') or 'it has not ended'}"
            case.text = "\n".join(console.newest(nodes / name, name).strip().splitlines()[-TAIL:])
        made.append(case)
    return made


def read(path):
    """Raises ValueError for what is no such summary."""
    try:
        run = json.loads(path.read_text())
        if not isinstance(run["nodes"], list) or not all({"node", "state"} <= set(node) for node in run["nodes"]):
            raise KeyError("nodes")
    except (OSError, ValueError, KeyError, TypeError) as wrong:
        raise ValueError(f"{path}: not what 'remint reimage --json' prints: {wrong}") from wrong
    return run
