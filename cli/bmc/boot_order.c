/* SPDX-License-Identifier: Apache-2.0 */
/* remint bmc boot order */
#include <string.h>

#include "cli/bmc/bmc.h"
#include "cli/client.h"
#include "cli/table.h"
#include "core/io.h"
#include "redfish/boot_order.h"

static int order(struct rf_bmc *bmc, const void *what, json_t **ret, struct err *err)
{
	const json_t *options = what;

	return json_array_size(options) ? rf_boot_order_set(bmc, options, ret, err)
					: rf_boot_order_get(bmc, ret, err);
}

static void add_rows(struct table *table, const json_t *list, bool in_order)
{
	const json_t *option;
	size_t i;

	json_array_foreach((json_t *)list, i, option) {
		char place[24] = "-";

		if (in_order)
			snprintf(place, sizeof(place), "%zu", i + 1);
		table_row(table, place, json_text(option, "reference"), json_text(option, "alias"),
			  json_text(option, "name"));
	}
}

static void show_order(const json_t *result)
{
	static const char *const headings[] = {"PLACE", "OPTION", "ALIAS", "NAME", NULL};
	const json_t *pending = json_object_get(result, "pending"), *reference;
	struct table *table = table_new(headings);
	size_t i;

	add_rows(table, json_object_get(result, "order"), true);
	add_rows(table, json_object_get(result, "others"), false);
	table_print(table);
	if (!json_is_array(pending))
		return;
	table = table_new((const char *const[]){"FROM THE NEXT START ON", NULL});
	json_array_foreach((json_t *)pending, i, reference)
		table_row(table, json_string_value(reference));
	table_print(table);
}

/* "A,B,C" as three, and each of --first as one. */
static int make_options(const char *set, const struct arg_list *first, json_t *into, struct err *err)
{
	_cleanup_free_ char *copy = set ? xstrdup(set) : NULL;
	char *rest = copy, *word;
	int failed = 0;

	if (set && first->n)
		return err_set(err, EINVAL, "--set and --first do not go together");
	while ((word = strsep(&rest, ",")))
		failed |= json_array_append_new(into, json_string(word));
	for (unsigned i = 0; i < first->n; i++)
		failed |= json_array_append_new(into, json_string(first->items[i]));
	return failed ? err_set(err, EINVAL, "boot options must be named in UTF-8") : 0;
}

int bmc_boot_order(int argc, char **argv)
{
	struct bmc_options options = {0};
	struct arg_list first = {0};
	const char *operands[BMC_HOSTS_MAX + 1] = {0}, *set = NULL;
	_cleanup_json_ json_t *wanted = json_array();
	const struct arg_option rows[] = {
		{"set", ARG_TEXT, &set, "A,B,...",
		 "these options first, in this order: each by its reference, alias or name"},
		{"first", ARG_MANY, &first, "OPTION",
		 "this one first (an alias: all that have it); may be given often"},
		BMC_ARGS(&options),
		{}};
	const struct arg_spec spec = {
		"remint bmc boot order HOST...",
		"The order in which the firmware tries its boot options: shown, or with --set or --first "
		"changed.\n"
		"Options that are not named follow as they were. What was set is read again.",
		rows, 1, BMC_HOSTS_MAX};
	const struct bmc_action action = {.run = order, .what = wanted, .show = show_order};
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, operands);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (make_options(set, &first, wanted, &err) < 0)
		return fail_with(&err);
	return bmc_on_all(&options, operands, &action);
}
