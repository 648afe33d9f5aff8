# SPDX-License-Identifier: Apache-2.0
"""Accounts that are slots, and passwords that are changed otherwise than was said."""
import threading

from ..errors import Refusal
from .profile import Profile
from .vendors import Dell9


class Slots(Dell9):
    """iDRAC: accounts are fixed slots. One is made by PATCH of an empty one and removed by emptying it; the first holds nobody, ever."""
    account_slots = 6


class EndsSessions(Profile):
    """Who gets a new password is logged out."""

    def password_changed(self, account):
        for session in [s for s in self.bmc.sessions.all.values() if s.user == account.name]:
            self.bmc.sessions.end(session)


class SilentPassword(Profile):
    """200 to a new password, and the old one stays."""

    def new_password(self, account, password):
        return account.password


class LatePassword(Profile):
    """A new password is in force a while after the 200."""
    seconds = 0.5

    def new_password(self, account, password):
        threading.Timer(self.seconds, setattr, [account, "password", password]).start()
        return account.password


class DroppedPassword(Profile):
    """The password is changed, and the connection is reset instead of an answer."""

    def send(self, handler, request, head, body):
        if request.method == "PATCH" and b"Password" in request.body:
            handler._reset()
        else:
            super().send(handler, request, head, body)


class RefusedPassword(Profile):
    """A policy that no password suits, and a refusal that repeats it."""

    def new_password(self, account, password):
        raise Refusal(400, "Contoso.1.0.PasswordTooWeak", f"The password '{password}' is in the dictionary; choose one that is not.")


PROFILES = {"account-slots": Slots, "account-ends-sessions": EndsSessions, "password-silent": SilentPassword,
            "password-late": LatePassword, "password-dropped": DroppedPassword, "password-refused": RefusedPassword}
