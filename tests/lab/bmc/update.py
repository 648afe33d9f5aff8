# SPDX-License-Identifier: Apache-2.0
"""Firmware: UpdateService and SoftwareInventory of DSP8010; DSP0266, "Multipart HTTP push updates".

A file of firmware says for what it is: a line "lab-firmware COMPONENT VERSION". It is in force when its task has ended; the BIOS's, and
what is asked for at a reset, at the next boot of the machine.
"""
import email
import email.policy
import json

from .checks import Choice, Flag, Many, Text
from .errors import Refusal, message
from .exchange import Response
from .fetch import fetched
from .tree import ROOT, Action, Collection, Resource, link, status

SERVICE = f"{ROOT}/UpdateService"
INVENTORY, PARTS, PUSH = f"{SERVICE}/FirmwareInventory", f"{SERVICE}/update-multipart", f"{SERVICE}/update"
APPLY, TIMES = "@Redfish.OperationApplyTime", ["Immediate", "OnReset"]
LARGEST = 64 << 20  # bytes of a file


class Update:
    others = {}  # firmware beside the usual: name -> version

    def __init__(self, bmc):
        self.bmc = bmc
        self.versions = {"BMC": bmc.profile.firmware, "BIOS": "2.3.1", "NIC0": "22.36.1010", "PSU0": "00.17.28", **self.others}
        self.pending = {}
        simple = Action("UpdateService.SimpleUpdate", self._simple, {
            "ImageURI": Text(needed=True, shortest=1), "TransferProtocol": Choice(("HTTP", "HTTPS")), "Targets": Many(Text()),
            "ForceUpdate": Flag(), "Username": Text(), "Password": Text(), APPLY: Choice(TIMES)},
            privilege="ConfigureComponents", slow=True, task=True)
        bmc.tree.add(Resource(SERVICE, "UpdateService.v1_14_1.UpdateService", "Update Service", self._read, actions=[simple]))
        bmc.tree.add(Resource(PARTS, "", "", raw=True, accept=self._parts))
        bmc.tree.add(Resource(PUSH, "", "", raw=True, accept=self._push))
        bmc.tree.add(Collection(INVENTORY, "SoftwareInventoryCollection.SoftwareInventoryCollection", "Firmware Inventory"))
        for name in self.versions:
            bmc.tree.add(Resource(f"{INVENTORY}/{name}", "SoftwareInventory.v1_11_0.SoftwareInventory", name, lambda n=name: {
                "Version": self.versions[n], "SoftwareId": n, "Updateable": True, "RelatedItem": self._related(n), "Status": status()}))

    def _read(self):
        ways = self.bmc.profile.push_ways
        made = {"ServiceEnabled": True, "Status": status(), "FirmwareInventory": link(INVENTORY), "MaxImageSizeBytes": LARGEST}
        if "multipart" in ways:
            made.update({"MultipartHttpPushUri": PARTS, f"MultipartHttpPushUri{APPLY}Support": {"SupportedValues": TIMES}})
        if "plain" in ways:
            made["HttpPushUri"] = PUSH
        return made

    def _related(self, name):
        return [link(self.bmc.system_uri)] if name == "BIOS" else [link(self.bmc.manager.uri)] if name == "BMC" else []

    def _simple(self, wanted):
        if not wanted["ImageURI"].startswith(("http://", "https://")):
            raise Refusal(400, "ActionParameterValueError", "ImageURI", "UpdateService.SimpleUpdate", related=["/ImageURI"])
        with fetched(wanted["ImageURI"]) as source:
            data = source.read(LARGEST + 1)
        with self.bmc.lock:
            return self._install(data, wanted.get("Targets", []), wanted.get(APPLY))

    def _push(self, request):
        """The file is the body."""
        return self.bmc.tasks.start("Update", lambda: self._install(request.body, [], None), request.user)

    def _parts(self, request):
        """UpdateParameters and UpdateFile, in this order."""
        kind = request.headers.get("content-type", "")
        if not kind.lower().startswith("multipart/form-data"):
            raise Refusal(415, "HeaderInvalid", "Content-Type")
        whole = email.message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + request.body, policy=email.policy.HTTP)
        parts = {p.get_param("name", header="content-disposition"): p for p in whole.iter_parts()}
        try:
            wanted = json.loads(parts["UpdateParameters"].get_payload(decode=True))
            data, targets, when = parts["UpdateFile"].get_payload(decode=True), list(wanted.get("Targets", [])), wanted.get(APPLY)
        except (KeyError, ValueError, AttributeError, TypeError):
            raise Refusal(400, "UnrecognizedRequestBody") from None
        return self.bmc.tasks.start("Update", lambda: self._install(data, targets, when), request.user)

    def _install(self, data, targets, when):
        words = data[:200].split(b"\n")[0].decode(errors="replace").split()
        if len(words) != 3 or words[0] != "lab-firmware" or words[1] not in self.versions or len(data) > LARGEST:
            raise Refusal(400, "GeneralError")
        if targets and f"{INVENTORY}/{words[1]}" not in targets:
            raise Refusal(400, "PropertyValueConflict", "Targets", "UpdateFile")
        later = when == "OnReset" or (words[1] == "BIOS" and when is None)
        (self.pending if later else self.versions).update(self.bmc.profile.firmware_change(words[1], words[2]))
        self.bmc.log("ResourceChanged", f"Firmware {words[1]} {words[2]} was installed.", f"{INVENTORY}/{words[1]}")
        if later and self.bmc.profile.tells_reset:
            return Response(200, {"@Message.ExtendedInfo": [message("ResetRequired", self.bmc.system_uri, "ForceRestart")]})
        return None

    def apply(self):
        """A boot begins."""
        self.versions.update(self.pending)
        self.pending = {}
