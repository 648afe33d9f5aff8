# SPDX-License-Identifier: Apache-2.0
"""Sessions and basic authentication: DSP0266, "Security details"; Session and SessionService of DSP8010."""
import base64
import binascii
import secrets
import time

from .checks import Flag, Number, Text
from .errors import Refusal
from .tree import ROOT, Collection, Resource, link, status

SERVICE = f"{ROOT}/SessionService"
SESSIONS = f"{SERVICE}/Sessions"


class Session:
    def __init__(self, number, user, client):
        self.uri, self.user, self.client, self.token = f"{SESSIONS}/{number}", user, client, secrets.token_hex(16)
        self.used = time.monotonic()


class Sessions:
    """accounts.check(name, password) and accounts.privileges(name) are asked."""

    def __init__(self, bmc, accounts):
        self.bmc, self.accounts, self.limit = bmc, accounts, bmc.profile.max_sessions
        self.timeout, self.enabled, self._count, self.all = 1800, True, 0, {}
        if bmc.profile.session_service:
            self._add_resources()

    def _add_resources(self):
        def update(changes):
            self.timeout = changes.get("SessionTimeout", self.timeout)
            self.enabled = changes.get("ServiceEnabled", self.enabled)
        self.bmc.tree.add(Resource(SERVICE, "SessionService.v1_1_9.SessionService", "Session Service", lambda: {
            "ServiceEnabled": self.enabled, "SessionTimeout": self.timeout, "Status": status(), "Sessions": link(SESSIONS)},
            {"SessionTimeout": Number(30, 86400), "ServiceEnabled": Flag()}, update, privilege="ConfigureManager"))
        self.bmc.tree.add(Collection(SESSIONS, "SessionCollection.SessionCollection", "Sessions", create=self.create,
                                     needs={"UserName": Text(needed=True), "Password": Text(needed=True)}, privilege=""))

    def create(self, wanted):
        """Log in. Sessions that have not been used for the timeout are ended first."""
        for session in [s for s in self.all.values() if time.monotonic() - s.used > self.timeout]:
            self.end(session)
        if not self.enabled or not self.accounts.check(wanted["UserName"], wanted["Password"]):
            raise Refusal(401, "NoValidSession")
        if len(self.all) >= self.limit:
            raise self.bmc.profile.table_full()
        self._count += 1
        session = Session(self._count, wanted["UserName"], "127.0.0.1")
        self.all[session.token] = session
        resource = self.bmc.tree.add(Resource(
            session.uri, "Session.v1_7_2.Session", "Session",
            lambda: {"UserName": session.user, "ClientOriginIPAddress": session.client, "SessionType": "Redfish"},
            delete=lambda: self.end(session), privilege="ConfigureSelf"))
        return resource, {"X-Auth-Token": session.token}

    def end(self, session):
        self.all.pop(session.token, None)
        self.bmc.tree.remove(session.uri)

    def owner(self, uri):
        """Whose session this is; a session is ended by its owner, others' with ConfigureManager."""
        return next((s.user for s in self.all.values() if s.uri == uri), None)

    def recognise(self, request):
        """Puts the user, and the session's token, into the request. A token that is wrong is not made good by a password."""
        token = request.headers.get("x-auth-token")
        if token is not None:
            session = self.all.get(token)
            if session and time.monotonic() - session.used > self.timeout:
                self.end(session)
                session = None
            if not session:
                raise Refusal(401, "NoValidSession")
            session.used = time.monotonic()
            request.user, request.token = session.user, token
        elif "authorization" in request.headers:
            request.user = self._basic(request.headers["authorization"])

    def _basic(self, header):
        """RFC 7617."""
        kind, _, text = header.partition(" ")
        try:
            name, _, password = base64.b64decode(text, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            name = password = ""
        if kind.lower() != "basic" or not self.accounts.check(name, password):
            raise Refusal(401, "NoValidSession", headers={"WWW-Authenticate": 'Basic realm="redfish"'})
        return name
