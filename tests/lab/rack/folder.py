# SPDX-License-Identifier: Apache-2.0
"""The folder of a rack: all that it has is in there, and whoever holds the lock is the rack."""
import contextlib
import fcntl
import json
import os
import shutil
import tempfile
from pathlib import Path

from .. import paths

PARTS = ("station", "nodes", "options.json", "rack.json", "rack.log", "pid", "control", "bmc.credentials", "bmc.known", "accel")


def default():
    """REMINT_RACK, else in the build folder or, without one, among the user's temporary files."""
    named = os.environ.get("REMINT_RACK")
    if named:
        return Path(named)
    if paths.build_folder().is_dir():
        return paths.build_folder() / "lab" / "rack"
    return Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()) / f"remint-rack-{os.getuid()}"


class Folder:
    def __init__(self, path):
        self.path = Path(path).absolute()
        self.options, self.rack, self.log = self.path / "options.json", self.path / "rack.json", self.path / "rack.log"
        self.credentials, self.known = self.path / "bmc.credentials", self.path / "bmc.known"
        self.station, self.nodes = self.path / "station", self.path / "nodes"
        self._lock = None

    def prepare(self):
        """Makes it, for us alone. Raises ValueError when it is somebody else's or has something in it."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.path.stat().st_uid != os.getuid():
            raise ValueError(f"{self.path} belongs to somebody else; give --folder DIR")
        if self.holder():
            raise ValueError(f"a rack is up in {self.path} already; 'remint lab down' ends it, --folder DIR makes another one")
        left = sorted(p.name for p in self.path.iterdir())
        if left and "options.json" in left:
            raise ValueError(f"{self.path} has what a former rack left; 'remint lab down' removes it")
        if left:
            raise ValueError(f"{self.path} has something in it ({left[0]}); a rack needs a folder of its own")

    def write(self, path, what):
        """Whole or not at all."""
        new = path.with_suffix(".new")
        new.write_text(json.dumps(what, indent=1) + "\n")
        new.rename(path)

    # ---- who has it -----------------------------------------------------------------------------------

    def take(self):
        """By the rack itself, for as long as it lives. Raises ValueError when another one has it."""
        self._lock = os.open(self.path / "pid", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ValueError(f"a rack is up in {self.path} already") from None
        os.ftruncate(self._lock, 0)
        os.write(self._lock, f"{os.getpid()}\n".encode())

    def holder(self):
        """The process that is the rack; 0 when there is none, whatever the file says."""
        with contextlib.suppress(FileNotFoundError), open(self.path / "pid", encoding="ascii") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(file.read().strip() or 0)
        return 0

    # ---- what is left -----------------------------------------------------------------------------------

    def was_a_rack(self):
        return self.options.exists()

    def remove(self):
        """What a rack has made, and nothing else; the folder too when it is empty then."""
        for name in PARTS:
            path = self.path / name
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self.path.rmdir()
