# SPDX-License-Identifier: Apache-2.0
"""Event logs: entries within their collection, logs without end, logs that stay."""
from ..exchange import Response
from .profile import Profile

PAGE = 100


class WholeEntries(Profile):
    """The collection has the entries themselves, not only links to them."""

    def shape(self, request, body):
        if request.path.endswith("/Entries"):
            body["Members"] = [self.bmc.tree.find(m["@odata.id"]).body() for m in body["Members"]]
        return super().shape(request, body)


class EndlessLog(Profile):
    """There is always another page, with entries that were not there before."""

    def before(self, request):
        if request.method == "GET" and request.path.endswith("/Entries"):
            begin = int(request.query.get("$skip", 0))
            return Response(200, {"@odata.id": request.path, "Name": "Endless", "Members": [self._entry(request.path, n) for n in
                                                                                            range(begin, begin + PAGE)],
                                  "Members@odata.nextLink": f"{request.path}?$skip={begin + PAGE}"})
        return super().before(request)

    @staticmethod
    def _entry(path, n):
        return {"@odata.id": f"{path}/{n}", "Id": str(n), "EntryType": "SEL", "Created": "2026-01-01T00:00:00Z", "Message": f"entry {n}"}


class LogStays(Profile):
    """204 to ClearLog, and all is still there."""
    log_clears = False


PROFILES = {"log-whole-entries": WholeEntries, "log-endless": EndlessLog, "log-stays": LogStays}
