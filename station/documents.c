/* SPDX-License-Identifier: Apache-2.0 */
#include "station/documents.h"

#include <stdio.h>
#include <string.h>

#include "core/hash.h"
#include "core/io.h"
#include "core/time.h"
#include "protocol/node.h"

#define NONE "there is no %s %.63s"

int document_for_order(const struct document_kind *kind, struct store *store, int64_t order, const char *name,
		       struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	char sha256[SHA256_HEX_SIZE];
	int r = store_query(store, &rows, err, kind->sql_find, "s", name);

	if (r == 0)
		r = rows_next(&rows, err);
	if (r < 0)
		return r;
	if (r == 0)
		return err_set(err, ENOENT, NONE ": remint %s list", kind->noun, name, kind->noun);
	snprintf(sha256, sizeof(sha256), "%s", rows_text(&rows, 0));
	r = store_exec(store, err, kind->sql_to_order, "si", sha256, order);
	return r < 0 ? r : 0;
}

int document_named(const struct document_kind *kind, struct store *store, int64_t order, json_t **ret,
		   struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	int r = store_query(store, &rows, err, kind->sql_of_order, "i", order);

	if (r == 0)
		r = rows_next(&rows, err);
	if (r < 0)
		return r;
	*ret = r ? json_pack("{s:s, s:s}", "name", rows_text(&rows, 0), "sha256", rows_text(&rows, 1))
		 : json_null();
	return 0;
}

int document_of_order(const struct document_kind *kind, struct store *store, int64_t order, json_t **ret,
		      struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	const char *text;
	int r = store_query(store, &rows, err, kind->sql_of_order, "i", order);

	if (r == 0)
		r = rows_next(&rows, err);
	if (r < 0)
		return r;
	*ret = NULL;
	if (r == 0)
		return 0;
	text = rows_text(&rows, 2);
	if (json_parse(text, strlen(text), ret, err) < 0)
		return err_set(err, EIO, "store: the %s of order %lld cannot be read", kind->noun,
			       (long long)order);
	return 0;
}

int document_list(const struct document_kind *kind, struct request *req, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	_cleanup_json_ json_t *list = json_array();
	int r = store_query(req->station->store, &rows, err, kind->sql_list, "");

	if (r < 0)
		return r;
	while ((r = rows_next(&rows, err)) > 0) {
		char when[TIME_TEXT_SIZE];

		time_format(rows_int(&rows, 2), when);
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "name", rows_text(&rows, 0),
						      "sha256", rows_text(&rows, 1), "changed", when,
						      "changed_by", rows_text(&rows, 3)));
	}
	if (r < 0)
		return r;
	return reply_json(req, 200, json_pack("{s:O}", kind->plural, list), err);
}

int document_show(const struct document_kind *kind, struct request *req, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	const char *text;
	int r = store_query(req->station->store, &rows, err, kind->sql_show, "s", req->param[0]);

	if (r == 0)
		r = rows_next(&rows, err);
	if (r < 0)
		return r;
	if (r == 0)
		return err_set(err, ENOENT, NONE, kind->noun, req->param[0]);
	text = rows_text(&rows, 0);
	/* The bytes of which the digest is. */
	return reply_bytes(req, 200, "application/json", text, strlen(text), err);
}

/* Documents to which nothing refers any more. */
static int forget_unused(const struct document_kind *kind, struct store *store, struct err *err)
{
	int r = store_exec(store, err, kind->sql_forget, "");

	return r < 0 ? r : 0;
}

static int store_document(const struct document_kind *kind, struct request *req, const char *name,
			  const char *sha256, const char *text, struct err *err)
{
	struct store *store = req->station->store;
	int r = store_exec(store, err, kind->sql_add_text, "sss", sha256, name, text);

	if (r >= 0)
		r = store_exec(store, err, kind->sql_add, "ssis", name, sha256, (int64_t)time(NULL),
			       req->caller.name);
	return r < 0 ? r : forget_unused(kind, store, err);
}

/* It goes by the name that it has in itself, so that whoever holds it knows which one it is. */
static int check_name(const struct document_kind *kind, const json_t *document, const char *name,
		      struct err *err)
{
	const char *own = json_string_value(json_object_get(document, "name"));

	if (!own || strcmp(own, name) != 0)
		return err_set(err, EBADMSG, "%s.name is %.64s, not %.63s", kind->noun, own ?: "not there",
			       name);
	if (!name_valid(name))
		return err_set(err, EBADMSG,
			       "%s.name: \"%.63s\" is no name: a-z, 0-9, - and . , and at most 63 of them",
			       kind->noun, name);
	return 0;
}

int document_put(const struct document_kind *kind, struct request *req, struct err *err)
{
	_cleanup_json_ json_t *document = NULL;
	_cleanup_free_ char *text = NULL;
	const char *name = req->param[0];
	char sha256[SHA256_HEX_SIZE];
	size_t len = 0;
	int r = request_json(req, kind->noun, NULL, &document, err);

	if (r == 0)
		r = kind->check(document, err);
	if (r == 0)
		r = check_name(kind, document, name, err);
	if (r < 0)
		return r;
	text = json_canonical(document, &len);
	sha256_hex(text, len, sha256);
	snprintf(req->object, sizeof(req->object), "%s: SHA-256 %s", name, sha256);
	r = store_document(kind, req, name, sha256, text, err);
	if (r < 0)
		return r;
	return reply_json(req, 200, json_pack("{s:s, s:s}", "name", name, "sha256", sha256), err);
}

int document_delete(const struct document_kind *kind, struct request *req, struct err *err)
{
	struct store *store = req->station->store;
	int r = store_exec(store, err, kind->sql_delete, "s", req->param[0]);

	if (r == 0)
		return err_set(err, ENOENT, NONE, kind->noun, req->param[0]);
	if (r > 0)
		r = forget_unused(kind, store, err);
	return r < 0 ? r : reply_empty(req, 204, err);
}
