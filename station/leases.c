/* SPDX-License-Identifier: Apache-2.0 */
#include "station/leases.h"

#include "core/time.h"
#include "station/store.h"

/* Bounds, because anybody can ask for a script. Revoked leases are remembered so that an agent that was overtaken
 * hears 409 and not 401. */
#define HINTS_OF_NODE    8
#define HINTS_OF_UNKNOWN 256
#define LEASES_KEPT      32 /* of a node or machine */

int hint_add(struct store *store, int64_t node, char token[TOKEN_SIZE], struct err *err)
{
	char hash[SHA256_HEX_SIZE];
	int r;

	token_make(token, hash);
	r = store_exec(store, err, "INSERT INTO hints (token, node, created) VALUES (?1, nullif(?2, 0), ?3)",
		       "sii", hash, node, (int64_t)time(NULL));
	if (r >= 0)
		r = store_exec(
			store, err,
			"DELETE FROM hints WHERE node IS nullif(?1, 0) AND id NOT IN (SELECT id FROM hints"
			" WHERE node IS nullif(?1, 0) ORDER BY id DESC LIMIT ?2)",
			"ii", node, (int64_t)(node ? HINTS_OF_NODE : HINTS_OF_UNKNOWN));
	return r < 0 ? r : 0;
}

/* The events of a machine that has no order are of no use once its leases are gone. */
static int forget_old(struct store *store, int64_t node, int64_t seen, struct err *err)
{
	int r = store_exec(
		store, err,
		"DELETE FROM leases WHERE node IS nullif(?1, 0) AND seen IS nullif(?2, 0)"
		" AND id NOT IN (SELECT id FROM leases WHERE node IS nullif(?1, 0) AND seen IS nullif(?2, 0)"
		" ORDER BY id DESC LIMIT ?3)",
		"iii", node, seen, (int64_t)LEASES_KEPT);

	if (r > 0)
		r = store_exec(
			store, err,
			"DELETE FROM events WHERE order_seq IS NULL AND lease NOT IN (SELECT id FROM leases)",
			"");
	return r < 0 ? r : 0;
}

int lease_add(struct store *store, int64_t node, int64_t seen, int64_t order, char token[TOKEN_SIZE],
	      int64_t *ret_id, struct err *err)
{
	char hash[SHA256_HEX_SIZE];
	int r = store_exec(store, err,
			   "UPDATE leases SET revoked = 1"
			   " WHERE node IS nullif(?1, 0) AND seen IS nullif(?2, 0) AND revoked = 0",
			   "ii", node, seen);

	token_make(token, hash);
	if (r >= 0)
		r = store_exec(store, err,
			       "INSERT INTO leases (token, node, seen, order_seq, created)"
			       " VALUES (?1, nullif(?2, 0), nullif(?3, 0), nullif(?4, 0), ?5)",
			       "siiii", hash, node, seen, order, (int64_t)time(NULL));
	if (r >= 0)
		r = store_int(store, err, 0, ret_id, "SELECT id FROM leases WHERE token = ?1", "s", hash);
	return r < 0 ? r : forget_old(store, node, seen, err);
}
