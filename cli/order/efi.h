/* SPDX-License-Identifier: Apache-2.0 */
/* What one may say of the firmware on the command line, the same for every order. */
#ifndef CLI_ORDER_EFI_H
#define CLI_ORDER_EFI_H

#include <jansson.h>

#include "cli/args.h"

struct order_efi_args {
	const char *foreign; /* NULL: not given */
	struct arg_list remove, keep_uris;
	bool keep_memory, verify_after_reset;
};

/* Rows of a command's table of options. */
#define ORDER_EFI_ARGS(e)                                                                            \
	{"efi-foreign", ARG_TEXT, &(e)->foreign, "HOW",                                              \
	 "report (default) or remove UEFI variables that are known to be a former system's"},        \
		{"efi-remove", ARG_MANY, &(e)->remove, "NAME-GUID",                                  \
		 "a UEFI variable that goes in any case; may be repeated"},                          \
		{"efi-keep-uri", ARG_MANY, &(e)->keep_uris, "URI",                                   \
		 "a network boot entry with this URI stays, as those with the station's do; may be " \
		 "repeated"},                                                                        \
		{"keep-memory", ARG_FLAG, &(e)->keep_memory, "",                                     \
		 "do not ask the firmware to clear the memory at the handover"},                     \
	{                                                                                            \
		"verify-after-reset", ARG_FLAG, &(e)->verify_after_reset, "",                        \
			"start the machine once more to see that the firmware keeps its variables"   \
	}

/* Adds what was given as order.efi; nothing where nothing was. What it means the order's reader checks. */
int order_efi_args_add(const struct order_efi_args *args, json_t *order, struct err *err) _must_check_;

#endif
