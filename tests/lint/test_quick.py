# SPDX-License-Identifier: Apache-2.0
"""The quick part of `make lint` finds nothing in this tree, and notices what it should."""
import os
import subprocess
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
BUILD = os.environ.get("REMINT_BUILD", str(TOP / "build"))


def run(*argv):
    return subprocess.run(argv, cwd=TOP, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=300)


def test_this_tree():
    done = run("make", f"O={BUILD}", "lint-quick")
    assert done.returncode == 0, done.stdout


def test_another_layout_is_noticed(tmp_path):
    (tmp_path / ".clang-format").write_text((TOP / ".clang-format").read_text())
    crooked = tmp_path / "crooked.c"
    crooked.write_text("int  f(void){return 1;}\n")
    assert run("clang-format", "--dry-run", "-Werror", crooked).returncode != 0


def test_cppcheck_notices_an_overrun(tmp_path):
    bad = tmp_path / "bad.c"
    bad.write_text("int f(void)\n{\n\tint a[2] = {0, 0};\n\treturn a[2];\n}\n")
    done = run("cppcheck", "--quiet", "--error-exitcode=1", f"--suppressions-list={TOP}/tests/lint/cppcheck.txt", bad)
    assert done.returncode == 1 and "arrayIndexOutOfBounds" in done.stdout
