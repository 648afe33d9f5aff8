/* SPDX-License-Identifier: Apache-2.0 */
#include "station/audit.h"

#include <pthread.h>
#include <stdint.h>

#include "core/time.h"
#include "station/calls.h"
#include "station/store.h"

#define STRANGERS_A_MINUTE 10
#define ENTRIES_AT_ONCE    1000

int audit_add(struct store *store, const char *account, const char *action, const char *object,
	      const char *result, struct err *err)
{
	int r = store_exec(
		store, err,
		"INSERT INTO audit (time, account, action, object, result) VALUES (?1, ?2, ?3, ?4, ?5)",
		"issss", (int64_t)time(NULL), account, action, object, result);

	return r < 0 ? r : 0;
}

bool audit_stranger(unsigned long *ret_more)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static uint64_t minute;
	static unsigned written;
	static unsigned long left_out;
	uint64_t now = monotonic_ns() / (60 * 1000000000ull) + 1;
	bool may;

	pthread_mutex_lock(&lock);
	if (now != minute) {
		minute = now;
		written = 0;
	}
	may = written < STRANGERS_A_MINUTE;
	*ret_more = left_out;
	if (may) {
		written++;
		left_out = 0;
	} else {
		left_out++;
	}
	pthread_mutex_unlock(&lock);
	return may;
}

int call_audit(struct request *req, struct err *err)
{
	static const char *const args[] = {"after", NULL};
	_cleanup_rows_ struct rows rows = {0};
	_cleanup_json_ json_t *entries = json_array();
	uint64_t after = 0;
	int r = request_args_only(req, args, err);

	if (r == 0)
		r = request_arg_u64(req, "after", INT64_MAX, &after, err);
	if (r == 0)
		r = store_query(req->station->store, &rows, err,
				"SELECT id, time, account, action, object, result FROM audit WHERE id > ?1"
				" ORDER BY id LIMIT ?2",
				"ii", (int64_t)after, (int64_t)ENTRIES_AT_ONCE);
	if (r < 0)
		return r;
	while ((r = rows_next(&rows, err)) > 0) {
		char when[TIME_TEXT_SIZE];

		time_format(rows_int(&rows, 1), when);
		json_array_append_new(entries,
				      json_pack("{s:I, s:s, s:s, s:s, s:s, s:s}", "id", rows_int(&rows, 0),
						"time", when, "account", rows_text(&rows, 2), "action",
						rows_text(&rows, 3), "object", rows_text(&rows, 4), "result",
						rows_text(&rows, 5)));
	}
	if (r < 0)
		return r;
	return reply_json(req, 200, json_pack("{s:O}", "entries", entries), err);
}
