# SPDX-License-Identifier: Apache-2.0
"""Ways in which an operation becomes a task (quirks 4 and 8). Every action does here."""
import time

from ..errors import Refusal
from ..exchange import Response
from .profile import Profile
from .vendors import Dell9, Supermicro


class InLocation(Profile):
    """202, and the monitor in Location."""
    all_tasks = True


class InBody(Supermicro):
    """Supermicro: 202 without Location; the body is the task, or names it."""
    all_tasks = True

    def task_accepted(self, task, response):
        del response.headers["Location"]
        return response


class SeeOther(Profile):
    """In the end the monitor answers 303: the task says how it went."""
    all_tasks = True

    def task_finished(self, task, response):
        return Response(303, None, {"Location": task.uri})


class Slow(Profile):
    """It takes its time and says when to ask again; a monitor that is asked sooner says 429."""
    all_tasks, task_seconds, retry_after = True, 2.5, 1

    def before(self, request):
        task = self.bmc.tasks.of(request.path)
        if task and request.path == task.monitor and request.method == "GET":
            early = time.monotonic() < task.may_ask
            task.may_ask = time.monotonic() + 0.9 * self.retry_after
            if early:
                raise Refusal(429, "ServiceTemporarilyUnavailable", self.retry_after, headers={"Retry-After": str(self.retry_after)})
        return super().before(request)


class NotYet(Dell9):
    """Dell: the job is accepted, and its URIs are 404 for a moment."""
    all_tasks, task_seconds, hidden_seconds = True, 0.8, 0.5

    def before(self, request):
        task = self.bmc.tasks.of(request.path)
        if task and time.monotonic() < task.begun + self.hidden_seconds:
            raise Refusal(404, "ResourceMissingAtURI", request.path)
        return super().before(request)


class Fails(Profile):
    """Every task ends with an exception."""
    all_tasks = True

    def task_work(self, work):
        def fail():
            raise Refusal(500, "InternalError", "the firmware did not answer")
        return fail


class NeverEnds(Profile):
    """A task that stays at 90 percent: a client must give up."""
    all_tasks, task_seconds = True, 1e9


PROFILES = {"task-location": InLocation, "task-in-body": InBody, "task-303": SeeOther, "task-slow": Slow, "job-404-at-first": NotYet,
            "task-fails": Fails, "task-never-ends": NeverEnds}
