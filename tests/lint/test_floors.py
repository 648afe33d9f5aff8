# SPDX-License-Identifier: Apache-2.0
"""The floors linter passes this tree, and can fail."""
from pathlib import Path

import pytest
from floors import check_tree

TOP = Path(__file__).resolve().parents[2]


def tree(tmp_path, files):
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return list(check_tree(tmp_path))


def test_this_tree_is_in_order():
    assert list(check_tree(TOP)) == []


def test_an_arrow_down_is_fine(tmp_path):
    assert tree(tmp_path, {"cli/a.c": '#include "station/station.h"\n#include <ioctl.h>\n'}) == []


@pytest.mark.parametrize("name,include,word", [
    ("core/a.c", "protocol/order/order.h", "up"),
    ("images/a.h", "images/boot/uki.h", "up"),
    ("protocol/a.c", "images/manifest.h", "sideways"),
    ("agent/hw/a.c", "agent/step.h", "up"),
    ("agent/pipeline/a.c", "images/boot/site.h", "sideways"),
    ("station/a.c", "agent/run.h", "sideways"),
    ("core/a.c", "nowhere.h", "no room"),
])
def test_other_arrows_are_found(tmp_path, name, include, word):
    found = tree(tmp_path, {name: f'#  include "{include}"\n'})
    assert len(found) == 1 and word in found[0] and name in found[0]


def test_an_ioctl_outside_its_owner_is_found(tmp_path):
    assert "ioctl" in tree(tmp_path, {"agent/steps/a.c": "int f(void) { return ioctl(1, 2); }\n"})[0]
    assert tree(tmp_path / "b", {"agent/hw/a.c": "int f(void) { return ioctl(1, 2); }\n"}) == []
