/* SPDX-License-Identifier: Apache-2.0 */
/* What an order demands of the erasure: which drives, to which level, by which methods not. docs/protocol.md, "Order". */
#ifndef PROTOCOL_ORDER_WIPE_H
#define PROTOCOL_ORDER_WIPE_H

#include <jansson.h>
#include <stdbool.h>

#include "core/err.h"

#define ORDER_DISKS_MAX  256
#define ORDER_FORBID_MAX 32
#define ORDER_METHOD_MAX 63 /* characters of a method's name */
#define ORDER_SECRET_MAX 64 /* characters of a PSID or password: printable ASCII */

/* What a drive asks for before it forgets its keys. */
struct order_secret {
	char *drive;      /* serial number, WWN or stable name */
	char *psid, *sid; /* secret memory; NULL: not given; one of them is */
};

struct order_wipe {
	char **disks; /* n_disks serial numbers, WWNs or stable names; 0: every drive that is not left alone in any case */
	unsigned n_disks;
	bool clear_allowed; /* "level": "clear"; else only methods that purge */
	char **forbid;      /* n_forbid names of methods; whether there are such methods the agent knows */
	unsigned n_forbid;
	bool sampled; /* "verify": "sampled": read back by samples; else in full */
	bool single_namespace; /* "namespaces": "single": NVMe drives get one namespace of their whole capacity; else theirs are kept */
	struct order_secret *secrets;
	unsigned n_secrets;
};

/* What was read is owned by *wipe, on failure too: order_wipe_clear(). */
int order_wipe_read(const json_t *json, struct order_wipe *wipe, struct err *err) _must_check_;
json_t *order_wipe_to_json(const struct order_wipe *wipe) _must_check_;
/* Wipes the secrets from memory. */
void order_wipe_clear(struct order_wipe *wipe);

/* A list of strings of 1 to `max_len` characters, none twice, into freshly allocated *ret. *ret_n counts those that stand there, on failure too. */
int order_read_list(const json_t *list, const char *what, unsigned max, size_t max_len, char ***ret,
		    unsigned *ret_n, struct err *err) _must_check_;
json_t *order_list_to_json(char *const *names, unsigned n) _must_check_;

#endif
