# SPDX-License-Identifier: Apache-2.0
"""Virtual media: VirtualMedia of DSP8010. One medium can be in the machine at a time, as its emulator has one such drive."""
import urllib.parse

from .checks import Choice, Flag, Text
from .errors import Refusal
from .exchange import Response
from .fetch import fetched
from .tree import Action, Collection, Resource, status

LARGEST = 8 << 30   # bytes
PROTOCOLS = {"http": "HTTP", "https": "HTTPS"}
CHECKS = {"Image": Text(needed=True, shortest=1, longest=2048), "Inserted": Flag(), "WriteProtected": Flag(), "UserName": Text(),
          "Password": Text(), "TransferMethod": Choice(("Stream", "Upload")),
          "TransferProtocolType": Choice(tuple(PROTOCOLS.values()))}


class Slot:
    def __init__(self, bmc, uri, types):
        self.bmc, self.machine, self.uri, self.types = bmc, bmc.machine, uri, list(types)
        self.image, self.name, self.protected, self.verify = None, None, True, False
        self.inserted = self.stale = uri.rsplit("/", 1)[1] in bmc.profile.stale

    def read(self):
        return {"MediaTypes": self.types, "Image": self.image, "ImageName": self.name, "Inserted": self.inserted,
                "WriteProtected": self.protected, "ConnectedVia": "URI" if self.image else "NotConnected",
                "TransferMethod": "Stream" if self.image else None, "VerifyCertificate": self.verify, "Status": status()}

    def writes(self):
        return {"VerifyCertificate": Flag()}

    def update(self, changes):
        self.verify = changes.get("VerifyCertificate", self.verify)

    def insert(self, wanted):
        if self.uri.rsplit("/", 1)[1] in self.bmc.profile.slots_that_refuse:
            raise Refusal(405, "OperationNotAllowed", headers={"Allow": "GET, HEAD"})
        if self.image or self.stale:
            raise Refusal(409, "ResourceInUse")
        url = urllib.parse.urlsplit(wanted["Image"])
        if url.scheme not in PROTOCOLS or not url.netloc:
            raise Refusal(400, "ActionParameterValueError", "Image", "VirtualMedia.InsertMedia", related=["/Image"])
        source = self._fetch(wanted) if self.machine.wants_file else wanted["Image"]
        with self.bmc.lock:
            if wanted.get("Inserted", True):
                self.machine.insert(source)
            self.image, self.inserted = wanted["Image"], wanted.get("Inserted", True)
            self.name, self.protected = url.path.rsplit("/", 1)[1], wanted.get("WriteProtected", True)
        self.bmc.log("ResourceChanged", f"A medium was inserted: {self.name}", self.uri)

    def _fetch(self, wanted):
        """The image as a file. A machine cannot stream."""
        path = self.bmc.folder / f"{self.uri.rsplit('/', 1)[1]}.iso"
        with fetched(wanted["Image"], self.verify) as source, open(path, "wb") as file:
            while data := source.read(1 << 20):
                if file.tell() + len(data) > LARGEST:
                    raise Refusal(400, "ActionParameterValueError", "Image", "VirtualMedia.InsertMedia")
                file.write(data)
        return path

    def eject(self, _=None):
        """Of an empty slot: nothing to do, which is no error."""
        if self.image and not self.stale:
            self.machine.eject()
        self.image = self.name = None
        self.inserted, self.stale = self.bmc.profile.stays_inserted, False
        return Response(204)


def add(bmc, home):
    """The slots below a system or a manager, by id."""
    uri = f"{home}/VirtualMedia"
    bmc.tree.add(Collection(uri, "VirtualMediaCollection.VirtualMediaCollection", "Virtual Media Collection"))
    slots = {}
    for name, types in bmc.profile.slots:
        slot = slots[name] = Slot(bmc, f"{uri}/{name}", types)
        actions = [Action("VirtualMedia.InsertMedia", slot.insert, {k: CHECKS[k] for k in bmc.profile.media_parameters}, slow=True),
                   Action("VirtualMedia.EjectMedia", slot.eject)]
        bmc.tree.add(Resource(slot.uri, "VirtualMedia.v1_6_4.VirtualMedia", name, slot.read, slot.writes, slot.update, actions))
    return slots
