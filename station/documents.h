/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents that operators keep at the station by name, and that orders name: baselines, machine classes. One is stored once by the digest of its
 * canonical form, and is there as long as a name or an order refers to it: what was compared can always be looked up. All within a transaction.
 */
#ifndef STATION_DOCUMENTS_H
#define STATION_DOCUMENTS_H

#include <stdint.h>

#include "core/json.h"
#include "station/request.h"
#include "station/store.h"

/* The statements stand here whole, because the store keeps what it has prepared by the address of the text. */
struct document_kind {
	const char *noun;   /* "baseline" */
	const char *plural; /* the key of the list */
	int (*check)(json_t *document,
		     struct err *err); /* -EBADMSG names the place. One that passes has a "name" */
	const char *sql_find, *sql_list, *sql_show, *sql_of_order, *sql_to_order, *sql_add_text, *sql_add,
		*sql_delete, *sql_forget;
};

/* noun_: also the column of orders that has the digest. plural_: also the table of names. texts_: the table of documents. */
#define DOCUMENT_KIND(noun_, plural_, texts_, check_)                                                      \
	{                                                                                                  \
		.noun = noun_, .plural = plural_, .check = check_,                                         \
		.sql_find = "SELECT sha256 FROM " plural_ " WHERE name = ?1",                              \
		.sql_list = "SELECT name, sha256, changed, changed_by FROM " plural_ " ORDER BY name",     \
		.sql_show = "SELECT t.text FROM " plural_ " n JOIN " texts_                                \
			    " t ON t.sha256 = n.sha256 WHERE n.name = ?1",                                 \
		.sql_of_order = "SELECT t.name, t.sha256, t.text FROM orders o JOIN " texts_               \
				" t ON t.sha256 = o." noun_ " WHERE o.seq = ?1",                           \
		.sql_to_order = "UPDATE orders SET " noun_ " = ?1 WHERE seq = ?2",                         \
		.sql_add_text = "INSERT INTO " texts_ " (sha256, name, text) VALUES (?1, ?2, ?3)"          \
				" ON CONFLICT (sha256) DO NOTHING",                                        \
		.sql_add = "INSERT INTO " plural_                                                          \
			   " (name, sha256, changed, changed_by) VALUES (?1, ?2, ?3, ?4)"                  \
			   " ON CONFLICT (name) DO UPDATE SET sha256 = ?2, changed = ?3, changed_by = ?4", \
		.sql_delete = "DELETE FROM " plural_ " WHERE name = ?1",                                   \
		.sql_forget =                                                                              \
			"DELETE FROM " texts_ " WHERE sha256 NOT IN (SELECT sha256 FROM " plural_ ")"      \
			" AND sha256 NOT IN (SELECT " noun_ " FROM orders WHERE " noun_ " IS NOT NULL)",   \
	}

/* Gives a new order the document that goes by the name now. -ENOENT: there is none. */
int document_for_order(const struct document_kind *kind, struct store *store, int64_t order, const char *name,
		       struct err *err) _must_check_;
/* {"name", "sha256"} of the order's, or JSON null. A new reference. */
int document_named(const struct document_kind *kind, struct store *store, int64_t order, json_t **ret,
		   struct err *err) _must_check_;
/* The order's, a new reference, or NULL where it has none. It stays as it was when the order was made. */
int document_of_order(const struct document_kind *kind, struct store *store, int64_t order, json_t **ret,
		      struct err *err) _must_check_;

/* The calls: of all, and of the one that the path names. */
int document_list(const struct document_kind *kind, struct request *req, struct err *err) _must_check_;
int document_show(const struct document_kind *kind, struct request *req, struct err *err) _must_check_;
int document_put(const struct document_kind *kind, struct request *req, struct err *err) _must_check_;
int document_delete(const struct document_kind *kind, struct request *req, struct err *err) _must_check_;

#endif
