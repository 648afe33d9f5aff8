/* SPDX-License-Identifier: Apache-2.0 */
/* What one may say on the command line of an order that the station makes, the same for one node and for many. */
#ifndef CLI_ORDER_ARGS_H
#define CLI_ORDER_ARGS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/args.h"
#include "cli/order/efi.h"
#include "cli/order/gpu.h"
#include "cli/order/wipe.h"

/* NULL and 0: not given. */
struct order_args {
	const char *image, *redundancy, *on_loss, *boot, *verify, *memory, *user_data, *network_config, *tpm;
	const char *secure_boot, *secure_boot_handover, *handover, *baseline, *class, *gpu, *nic;
	const char *network; /* of one machine: no row of ORDER_ARGS */
	struct order_wipe_args wipe;
	struct order_efi_args efi;
	struct arg_list root_disks, wipe_disks, mirrors, overlays;
	uint64_t min_serial, begin_within;
	bool erase_only, no_bmc;
};

/* Rows of a command's table of options. */
#define ORDER_ARGS(a)                                                                                        \
	{"image", ARG_TEXT, &(a)->image, "NAME", "a packed image that the station has"},                     \
		{"erase-only", ARG_FLAG, &(a)->erase_only, "",                                               \
		 "instead of --image: erase, certify, and switch the node off"},                             \
		{"root-disk", ARG_MANY, &(a)->root_disks, "DISK",                                            \
		 "serial or WWN of a disk to write; may be repeated (default: the smallest that fits, NVMe " \
		 "first; "                                                                                   \
		 "of two, equal ones)"},                                                                     \
		{"redundancy", ARG_TEXT, &(a)->redundancy, "KIND",                                           \
		 "single (default), copies (the same on several disks) or mirror (RAID 1 of two)"},          \
		{"on-loss", ARG_TEXT, &(a)->on_loss, "POLICY",                                               \
		 "hold (default) or continue without a root disk that fails while another is whole"},        \
		{"wipe-disk", ARG_MANY, &(a)->wipe_disks, "DISK",                                            \
		 "serial or WWN; may be repeated (default: every non-removable disk)"},                      \
		ORDER_WIPE_ARGS(&(a)->wipe),                                                                 \
		{"mirror", ARG_MANY, &(a)->mirrors, "URL",                                                   \
		 "folder, ending in /, with the same payload; may be repeated"},                             \
		{"verify", ARG_TEXT, &(a)->verify, "HOW",                                                    \
		 "how the image is read back: full (default), sampled or none"},                             \
		{"memory", ARG_TEXT, &(a)->memory, "SIZE",                                                   \
		 "most that writing may take, at least 48M (default: by the node's memory)"},                \
		{"boot", ARG_TEXT, &(a)->boot, "ORDER", "disk-first (default) or network-first"},            \
		ORDER_EFI_ARGS(&(a)->efi),                                                                   \
		{"secure-boot", ARG_TEXT, &(a)->secure_boot, "KEYS",                                         \
		 "keep (default), or enrol the site's Secure Boot keys before anything is erased"},          \
		{"secure-boot-handover", ARG_TEXT, &(a)->secure_boot_handover, "KEYS",                       \
		 "which keys stand at the handover: as-is (default), site (default with enrol), factory or " \
		 "setup (no platform key)"},                                                                 \
		{"tpm", ARG_TEXT, &(a)->tpm, "HOW",                                                          \
		 "clear (default) what a former tenant left in the TPM, or keep it"},                        \
		{"handover", ARG_TEXT, &(a)->handover, "HOW",                                                \
		 "reset (default), or kexec: start the tenant's kernel, which the image names, without the " \
		 "firmware; needs --keep-memory"},                                                           \
		{"no-bmc", ARG_FLAG, &(a)->no_bmc, "",                                                       \
		 "leave the node's BMC alone (default: the station starts the machine through it)"},         \
		{"baseline", ARG_TEXT, &(a)->baseline, "NAME",                                               \
		 "compare what the node's BMC tells with this baseline of the station, before the machine "  \
		 "is started"},                                                                              \
		{"class", ARG_TEXT, &(a)->class, "NAME",                                                     \
		 "hold the machine that differs from this class of the station, before anything is erased "  \
		 "and before the handover"},                                                                 \
		ORDER_GPU_ARG(&(a)->gpu),                                                                    \
		{"overlay", ARG_MANY, &(a)->overlays, "NAME",                                                \
		 "an image of kind overlay that the station has: drivers and tools that the agent loads "    \
		 "first; may be repeated"},                                                                  \
		{"nic", ARG_TEXT, &(a)->nic, "FILE",                                                         \
		 "what network cards are to be set to for good: a JSON array, docs/nic.md"},                 \
		{"begin-within", ARG_NUMBER, &(a)->begin_within, "SECONDS",                                  \
		 "hold the order when the machine has not begun it by then (default: it waits)"},            \
		{"min-serial", ARG_NUMBER, &(a)->min_serial, "N", "refuse an image with a lower serial"},    \
		{"user-data", ARG_TEXT, &(a)->user_data, "FILE",                                             \
		 "cloud-init user-data for the tenant's system"},                                            \
	{                                                                                                    \
		"network-config", ARG_TEXT, &(a)->network_config, "FILE",                                    \
			"cloud-init network-config, version 2"                                               \
	}

/* The body of POST /v1/orders without its node; a new reference. */
int order_args_body(const struct order_args *args, json_t **ret, struct err *err) _must_check_;

#endif
