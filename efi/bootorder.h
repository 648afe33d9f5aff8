/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UEFI boot entries (UEFI 2.10, 3.1.3 Load Options) through libefivar and libefiboot: what stands there, what is to be
 * removed, what is to be added, and in which order. Planning is pure; applying reads back.
 */
#ifndef EFI_BOOTORDER_H
#define EFI_BOOTORDER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

enum efi_entry_kind {
	EFI_ENTRY_NETWORK,
	EFI_ENTRY_DISK_FILE,
	EFI_ENTRY_FIRMWARE,
	EFI_ENTRY_DEVICE,
	EFI_ENTRY_REMOTE, /* storage behind a network */
	EFI_ENTRY_UNKNOWN
};

/* "network", "disk-file", "firmware", "device", "remote", "unknown" */
const char *efi_entry_kind_name(enum efi_entry_kind kind);

struct efi_entry {
	uint16_t number;     /* Boot#### */
	uint32_t attributes; /* LOAD_OPTION_* */
	enum efi_entry_kind kind;
	char description[256]; /* UTF-8; control characters replaced */
	char path[1024];       /* device path in text form; "" when it cannot be shown */
	char partition[37];    /* HD() node's GPT partition GUID, lower case; "" when there is none */
	char uri[512];         /* printable ASCII, others as '?'; "" when there is none, or an empty one */
	bool uri_is_whole;     /* uri is all that the path says of URIs */
	bool is_bios;          /* a BIOS boot device: its optional data is the BIOS's */
	uint8_t *option;       /* the whole EFI_LOAD_OPTION, owned */
	size_t option_len;
	size_t paths_at, data_at; /* in option: the device paths, and the optional data behind them */
};

#define LOAD_OPTION_ACTIVE 0x00000001u /* UEFI 2.10, 3.1.3 */

struct efi_boot {
	struct efi_entry *entries; /* sorted by number */
	unsigned n_entries;
	uint16_t *order; /* BootOrder */
	unsigned n_order;
	int current, next; /* BootCurrent, BootNext; -1 when absent */
};

/* Parses one EFI_LOAD_OPTION (hostile: a former tenant wrote it). */
int efi_entry_parse(uint16_t number, const void *option, size_t len, struct efi_entry *ret,
		    struct err *err) _must_check_;
void efi_entry_clear(struct efi_entry *entry);

int efi_boot_read(struct efi_boot **ret, struct err *err) _must_check_;
void efi_boot_free(struct efi_boot *boot);
DEFINE_CLEANUP(struct efi_boot *, efi_boot_free);

struct efi_wish {
	const char *label;                        /* description of the new entry */
	const char *disk_path;                    /* "/dev/nvme0n1" */
	const char *partition;                    /* GUID of the ESP on it */
	uint32_t partition_number;                /* 1-based */
	uint64_t partition_start, partition_size; /* in logical blocks */
	const char *loader;                       /* "\\EFI\\BOOT\\BOOTX64.EFI" */
	bool network_first;
	const struct efi_wish *next; /* another entry, right behind this one in the order; NULL: none */
};

#define EFI_ALSO_MAX 7

struct efi_plan {
	struct efi_fate *fates; /* of each entry: efi/fate.h */
	uint16_t *remove;
	unsigned n_remove; /* EFI_GOES */
	uint16_t *clean;
	unsigned n_clean;            /* EFI_CLEANED */
	bool adds;                   /* there was a wish */
	uint16_t add;                /* number for the new entry: the lowest that is free afterwards */
	uint16_t also[EFI_ALSO_MAX]; /* for the entries that follow it (wish->next) */
	unsigned n_also;
	uint16_t *order;
	unsigned n_order; /* BootOrder to be set */
};

struct efi_policy;

/* Pure: which entries go, which number the new one gets, and the order that follows. Without a wish (NULL) nothing is added. */
int efi_plan_make(const struct efi_boot *boot, const struct efi_policy *policy, const struct efi_wish *wish,
		  struct efi_plan **ret, struct err *err) _must_check_;
void efi_plan_free(struct efi_plan *plan);
DEFINE_CLEANUP(struct efi_plan *, efi_plan_free);

/*
 * Applies and reads back; *ret_report as docs/certificate.md, "Firmware", has it under "efi". When the firmware does not let an entry go, *ret_refused is its
 * number, else -1. -ENOSPC: there is no room, not even without what goes.
 */
int efi_plan_apply(const struct efi_plan *plan, const struct efi_boot *boot, const struct efi_wish *wish,
		   json_t **ret_report, int *ret_refused, struct err *err) _must_check_;
/* Do the variables say now what the plan wanted? -EIO with the difference when not. */
int efi_plan_check(const struct efi_plan *plan, const struct efi_boot *boot, const struct efi_wish *wish,
		   struct err *err) _must_check_;
/* What is about to be changed: {removed, cleaned}, as in the report. */
json_t *efi_plan_changes(const struct efi_plan *plan, const struct efi_boot *boot) _must_check_;
/* What was done, of the entries before and now. */
json_t *efi_plan_report(const struct efi_plan *plan, const struct efi_boot *before,
			const struct efi_boot *now) _must_check_;

const struct efi_entry *efi_entry_find(const struct efi_boot *boot, uint16_t number);

#endif
