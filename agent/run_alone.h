/* SPDX-License-Identifier: Apache-2.0 */
/* The runner's station where there is none: journal, events, record and log are files on the boot medium. */
#ifndef AGENT_RUN_ALONE_H
#define AGENT_RUN_ALONE_H

#include <pthread.h>

#include "agent/alone_seal.h"
#include "agent/run.h"

struct run_alone {
	const char *folder; /* where the medium is mounted */
	const struct alone_order *order;
	struct alone_use *use; /* marked as ended, on the medium too, when the order is */
	const char *key_folder, *site_folder;
	pthread_mutex_t lock; /* the medium has one writer at a time */
	uint64_t shown_at;    /* monotonic_ns() of the progress that was last shown */
	bool events_lost;     /* it was said once */
};

extern const struct run_station run_station_alone; /* data is a struct run_alone */

/*
 * What an earlier boot has journalled of this use; *ret is malloc'd, each entry to be cleared. Proofs are left out: what else the machine
 * has started since nobody knows, so a drive that was erased then is erased again. A last line that the power cut has torn is taken out.
 */
int run_alone_journal(const struct run_alone *alone, struct journal_entry **ret, unsigned *ret_n,
		      struct err *err) _must_check_;

#endif
