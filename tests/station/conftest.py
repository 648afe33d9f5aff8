# SPDX-License-Identifier: Apache-2.0
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from harness import Station  # noqa: E402


@pytest.fixture
def station(tmp_path):
    """A fresh station with one image."""
    s = Station(tmp_path).start()
    s.add_image()
    yield s
    s.stop()
