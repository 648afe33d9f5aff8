# SPDX-License-Identifier: Apache-2.0
"""Packed images that are given to a station of the lab."""
import json
import os
import shutil
from pathlib import Path

FILES = ("manifest.json", "manifest.json.p7s")


def manifest(image):
    """Of the folder that `remint image pack` made."""
    return json.loads((Path(image) / "manifest.json").read_text())


def give(station, image, of, sign):
    """
    Puts an image, with `of` as its manifest, among the station's, by hard links where the file system allows; nothing of it is changed.
    sign: the copy of the manifest is signed with the station's own key.
    """
    into = station.images / of["name"]
    into.mkdir()
    for name in (*FILES, of["index"]["file"], of["payload"]["file"]):
        try:
            os.link(image / name, into / name)
        except OSError:
            shutil.copyfile(image / name, into / name)
    if sign:
        (into / "manifest.json.p7s").unlink()
        station.sign(into)
