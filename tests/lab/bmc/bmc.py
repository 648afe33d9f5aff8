# SPDX-License-Identifier: Apache-2.0
"""A BMC: a Redfish service on a port of its own, and the machine that it drives."""
import datetime
import secrets
import tempfile
import threading
import time
import uuid
from pathlib import Path

from . import certificate, managers, registries, root, systems
from .accounts import Accounts
from .chassis import Chassis
from .clock import Clock
from .events import Events
from .profiles import profile as profile_named
from .server import Server
from .service import Service
from .sessions import Sessions
from .tasks import Tasks
from .tree import ROOT, Tree
from .update import Update


class Bmc:
    """
    profile: a name, or several joined by "+"; vendor, product and version are its own unless they are given. delay: seconds that each answer
    takes. at: the URI whose answer a hostile profile spoils, instead of the system's.
    """

    def __init__(self, machine, profile="plain", vendor=None, product=None, version=None, *, delay=0.0, user="admin", password=None,
                 folder=None, port=0, at=None):
        self.machine, self.delay, self.at = machine, delay, at
        self.user, self.password = user, password or secrets.token_urlsafe(12)
        self.uuid, self.system_uri = str(uuid.uuid4()), f"{ROOT}/Systems/1"
        self.requests, self.lost, self.broken = [], [], []  # what came; connections that broke; our own mistakes
        self.ended = threading.Event()
        self._folder, self._kept, self._port = folder, None, port
        self.lock, self.tree, self.server = threading.RLock(), Tree(), None
        self.profile = profile_named(profile)(self)
        for name, value in (("vendor", vendor), ("product", product), ("version", version)):
            if value is not None:
                setattr(self.profile, name, value)
        self.clock = Clock(self.lock, self._look)
        self._fill()
        self.service = Service(self)

    def _fill(self):
        root.add(self)
        self.accounts = Accounts(self, self.user, self.password)
        self.sessions = Sessions(self, self.accounts)
        self.tasks = Tasks(self)
        self.events = Events(self)
        self.update = Update(self)
        registries.add(self)
        self.manager = managers.Manager(self)
        self.chassis = Chassis(self)
        self.system = systems.System(self)

    # ---- its life -------------------------------------------------------------------------------

    def start(self):
        self._kept = None if self._folder else tempfile.TemporaryDirectory(prefix="bmc-")
        self.folder = Path(self._folder or self._kept.name)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.certificate, key = certificate.make(self.folder, self.machine.name)
        self.server = Server(self, ("127.0.0.1", self._port), certificate.context(self.certificate, key))
        threading.Thread(target=self.server.serve_forever, args=[0.05], daemon=True).start()
        self.clock.start()
        return self

    def stop(self):
        """The BMC ends; the machine stays as it is."""
        self.ended.set()
        self.events.end()
        self.profile.end()
        self.clock.stop()
        if self.server:
            self.server.close()
        if self._kept:
            self._kept.cleanup()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    @property
    def url(self):
        return f"https://127.0.0.1:{self.server.server_address[1]}"

    # ---- what its parts use ---------------------------------------------------------------------

    def answer(self, request):
        """By the server, on a connection's thread."""
        if self.delay:
            time.sleep(self.delay)
        with self.lock:
            self.requests.append(request)
            response = self.service.respond(request)
            request.status = response.status
        return response

    def unlocked(self, do):
        """Something that waits: others are answered meanwhile."""
        self.lock.release()
        try:
            return do()
        finally:
            self.lock.acquire()

    def run_aside(self, do, unlocked):
        """On a thread of its own, with or without the lock."""
        def with_lock():
            with self.lock:
                do()
        threading.Thread(target=do if unlocked else with_lock, daemon=True).start()

    def _look(self):
        self.system.power.look()

    def log(self, kind, text, origin):
        """Something happened that a log tells, and an event."""
        for log in (self.manager.log, self.system.log):
            log.add(kind, text, origin)
        self.events.publish(kind, text, origin)

    @staticmethod
    def now():
        return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
