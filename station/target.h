/* SPDX-License-Identifier: Apache-2.0 */
/* What a client asks for: the request target (RFC 9112 section 3.2.1) and a Range (RFC 9110 section 14.2). */
#ifndef STATION_TARGET_H
#define STATION_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

#define TARGET_MAX      4096 /* bytes of path and query */
#define TARGET_ARGS_MAX 16

struct target {
	char *path; /* letters, digits and "/._~-" alone, as sent; "" when it has anything else */
	struct {
		char *name, *value; /* decoded, printable ASCII */
	} args[TARGET_ARGS_MAX];
	unsigned n_args;
	bool asked;   /* there was a query, "?..." */
	bool damaged; /* an argument was left out: not decodable, not printable, twice, or one too many */
	char *buffer; /* owns the texts */
};

/* Never fails: what cannot be read is an empty path, which no route has. */
void target_parse(const char *raw, struct target *ret);
void target_clear(struct target *target);
/* The value of an argument, or NULL. */
const char *target_arg(const struct target *target, const char *name);

enum range {
	RANGE_WHOLE,         /* no range, or one that we may ignore: 200 */
	RANGE_PART,          /* 206 */
	RANGE_UNSATISFIABLE, /* 416 */
};

/* header may be NULL. One range of bytes is honoured; several are ignored. On RANGE_PART *ret_len is at least 1 and
 * *ret_first + *ret_len at most size. */
enum range range_parse(const char *header, uint64_t size, uint64_t *ret_first, uint64_t *ret_len);

#endif
