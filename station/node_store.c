/* SPDX-License-Identifier: Apache-2.0 */
/* Finding nodes in the store. */
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "station/nodes.h"

#define COLUMNS                                                                                   \
	"SELECT id, name, state, location_trusted, identity, seen, attest, ek_sha256, ek_basis, " \
	"tpm_first_use FROM nodes "

static int read_tpm(struct rows *rows, struct node *ret)
{
	snprintf(ret->ek_sha256, sizeof(ret->ek_sha256), "%s", rows_text(rows, 7) ?: "");
	snprintf(ret->ek_basis, sizeof(ret->ek_basis), "%s", rows_text(rows, 8) ?: "");
	ret->tpm_first_use = rows_int(rows, 9);
	return attest_policy_from_name(rows_text(rows, 6), &ret->attest);
}

static int read_node(struct rows *rows, struct node *ret, struct err *err)
{
	_cleanup_json_ json_t *identity = NULL;
	const char *text;
	int r;

	*ret = (struct node){
		.id = rows_int(rows, 0), .location_trusted = rows_int(rows, 3), .seen = rows_int(rows, 5)};
	snprintf(ret->name, sizeof(ret->name), "%s", rows_text(rows, 1));
	text = rows_text(rows, 4);
	r = node_state_from_name(rows_text(rows, 2), &ret->state);
	if (r == 0)
		r = read_tpm(rows, ret);
	if (r == 0)
		r = json_parse(text, strlen(text), &identity, err);
	if (r == 0)
		r = node_identity_from_json(identity, &ret->identity, err);
	if (r < 0)
		return err_set(err, EIO, "store: node %s cannot be read", ret->name);
	return 0;
}

int node_identity_text(const struct node_identity *identity, char **ret, struct err *err)
{
	_cleanup_json_ json_t *json = node_identity_to_json(identity);

	*ret = json ? json_canonical(json, NULL) : NULL;
	return *ret ? 0 : err_set(err, ENOMEM, "out of memory");
}

int node_by_name(struct store *store, const char *name, struct node *ret, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	int r = store_query(store, &rows, err, COLUMNS "WHERE name = ?1", "s", name);

	if (r == 0)
		r = rows_next(&rows, err);
	if (r < 0)
		return r;
	if (r == 0)
		return err_set(err, ENOENT, "there is no node %s", name_valid(name) ? name : "of this name");
	return read_node(&rows, ret, err);
}

int node_by_id(struct store *store, int64_t id, struct node *ret, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	int r = store_query(store, &rows, err, COLUMNS "WHERE id = ?1", "i", id);

	if (r == 0)
		r = rows_next(&rows, err);
	if (r < 0)
		return r;
	if (r == 0)
		return err_set(err, EIO, "store: node %lld is missing", (long long)id);
	return read_node(&rows, ret, err);
}

/* Looks at the nodes that share one key with what is seen; *found counts those that match in all. */
static int find_by_key(struct store *store, const char *kind, const char *value,
		       const struct node_identity *seen, struct node *ret, unsigned *found, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	struct node node;
	int r;

	if (!*value)
		return 0;
	r = store_query(store, &rows, err,
			COLUMNS "WHERE id IN (SELECT node FROM node_keys WHERE key = ?1 || ':' || ?2)", "ss",
			kind, value);
	if (r < 0)
		return r;
	while ((r = rows_next(&rows, err)) > 0) {
		r = read_node(&rows, &node, err);
		if (r < 0)
			return r;
		if (!node_identity_matches(&node.identity, seen, NULL) || (*found && node.id == ret->id))
			continue;
		++*found;
		*ret = node;
	}
	return r;
}

int node_find(struct store *store, const struct node_identity *seen, struct node *ret, struct err *err)
{
	struct node node = {0};
	unsigned found = 0;
	int r = find_by_key(store, "uuid", seen->uuid, seen, &node, &found, err);

	if (r == 0)
		r = find_by_key(store, "serial", seen->serial, seen, &node, &found, err);
	for (unsigned i = 0; r == 0 && i < seen->n_macs; i++)
		r = find_by_key(store, "mac", seen->macs[i], seen, &node, &found, err);
	if (r < 0)
		return r;
	if (found != 1)
		return 0;
	*ret = node;
	return 1;
}

int node_set_state(struct store *store, int64_t id, enum node_state state, struct err *err)
{
	int r = store_exec(store, err, "UPDATE nodes SET state = ?1 WHERE id = ?2", "si",
			   node_state_name(state), id);

	return r < 0 ? r : 0;
}

int node_open_order(struct store *store, int64_t id, int64_t *ret_seq, struct err *err)
{
	return store_int(
		store, err, 0, ret_seq,
		"SELECT seq FROM orders WHERE node = ?1 AND state IN ('pending', 'running', 'handed-over')",
		"i", id);
}
