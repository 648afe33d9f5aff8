# SPDX-License-Identifier: Apache-2.0
"""A machine's TPM 2.0: swtpm, whose non-volatile state stays from boot to boot, as that of a real one."""
import contextlib
import shutil
import socket
import subprocess

from . import children
from .wait import until

SECONDS = 30


def _ports_in_a_row():
    """The tools expect the control channel at the port after the data channel's."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            with contextlib.suppress(OSError):
                second.bind(("127.0.0.1", port + 1))
                return port


class Tpm:
    def __init__(self, folder):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.folder, self.socket, self.process, self.port = folder, folder / "socket", None, None

    def _start(self, *args):
        self.end()
        with open(self.folder / "swtpm.log", "ab") as log:
            self.process = children.start(["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self.folder}", *args], stdout=log,
                                          stderr=log)

    def end(self):
        if self.process is not None:
            children.end(self.process)
        self.process = self.port = None

    def plug_in(self):
        """QEMU's arguments for one boot: the TPM begins as after a reset."""
        self.socket.unlink(missing_ok=True)
        self._start("--ctrl", f"type=unixio,path={self.socket}", "--terminate")
        until(self.socket.exists, SECONDS, "swtpm listens", every=0.05)
        path = str(self.socket).replace(",", ",,")
        return ["-chardev", f"socket,id=tpm,path={path}", "-tpmdev", "emulator,id=tpm,chardev=tpm", "-device", "tpm-tis,tpmdev=tpm"]

    def tool(self, name, *args, check=True):
        """A tool of tpm2-tools, while the machine is off: as if the former tenant's system ran it, after firmware without a TPM driver."""
        if self.port is None:
            port = _ports_in_a_row()
            self._start("--server", f"type=tcp,port={port}", "--ctrl", f"type=tcp,port={port + 1}", "--flags",
                        "not-need-init,startup-clear")
            self.port = port

            def listens():
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    return True
            until(listens, SECONDS, "swtpm listens", every=0.05)
        done = subprocess.run([f"tpm2_{name}", "-T", f"swtpm:host=127.0.0.1,port={self.port}", *map(str, args)], cwd=self.folder,
                              capture_output=True, timeout=60, check=False)
        if check and done.returncode:
            raise RuntimeError(f"tpm2_{name}: {done.stderr.decode(errors='replace')}")
        return done
