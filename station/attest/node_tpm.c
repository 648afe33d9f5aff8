/* SPDX-License-Identifier: Apache-2.0 */
/* What a node's TPM is held against: the operators' side. docs/attestation.md */
#include <stdio.h>
#include <string.h>

#include "station/calls.h"
#include "station/nodes.h"

int node_ek_free(struct store *store, const char *ek_sha256, int64_t id, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	int r = store_query(store, &rows, err, "SELECT name FROM nodes WHERE ek_sha256 = ?1 AND id != ?2",
			    "si", ek_sha256, id);

	if (r == 0)
		r = rows_next(&rows, err);
	if (r <= 0)
		return r;
	return err_set(err, EEXIST, "this TPM is that of node %s", rows_text(&rows, 0));
}

/* null: it is forgotten. */
static int set_ek(struct store *store, const struct node *node, const json_t *value, struct err *err)
{
	const char *text = json_string_value(value);
	char sha256[SHA256_HEX_SIZE];
	uint8_t digest[SHA256_SIZE];
	int r;

	if (json_is_null(value)) {
		r = store_exec(store, err, "UPDATE nodes SET ek_sha256 = NULL, ek_basis = NULL WHERE id = ?1",
			       "i", node->id);
		return r < 0 ? r : 0;
	}
	if (!text || hex_decode(text, digest, sizeof(digest)) < 0)
		return err_set(err, EBADMSG, "node.ek_sha256: neither null nor 64 hexadecimal digits");
	hex_encode(digest, sizeof(digest), sha256);
	r = node_ek_free(store, sha256, node->id, err);
	if (r < 0)
		return r;
	r = store_exec(
		store, err,
		"UPDATE nodes SET ek_sha256 = ?1, ek_basis = 'enrolled', tpm_first_use = 0 WHERE id = ?2",
		"si", sha256, node->id);
	return r < 0 ? r : 0;
}

static int set_policy(struct store *store, const struct node *node, const json_t *value, struct err *err)
{
	enum attest_policy policy;
	int r;

	if (!json_is_string(value) || attest_policy_from_name(json_string_value(value), &policy) < 0)
		return err_set(err, EBADMSG, "node.attest must be \"require\", \"record\" or \"off\"");
	r = store_exec(store, err, "UPDATE nodes SET attest = ?1 WHERE id = ?2", "si",
		       attest_policy_name(policy), node->id);
	return r < 0 ? r : 0;
}

/* Whatever TPM it had before is forgotten: the next one takes its place. */
static int set_first_use(struct store *store, const struct node *node, const json_t *value, struct err *err)
{
	int r;

	if (!json_is_boolean(value))
		return err_set(err, EBADMSG, "node.first_use must be true or false");
	if (json_is_true(value))
		r = store_exec(
			store, err,
			"UPDATE nodes SET tpm_first_use = 1, ek_sha256 = NULL, ek_basis = NULL WHERE id = ?1",
			"i", node->id);
	else
		r = store_exec(store, err, "UPDATE nodes SET tpm_first_use = 0 WHERE id = ?1", "i", node->id);
	return r < 0 ? r : 0;
}

int node_tpm_set(struct store *store, const char *name, const json_t *json, struct err *err)
{
	const json_t *attest = json_object_get(json, "attest"), *ek = json_object_get(json, "ek_sha256"),
		     *first_use = json_object_get(json, "first_use");
	struct node node;
	int r = node_by_name(store, name, &node, err);

	if (r == 0 && json_is_true(first_use) && json_is_string(ek))
		r = err_set(err, EBADMSG, "node: one of ek_sha256 and first_use, not both");
	if (r == 0 && attest)
		r = set_policy(store, &node, attest, err);
	if (r == 0 && first_use)
		r = set_first_use(store, &node, first_use, err);
	if (r == 0 && ek)
		r = set_ek(store, &node, ek, err);
	return r;
}

int node_tpm_json(struct store *store, const struct node *node, json_t **ret, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	const char *last;
	int r = store_query(store, &rows, err, "SELECT attestation FROM nodes WHERE id = ?1", "i", node->id);

	if (r == 0)
		r = rows_next(&rows, err);
	if (r < 0)
		return r;
	last = r ? rows_text(&rows, 0) : NULL;
	*ret = json_pack("{s:s?, s:s?, s:b, s:o}", "ek_sha256", node->ek_sha256[0] ? node->ek_sha256 : NULL,
			 "ek_basis", node->ek_basis[0] ? node->ek_basis : NULL, "first_use",
			 (int)node->tpm_first_use, "last", last ? json_loads(last, 0, NULL) : json_null());
	return *ret ? 0 : err_set(err, ENOMEM, "out of memory");
}

static void name_object(struct request *req, const json_t *json)
{
	const char *ek = json_string_value(json_object_get(json, "ek_sha256"));
	const char *attest = json_string_value(json_object_get(json, "attest"));

	snprintf(req->object, sizeof(req->object), "%.63s:%s%.8s%s%.16s%s%s", req->param[0],
		 attest ? " attest " : "", attest ?: "", ek ? " endorsement key " : "", ek ?: "",
		 json_is_null(json_object_get(json, "ek_sha256")) ? " TPM forgotten" : "",
		 json_is_true(json_object_get(json, "first_use")) ? " first use" : "");
}

int call_node_tpm(struct request *req, struct err *err)
{
	static const char *const keys[] = {"attest", "ek_sha256", "first_use", NULL};
	_cleanup_json_ json_t *json = NULL;
	int r = request_json(req, "node", keys, &json, err);

	if (r < 0)
		return r;
	if (!json_object_size(json))
		return err_set(err, EINVAL, "node: one of attest, ek_sha256 and first_use is needed");
	name_object(req, json);
	r = node_tpm_set(req->station->store, req->param[0], json, err);
	return r < 0 ? r : node_reply(req, 200, req->param[0], err);
}
