/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sealed passwords are about everything else in the row: whoever can write to the store, and has no key, cannot have a password sent to
 * another address, or to somebody with another certificate.
 */
#include "station/bmc/store.h"

#include <stdio.h>
#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "core/log.h"
#include "core/secret.h"
#include "core/time.h"
#include "station/audit.h"
#include "station/context.h"
#include "station/secrets/secrets.h"
#include "station/store.h"

#define COLUMNS                                                                                              \
	"SELECT origin, pin, ca, user, system, basic, changed, candidate IS NOT NULL, password, candidate, " \
	"node FROM bmcs "
enum { PASSWORD = 8, CANDIDATE = 9, NODE = 10 };

void station_bmc_clear(struct station_bmc *bmc)
{
	free(bmc->ca_pem);
	free(bmc->user);
	free(bmc->system);
	secret_free(bmc->password);
	secret_free(bmc->candidate);
	*bmc = (struct station_bmc){0};
}

/* What a sealed password is about; malloc'd. A candidate takes the password's place, so it is about the same. */
static char *about(int64_t node, const struct station_bmc *bmc)
{
	_cleanup_json_ json_t *json =
		json_pack("{s:s, s:I, s:s, s:s, s:s?, s:s, s:s?, s:b}", "sealed", "bmc-password", "node",
			  node, "origin", bmc->origin, "pin", bmc->pin, "ca", bmc->ca_pem, "user", bmc->user,
			  "system", bmc->system, "basic", (int)bmc->basic);

	return json ? json_canonical(json, NULL) : NULL;
}

