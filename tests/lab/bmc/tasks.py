# SPDX-License-Identifier: Apache-2.0
"""Work that outlasts its request: DSP0266, "Asynchronous operations"; Task and TaskService of DSP8010."""
import dataclasses
import time

from .errors import Refusal, error_body, message
from .exchange import Response
from .tree import ROOT, Collection, Resource, link, status

SERVICE = f"{ROOT}/TaskService"
TASKS, MONITORS = f"{SERVICE}/Tasks", f"{SERVICE}/TaskMonitors"
ENDED = ("Completed", "Exception", "Cancelled")


class Task:
    """work(): what is done in the end; its Response is the operation's. aside: it waits for something outside, without the service's lock."""

    def __init__(self, tasks, number, name, work, aside):
        self.uri, self.monitor = f"{TASKS}/{number}", f"{MONITORS}/{number}"
        self.tasks, self.name, self.work, self.aside = tasks, name, work, aside
        self.state, self.percent, self.messages, self.outcome, self.user = "New", 0, [], None, ""
        self.start, self.end = tasks.bmc.now(), None
        self.begun, self.may_ask = time.monotonic(), 0  # seconds; may_ask: the monitor, by its Retry-After

    def read(self):
        made = {"TaskState": self.state, "TaskStatus": "OK" if self.state != "Exception" else "Critical", "StartTime": self.start,
                "PercentComplete": self.percent, "Messages": self.messages, "TaskMonitor": self.monitor,
                "HidePayload": True}
        if self.end:
            made["EndTime"] = self.end
        return made

    def begin(self):
        self.state = "Running"
        seconds, after = self.tasks.profile.task_seconds, self.tasks.bmc.clock.after
        for tenth in range(1, 10):
            after(seconds * tenth / 10, lambda p=tenth * 10: self._came(p))
        after(seconds, self._finish)

    def _came(self, percent):
        if self.state == "Running":
            self.percent = percent

    def _finish(self):
        if self.state == "Running":
            self.tasks.bmc.run_aside(self._work, self.aside)

    def _work(self):
        try:
            outcome, state = self.tasks.profile.task_work(self.work)() or Response(204), "Completed"
            messages = [message("Success"), *(outcome.body or {}).get("@Message.ExtendedInfo", [])]
        except Refusal as refusal:
            outcome, state, messages = refusal.response(), "Exception", refusal.messages
        except RuntimeError as failed:  # the machine's
            outcome, state, messages = Response(500, error_body(m := [message("InternalError", failed)])), "Exception", m
        with self.tasks.bmc.lock:
            if self.state == "Running":
                self.outcome = outcome
                self._ends(state, messages)

    def _ends(self, state, messages):
        self.state, self.messages, self.end = state, messages, self.tasks.bmc.now()
        self.percent = 100 if state == "Completed" else self.percent
        self.tasks.bmc.log("TaskCompletedOK" if state == "Completed" else "TaskAborted", f"{self.name}: {state}", self.uri)

    def cancel(self):
        """DELETE of a task or its monitor."""
        if self.state not in ENDED:
            self._ends("Cancelled", [message("GeneralError")])
            self.outcome = Response(500, error_body(self.messages))


class Tasks:
    def __init__(self, bmc):
        self.bmc, self.profile, self._count, self.all = bmc, bmc.profile, 0, {}
        bmc.tree.add(Resource(SERVICE, "TaskService.v1_2_1.TaskService", "Task Service", lambda: {
            "ServiceEnabled": True, "DateTime": bmc.now(), "CompletedTaskOverWritePolicy": "Oldest",
            "LifeCycleEventOnTaskStateChange": True, "Status": status(), "Tasks": link(TASKS)}))
        bmc.tree.add(Collection(TASKS, "TaskCollection.TaskCollection", "Tasks"))

    def of(self, uri):
        """The task whose own or whose monitor's URI this is."""
        return self.all.get(uri) or next((t for t in self.all.values() if t.monitor == uri), None)

    def start(self, name, work, user="", aside=False):
        """The 202 of an operation that has become a task."""
        self._count += 1
        task = Task(self, self._count, name, work, aside)
        task.user = user
        self.all[task.uri] = task

        def gone():
            task.cancel()
            self.bmc.tree.remove(task.uri)
            self.bmc.tree.remove(task.monitor)
        self.bmc.tree.add(Resource(task.uri, "Task.v1_7_4.Task", name, task.read, delete=gone))
        self.bmc.tree.add(Resource(task.monitor, "", name, lambda: self._monitored(task), delete=gone, raw=True))
        task.begin()
        return self.profile.task_accepted(task, self._accepted(task))

    def forget(self):
        """The BMC restarts, and knows of none any more."""
        for task in self.all.values():
            self.bmc.tree.remove(task.uri)
            self.bmc.tree.remove(task.monitor)
        self.all = {}

    def _body(self, task):
        return self.bmc.tree.find(task.uri).body()

    def _accepted(self, task):
        headers = {"Location": task.monitor}
        if self.profile.retry_after is not None:
            headers["Retry-After"] = str(self.profile.retry_after)
        return Response(202, self._body(task), headers)

    def _monitored(self, task):
        """202 while it runs, then the operation's own response; after that the monitor is gone (DSP0266 lets it be)."""
        if task.state not in ENDED:
            return self._accepted(task)
        return self.profile.task_finished(task, dataclasses.replace(task.outcome, headers=dict(task.outcome.headers)))
