# SPDX-License-Identifier: Apache-2.0
"""Secure Boot and its key databases: SecureBoot, SecureBootDatabase, Certificate and Signature of DSP8010.

The keys are the BMC's own picture: an emulated firmware's variables are not changed by it.
"""
import uuid

from .checks import Choice, Flag, Text
from .tree import Action, Collection, Resource, link

DATABASES = ("PK", "KEK", "db", "dbx")
VENDOR = "9d5c1b1e-0f4e-4bb4-9a5b-5d0b9a2f3c11"  # the owner of what comes from the factory
FACTORY = {"PK": ["Platform Key"], "KEK": ["Key Exchange Key"], "db": ["Operating Systems CA", "Third Parties CA"], "dbx": []}
DIGEST = "80b4d96931bf0d02fd91a61e19d14f1da452e66db2408ca8604d411f92659f0a"


class Database:
    """One of the four, with certificates and signatures below it."""

    def __init__(self, bmc, home, name):
        self.bmc, self.name, self.uri, self._count = bmc, name, f"{home}/SecureBootDatabases/{name}", 0
        reset = Action("SecureBootDatabase.ResetKeys", lambda p: self.reset(p["ResetKeysType"]),
                       {"ResetKeysType": Choice(("ResetAllKeysToDefault", "DeleteAllKeys"), needed=True)})
        bmc.tree.add(Resource(self.uri, "SecureBootDatabase.v1_0_2.SecureBootDatabase", name, lambda: {
            "DatabaseId": name, "Certificates": link(f"{self.uri}/Certificates"), "Signatures": link(f"{self.uri}/Signatures")},
            actions=[reset]))
        for kind, create, needs in (("Certificate", self._certificate, {
                "CertificateString": Text(needed=True, shortest=1, longest=16384), "CertificateType": Choice(("PEM",), needed=True),
                "UefiSignatureOwner": Text(longest=36)}), ("Signature", self._signature, {
                    "SignatureString": Text(needed=True, shortest=64, longest=64), "UefiSignatureOwner": Text(longest=36),
                    "SignatureType": Choice(("EFI_CERT_SHA256_GUID",), needed=True),
                    "SignatureTypeRegistry": Choice(("UEFI",), needed=True)})):
            bmc.tree.add(Collection(f"{self.uri}/{kind}s", f"{kind}Collection.{kind}Collection", f"{kind}s", create=create, needs=needs))
        self.reset("ResetAllKeysToDefault")

    def keys(self):
        return self.bmc.tree.below(f"{self.uri}/Certificates") + self.bmc.tree.below(f"{self.uri}/Signatures")

    def reset(self, kind):
        for uri in self.keys():
            self.bmc.tree.remove(uri)
        if kind == "ResetAllKeysToDefault":
            for subject in FACTORY[self.name]:
                self._certificate({"CertificateString": f"-----BEGIN CERTIFICATE-----\n{subject}\n-----END CERTIFICATE-----\n",
                                   "CertificateType": "PEM", "UefiSignatureOwner": VENDOR}, subject)
            if self.name == "dbx":
                self._signature({"SignatureString": DIGEST, "SignatureType": "EFI_CERT_SHA256_GUID", "SignatureTypeRegistry": "UEFI",
                                 "UefiSignatureOwner": VENDOR})

    def _certificate(self, wanted, subject=None):
        return self._add("Certificates", "Certificate.v1_9_0.Certificate", {**wanted, **(
            {"Subject": {"CommonName": subject}} if subject else {})})

    def _signature(self, wanted):
        return self._add("Signatures", "Signature.v1_0_3.Signature", wanted)

    def _add(self, where, kind, wanted):
        self._count += 1
        uri = f"{self.uri}/{where}/{self._count}"
        body = {"UefiSignatureOwner": str(uuid.uuid4()), **wanted}
        return self.bmc.tree.add(Resource(uri, kind, f"{self.name} {self._count}", lambda: dict(body),
                                          delete=lambda: self.bmc.tree.remove(uri)))


class SecureBoot:
    def __init__(self, bmc, home):
        self.bmc, self.uri, self.enable, self.current = bmc, f"{home}/SecureBoot", False, False
        reset = Action("SecureBoot.ResetKeys", lambda p: self._reset(p["ResetKeysType"]), {
            "ResetKeysType": Choice(("ResetAllKeysToDefault", "DeleteAllKeys", "DeletePK"), needed=True)})
        bmc.tree.add(Resource(self.uri, "SecureBoot.v1_1_2.SecureBoot", "UEFI Secure Boot", self._read, {"SecureBootEnable": Flag()},
                              self._update, [reset]))
        bmc.tree.add(Collection(f"{self.uri}/SecureBootDatabases", "SecureBootDatabaseCollection.SecureBootDatabaseCollection",
                                "UEFI Secure Boot Databases"))
        self.databases = {name: Database(bmc, self.uri, name) for name in DATABASES}

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
        self.current = self.enable and bool(self.databases["PK"].keys())
