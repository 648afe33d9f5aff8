/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the answer to a check-in: each field by type and bound. */
#include "agent/checkin.h"

#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "core/secret.h"
#include "core/time.h"

#define WHAT      "check-in answer"
#define TOKEN_MAX 128

void checkin_free(struct checkin *checkin)
{
	if (!checkin)
		return;
	for (unsigned i = 0; i < checkin->n_journal; i++)
		journal_entry_clear(&checkin->journal[i]);
	free(checkin->journal);
	order_free(checkin->order);
	secret_free(checkin->token);
	free(checkin);
}

static int read_freshness(const json_t *answer, const char *nonce, struct checkin *c, struct err *err)
{
	const char *said = NULL, *text = NULL;
	uint64_t version = 0;
	int r = json_get_u64(answer, WHAT, "protocol", 0, UINT32_MAX, &version, err);
	if (!r && version != PROTOCOL_VERSION)
		r = err_set(err, EBADMSG, WHAT ": protocol %llu, and this agent speaks %d",
			    (unsigned long long)version, PROTOCOL_VERSION);
	if (!r)
		r = json_get_str(answer, WHAT, "nonce", CHECKIN_NONCE_SIZE - 1, &said, err);
	if (!r && strcmp(said, nonce) != 0)
		r = err_set(err, EBADMSG, WHAT ": the nonce is not the one that was sent: an old answer");
	if (!r)
		r = json_get_str(answer, WHAT, "time", TIME_TEXT_SIZE - 1, &text, err);
	if (!r && time_parse(text, &c->time))
		r = err_set(err, EBADMSG, WHAT ": time is not of the form 2026-11-22T21:00:00Z");
	return r;
}

static int read_lease(const json_t *answer, struct checkin *c, struct err *err)
{
	json_t *lease = NULL, *node = json_object_get(answer, "node");
	const char *token = NULL, *name = NULL;
	int r = json_get_object(answer, WHAT, "lease", &lease, err);
	if (!r)
		r = json_get_u64(lease, WHAT ": lease", "id", 0, INT64_MAX, &c->lease_id, err);
	if (!r)
		r = json_get_str(lease, WHAT ": lease", "token", TOKEN_MAX, &token, err);
	if (r)
		return r;
	c->token = secret_dup(token);
	if (!node || json_is_null(node))
		return 0;
	if (!json_is_object(node))
		return err_set(err, EBADMSG, WHAT ": node is not an object");
	r = json_get_str(node, WHAT ": node", "name", sizeof(c->node) - 1, &name, err);
	if (!r)
		strcpy(c->node, name);
	return r;
}

static int read_journal(const json_t *answer, struct checkin *c, struct err *err)
{
	json_t *list = NULL;
	int r = json_get_array(answer, WHAT, "journal", CHECKIN_JOURNAL_MAX, &list, err);
	if (r)
		return r;
	c->journal = xcalloc(json_array_size(list) + 1, sizeof(*c->journal));
	for (size_t i = 0; i < json_array_size(list); i++) {
		r = journal_entry_from_json(json_array_get(list, i), &c->journal[i], err);
		if (r)
			return err_prepend(err, WHAT ": journal entry %zu", i);
		c->n_journal++;
	}
	return 0;
}

static int read_quote(const json_t *answer, struct checkin *c, struct err *err)
{
	static const char *const keys[] = {"nonce", "required", NULL};
	const json_t *quote = json_object_get(answer, "quote");
	const char *nonce = NULL;
	int r;

	if (!quote || json_is_null(quote))
		return 0;
	if (!json_is_object(quote))
		return err_set(err, EBADMSG, WHAT ": quote is not an object");
	r = json_only_keys(quote, WHAT ": quote", keys, err);
	if (!r)
		r = json_get_str(quote, WHAT ": quote", "nonce", 2 * SHA256_SIZE, &nonce, err);
	if (!r)
		r = json_get_bool(quote, WHAT ": quote", "required", &c->quote_required, err);
	if (!r && hex_decode(nonce, c->quote_nonce, SHA256_SIZE) < 0)
		r = err_set(err, EBADMSG, WHAT ": quote.nonce is not 64 hexadecimal digits");
	c->has_quote = !r;
	return r;
}

static int read_order(const json_t *answer, struct checkin *c, struct err *err)
{
	const json_t *order = json_object_get(answer, "order");
	const char *why = "the station gave no reason";
	if (!order || json_is_null(order)) {
		int r = json_opt_str(answer, WHAT, "why_no_order", sizeof(c->why_no_order) - 1, &why, err);
		if (!r)
			strcpy(c->why_no_order, why);
		return r;
	}
	int r = order_from_json(order, &c->order, err);
	if (r)
		return err_prepend(err, WHAT);
	if (c->order->alone)
		return err_set(err, EBADMSG, WHAT ": the order is one for a boot medium");
	if (strcmp(c->order->node, c->node) != 0)
		return err_set(err, EBADMSG, WHAT ": the order is for node %s, and this is %s",
			       c->order->node,
			       c->node[0] ? c->node : "a machine that the station does not know");
	return 0;
}

int checkin_parse(const json_t *answer, const char *nonce, struct checkin **ret, struct err *err)
{
	static const char *const keys[] = {"protocol", "nonce",       "time",    "lease",
					   "node",     "order",       "journal", "why_no_order",
					   "quote",    "power_cycle", NULL};
	_cleanup_(checkin_freep) struct checkin *c = xcalloc(1, sizeof(*c));

	if (!json_is_object(answer))
		return err_set(err, EBADMSG, WHAT ": not an object");
	int r = json_only_keys(answer, WHAT, keys, err);
	if (!r)
		r = read_freshness(answer, nonce, c, err);
	if (!r)
		r = read_lease(answer, c, err);
	if (!r)
		r = read_order(answer, c, err);
	if (!r)
		r = read_quote(answer, c, err);
	if (!r)
		r = json_opt_bool(answer, WHAT, "power_cycle", &c->power_cycle, err);
	if (!r)
		r = read_journal(answer, c, err);
	if (!r)
		*ret = TAKE_PTR(c);
	return r;
}
