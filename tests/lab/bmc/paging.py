# SPDX-License-Identifier: Apache-2.0
"""A collection's members, a page at a time: DSP0266, "Query parameters" ($top, $skip, only) and "Next link"."""
from .errors import Refusal
from .tree import links


def number(query, name):
    text = query.get(name)
    if text is None:
        return None
    if not text.isdigit():
        raise Refusal(400, "QueryParameterValueTypeError", text, name)
    return int(text)


def page(collection, query, size):
    """The body of a collection. size: members in an answer at most."""
    members = collection.members()
    skip, top = number(query, "$skip") or 0, number(query, "$top")
    if skip > len(members):
        raise Refusal(400, "QueryParameterOutOfRange", skip, "$skip", f"0-{len(members)}")
    wanted = len(members) - skip if top is None else min(top, len(members) - skip)
    shown = members[skip:skip + min(wanted, size)]
    made = {"@odata.id": collection.uri, "@odata.type": f"#{collection.type}", "Name": collection.name, **collection.read(),
            "Members@odata.count": len(members), "Members": links(shown)}
    left = wanted - len(shown)
    if left > 0:
        more = f"$skip={skip + len(shown)}" + (f"&$top={left}" if top is not None else "")
        made["Members@odata.nextLink"] = f"{collection.uri}?{more}"
    return made
