/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal: what the station knows to have begun or ended on a drive of an order, acknowledged before
 * each destructive command. docs/protocol.md, "Journal".
 */
#ifndef PROTOCOL_JOURNAL_H
#define PROTOCOL_JOURNAL_H

#include <jansson.h>

#include "core/err.h"

/*
 * An entry of this step says that the agent is about to have the machine start anew; its method names the row that needs it. Where its drive begins
 * with JOURNAL_POWER_CYCLE that is to be the station's work.
 */
#define JOURNAL_RESET       "reset"
#define JOURNAL_POWER_CYCLE "machine:power-cycle-"

enum journal_state {
	JOURNAL_BEGUN,  /* its markers, or its first bytes, come next */
	JOURNAL_MARKED, /* a wipe's: the markers are on the medium, and its method comes next */
	JOURNAL_PROVEN,
	JOURNAL_FAILED,
};

struct journal_entry {
	char drive[160]; /* stable name of the drive: block_name() */
	char step[32];   /* "wipe", "write" */
	char method[80]; /* "nvme-format-ses1", "overwrite", ...; "sha256:<of the manifest>" */
	char marker_key
		[65]; /* 32 bytes in hexadecimal: the key of the markers written before; "" when none */
	enum journal_state state;
	json_t *proof; /* JOURNAL_PROVEN: the drive's part of the evidence, verbatim; else NULL. Owned */
};

int journal_entry_from_json(const json_t *json, struct journal_entry *ret, struct err *err) _must_check_;
json_t *journal_entry_to_json(const struct journal_entry *entry) _must_check_;
void journal_entry_clear(struct journal_entry *entry);

#endif
