/* SPDX-License-Identifier: Apache-2.0 */
/* The audit trail: who asked for what, and what came of it. It only grows. */
#ifndef STATION_AUDIT_H
#define STATION_AUDIT_H

#include <stdbool.h>

#include "core/err.h"

struct store;

/* Within a transaction. */
int audit_add(struct store *store, const char *account, const char *action, const char *object,
	      const char *result, struct err *err) _must_check_;

/* May a refused stranger be written down? At most a few a minute, so that nobody can fill the disk; *ret_more is
 * how many were left out since the last one that was. */
bool audit_stranger(unsigned long *ret_more);

#endif
