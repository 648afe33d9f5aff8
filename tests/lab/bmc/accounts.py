# SPDX-License-Identifier: Apache-2.0
"""Accounts and roles: AccountService, ManagerAccount and Role of DSP8010; the privileges are those of DSP0266, "Privilege model and authorization"."""
from .checks import Choice, Flag, Number, Text
from .errors import Refusal
from .tree import ROOT, Collection, Resource, link, status

SERVICE = f"{ROOT}/AccountService"
ACCOUNTS, ROLES = f"{SERVICE}/Accounts", f"{SERVICE}/Roles"
PRIVILEGES = {
    "Administrator": ["Login", "ConfigureManager", "ConfigureUsers", "ConfigureComponents", "ConfigureSelf"],
    "Operator": ["Login", "ConfigureComponents", "ConfigureSelf"],
    "ReadOnly": ["Login", "ConfigureSelf"],
}
EMPTY = {"UserName": "", "Password": None, "RoleId": "None", "Enabled": False}  # of a slot


class Account:
    def __init__(self, number, name, password, role):
        self.uri, self.name, self.password, self.role = f"{ACCOUNTS}/{number}", name, password, role
        self.enabled, self.failures = True, 0


class Accounts:
    def __init__(self, bmc, user, password):
        self.bmc, self._count, self.all = bmc, 0, []
        self.shortest, self.threshold = 8, 5
        bmc.tree.add(Resource(SERVICE, "AccountService.v1_15_1.AccountService", "Account Service", self._read,
                              {"MinPasswordLength": Number(6, 20), "AccountLockoutThreshold": Number(0, 100)}, self._update,
                              privilege="ConfigureUsers"))
        bmc.tree.add(Collection(ACCOUNTS, "ManagerAccountCollection.ManagerAccountCollection", "Accounts",
                                create=None if bmc.profile.account_slots else self.create,
                                needs={**self._writes(True), "UserName": Text(needed=True, shortest=1, longest=16)},
                                privilege="ConfigureUsers"))
        bmc.tree.add(Collection(ROLES, "RoleCollection.RoleCollection", "Roles"))
        for role, privileges in PRIVILEGES.items():
            bmc.tree.add(Resource(f"{ROLES}/{role}", "Role.v1_3_3.Role", role, lambda r=role, p=privileges: {
                "RoleId": r, "IsPredefined": True, "AssignedPrivileges": p}))
        self._first = {"UserName": user, "Password": password, "RoleId": "Administrator"}
        self._begin()

    def _begin(self):
        """The first account; in slots the second, with empty ones around it."""
        for n in range(self.bmc.profile.account_slots):
            self._add(self._first if n == 1 else EMPTY)
        if not self.bmc.profile.account_slots:
            self.create(self._first)

    def forget(self):
        """As from the factory: the first account only."""
        for account in self.all:
            self.bmc.tree.remove(account.uri)
        self.all, self._count = [], 0
        self._begin()

    def _read(self):
        return {"ServiceEnabled": True, "MinPasswordLength": self.shortest, "MaxPasswordLength": 40, "Status": status(),
                "AccountLockoutThreshold": self.threshold, "Accounts": link(ACCOUNTS), "Roles": link(ROLES)}

    def _update(self, changes):
        self.shortest = changes.get("MinPasswordLength", self.shortest)
        self.threshold = changes.get("AccountLockoutThreshold", self.threshold)

    def _writes(self, needed=False):
        slots = bool(self.bmc.profile.account_slots)
        return {"Password": Text(needed=needed, longest=40), "RoleId": Choice([*PRIVILEGES, "None"] if slots else PRIVILEGES, needed=needed),
                "Enabled": Flag(), "UserName": Text(shortest=0 if slots else 1, longest=16), "Locked": Flag()}

    def create(self, wanted):
        self._free(wanted["UserName"])
        self._long_enough(wanted)
        return self._add(wanted)

    def _add(self, wanted):
        self._count += 1
        account = Account(self._count, wanted["UserName"], wanted["Password"], wanted["RoleId"])
        account.enabled = wanted.get("Enabled", True)
        self.all.append(account)
        delete = None if self.bmc.profile.account_slots else lambda: self._delete(account)
        return self.bmc.tree.add(Resource(
            account.uri, "ManagerAccount.v1_12_1.ManagerAccount", "User Account", lambda: self._account(account), self._writes(),
            lambda changes: self._change(account, changes), delete=delete, privilege="ConfigureUsers"))

    def _account(self, account):
        made = {"UserName": account.name, "Password": None, "RoleId": account.role, "Enabled": account.enabled,
                "Locked": self._locked(account), "AccountTypes": ["Redfish"]}
        return {**made, "Links": {"Role": link(f"{ROLES}/{account.role}")}} if account.role in PRIVILEGES else made

    def _change(self, account, changes):
        if self.bmc.profile.account_slots and account is self.all[0]:
            raise Refusal(400, "PropertyNotWritable", "UserName", related=["/UserName"])
        if changes.get("UserName") == "":
            return self._empty(account)
        if changes.get("UserName", account.name) != account.name:
            self._free(changes["UserName"])
        self._long_enough(changes)
        if changes.get("Locked"):
            raise Refusal(400, "PropertyValueNotInList", True, "Locked", related=["/Locked"])
        account.name, account.role = changes.get("UserName", account.name), changes.get("RoleId", account.role)
        account.enabled = changes.get("Enabled", account.enabled)
        if "Locked" in changes:
            account.failures = 0
        if "Password" in changes:
            account.password = self.bmc.profile.new_password(account, changes["Password"])
            self.bmc.profile.password_changed(account)

    def _empty(self, account):
        self._not_the_last(account)
        account.name, account.role, account.password, account.enabled = "", "None", None, False

    def _free(self, name):
        if self.find(name):
            raise Refusal(400, "ResourceAlreadyExists", "ManagerAccount", "UserName", name, related=["/UserName"])

    def _long_enough(self, wanted):
        if "Password" in wanted and len(wanted["Password"]) < self.shortest:
            raise Refusal(400, "PropertyValueFormatError", "******", "Password", related=["/Password"])

    def _not_the_last(self, account):
        """The last administrator stays: nobody could come in any more."""
        if [a for a in self.all if a.role == "Administrator" and a.enabled] == [account]:
            raise Refusal(400, "ResourceCannotBeDeleted")

    def _delete(self, account):
        self._not_the_last(account)
        self.all.remove(account)
        self.bmc.tree.remove(account.uri)

    def find(self, name):
        return next((a for a in self.all if name and a.name == name), None)

    def _locked(self, account):
        return bool(self.threshold) and account.failures >= self.threshold

    def check(self, name, password):
        account = self.find(name)
        if not account or not account.enabled or self._locked(account):
            return False
        if account.password != password:
            account.failures += 1
            return False
        account.failures = 0
        return True

    def privileges(self, name):
        account = self.find(name)
        return PRIVILEGES[account.role] if account and account.enabled else []
