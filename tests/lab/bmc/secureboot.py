# SPDX-License-Identifier: Apache-2.0
"""Secure Boot and its key databases: SecureBoot, SecureBootDatabase, Certificate and Signature of DSP8010. The keys are the machine's."""
import binascii
import ssl
import uuid

from . import keys
from .checks import Choice, Flag, Text
from .errors import Refusal
from .keys import SHA256, X509, Key
from .tree import Action, Collection, Resource, link

CERTIFICATE = {"CertificateString": Text(needed=True, shortest=1, longest=16384), "CertificateType": Choice(("PEM",), needed=True),
               "UefiSignatureOwner": Text(longest=36)}
SIGNATURE = {"SignatureString": Text(needed=True, shortest=64, longest=64), "UefiSignatureOwner": Text(longest=36),
             "SignatureType": Choice(("EFI_CERT_SHA256_GUID",), needed=True), "SignatureTypeRegistry": Choice(("UEFI",), needed=True)}


def owner_of(wanted):
    text = wanted.get("UefiSignatureOwner", str(uuid.uuid4()))
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise Refusal(400, "PropertyValueFormatError", text, "UefiSignatureOwner", related=["/UefiSignatureOwner"]) from None


class Database:
    """One of the four, with certificates and signatures below it. What the machine has is looked up at each listing."""

    def __init__(self, bmc, home, name):
        self.bmc, self.name, self.uri, self.pending = bmc, name, f"{home}/SecureBootDatabases/{name}", None
        reset = Action("SecureBootDatabase.ResetKeys", lambda p: self.reset(p["ResetKeysType"]),
                       {"ResetKeysType": Choice(("ResetAllKeysToDefault", "DeleteAllKeys"), needed=True)})
        bmc.tree.add(Resource(self.uri, "SecureBootDatabase.v1_0_2.SecureBootDatabase", name, lambda: {
            "DatabaseId": name, "Certificates": link(f"{self.uri}/Certificates"), "Signatures": link(f"{self.uri}/Signatures")},
            actions=[reset]))
        for kind, guid, create, needs in (("Certificate", X509, self._certificate, CERTIFICATE),
                                          ("Signature", SHA256, self._signature, SIGNATURE)):
            bmc.tree.add(Collection(f"{self.uri}/{kind}s", f"{kind}Collection.{kind}Collection", f"{kind}s", create=create, needs=needs,
                                    members=lambda k=f"{kind}s", g=guid: self._members(k, g)))

    def keys(self):
        return self.bmc.machine.keys()[self.name]

    def _set(self, wanted):
        if self.bmc.profile.keys_at_reset:
            self.pending = wanted
        else:
            self.bmc.machine.set_keys({self.name: wanted})

    def apply(self):
        if self.pending is not None:
            self.bmc.machine.set_keys({self.name: self.pending})
        self.pending = None

    def _members(self, where, guid):
        home = f"{self.uri}/{where}"
        now = {f"{home}/{k.name}": k for k in self.keys() if k.kind == guid}
        for uri in set(self.bmc.tree.below(home)) - set(now):
            self.bmc.tree.remove(uri)
        for uri in [u for u in now if not self.bmc.tree.find(u)]:
            self._add(uri, now[uri])
        return list(now)

    def _add(self, uri, key):
        if key.kind == X509:
            kind, body = "Certificate.v1_9_0.Certificate", {"CertificateType": "PEM", "CertificateString": ssl.DER_cert_to_PEM_cert(key.data)}
        else:
            kind, body = "Signature.v1_0_3.Signature", {"SignatureTypeRegistry": "UEFI", "SignatureType": "EFI_CERT_SHA256_GUID",
                                                        "SignatureString": key.data.hex()}
        return self.bmc.tree.add(Resource(uri, kind, f"{self.name} key", lambda: {**body, "UefiSignatureOwner": key.owner},
                                          delete=lambda: self._delete(uri, key)))

    def _delete(self, uri, key):
        self._set([k for k in self.keys() if k != key])
        if key not in self.keys():
            self.bmc.tree.remove(uri)

    def _certificate(self, wanted):
        try:
            data = ssl.PEM_cert_to_DER_cert(wanted["CertificateString"])
        except ValueError:
            raise Refusal(400, "PropertyValueFormatError", "...", "CertificateString", related=["/CertificateString"]) from None
        return self._new("Certificates", Key(X509, owner_of(wanted), data))

    def _signature(self, wanted):
        try:
            data = binascii.unhexlify(wanted["SignatureString"])
        except ValueError:
            raise Refusal(400, "PropertyValueFormatError", "...", "SignatureString", related=["/SignatureString"]) from None
        return self._new("Signatures", Key(SHA256, owner_of(wanted), data))

    def _new(self, where, key):
        if key in self.keys():
            raise Refusal(400, "ResourceAlreadyExists", where, "Id", key.name)
        self._set([*self.keys(), key])
        return self._add(f"{self.uri}/{where}/{key.name}", key)

    def reset(self, kind):
        self._set(keys.factory()[self.name] if kind == "ResetAllKeysToDefault" else [])


class SecureBoot:
    def __init__(self, bmc, home):
        self.bmc, self.uri, self.enable, self.current = bmc, f"{home}/SecureBoot", False, False
        reset = Action("SecureBoot.ResetKeys", lambda p: self._reset(p["ResetKeysType"]), {
            "ResetKeysType": Choice(("ResetAllKeysToDefault", "DeleteAllKeys", "DeletePK"), needed=True)})
        bmc.tree.add(Resource(self.uri, "SecureBoot.v1_1_2.SecureBoot", "UEFI Secure Boot", self._read, {"SecureBootEnable": Flag()},
                              self._update, [reset]))
        bmc.tree.add(Collection(f"{self.uri}/SecureBootDatabases", "SecureBootDatabaseCollection.SecureBootDatabaseCollection",
                                "UEFI Secure Boot Databases"))
        self.databases = {name: Database(bmc, self.uri, name) for name in keys.VARIABLES}

    def _read(self):
        return {"SecureBootEnable": self.enable, "SecureBootCurrentBoot": "Enabled" if self.current else "Disabled",
                "SecureBootMode": "UserMode" if self.databases["PK"].keys() else "SetupMode",
                "SecureBootDatabases": link(f"{self.uri}/SecureBootDatabases")}

    def _update(self, changes):
        self.enable = changes.get("SecureBootEnable", self.enable)

    def _reset(self, kind):
        for name, database in self.databases.items():
            if kind != "DeletePK" or name == "PK":
                database.reset("DeleteAllKeys" if kind == "DeletePK" else kind)

    def apply(self):
        """A boot begins. Without a platform key nothing is enforced."""
        for database in self.databases.values():
            database.apply()
        self.current = self.enable and bool(self.databases["PK"].keys())
