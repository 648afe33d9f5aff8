/* SPDX-License-Identifier: Apache-2.0 */
/* Members of a collection (DSP0266, section 7.4 and 8.4), however many pages it has. */
#ifndef REDFISH_COLLECTION_H
#define REDFISH_COLLECTION_H

#include "redfish/bmc.h"

#define RF_MEMBERS_MAX 2048
#define RF_PAGES_MAX   128

struct rf_members {
	char **paths; /* each once, in the BMC's order */
	unsigned n;
};
void rf_members_clear(struct rf_members *members);

/*
 * Pages are followed until there is no other, or one that was there already, or one that brings nothing new: some servers repeat a
 * nextLink for ever. More than the bounds above are -EFBIG. "Members": null is an empty collection. *ret is to be cleared in each case.
 */
int rf_members(struct rf_bmc *bmc, const char *path, struct rf_members *ret, struct err *err) _must_check_;

/* The members of the collection that a resource refers to at a path of it (value.h); none when it does not. */
int rf_members_at(struct rf_bmc *bmc, const json_t *json, const char *what, const char *at,
		  struct rf_members *ret, struct err *err) _must_check_;

/* References in an array of the resource itself, such as Links/ManagedBy. */
int rf_links(struct rf_bmc *bmc, const json_t *json, const char *what, const char *at, struct rf_members *ret,
	     struct err *err) _must_check_;

#endif
