/* SPDX-License-Identifier: Apache-2.0 */
#include "station/drive/row.h"

#include <stdio.h>
#include <string.h>

#include "core/io.h"

static const char *const phases[] = {
	[DRIVE_LOOK] = "look",   [DRIVE_BOOT] = "boot",   [DRIVE_AWAIT] = "await", [DRIVE_SETTLE] = "settle",
	[DRIVE_WORK] = "work",   [DRIVE_AGAIN] = "again", [DRIVE_CYCLE] = "cycle", [DRIVE_RETURN] = "return",
	[DRIVE_FINAL] = "final", [DRIVE_DONE] = "done",
};

#define COLUMNS                                                                                          \
	"SELECT d.order_seq, o.node, o.id, o.state, d.phase, d.tries, d.fails, d.until, d.lease,"        \
	" (SELECT coalesce(max(id), 0) FROM leases WHERE order_seq = d.order_seq), d.wants, d.wanted_by" \
	" FROM driven d JOIN orders o ON o.seq = d.order_seq "

const char *drive_phase_name(enum drive_phase phase)
{
	return phases[phase];
}

static bool read_phase(const char *name, enum drive_phase *ret)
{
	for (unsigned i = 0; i < sizeof(phases) / sizeof(*phases); i++) {
		if (!strcmp(phases[i], name)) {
			*ret = (enum drive_phase)i;
			return true;
		}
	}
	return false;
}

static int read_row(const struct rows *rows, struct drive_row *ret, struct err *err)
{
	struct drive_row row = {
		.order = rows_int(rows, 0),
		.node = rows_int(rows, 1),
		.tries = rows_int(rows, 5),
		.fails = rows_int(rows, 6),
		.until = rows_int(rows, 7),
		.lease = rows_int(rows, 8),
		.newest = rows_int(rows, 9),
		.wants = (enum drive_want)rows_int(rows, 10),
		.wanted_by = rows_int(rows, 11),
	};
	const char *state = rows_text(rows, 3), *phase = rows_text(rows, 4);

	snprintf(row.id, sizeof(row.id), "%s", rows_text(rows, 2));
	while (row.state < ORDER_CANCELLED && strcmp(order_state_name(row.state), state) != 0)
		row.state++;
	if (!read_phase(phase, &row.phase))
		return err_set(err, EIO, "store: order %s is driven in a phase that is not known", row.id);
	*ret = row;
	return 0;
}

int drive_row_add(struct store *store, int64_t order, struct err *err)
{
	int r = store_exec(store, err,
			   "INSERT INTO driven (order_seq, phase, record) VALUES (?1, 'look', '{}')", "i",
			   order);

	return r < 0 ? r : 0;
}

int drive_rows(struct store *store, struct drive_row **ret, size_t *ret_n, struct err *err)
{
	_cleanup_free_ struct drive_row *all = NULL;
	_cleanup_rows_ struct rows rows = {0};
	int64_t n = 0;
	size_t i = 0;
	int r = store_int(store, err, 0, &n, "SELECT count(*) FROM driven WHERE phase != 'done'", "");

	if (r < 0)
		return r;
	all = xcalloc((size_t)n + 1, sizeof(*all));
	r = store_query(store, &rows, err, COLUMNS "WHERE d.phase != 'done' ORDER BY d.order_seq", "");
	if (r < 0)
		return r;
	while ((r = rows_next(&rows, err)) > 0 && i < (size_t)n) {
		r = read_row(&rows, &all[i++], err);
		if (r < 0)
			return r;
	}
	if (r < 0)
		return r;
	*ret = TAKE_PTR(all);
	*ret_n = i;
	return 0;
}

int drive_row_read(struct store *store, int64_t order, struct drive_row *ret, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	int r = store_query(store, &rows, err, COLUMNS "WHERE d.order_seq = ?1", "i", order);

	if (r == 0)
		r = rows_next(&rows, err);
	if (r == 0)
		return err_set(err, EIO, "store: order %lld is not driven", (long long)order);
	return r < 0 ? r : read_row(&rows, ret, err);
}

int drive_row_save(struct store *store, const struct drive_row *row, const json_t *record, struct err *err)
{
	_cleanup_free_ char *text = record ? json_canonical(record, NULL) : NULL;
	int r;

	if (record && !text)
		return err_set(err, EIO, "store: the record of order %s cannot be written", row->id);
	r = store_exec(store, err,
		       "UPDATE driven SET phase = ?1, tries = ?2, fails = ?3, until = ?4, lease = ?5,"
		       " record = coalesce(?6, record) WHERE order_seq = ?7",
		       "siiiisi", phases[row->phase], row->tries, row->fails, row->until, row->lease, text,
		       row->order);
	return r < 0 ? r : 0;
}

int drive_record_read(struct store *store, int64_t order, json_t **ret, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	int r = store_query(store, &rows, err, "SELECT record FROM driven WHERE order_seq = ?1", "i", order);
	const char *text;

	if (r == 0)
		r = rows_next(&rows, err);
	if (r < 0)
		return r;
	*ret = NULL;
	if (r == 0)
		return 0;
	text = rows_text(&rows, 0);
	return json_parse(text, strlen(text), ret, err) < 0
		       ? err_set(err, EIO,
				 "store: what was done through the BMC for order %lld cannot be read",
				 (long long)order)
		       : 0;
}

int drive_is_driven(struct store *store, int64_t order, bool *ret, struct err *err)
{
	int64_t n = 0;
	int r = store_int(store, err, 0, &n,
			  "SELECT count(*) FROM driven WHERE order_seq = ?1 AND phase != 'done'", "i", order);

	*ret = n > 0;
	return r;
}

int drive_row_want(struct store *store, int64_t order, enum drive_want want, int64_t lease, struct err *err)
{
	int r = store_exec(store, err, "UPDATE driven SET wants = ?1, wanted_by = ?2 WHERE order_seq = ?3",
			   "iii", (int64_t)want, lease, order);

	return r < 0 ? r : 0;
}
