/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table. A row for the firmware's own keeps a variable out of the report; a row for a tenant's lets an order remove it. A row is added only with its
 * source; what is not sure stays unknown, because the store is shared with the board's maker, whose variables may be what lets it start.
 */
#include "efi/foreign_table.h"

#include <string.h>

#include "efi/foreign_stale.h"

#define GLOBAL "8be4df61-93ca-11d2-aa0d-00e098032b8c" /* UEFI 2.10, 3.3 */

static const struct efi_owned table[] = {
	/* UEFI 2.10, table 3.1; others have no business under this GUID */
	{GLOBAL, "Boot####", EFI_OWNER_FIRMWARE, "boot entry"}, /* judged by efi/fate.h */
	{GLOBAL, "BootOrder", EFI_OWNER_FIRMWARE, "boot order"},
	{GLOBAL, "BootNext", EFI_OWNER_FIRMWARE, "boot order"}, /* deleted with the boot entries */
	{GLOBAL, "BootCurrent", EFI_OWNER_FIRMWARE, "boot order"},
	{GLOBAL, "BootOptionSupport", EFI_OWNER_FIRMWARE, "abilities"},
	{GLOBAL, "Driver####", EFI_OWNER_FIRMWARE, "driver entry", stale_program},
	{GLOBAL, "DriverOrder", EFI_OWNER_FIRMWARE, "driver entry"},
	{GLOBAL, "SysPrep####", EFI_OWNER_FIRMWARE, "preparation entry", stale_program},
	{GLOBAL, "SysPrepOrder", EFI_OWNER_FIRMWARE, "preparation entry"},
	{GLOBAL, "PlatformRecovery####", EFI_OWNER_FIRMWARE,
	 "recovery entry"}, /* the firmware alone may write it */
	{GLOBAL, "Key####", EFI_OWNER_FIRMWARE, "hot key", stale_key},
	{GLOBAL, "Timeout", EFI_OWNER_FIRMWARE, "boot menu", stale_timeout},
	{GLOBAL, "OsIndications", EFI_OWNER_FIRMWARE, "request of the system", stale_request},
	{GLOBAL, "OsIndicationsSupported", EFI_OWNER_FIRMWARE, "abilities"},
	{GLOBAL, "OsRecoveryOrder", EFI_OWNER_TENANT, "recovery of a system"},
	{GLOBAL, "ConIn", EFI_OWNER_FIRMWARE, "console"},
	{GLOBAL, "ConInDev", EFI_OWNER_FIRMWARE, "console"},
	{GLOBAL, "ConOut", EFI_OWNER_FIRMWARE, "console"},
	{GLOBAL, "ConOutDev", EFI_OWNER_FIRMWARE, "console"},
	{GLOBAL, "ErrOut", EFI_OWNER_FIRMWARE, "console"},
	{GLOBAL, "ErrOutDev", EFI_OWNER_FIRMWARE, "console"},
	{GLOBAL, "Lang", EFI_OWNER_FIRMWARE, "language"},
	{GLOBAL, "LangCodes", EFI_OWNER_FIRMWARE, "language"},
	{GLOBAL, "PlatformLang", EFI_OWNER_FIRMWARE, "language"},
	{GLOBAL, "PlatformLangCodes", EFI_OWNER_FIRMWARE, "language"},
	{GLOBAL, "HwErrRecSupport", EFI_OWNER_FIRMWARE, "hardware errors"},
	{GLOBAL, "CryptoIndications*", EFI_OWNER_FIRMWARE, "abilities"},
	{GLOBAL, "PK", EFI_OWNER_KEYS, "Secure Boot"},
	{GLOBAL, "KEK", EFI_OWNER_KEYS, "Secure Boot"},
	{GLOBAL, "PKDefault", EFI_OWNER_KEYS, "Secure Boot"},
	{GLOBAL, "KEKDefault", EFI_OWNER_KEYS, "Secure Boot"},
	{GLOBAL, "dbDefault", EFI_OWNER_KEYS, "Secure Boot"},
	{GLOBAL, "dbxDefault", EFI_OWNER_KEYS, "Secure Boot"},
	{GLOBAL, "dbtDefault", EFI_OWNER_KEYS, "Secure Boot"},
	{GLOBAL, "dbrDefault", EFI_OWNER_KEYS, "Secure Boot"},
	{GLOBAL, "SecureBoot", EFI_OWNER_KEYS, "Secure Boot"},
	{GLOBAL, "SetupMode", EFI_OWNER_KEYS, "Secure Boot"},
	{GLOBAL, "AuditMode", EFI_OWNER_KEYS, "Secure Boot"},
	{GLOBAL, "DeployedMode", EFI_OWNER_KEYS, "Secure Boot"},
	{GLOBAL, "SignatureSupport", EFI_OWNER_KEYS, "Secure Boot"},
	{GLOBAL, "VendorKeys", EFI_OWNER_KEYS, "Secure Boot"},
	{"d719b2cb-3d3a-4596-a3bc-dad00e67656f", "*", EFI_OWNER_KEYS,
	 "Secure Boot"}, /* 32.4.1: db, dbx, dbt, dbr */
	/* UEFI 2.10, 8.2.4: error records that firmware and kernel hand to one another */
	{"414e6bdd-e47b-47cc-b244-bb61020cf516", "HwErrRec####", EFI_OWNER_FIRMWARE, "hardware errors"},
	/* 8.5.6: reports of capsules */
	{"39b68c46-f7fb-441b-b6ec-16b0f69821f3", "Capsule*", EFI_OWNER_FIRMWARE,
	 "reports of firmware updates"},
	/* EDK2, BootSystem: where a capsule lies that the next start is to take */
	{"711c703f-c285-4b10-a3b0-36ecbd3c8be2", "CapsuleUpdateData*", EFI_OWNER_STALE,
	 "a firmware update that was left to the next start"},
	/* TCG Platform Reset Attack Mitigation 1.10: efi/mor.h */
	{"e20939be-32d4-41be-a150-897f85d49829", "MemoryOverwriteRequestControl", EFI_OWNER_FIRMWARE,
	 "memory"},
	{"bb983ccf-151d-40e1-a07b-4a17be168292", "MemoryOverwriteRequestControlLock", EFI_OWNER_FIRMWARE,
	 "memory"},
	/* EDK2, by its package declarations (MdeModulePkg, SecurityPkg, NetworkPkg, OvmfPkg) */
	{"4c19049f-4137-4dd3-9c10-8b97a83ffdfa", "MemoryTypeInformation", EFI_OWNER_FIRMWARE, "memory map"},
	{"eb704011-1402-11d3-8e77-00a0c969723b", "MTC", EFI_OWNER_FIRMWARE, "counter"},
	{"d9bee56e-75dc-49d9-b4d7-b534210f637a", "certdb*", EFI_OWNER_KEYS, "signers of variables"},
	{"9073e4e0-60ec-4b6e-9903-4c223c260f3c", "VendorKeysNv", EFI_OWNER_KEYS, "Secure Boot"},
	{"f0a30bc7-af08-4556-99c4-001009c93a44", "SecureBootEnable", EFI_OWNER_KEYS, "Secure Boot"},
	{"c076ec0c-7028-4399-a072-71ee5c448b9f", "CustomMode", EFI_OWNER_KEYS, "Secure Boot"},
	{"fab7e9e1-39dd-4f2b-8408-e20e906cb6de", "HDDP", EFI_OWNER_FIRMWARE, "cache of device paths"},
	{"7235c51c-0c80-4cab-87ac-3b084a6304b1", "PlatformConfig", EFI_OWNER_FIRMWARE, "setup of OVMF"},
	{"0f6499b1-e9ad-493d-b9c2-2f90815c6cbc", "PhysicalPresence*", EFI_OWNER_FIRMWARE, "TPM"},
	{"aeb9c5c1-94f1-4d02-bfd9-4602db2d3c54", "Tcg2PhysicalPresence*", EFI_OWNER_FIRMWARE, "TPM"},
	{"6339d487-26ba-424b-9a5d-687e25d740bc", "TCG2_*", EFI_OWNER_FIRMWARE, "TPM"},
	{"04b37fe8-f6ae-480b-bdd5-37d98c5e89aa", "VarErrorFlag", EFI_OWNER_FIRMWARE, "state of the store"},
	/* Linux, include/linux/efi.h: LINUX_EFI_CRASH_GUID, what its pstore leaves of a crash */
	{"cfc8fc79-be2e-4ddc-97f0-9f98bfe298a0", "dump-type*", EFI_OWNER_STALE, "a kernel's dump"},
	/* shim, by its documentation: what its users enrol and ask for */
	{"605dab50-e046-4300-abb6-3dd810dd8b23", "Mok*", EFI_OWNER_TENANT, "shim"},
	{"605dab50-e046-4300-abb6-3dd810dd8b23", "Sbat*", EFI_OWNER_TENANT, "shim"},
	{"605dab50-e046-4300-abb6-3dd810dd8b23", "SHIM_*", EFI_OWNER_TENANT, "shim"},
	/* systemd, the boot loader interface */
	{"4a67b082-0a4c-41cf-b6c7-440b29bb8c4f", "Loader*", EFI_OWNER_TENANT, "boot loader"},
	{"4a67b082-0a4c-41cf-b6c7-440b29bb8c4f", "Stub*", EFI_OWNER_TENANT, "boot loader"},
	/* rEFInd */
	{"36d08fa7-cf0b-42f5-8f14-68df73ed3740", "*", EFI_OWNER_TENANT, "boot loader"},
	/* fwupd, plugins/uefi-capsule: its record of updates */
	{"0abba7dc-e516-4167-bbf5-4d9d1c739416", "fwupd-*", EFI_OWNER_TENANT, "fwupd"},
	/* Linux 6.2, include/linux/efi.h: a seed that a system keeps for its next start */
	{"1ce1e5bc-7ceb-42f2-81e5-8aadf180f57b", "RandomSeed", EFI_OWNER_TENANT, "random seed"},
};

static bool is_digit(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
}

static bool fits(const char *pattern, const char *name)
{
	for (; *pattern; pattern++, name++) {
		if (*pattern == '*')
			return true;
		if (*pattern == '#' ? !is_digit(*name) : *pattern != *name)
			return false;
	}
	return !*name;
}

const struct efi_owned *efi_owned_find(const char *guid, const char *name)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (!strcmp(table[i].guid, guid) && fits(table[i].name, name))
			return &table[i];
	return NULL;
}