static char *copy_or_null(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

static void read_row(const struct rows *rows, struct station_bmc *ret)
{
	*ret = (struct station_bmc){
		.ca_pem = copy_or_null(rows_text(rows, 2)),
		.user = xstrdup(rows_text(rows, 3)),
		.system = copy_or_null(rows_text(rows, 4)),
		.basic = rows_int(rows, 5),
		.changed = rows_int(rows, 6),
		.unsettled = rows_int(rows, 7),
	};
	snprintf(ret->origin, sizeof(ret->origin), "%s", rows_text(rows, 0));
	snprintf(ret->pin, sizeof(ret->pin), "%s", rows_text(rows, 1));
}

static int find(struct store *store, int64_t node, struct rows *ret, struct err *err)
{
	int r = store_query(store, ret, err, COLUMNS "WHERE node = ?1", "i", node);

	if (r == 0)
		r = rows_next(ret, err);
	if (r == 0)
		return err_set(err, ENOENT, "the node has no BMC");
	return r < 0 ? r : 0;
}

int bmc_store_look(struct store *store, int64_t node, struct station_bmc *ret, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	int r = find(store, node, &rows, err);

	if (r < 0)
		return r;
	read_row(&rows, ret);
	return 0;
}

static int open_column(const struct secrets *secrets, const char *what, const struct rows *rows, int column,
		       char **ret, struct err *err)
{
	size_t len = 0;
	const void *sealed = rows_blob(rows, column, &len);

	return sealed ? secrets_open(secrets, what, sealed, len, ret, err) : 0;
}

/* The row with its secrets. */
static int open_row(const struct secrets *secrets, const struct rows *rows, struct station_bmc *ret,
		    struct err *err)
{
	_cleanup_bmc_ struct station_bmc bmc = {0};
	_cleanup_free_ char *what = NULL;
	int r = 0;

	read_row(rows, &bmc);
	what = about(rows_int(rows, NODE), &bmc);
	if (!what)
		r = err_set(err, EBADMSG, "what is stored is no text");
	if (r == 0)
		r = open_column(secrets, what, rows, PASSWORD, &bmc.password, err);
	if (r == 0)
		r = open_column(secrets, what, rows, CANDIDATE, &bmc.candidate, err);
	if (r < 0 || !bmc.password)
		return err_set(err, EIO,
			       "the password of the BMC %s does not open: the store was altered, or holds "
			       "parts of another one; set the node's BMC anew",
			       bmc.origin);
	*ret = bmc;
	bmc = (struct station_bmc){0};
	return 0;
}

int bmc_store_get(const struct station *station, int64_t node, struct station_bmc *ret, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	int r = find(station->store, node, &rows, err);

	return r < 0 ? r : open_row(station->secrets, &rows, ret, err);
}

int bmc_store_has(struct store *store, int64_t node, char origin[BMC_ORIGIN_SIZE], struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	int r = store_query(store, &rows, err, "SELECT origin FROM bmcs WHERE node = ?1", "i", node);

	if (r == 0)
		r = rows_next(&rows, err);
	if (r > 0 && origin)
		snprintf(origin, BMC_ORIGIN_SIZE, "%s", rows_text(&rows, 0));
	return r;
}

/* A machine must not be switched off in another one's name. Two Systems of one BMC are two machines, when both are named. */
static int check_alone(struct store *store, int64_t node, const struct station_bmc *bmc, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	int r = store_query(store, &rows, err,
			    "SELECT name FROM bmcs JOIN nodes ON nodes.id = node WHERE origin = ?1 AND node "
			    "!= ?2"
			    " AND (system IS NULL OR ?3 IS NULL OR system = ?3)",
			    "sis", bmc->origin, node, bmc->system);

	if (r == 0)
		r = rows_next(&rows, err);
	if (r <= 0)
		return r;
	return err_set(err, EEXIST,
		       "%s is the BMC of node %s; where it has several machines, name each node's system",
		       bmc->origin, rows_text(&rows, 0));
}

/* candidate: NULL where there is none */
static int write_row(struct store *store, const struct secrets *secrets, int64_t node,
		     const struct station_bmc *bmc, const char *password, const char *candidate,
		     struct err *err)
{
	_cleanup_free_ char *what = about(node, bmc);
	_cleanup_free_ uint8_t *sealed = NULL, *second = NULL;
	size_t len = 0, second_len = 0;
	int r;

	if (!what)
		return err_set(err, EINVAL, "what is said of the BMC must be UTF-8");
	secrets_seal(secrets, what, password, &sealed, &len);
	if (candidate)
		secrets_seal(secrets, what, candidate, &second, &second_len);
	r = store_exec(store, err,
		       "INSERT OR REPLACE INTO bmcs"
		       " (node, origin, pin, ca, user, system, basic, password, candidate, changed)"
		       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
		       "isssssibbi", node, bmc->origin, bmc->pin, bmc->ca_pem, bmc->user, bmc->system,
		       (int64_t)bmc->basic, (const void *)sealed, len, (const void *)second, second_len,
		       (int64_t)bmc->changed);
	return r < 0 ? r : 0;
}

int bmc_store_set(const struct station *station, int64_t node, const struct station_bmc *bmc, struct err *err)
{
	struct station_bmc now = *bmc;
	int r = check_alone(station->store, node, bmc, err);

	now.changed = (int64_t)time(NULL);
	return r < 0 ? r : write_row(station->store, station->secrets, node, &now, bmc->password, NULL, err);
}

int bmc_store_remove(struct store *store, int64_t node, struct err *err)
{
	int r = store_exec(store, err, "DELETE FROM bmcs WHERE node = ?1", "i", node);

	return r > 0 ? 0 : r < 0 ? r : err_set(err, ENOENT, "the node has no BMC");
}

int bmc_store_candidate(const struct station *station, int64_t node, const char *candidate, struct err *err)
{
	_cleanup_bmc_ struct station_bmc bmc = {0};
	int r = bmc_store_get(station, node, &bmc, err);

	return r < 0 ? r
		     : write_row(station->store, station->secrets, node, &bmc, bmc.password, candidate, err);
}

int bmc_store_proven(const struct station *station, int64_t node, struct err *err)
{
	_cleanup_bmc_ struct station_bmc bmc = {0};
	int r = bmc_store_get(station, node, &bmc, err);

	if (r == 0 && !bmc.candidate)
		r = err_set(err, ESTALE, "there is no new password of the BMC %s in the store", bmc.origin);
	if (r < 0)
		return r;
	bmc.changed = (int64_t)time(NULL);
	return write_row(station->store, station->secrets, node, &bmc, bmc.candidate, NULL, err);
}

int bmc_store_forget(struct store *store, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	int r = store_query(store, &rows, err,
			    "SELECT name, origin FROM bmcs JOIN nodes ON nodes.id = node ORDER BY name", "");

	if (r < 0)
		return r;
	while ((r = rows_next(&rows, err)) > 0) {
		const char *name = rows_text(&rows, 0), *origin = rows_text(&rows, 1);

		log_warn("node %s: its BMC %s is forgotten, because the key to its password is lost", name,
			 origin);
		r = audit_add(store, "station", "bmc-forget", name, "done: the key to its password is lost",
			      err);
		if (r < 0)
			return r;
	}
	rows_end(&rows);
	if (r == 0)
		r = store_exec(store, err, "DELETE FROM bmcs", "");
	return r < 0 ? r : 0;
}

static int reseal_one(struct store *store, const struct secrets *from, const struct secrets *to, int64_t node,
		      struct err *err)
{
	_cleanup_bmc_ struct station_bmc bmc = {0};
	_cleanup_rows_ struct rows rows = {0};
	int r = find(store, node, &rows, err);

	if (r == 0)
		r = open_row(from, &rows, &bmc, err);
	rows_end(&rows);
	return r < 0 ? r : write_row(store, to, node, &bmc, bmc.password, bmc.candidate, err);
}

int bmc_store_reseal(struct store *store, const struct secrets *from, const struct secrets *to,
		     struct err *err)
{
	int64_t node = 0;
	int r = 0;

	/* By their numbers, because a row that is written is not to be met again. */
	while (r == 0) {
		int64_t last = node;

		r = store_int(store, err, 0, &node, "SELECT min(node) FROM bmcs WHERE node > ?1", "i", last);
		if (r < 0 || !node)
			return r;
		r = reseal_one(store, from, to, node, err);
	}
	return r;
}
