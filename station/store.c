/* SPDX-License-Identifier: Apache-2.0 */
#include "station/store.h"

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <string.h>

#include "core/io.h"
#include "station/schema.h"

#define STATEMENTS_KEPT 192 /* more than there are in the room */
#define BUSY_MS         10000

struct store {
	sqlite3 *db;
	pthread_mutex_t lock;
	/* Prepared statements by the address of their text, which is a literal. */
	struct {
		const char *sql;
		sqlite3_stmt *stmt;
	} kept[STATEMENTS_KEPT];
	unsigned n_kept;
};

static int store_error(struct store *store, struct err *err)
{
	int code = sqlite3_extended_errcode(store->db);

	if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY)
		return err_set(err, EEXIST, "the store has this already: %s", sqlite3_errmsg(store->db));
	return err_set(err, EIO, "store: %s", sqlite3_errmsg(store->db));
}

static int run_text(struct store *store, const char *sql, struct err *err)
{
	if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return store_error(store, err);
	return 0;
}

static int read_version(struct store *store, int *ret, struct err *err)
{
	sqlite3_stmt *stmt = NULL;
	int r = 0;

	r = run_text(store, "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;",
		     err);
	if (r < 0)
		return r;
	if (sqlite3_prepare_v2(store->db, "SELECT value FROM meta WHERE key = 'schema'", -1, &stmt, NULL) !=
	    SQLITE_OK)
		return store_error(store, err);
	*ret = sqlite3_step(stmt) == SQLITE_ROW ? sqlite3_column_int(stmt, 0) : 0;
	if (sqlite3_finalize(stmt) != SQLITE_OK)
		r = store_error(store, err);
	return r;
}

static int upgrade(struct store *store, struct err *err)
{
	_cleanup_free_ char *note = NULL;
	int version = 0, known = 0, r;

	while (schema_steps[known])
		known++;
	r = read_version(store, &version, err);
	if (r < 0)
		return r;
	if (version < 0 || version > known)
		return err_set(err, EPROTO,
			       "the store has schema %d and this program knows up to %d: use a newer remint",
			       version, known);
	for (; version < known; version++) {
		r = run_text(store, schema_steps[version], err);
		if (r < 0)
			return r;
	}
	note = str_printf("INSERT OR REPLACE INTO meta VALUES ('schema', %d)", known);
	return run_text(store, note, err);
}

int store_open(const char *path, struct store **ret, struct err *err)
{
	_cleanup_(store_closep) struct store *store = xcalloc(1, sizeof(*store));
	_cleanup_close_ int fd = -EBADF;
	int r;

	pthread_mutex_init(&store->lock, NULL);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
		  0600); /* SQLite's own files take on its mode */
	if (fd < 0)
		return err_sys(err, errno, "cannot open %s", path);
	if (sqlite3_open_v2(path, &store->db,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
				    SQLITE_OPEN_NOFOLLOW,
			    NULL) != SQLITE_OK)
		return err_set(err, EIO, "%s: %s", path,
			       store->db ? sqlite3_errmsg(store->db) : "out of memory");
	sqlite3_extended_result_codes(store->db, 1);
	sqlite3_busy_timeout(store->db, BUSY_MS);
	r = run_text(store,
		     "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
		     "PRAGMA trusted_schema=OFF;",
		     err);
	if (r == 0)
		r = store_begin(store, err);
	if (r < 0)
		return err_prepend(err, "%s", path);
	r = upgrade(store, err);
	if (r == 0)
		r = store_commit(store, err);
	else
		store_rollback(store);
	if (r < 0)
		return err_prepend(err, "%s", path);
	*ret = TAKE_PTR(store);
	return 0;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	for (unsigned i = 0; i < store->n_kept; i++)
		sqlite3_finalize(store->kept[i].stmt);
	sqlite3_close(store->db);
	pthread_mutex_destroy(&store->lock);
	free(store);
}

int store_begin(struct store *store, struct err *err)
{
	int r;

	pthread_mutex_lock(&store->lock);
	r = run_text(store, "BEGIN IMMEDIATE", err);
	if (r < 0)
		pthread_mutex_unlock(&store->lock);
	return r;
}

int store_commit(struct store *store, struct err *err)
{
	int r = run_text(store, "COMMIT", err);

	if (r < 0) {
		store_rollback(store);
		return r;
	}
	pthread_mutex_unlock(&store->lock);
	return 0;
}

