# SPDX-License-Identifier: Apache-2.0
"""The searcher that says that nothing is left must find what is there: anywhere, and in halves."""
import pytest
from lab import former


@pytest.mark.parametrize("at", [0, former.PIECE - 24, former.PIECE - 1, former.PIECE, 2 * former.PIECE + 7 - 48])
def test_a_mark_is_found_wherever_it_stands(tmp_path, at):
    mark, path = former.marker(), tmp_path / "disk.raw"
    data = bytearray(2 * former.PIECE + 7)
    data[at:at + len(mark)] = mark
    path.write_bytes(data)
    assert former.bytes_found(path, mark) == len(mark)


def test_half_a_mark_counts_and_another_does_not(tmp_path):
    mark, path = former.marker(), tmp_path / "disk.raw"
    path.write_bytes(b"x" * 1000 + mark[len(mark) // 2:] + b"y" * 1000 + former.marker())
    assert former.bytes_found(path, mark) == len(mark) - len(mark) // 2
