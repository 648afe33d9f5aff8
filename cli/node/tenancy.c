/* SPDX-License-Identifier: Apache-2.0 */
/* remint node tenancy. docs/class.md, "A tenancy" */
#include <stdio.h>
#include <stdlib.h>

#include "cli/args.h"
#include "cli/client.h"
#include "cli/differences.h"
#include "cli/node/node.h"
#include "cli/plain.h"
#include "core/io.h"
#include "protocol/node.h"

static void show(const json_t *answer, const json_t *found)
{
	const char *to = json_string_value(json_object_get(answer, "returned_to"));
	const char *no_gpus = json_string_value(json_object_get(answer, "gpus_not_compared"));

	printf("handed over by order %s, %s%s\n", json_text(answer, "handed_over_by"),
	       to ? "came back to order " : "looked at since", to ? to : "");
	if (no_gpus) {
		_cleanup_free_ char *text = xstrdup(no_gpus);

		plain_text(text);
		printf("GPUs were not compared: %s\n", text);
	}
	differences_show(found);
}

int node_tenancy(int argc, char **argv)
{
	struct client_options client = {};
	const char *name = NULL;
	bool json = false;
	const struct arg_option options[] = {
		{"json", ARG_FLAG, &json, "", "print as JSON"}, CLIENT_ARGS(&client), {}};
	const struct arg_spec spec = {
		"remint node tenancy NAME",
		"Shows what its newest tenancy has changed of a machine: as it was handed over, and "
		"as it came back.\nThe exit status is 3 when a part is gone or was exchanged, or "
		"something else is less than it was.",
		options, 1, 1};
	_cleanup_json_ json_t *answer = NULL;
	_cleanup_free_ char *target = NULL;
	const json_t *found;
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, &name);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (!name_valid(name))
		return fail_with((err_set(&err, EINVAL, "'%s' is not a node's name", name), &err));
	target = str_printf("/v1/nodes/%s/tenancy", name);
	if (client_call(&client, "GET", target, NULL, &answer, &err) < 0)
		return fail_with(&err);
	found = json_object_get(answer, "differences");
	if (json)
		print_json(answer);
	else
		show(answer, found);
	return differences_hold(found) ? EXIT_DIFFERS : EXIT_SUCCESS;
}
