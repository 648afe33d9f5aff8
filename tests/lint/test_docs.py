# SPDX-License-Identifier: Apache-2.0
"""The man pages have the options of every --help and no others, and links between documents lead somewhere."""
import os
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("REMINT_BUILD", TOP / "build")).resolve()
EVERYWHERE = {"--help", "--json", "--station", "--ca", "--token-file", "--state"}
DOCUMENTS = [TOP / "README.md", *sorted((TOP / "docs").glob("*.md"))]


def asked(*words):
    done = subprocess.run([*words, "--help"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stdout and not done.stderr, (words, done)
    return done.stdout


@cache
def helps():
    """{"image pack": what its --help says}, of every command."""
    found = {}

    def walk(*words):
        text = found[" ".join(words)] = asked(BUILD / "remint", *words)
        if re.search("^usage: .*(VERB|COMMAND)", text):
            for word in re.findall(r"^ {2,4}([a-z][a-z-]+) {2,}\S", text, re.M):
                walk(*words, word)
    walk()
    return found


def options(text):
    return set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*", text))


def sections():
    """(command, the options that a man page explains below its heading), and all that stands in any page"""
    found, everything = [], set()
    for page in (TOP / "docs/man").iterdir():
        text = re.sub(r"\\(f.|~)", " ", page.read_text().replace("\\-", "-"))
        everything |= options(text)
        for part in re.split(r"^\.S[SH] ", text, flags=re.M)[1:]:
            title, _, body = part.partition("\n")
            own = options("\n".join(re.findall(r"^\.T[PQ]\n(\.BI? --.*)", body, re.M)))
            title = title.removeprefix("remint ")
            found.append((re.sub(r"[^a-z -].*", "", title).strip(), own))
    return found, everything


def test_every_program_has_a_help():
    assert len(helps()) > 90 and "--recipe" in asked(BUILD / "remint-mkboot") and "process 1" in asked(BUILD / "remint-agent")


def test_man_pages_and_helps_agree():
    found, everything = sections()
    for command, text in helps().items():
        assert not options(text) - everything, f"no man page has these of remint {command}"
    known = [(command, own) for command, own in found if command and command in helps()]
    assert len(known) > 50
    for command, own in known:
        taken = set().union(*(options(text) for c, text in helps().items() if f"{c} ".startswith(f"{command} ")))
        assert not own - taken, f"remint {command} does not take these"
        if command in ("order create", "order standalone", "serve", "keys rotate", "lab run"):
            assert not options(helps()[command]) - own - EVERYWHERE, f"remint {command} takes these too"


def headings(path):
    """As links name them."""
    text = re.sub(r"```.*?```", "", path.read_text(), flags=re.S)
    return {re.sub(r"[^\w\- ]", "", h.strip().lower()).replace(" ", "-") for h in re.findall(r"^#+ (.*)$", text, re.M)}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document):
    for link in re.findall(r"(?<!\))\]\((?!https?:)([^)\s{]+)\)", re.sub(r"`[^`\n]*`", "", document.read_text())):
        name, _, place = link.partition("#")
        target = document.parent / name if name else document
        assert target.exists(), link
        assert not place or place in headings(target), link
