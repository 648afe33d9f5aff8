# SPDX-License-Identifier: Apache-2.0
"""Answers in unusual shapes (quirk 9)."""
from .profile import Profile
from .vendors import Nvidia

ALLOWABLE = "@Redfish.AllowableValues"


class SeveralSystems(Nvidia):
    """NVIDIA HGX: the first of the systems is a baseboard, which has no Actions and no Boot."""
    before_systems = ("HGX_Baseboard_0",)


class ActionInfo(Profile):
    """What an action takes stands in @Redfish.ActionInfo only."""

    def shape(self, request, body):
        for action in body.get("Actions", {}).values():
            for key in [k for k in action if k.endswith(ALLOWABLE)]:
                del action[key]
        return super().shape(request, body)


class MembersNull(Profile):
    """A collection without members says null."""

    def shape(self, request, body):
        if body.get("Members") == []:
            body["Members"] = None
        return super().shape(request, body)


class AllowableNested(Nvidia):
    """BlueField: the allowable values are an array in an array."""

    def shape(self, request, body):
        for part in (body.get("Boot", {}), *body.get("Actions", {}).values()):
            for key in [k for k in part if k.endswith(ALLOWABLE)]:
                part[key] = [part[key]]
        return super().shape(request, body)


class EndlessNextLink(Profile):
    """Every page names the same next page."""

    def before(self, request):
        request.query.pop("$skip", None)
        return super().before(request)

    def shape(self, request, body):
        if "Members" in body:
            body["Members@odata.nextLink"] = f"{body['@odata.id']}?$skip={self.page_size}"
        return super().shape(request, body)


PROFILES = {"several-systems": SeveralSystems, "action-info": ActionInfo, "members-null": MembersNull, "allowable-nested": AllowableNested,
            "endless-next-link": EndlessNextLink}
