/* SPDX-License-Identifier: Apache-2.0 */
/* iPXE scripts from the templates in ipxe-scripts/. Its README says what is escaped, and why that suffices. */
#ifndef STATION_SCRIPT_H
#define STATION_SCRIPT_H

#include "core/err.h"

/* The templates, compiled in. */
extern const char script_first[]; /* asks again with what iPXE knows of the machine */
extern const char script_agent[];
extern const char script_agent_efi[]; /* the same by the boot image's one EFI file */
extern const char script_local[];     /* the local disk */

struct script_value {
	const char *name;   /* of the placeholder @NAME@ */
	const char *text;   /* any bytes; NULL: nothing at all, the prefix neither */
	const char *prefix; /* ours, put before each word unescaped; NULL: text is one value, not words */
};

/*
 * *ret is malloc'd. Each placeholder becomes its value, escaped so that it can neither end its word or line nor be
 * expanded; with a prefix, each of the value's words becomes " " prefix word. A placeholder without a value
 * is -EINVAL. values ends with a NULL name.
 */
int script_make(const char *template, const struct script_value *values, char **ret,
		struct err *err) _must_check_;

#endif
