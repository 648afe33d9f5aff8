# SPDX-License-Identifier: Apache-2.0
"""The event stream: DSP0266, "Server-sent events"; EventService, EventDestination and Event of DSP8010.

A stream that is open shows as a subscription. One that comes again with Last-Event-ID is told what it has missed, as far as that is kept.
"""
import json
import queue
from collections import deque

from .checks import Text
from .exchange import Response
from .tree import ROOT, Action, Collection, Resource, link, status

SERVICE = f"{ROOT}/EventService"
SUBSCRIPTIONS, STREAM = f"{SERVICE}/Subscriptions", f"{SERVICE}/SSE"
KEPT = 100             # events
ALIVE_SECONDS = 5      # between comments on a silent stream


class Events:
    def __init__(self, bmc):
        self.bmc, self._count, self._streams, self._last = bmc, 0, {}, 0
        self._kept = deque(maxlen=KEPT)
        test = Action("EventService.SubmitTestEvent", lambda p: self.publish("Test", p.get("Message", "A test."), SERVICE), {
            "Message": Text(), "MessageId": Text()})
        bmc.tree.add(Resource(SERVICE, "EventService.v1_10_2.EventService", "Event Service", lambda: {
            "ServiceEnabled": True, "Status": status(), "Subscriptions": link(SUBSCRIPTIONS),
            **({"ServerSentEventUri": STREAM} if bmc.profile.event_stream else {}),
            "DeliveryRetryAttempts": 3, "DeliveryRetryIntervalSeconds": 30, "RegistryPrefixes": ["LabEvent"]}, actions=[test]))
        bmc.tree.add(Collection(SUBSCRIPTIONS, "EventDestinationCollection.EventDestinationCollection", "Event Subscriptions"))
        bmc.tree.add(Resource(STREAM, "", "", self._open, raw=True, asked=True))

    def publish(self, kind, text, origin):
        self._last += 1
        event = {"@odata.type": "#Event.v1_11_0.Event", "Id": str(self._last), "Name": "Event", "Events": [{
            "MemberId": "0", "EventId": str(self._last), "EventTimestamp": self.bmc.now(), "Message": text, "MessageArgs": [],
            "MessageId": f"LabEvent.1.0.{kind}", "Severity": "OK", "MessageSeverity": "OK", "OriginOfCondition": link(origin)}]}
        part = f"id: {self._last}\ndata: {json.dumps(event)}\n\n".encode()
        self._kept.append((self._last, part))
        for stream in self._streams.values():
            stream.put(part)

    def _open(self, request):
        self._count += 1
        uri, waiting = f"{SUBSCRIPTIONS}/{self._count}", queue.SimpleQueue()
        last = request.headers.get("last-event-id", "")
        for number, part in self._kept:
            if last.isdigit() and number > int(last):
                waiting.put(part)
        self._streams[uri] = waiting
        self.bmc.tree.add(Resource(uri, "EventDestination.v1_15_1.EventDestination", f"Stream {self._count}", lambda: {
            "Protocol": "Redfish", "SubscriptionType": "SSE", "Context": "", "EventFormatType": "Event", "Status": status()},
            delete=lambda: self._close(uri)))
        return Response(200, None, {"Content-Type": "text/event-stream"},
                        self.bmc.profile.events(self._parts(uri, waiting)))

    def _close(self, uri):
        """None ends the stream's thread."""
        stream = self._streams.pop(uri, None)
        if stream:
            stream.put(None)
        self.bmc.tree.remove(uri)

    def _parts(self, uri, waiting):
        try:
            yield b": open\n\n"
            while not self.bmc.ended.is_set():
                try:
                    part = waiting.get(timeout=ALIVE_SECONDS)
                except queue.Empty:
                    part = b": alive\n\n"
                if part is None:
                    return
                yield part
        finally:
            with self.bmc.lock:
                self._close(uri)

    def end(self):
        for uri in list(self._streams):
            self._close(uri)
