/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/stored.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "cli/client.h"
#include "cli/table.h"
#include "core/io.h"
#include "protocol/node.h"

/* "/v1/baselines/NAME", malloc'd. */
static int target_of(const struct stored_kind *kind, const char *name, char **ret, struct err *err)
{
	if (!name_valid(name))
		return err_set(err, EINVAL, "'%s' is not the name of a %s", name, kind->noun);
	*ret = str_printf("/v1/%s/%s", kind->plural, name);
	return 0;
}

int stored_put(const struct stored_kind *kind, int argc, char **argv)
{
	_cleanup_free_ char *usage = str_printf("remint %s put NAME FILE", kind->noun),
			    *summary = str_printf("Stores a %s at the station, in place of one of this name. "
						  "Orders keep the one that they were made with.",
						  kind->noun);
	struct client_options client = {};
	const char *operands[2] = {0};
	bool json = false;
	const struct arg_option options[] = {
		{"json", ARG_FLAG, &json, "", "print as JSON"}, CLIENT_ARGS(&client), {}};
	const struct arg_spec spec = {usage, summary, options, 2, 2};
	_cleanup_json_ json_t *document = NULL, *answer = NULL;
	_cleanup_free_ char *target = NULL;
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, operands);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (target_of(kind, operands[0], &target, &err) < 0 || kind->open(operands[1], &document, &err) < 0 ||
	    client_call(&client, "PUT", target, document, &answer, &err) < 0)
		return fail_with(&err);
	if (json)
		print_json(answer);
	else
		printf("%s: SHA-256 %s\n", json_text(answer, "name"), json_text(answer, "sha256"));
	return EXIT_SUCCESS;
}

static void print_list(const struct stored_kind *kind, const json_t *answer)
{
	_cleanup_free_ char *heading = xstrdup(kind->noun);
	const char *const headings[] = {heading, "CHANGED", "BY", "SHA-256", NULL};
	struct table *table;
	json_t *one;
	size_t i;

	for (char *c = heading; *c; c++)
		*c = (char)toupper(*c);
	table = table_new(headings);
	json_array_foreach(json_object_get(answer, kind->plural), i, one)
		table_row(table, json_text(one, "name"), json_text(one, "changed"),
			  json_text(one, "changed_by"), json_text(one, "sha256"));
	table_print(table);
}

int stored_list(const struct stored_kind *kind, int argc, char **argv)
{
	_cleanup_free_ char *usage = str_printf("remint %s list", kind->noun),
			    *summary = str_printf("Lists the station's %s.", kind->plural),
			    *target = str_printf("/v1/%s", kind->plural);
	struct client_options client = {};
	bool json = false;
	const struct arg_option options[] = {
		{"json", ARG_FLAG, &json, "", "print as JSON"}, CLIENT_ARGS(&client), {}};
	const struct arg_spec spec = {usage, summary, options, 0, 0};
	_cleanup_json_ json_t *answer = NULL;
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, NULL);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (client_call(&client, "GET", target, NULL, &answer, &err) < 0)
		return fail_with(&err);
	if (json)
		print_json(answer);
	else
		print_list(kind, answer);
	return EXIT_SUCCESS;
}

int stored_show(const struct stored_kind *kind, int argc, char **argv)
{
	_cleanup_free_ char *usage = str_printf("remint %s show NAME", kind->noun),
			    *summary = str_printf("Prints a %s of the station, as JSON.", kind->noun);
	struct client_options client = {};
	const char *name = NULL;
	bool stored = false;
	const struct arg_option options[] = {
		{"stored", ARG_FLAG, &stored, "",
		 "byte for byte as it is stored, in one line: the digest is of this"},
		CLIENT_ARGS(&client),
		{}};
	const struct arg_spec spec = {usage, summary, options, 1, 1};
	_cleanup_json_ json_t *document = NULL;
	_cleanup_free_ char *target = NULL, *text = NULL;
	size_t len = 0;
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, &name);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	/* The first call has the station's own words where there is none. */
	if (target_of(kind, name, &target, &err) < 0 ||
	    client_call(&client, "GET", target, NULL, &document, &err) < 0 ||
	    (stored && client_fetch(&client, target, &text, &len, &err) < 0))
		return fail_with(&err);
	if (!stored)
		print_json(document);
	else if (fwrite(text, 1, len, stdout) != len)
		return fail_with((err_sys(&err, errno, "standard output"), &err));
	return EXIT_SUCCESS;
}

int stored_remove(const struct stored_kind *kind, int argc, char **argv)
{
	_cleanup_free_ char *usage = str_printf("remint %s remove NAME", kind->noun),
			    *summary = str_printf("Removes a %s from the station. Orders that were made with "
						  "it keep it.",
						  kind->noun);
	struct client_options client = {};
	const char *name = NULL;
	const struct arg_option options[] = {CLIENT_ARGS(&client), {}};
	const struct arg_spec spec = {usage, summary, options, 1, 1};
	_cleanup_free_ char *target = NULL;
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, &name);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (target_of(kind, name, &target, &err) < 0 ||
	    client_call(&client, "DELETE", target, NULL, NULL, &err) < 0)
		return fail_with(&err);
	return EXIT_SUCCESS;
}
