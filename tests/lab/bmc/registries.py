# SPDX-License-Identifier: Apache-2.0
"""Message and attribute registries: MessageRegistryFile of DSP8010."""
from . import bios
from .errors import MESSAGES, REGISTRY
from .tree import ROOT, Collection, Resource

REGISTRIES = f"{ROOT}/Registries"


def add(bmc):
    bmc.tree.add(Collection(REGISTRIES, "MessageRegistryFileCollection.MessageRegistryFileCollection", "Registries"))
    for name, registry in (("Base", REGISTRY), ("LabBios", bios.REGISTRY)):
        bmc.tree.add(Resource(f"{REGISTRIES}/{name}", "MessageRegistryFile.v1_1_4.MessageRegistryFile", name, lambda n=name, r=registry: {
            "Registry": r, "Languages": ["en"], "Location": [{"Language": "en", "Uri": f"{REGISTRIES}/{n}/Registry"}]}))
    bmc.tree.add(Resource(f"{REGISTRIES}/Base/Registry", "MessageRegistry.v1_6_3.MessageRegistry", "Base Messages", lambda: {
        "Language": "en", "RegistryPrefix": "Base", "RegistryVersion": REGISTRY.removeprefix("Base.") + ".0", "OwningEntity": "Lab",
        "Messages": {key: {"Message": _numbered(text), "MessageSeverity": severity, "Resolution": resolution,
                           "NumberOfArgs": text.count("{"), "Description": _numbered(text)}
                     for key, (text, severity, resolution) in MESSAGES.items()}}))


def _numbered(text):
    """Arguments as registries write them, from %1."""
    for n in range(3):
        text = text.replace(f"{{{n}}}", f"%{n + 1}")
    return text
