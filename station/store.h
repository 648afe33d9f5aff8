/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store: one SQLite file, one connection, one transaction at a time. A commit is on the disk (WAL,
 * synchronous=FULL) when it returns. Errors are -EIO, which a caller's client sees as a 500.
 */
#ifndef STATION_STORE_H
#define STATION_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct sqlite3_stmt;
struct store;

/* Opens or makes the file and brings its schema to this version; a newer schema is -EPROTO. */
int store_open(const char *path, struct store **ret, struct err *err) _must_check_;
void store_close(struct store *store);
DEFINE_CLEANUP(struct store *, store_close);

/* Between begin and commit or rollback the calling thread alone owns the store. */
int store_begin(struct store *store, struct err *err) _must_check_;
int store_commit(struct store *store, struct err *err) _must_check_;
void store_rollback(struct store *store);

/*
 * Runs one statement; returns the number of rows that it changed. `types` says what follows, for ?1, ?2 ...:
 * s const char * (NULL is null), i int64_t, b const void * and size_t. -EEXIST: a uniqueness constraint.
 */
int store_exec(struct store *store, struct err *err, const char *sql, const char *types, ...) _must_check_;

struct rows {
	struct sqlite3_stmt *stmt;
	bool cached; /* the store keeps the statement */
};

/* The same for a statement that answers rows: for (;(r = rows_next(&rows, err)) > 0;) ... */
int store_query(struct store *store, struct rows *ret, struct err *err, const char *sql, const char *types,
		...) _must_check_;
int rows_next(struct rows *rows, struct err *err) _must_check_; /* 1: a row, 0: no more */
void rows_end(struct rows *rows);
#define _cleanup_rows_ _cleanup_(rows_end)

/* Of the current row, borrowed until the next call. Null is NULL and 0. */
const char *rows_text(const struct rows *rows, int column);
int64_t rows_int(const struct rows *rows, int column);
const void *rows_blob(const struct rows *rows, int column, size_t *ret_len);

/* The single integer that the statement answers; `otherwise` when it answers no row. */
int store_int(struct store *store, struct err *err, int64_t otherwise, int64_t *ret, const char *sql,
	      const char *types, ...) _must_check_;

#endif
