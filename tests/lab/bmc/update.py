# SPDX-License-Identifier: Apache-2.0
"""Firmware: UpdateService and SoftwareInventory of DSP8010; DSP0266, "Multipart HTTP push updates".

A file of firmware says for what it is: a line "lab-firmware COMPONENT VERSION". The BMC's is in force when its task has ended; the BIOS's at
the next boot.
"""
import email
import email.policy
import json

from .checks import Choice, Flag, Many, Text
from .errors import Refusal
from .fetch import fetched
from .tree import ROOT, Action, Collection, Resource, link, status

SERVICE = f"{ROOT}/UpdateService"
INVENTORY, PUSH = f"{SERVICE}/FirmwareInventory", f"{SERVICE}/update-multipart"
LARGEST = 64 << 20  # bytes of a file


class Update:
    def __init__(self, bmc):
        self.bmc = bmc
        self.versions = {"BMC": bmc.profile.firmware, "BIOS": "2.3.1", "NIC0": "22.36.1010", "PSU0": "00.17.28"}
        self.pending = {}
        simple = Action("UpdateService.SimpleUpdate", self._simple, {
            "ImageURI": Text(needed=True, shortest=1), "TransferProtocol": Choice(("HTTP", "HTTPS")), "Targets": Many(Text()),
            "ForceUpdate": Flag(), "Username": Text(), "Password": Text()}, privilege="ConfigureComponents", slow=True, task=True)
        bmc.tree.add(Resource(SERVICE, "UpdateService.v1_14_1.UpdateService", "Update Service", lambda: {
            "ServiceEnabled": True, "Status": status(), "FirmwareInventory": link(INVENTORY), "MultipartHttpPushUri": PUSH,
            "MaxImageSizeBytes": LARGEST}, actions=[simple]))
        bmc.tree.add(Resource(PUSH, "", "", raw=True, accept=self._push))
        bmc.tree.add(Collection(INVENTORY, "SoftwareInventoryCollection.SoftwareInventoryCollection", "Firmware Inventory"))
        for name in self.versions:
            bmc.tree.add(Resource(f"{INVENTORY}/{name}", "SoftwareInventory.v1_11_0.SoftwareInventory", name, lambda n=name: {
                "Version": self.versions[n], "SoftwareId": n, "Updateable": True, "Status": status()}))

    def _simple(self, wanted):
        if not wanted["ImageURI"].startswith(("http://", "https://")):
            raise Refusal(400, "ActionParameterValueError", "ImageURI", "UpdateService.SimpleUpdate", related=["/ImageURI"])
        with fetched(wanted["ImageURI"]) as source:
            data = source.read(LARGEST + 1)
        with self.bmc.lock:
            self._install(data, wanted.get("Targets", []))

    def _push(self, request):
        """UpdateParameters and UpdateFile, in this order."""
        kind = request.headers.get("content-type", "")
        if not kind.lower().startswith("multipart/form-data"):
            raise Refusal(415, "HeaderInvalid", "Content-Type")
        whole = email.message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + request.body, policy=email.policy.HTTP)
        parts = {p.get_param("name", header="content-disposition"): p for p in whole.iter_parts()}
        try:
            wanted = json.loads(parts["UpdateParameters"].get_payload(decode=True))
            data, targets = parts["UpdateFile"].get_payload(decode=True), list(wanted.get("Targets", []))
        except (KeyError, ValueError, AttributeError, TypeError):
            raise Refusal(400, "UnrecognizedRequestBody") from None
        return self.bmc.tasks.start("Update", lambda: self._install(data, targets), request.user)

    def _install(self, data, targets):
        words = data[:200].split(b"\n")[0].decode(errors="replace").split()
        if len(words) != 3 or words[0] != "lab-firmware" or words[1] not in self.versions or len(data) > LARGEST:
            raise Refusal(400, "GeneralError")
        if targets and f"{INVENTORY}/{words[1]}" not in targets:
            raise Refusal(400, "PropertyValueConflict", "Targets", "UpdateFile")
        (self.pending if words[1] == "BIOS" else self.versions)[words[1]] = words[2]
        self.bmc.log("ResourceChanged", f"Firmware {words[1]} {words[2]} was installed.", f"{INVENTORY}/{words[1]}")

    def apply(self):
        """A boot begins."""
        self.versions.update(self.pending)
        self.pending = {}
