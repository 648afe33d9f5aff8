# SPDX-License-Identifier: Apache-2.0
"""The resources of a service by URI, and what each can do."""
from dataclasses import dataclass, field
from typing import Any, Callable

ROOT = "/redfish/v1"


@dataclass
class Action:
    name: str                       # "ComputerSystem.Reset"
    run: Callable                   # run(parameters) -> a Response, a Task, or None for 204
    parameters: dict = field(default_factory=dict)  # name -> check
    privilege: str = "ConfigureComponents"
    slow: bool = False              # it waits for something outside; it runs without the service's lock
    task: bool = False              # always a task, whatever the profile says


@dataclass
class Resource:
    uri: str
    type: str                       # "ComputerSystem.v1_22_0.ComputerSystem"
    name: str
    read: Callable = dict           # the properties beyond those that every resource has
    writes: Any = None              # property -> check, or a function that returns that; None: no PATCH
    update: Callable = None         # update(changes)
    actions: list = field(default_factory=list)
    delete: Callable = None
    privilege: str = "ConfigureComponents"  # to change it
    open: bool = False              # may be read without an account
    raw: bool = False               # no resource of the data model: read() returns a Response
    asked: bool = False             # of a raw one: read(request)
    accept: Callable = None         # accept(request) -> a Response, to a POST whose body is no JSON

    def body(self):
        made = {"@odata.id": f"{ROOT}/" if self.uri == ROOT else self.uri, "@odata.type": f"#{self.type}",
                "Id": self.uri.rsplit("/", 1)[1], "Name": self.name, **self.read()}
        if self.actions:
            made["Actions"] = {f"#{a.name}": self._described(a) for a in self.actions}
        return made

    def _described(self, action):
        target = f"{self.uri}/Actions/{action.name}"
        made = {"target": target}
        for name, check in action.parameters.items():
            if name == "@Redfish.OperationApplyTime":
                made[f"{name}Support"] = {"SupportedValues": check.values}
            elif hasattr(check, "values"):
                made[f"{name}@Redfish.AllowableValues"] = check.values
        made["@Redfish.ActionInfo"] = info_uri(self, action)
        return made

    def methods(self):
        reads = [] if self.accept else ["GET", "HEAD"]
        return reads + (["POST"] if self.accept else []) + (["PATCH"] if self.writes is not None else []) + (["DELETE"] if self.delete else [])


@dataclass
class Collection(Resource):
    """Its members are the resources right below it, in the order of `order` or as they came."""
    members: Callable = None        # a list of URIs
    create: Callable = None         # create(properties) -> the new resource, or (resource, headers)
    needs: Any = None               # of create: property -> check
    live: bool = False              # members come and go by themselves: members() is asked before one of them is looked up

    def methods(self):
        return super().methods() + (["POST"] if self.create else [])


def info_uri(resource, action):
    return f"{resource.uri}/{action.name.rsplit('.', 1)[1]}ActionInfo"


class Tree:
    def __init__(self):
        self._resources = {}

    def add(self, resource):
        self._resources[resource.uri] = resource
        if isinstance(resource, Collection) and resource.members is None:
            resource.members = lambda: self.below(resource.uri)
        for action in resource.actions:
            self._add_info(resource, action)
        return resource

    def _add_info(self, resource, action):
        """DSP0266, "Action info annotation": what an action takes."""
        def read():
            return {"Parameters": [{"Name": name, "Required": check.needed, "DataType": data_type(check),
                                    **({"AllowableValues": check.values} if hasattr(check, "values") else {})}
                                   for name, check in action.parameters.items() if not name.startswith("@")]}
        uri = info_uri(resource, action)
        self._resources[uri] = Resource(uri, "ActionInfo.v1_4_2.ActionInfo", f"{action.name} Action Info", read)

    def remove(self, uri):
        """With all that is below it."""
        for key in [k for k in self._resources if k == uri or k.startswith(uri + "/")]:
            del self._resources[key]

    def find(self, uri):
        above = self._resources.get(uri.rpartition("/")[0])
        if isinstance(above, Collection) and above.live:
            above.members()
        return self._resources.get(uri)

    def find_action(self, uri):
        owner, marker, name = uri.partition("/Actions/")
        resource = self._resources.get(owner) if marker else None
        return (resource, next((a for a in resource.actions if a.name == name), None)) if resource else (None, None)

    def below(self, uri):
        depth = uri.count("/") + 1
        return [k for k in self._resources if k.startswith(uri + "/") and k.count("/") == depth and not k.endswith("ActionInfo")]

    def uris(self):
        return list(self._resources)


def data_type(check):
    return {"Flag": "Boolean", "Number": "Number", "Many": "StringArray", "Parts": "Object"}.get(type(check).__name__, "String")


def link(uri):
    return {"@odata.id": uri}


def links(uris):
    """The members of an array of links."""
    return [link(u) for u in uris]


def status(state="Enabled", health="OK"):
    return {"State": state, "Health": health}
