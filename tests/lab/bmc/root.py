# SPDX-License-Identifier: Apache-2.0
"""Where a client begins: DSP0266, "Service Root request", and the resources of OData."""
from .exchange import Response
from .tree import ROOT, Resource, link

FEATURES = {"ExcerptQuery": False, "FilterQuery": False, "OnlyMemberQuery": True, "SelectQuery": False, "TopSkipQuery": True,
            "ExpandQuery": {"ExpandAll": False, "Levels": False, "Links": False, "NoLinks": False}}
SERVICES = ("SessionService", "AccountService", "Systems", "Chassis", "Managers", "TaskService", "UpdateService", "EventService",
            "Registries")


def add(bmc):
    tree, profile = bmc.tree, bmc.profile

    def present():
        return [name for name in SERVICES if tree.find(f"{ROOT}/{name}")]

    def read():
        made = {"Id": "RootService", "RedfishVersion": profile.version, "UUID": bmc.uuid, "Vendor": profile.vendor,
                "Product": profile.product, "ProtocolFeaturesSupported": FEATURES, "Links": {}}
        if profile.session_service:
            made["Links"] = {"Sessions": link(f"{ROOT}/SessionService/Sessions")}
        for name in present():
            made["Tasks" if name == "TaskService" else name] = link(f"{ROOT}/{name}")
        return made

    tree.add(Resource("/redfish", "", "", lambda: Response(200, {"v1": f"{ROOT}/"}), open=True, raw=True))
    tree.add(Resource(ROOT, "ServiceRoot.v1_17_0.ServiceRoot", "Root Service", read, open=True))
    tree.add(Resource(f"{ROOT}/odata", "", "", lambda: Response(200, {
        "@odata.context": f"{ROOT}/$metadata", "value": [{"name": "Service", "kind": "Singleton", "url": f"{ROOT}/"}, *(
            {"name": name, "kind": "Singleton", "url": f"{ROOT}/{name}"} for name in present())]}), open=True, raw=True))
    tree.add(Resource(f"{ROOT}/$metadata", "", "", lambda: Response(200, metadata(tree), {
        "Content-Type": "application/xml"}), open=True, raw=True))


def metadata(tree):
    """DSP0266, "OData metadata responses": a reference for every schema in use."""
    types = sorted({r.type for r in map(tree.find, tree.uris()) if r.type})
    references = "".join(_reference(t) for t in types)
    return ('<?xml version="1.0" encoding="UTF-8"?>\n'
            '<edmx:Edmx xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx" Version="4.0">\n' + references +
            ' <edmx:DataServices>\n  <Schema xmlns="http://docs.oasis-open.org/odata/ns/edm" Namespace="Service">\n'
            '   <EntityContainer Name="Service" Extends="ServiceRoot.v1_17_0.ServiceContainer"/>\n'
            '  </Schema>\n </edmx:DataServices>\n</edmx:Edmx>\n').encode()


def _reference(name):
    module, version = name.split(".")[0], ".".join(name.split(".")[:-1])
    include = "".join(f'  <edmx:Include Namespace="{n}"/>\n' for n in dict.fromkeys((module, version)))
    return f' <edmx:Reference Uri="http://redfish.dmtf.org/schemas/v1/{module}_v1.xml">\n{include} </edmx:Reference>\n'
