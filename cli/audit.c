/* SPDX-License-Identifier: Apache-2.0 */
/* remint audit: the station's audit trail. */
#include <inttypes.h>

#include "cli/client.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "core/io.h"

int verb_audit(int argc, char **argv)
{
	static const char *const headings[] = {"ID", "TIME", "ACCOUNT", "ACTION", "OBJECT", "RESULT", NULL};
	struct client_options client = {};
	uint64_t after = 0;
	bool json = false;
	const struct arg_option options[] = {{"after", ARG_NUMBER, &after, "ID", "entries after this one"},
					     {"json", ARG_FLAG, &json, "", "print as JSON"},
					     CLIENT_ARGS(&client),
					     {}};
	const struct arg_spec spec = {
		"remint audit", "Shows who did what, and what was refused, oldest first.", options, 0, 0};
	_cleanup_json_ json_t *answer = NULL;
	_cleanup_free_ char *target = NULL;
	struct table *table;
	struct err err;
	json_t *entry;
	size_t i;
	enum arg_result parsed = args_parse(&spec, argc, argv, NULL);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	target = str_printf("/v1/audit?after=%" PRIu64, after);
	if (client_call(&client, "GET", target, NULL, &answer, &err) < 0)
		return fail_with(&err);
	if (json) {
		print_json(answer);
		return EXIT_SUCCESS;
	}
	table = table_new(headings);
	json_array_foreach(json_object_get(answer, "entries"), i, entry) {
		_cleanup_free_ char *id =
			str_printf("%lld", (long long)json_integer_value(json_object_get(entry, "id")));

		table_row(table, id, json_text(entry, "time"), json_text(entry, "account"),
			  json_text(entry, "action"), json_text(entry, "object"), json_text(entry, "result"));
	}
	table_print(table);
	return EXIT_SUCCESS;
}
