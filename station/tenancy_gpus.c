/* SPDX-License-Identifier: Apache-2.0 */
#include "station/tenancy_gpus.h"

#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "protocol/tenancy.h"

/* *ret: NULL where the order has none. */
static int read_certificate(struct store *store, int64_t seq, const char *id, json_t **ret, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	const char *text;
	int r = store_query(store, &rows, err, "SELECT certificate FROM orders WHERE seq = ?1 OR id = ?2",
			    "is", seq, id);

	if (r == 0)
		r = rows_next(&rows, err);
	if (r < 0)
		return r;
	text = r ? rows_text(&rows, 0) : NULL;
	return text ? json_parse(text, strlen(text), ret, err) : 0;
}

int tenancy_gpus(struct store *store, int64_t handover, const char *returned_to, json_t *to, char **ret_why,
		 struct err *err)
{
	_cleanup_json_ json_t *before = NULL, *after = NULL;
	const json_t *list;
	struct err why;
	int r = read_certificate(store, handover, NULL, &before, err);

	if (r == 0 && returned_to)
		r = read_certificate(store, -1, returned_to, &after, err);
	if (r < 0)
		return r;
	list = json_object_get(before, "gpus");
	if (json_is_array(list) && !json_array_size(list) && !after)
		return 0;
	if (!returned_to)
		*ret_why = xstrdup("it has come back to no order yet, which would look at them");
	else if (!after)
		*ret_why =
			str_printf("order %s has no certificate, which would say what they are", returned_to);
	else if (tenancy_compare_gpus(before, after, to, &why) < 0)
		*ret_why = xstrdup(why.text);
	return 0;
}
