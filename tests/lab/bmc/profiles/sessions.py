# SPDX-License-Identifier: Apache-2.0
"""Sessions that are too few, too short or not there."""
from ..errors import Refusal
from .profile import Profile
from .vendors import Dell9


class TableFull(Dell9):
    """So few sessions that one which nobody ends is missed soon; then what iDRAC says (RAC0218)."""
    max_sessions = 2

    def table_full(self):
        return Refusal(503, "IDRAC.2.8.RAC0218", "The maximum number of user sessions is reached.")


class NoSessions(Profile):
    """Basic authentication alone."""
    session_service = False


class Expired(Profile):
    """The first session is gone after a few requests."""
    lasts, over = 3, False

    def arrive(self, request):
        session = self.bmc.sessions.all.get(request.headers.get("x-auth-token"))
        if session and not self.over:
            session.asked = getattr(session, "asked", 0) + 1
            if session.asked > self.lasts:
                self.bmc.sessions.end(session)
                self.over = True


class NeverValid(Profile):
    """A session can be made, and its token is never recognised."""

    def arrive(self, request):
        request.headers.pop("x-auth-token", None)


PROFILES = {"session-table-full": TableFull, "no-sessions": NoSessions, "expired-session": Expired, "session-never-valid": NeverValid}
