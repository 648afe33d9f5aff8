# SPDX-License-Identifier: Apache-2.0
"""Started by `remint lab up`: python3 tests/lab/rack FOLDER, with options.json in it."""
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path[0] = str(Path(__file__).resolve().parents[2])

from lab.rack.supervisor import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