void store_rollback(struct store *store)
{
	/* SQLite may have rolled back by itself; then this says so and that is all. */
	(void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	pthread_mutex_unlock(&store->lock);
}

static int prepare(struct store *store, const char *sql, struct rows *ret, struct err *err)
{
	for (unsigned i = 0; i < store->n_kept; i++) {
		if (store->kept[i].sql == sql && !sqlite3_stmt_busy(store->kept[i].stmt)) {
			*ret = (struct rows){.stmt = store->kept[i].stmt, .cached = true};
			return 0;
		}
	}
	if (sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &ret->stmt, NULL) != SQLITE_OK)
		return store_error(store, err);
	ret->cached = store->n_kept < STATEMENTS_KEPT;
	if (ret->cached) {
		store->kept[store->n_kept].sql = sql;
		store->kept[store->n_kept++].stmt = ret->stmt;
	}
	return 0;
}

static int bind_one(sqlite3_stmt *stmt, int i, char type, va_list *args)
{
	const void *blob;

	switch (type) {
	case 's':
		return sqlite3_bind_text(stmt, i, va_arg(*args, const char *), -1, SQLITE_TRANSIENT);
	case 'i':
		return sqlite3_bind_int64(stmt, i, va_arg(*args, int64_t));
	case 'b':
		blob = va_arg(*args, const void *);
		return sqlite3_bind_blob64(stmt, i, blob, va_arg(*args, size_t), SQLITE_TRANSIENT);
	default:
		return SQLITE_MISUSE;
	}
}

static int query(struct store *store, struct rows *ret, struct err *err, const char *sql, const char *types,
		 va_list *args)
{
	struct rows rows = {0};
	int r = prepare(store, sql, &rows, err);

	for (int i = 0; r == 0 && types[i]; i++) {
		if (bind_one(rows.stmt, i + 1, types[i], args) != SQLITE_OK)
			r = store_error(store, err);
	}
	if (r < 0) {
		rows_end(&rows);
		return r;
	}
	*ret = rows;
	return 0;
}

int store_query(struct store *store, struct rows *ret, struct err *err, const char *sql, const char *types,
		...)
{
	va_list args;
	int r;

	va_start(args, types);
	r = query(store, ret, err, sql, types, &args);
	va_end(args);
	return r;
}

int store_exec(struct store *store, struct err *err, const char *sql, const char *types, ...)
{
	_cleanup_rows_ struct rows rows = {0};
	va_list args;
	int r;

	va_start(args, types);
	r = query(store, &rows, err, sql, types, &args);
	va_end(args);
	if (r < 0)
		return r;
	r = sqlite3_step(rows.stmt);
	if (r != SQLITE_DONE && r != SQLITE_ROW)
		return store_error(store, err);
	return sqlite3_changes(store->db);
}

int store_int(struct store *store, struct err *err, int64_t otherwise, int64_t *ret, const char *sql,
	      const char *types, ...)
{
	_cleanup_rows_ struct rows rows = {0};
	va_list args;
	int r;

	va_start(args, types);
	r = query(store, &rows, err, sql, types, &args);
	va_end(args);
	if (r == 0)
		r = rows_next(&rows, err);
	if (r < 0)
		return r;
	*ret = r ? rows_int(&rows, 0) : otherwise;
	return 0;
}

int rows_next(struct rows *rows, struct err *err)
{
	int r = sqlite3_step(rows->stmt);

	if (r == SQLITE_ROW)
		return 1;
	if (r == SQLITE_DONE)
		return 0;
	return err_set(err, EIO, "store: %s", sqlite3_errmsg(sqlite3_db_handle(rows->stmt)));
}

void rows_end(struct rows *rows)
{
	if (!rows->stmt)
		return;
	if (rows->cached) {
		sqlite3_reset(rows->stmt);
		sqlite3_clear_bindings(rows->stmt);
	} else {
		sqlite3_finalize(rows->stmt);
	}
	rows->stmt = NULL;
}

const char *rows_text(const struct rows *rows, int column)
{
	return (const char *)sqlite3_column_text(rows->stmt, column);
}

int64_t rows_int(const struct rows *rows, int column)
{
	return sqlite3_column_int64(rows->stmt, column);
}

const void *rows_blob(const struct rows *rows, int column, size_t *ret_len)
{
	const void *blob = sqlite3_column_blob(rows->stmt, column);

	*ret_len = (size_t)sqlite3_column_bytes(rows->stmt, column);
	return blob;
}
