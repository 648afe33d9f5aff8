# SPDX-License-Identifier: Apache-2.0
"""Packed images that are given to a station of the lab."""
import json
import os
import shutil
from pathlib import Path

FILES = ("manifest.json", "manifest.json.p7s")


ROOM = 512 << 20  # bytes beside the files on a partition that takes what is left


def manifest(image):
    """Of the folder that `remint image pack` made; ValueError for another."""
    try:
        of = json.loads((Path(image) / "manifest.json").read_text())
        disk_bytes(of), block(of), str(of["name"]), of["payload"]["file"], of["index"]["file"]
    except (OSError, ValueError, KeyError, TypeError) as wrong:
        raise ValueError(f"--image {image}: no image of 'remint image pack': {wrong}") from wrong
    return of


def disk_bytes(of):
    """What a disk must have for it, about; 0 for an overlay, which goes onto none."""
    if of["kind"] == "root":
        return (2 << 20) + sum(part.get("size") or 2 * of["size"] + ROOM for part in of["layout"]["partitions"])
    return int(of["size"]) if of["kind"] == "disk" else 0


def block(of):
    """Bytes of the logical blocks of the disks that it is for, None where any will do."""
    return int(of["logical_block_size"]) if of["kind"] == "disk" else None


def give(station, image, of, sign):
    """
    Puts an image, with `of` as its manifest, among the station's, by hard links where the file system allows; nothing of it is changed.
    sign: the copy of the manifest is signed with the station's own key.
    """
    into = station.images / of["name"]
    into.mkdir()
    kexec = [file["file"] for file in of.get("kexec", {}).values() if isinstance(file, dict)]
    for name in (*FILES, of["index"]["file"], of["payload"]["file"], *kexec):
        try:
            os.link(image / name, into / name)
        except OSError:
            shutil.copyfile(image / name, into / name)
    if sign:
        (into / "manifest.json.p7s").unlink()
        station.sign(into)
