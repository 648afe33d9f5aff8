# SPDX-License-Identifier: Apache-2.0
"""Event logs: LogService and LogEntry of DSP8010."""
from .tree import Action, Collection, Resource, link, status

LONGEST = 1000  # entries; the oldest go


class Log:
    def __init__(self, bmc, home, name):
        self.bmc, self.uri, self._count = bmc, f"{home}/LogServices/{name}", 0
        self.entries = f"{self.uri}/Entries"
        bmc.tree.add(Collection(f"{home}/LogServices", "LogServiceCollection.LogServiceCollection", "Log Service Collection"))
        bmc.tree.add(Resource(self.uri, "LogService.v1_7_0.LogService", name, lambda: {
            "LogEntryType": "Event", "MaxNumberOfRecords": LONGEST, "OverWritePolicy": "WrapsWhenFull", "ServiceEnabled": True,
            "DateTime": bmc.now(), "Status": status(), "Entries": link(self.entries)},
            actions=[Action("LogService.ClearLog", self._clear, privilege="ConfigureManager")]))
        bmc.tree.add(Collection(self.entries, "LogEntryCollection.LogEntryCollection", "Log Entries"))

    def add(self, kind, text, origin):
        self._count += 1
        entry = {"EntryType": "Event", "Severity": "OK", "Created": self.bmc.now(), "Message": text, "MessageArgs": [],
                 "MessageId": f"LabEvent.1.0.{kind}", "Links": {"OriginOfCondition": link(origin)}}
        self.bmc.tree.add(Resource(f"{self.entries}/{self._count}", "LogEntry.v1_17_0.LogEntry", f"Entry {self._count}",
                                   lambda: dict(entry)))
        if self._count > LONGEST:
            self.bmc.tree.remove(f"{self.entries}/{self._count - LONGEST}")

    def _clear(self, _):
        for uri in self.bmc.tree.below(self.entries) if self.bmc.profile.log_clears else ():
            self.bmc.tree.remove(uri)
