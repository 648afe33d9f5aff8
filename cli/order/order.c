/* SPDX-License-Identifier: Apache-2.0 */
/* remint order list | show | cancel | certificate | log; the others stand beside it. docs/protocol.md, "Orders" */
#include <string.h>

#include "cli/certificate/out_of_band.h"
#include "cli/client.h"
#include "cli/order/create.h"
#include "cli/order/parts.h"
#include "cli/order/standalone.h"
#include "cli/plain.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "core/io.h"
#include "protocol/node.h"

/* What the station did through the node's BMC. */
static void show_bmc(const json_t *bmc)
{
	const json_t *action;
	size_t i;

	if (!json_is_object(bmc))
		return;
	printf("BMC:           %s\n", json_text(bmc, "phase"));
	json_array_foreach(json_object_get(bmc, "actions"), i, action) {
		_cleanup_free_ char *text = xstrdup(json_text(action, "text"));

		plain_text(text);
		printf("  %s  %-10s %s\n", json_text(action, "time"), json_text(action, "what"), text);
	}
}

static void show_out_of_band(const json_t *out_of_band)
{
	_cleanup_json_ json_t *lines = words_out_of_band(out_of_band);
	const json_t *line;
	size_t i;

	json_array_foreach(lines, i, line) {
		_cleanup_free_ char *text = xstrdup(json_string_value(line));

		plain_text(text);
		printf("  %s\n", text);
	}
}

static void show_order(const json_t *order)
{
	const json_t *step;
	size_t i;

	printf("order:         %s\n", json_text(order, "id"));
	printf("node:          %s\n", json_text(order, "node"));
	printf("image:         %s\n", json_text(order, "image"));
	printf("state:         %s\n", json_text(order, "state"));
	printf("step:          %s\n", json_text(order, "step"));
	printf("reason:        %s\n", json_text(order, "reason"));
	printf("requested by:  %s\n", json_text(order, "requested_by"));
	printf("created:       %s\n", json_text(order, "created"));
	printf("updated:       %s\n", json_text(order, "updated"));
	if (json_is_string(json_object_get(order, "begin_by")))
		printf("to begin by:   %s\n", json_text(order, "begin_by"));
	if (json_is_object(json_object_get(order, "baseline")))
		printf("baseline:      %s\n", json_text(json_object_get(order, "baseline"), "name"));
	if (json_is_object(json_object_get(order, "class")))
		printf("class:         %s\n", json_text(json_object_get(order, "class"), "name"));
	order_parts_print(json_object_get(order, "order"));
	printf("certificate:   %s\n", json_is_true(json_object_get(order, "certificate")) ? "yes" : "no");
	json_array_foreach(json_object_get(order, "steps"), i, step)
		printf("  %-12s %-10s %s  %s  %s\n", json_text(step, "name"), json_text(step, "phase"),
		       json_text(step, "begun"), json_text(step, "ended"), json_text(step, "outcome"));
	show_bmc(json_object_get(order, "bmc"));
	show_out_of_band(json_object_get(order, "out_of_band"));
}

int order_print(int r, const json_t *order, bool json, const struct err *err)
{
	if (r < 0)
		return fail_with(err);
	if (json)
		print_json(order);
	else
		show_order(order);
	return EXIT_SUCCESS;
}

static int order_list(int argc, char **argv)
{
	static const char *const headings[] = {"ORDER", "NODE",    "IMAGE",  "STATE",
					       "STEP",  "CREATED", "REASON", NULL};
	struct client_options client = {};
	const char *node = NULL;
	bool json = false;
	const struct arg_option options[] = {{"node", ARG_TEXT, &node, "NAME", "those of one node"},
					     {"json", ARG_FLAG, &json, "", "print as JSON"},
					     CLIENT_ARGS(&client),
					     {}};
	const struct arg_spec spec = {"remint order list", "Lists the orders, newest first.", options, 0, 0};
	_cleanup_json_ json_t *answer = NULL;
	_cleanup_free_ char *target = NULL;
	struct table *table;
	struct err err;
	json_t *order;
	size_t i;
	enum arg_result parsed = args_parse(&spec, argc, argv, NULL);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (node && !name_valid(node))
		return fail_with((err_set(&err, EINVAL, "'%s' is not a node's name", node), &err));
	target = node ? str_printf("/v1/orders?node=%s", node) : xstrdup("/v1/orders");
	if (client_call(&client, "GET", target, NULL, &answer, &err) < 0)
		return fail_with(&err);
	if (json) {
		print_json(answer);
		return EXIT_SUCCESS;
	}
	table = table_new(headings);
	json_array_foreach(json_object_get(answer, "orders"), i, order)
		table_row(table, json_text(order, "id"), json_text(order, "node"), json_text(order, "image"),
			  json_text(order, "state"), json_text(order, "step"), json_text(order, "created"),
			  json_text(order, "reason"));
	table_print(table);
	return EXIT_SUCCESS;
}

/* "show" and "cancel": one call on one order, which comes back. */
static int order_call(const struct arg_spec *spec, int argc, char **argv, const struct client_options *client,
		      const bool *json, const char *method, const char *tail)
{
	_cleanup_json_ json_t *order = NULL;
	_cleanup_free_ char *target = NULL;
	const char *id = NULL;
	struct err err;
	enum arg_result parsed = args_parse(spec, argc, argv, &id);
	int r;

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (!name_valid(id))
		return fail_with((err_set(&err, EINVAL, "'%s' is not an order's id", id), &err));
	target = str_printf("/v1/orders/%s%s", id, tail);
	r = client_call(client, method, target, NULL, &order, &err);
	return order_print(r, order, *json, &err);
}

static int order_show(int argc, char **argv)
{
	struct client_options client = {};
	bool json = false;
	const struct arg_option options[] = {
		{"json", ARG_FLAG, &json, "", "print as JSON"}, CLIENT_ARGS(&client), {}};
	const struct arg_spec spec = {"remint order show ID",
				      "Shows an order, what it asks for, and its steps.", options, 1, 1};

	return order_call(&spec, argc, argv, &client, &json, "GET", "");
}

static int order_cancel(int argc, char **argv)
{
	struct client_options client = {};
	bool json = false;
	const struct arg_option options[] = {
		{"json", ARG_FLAG, &json, "", "print the order as JSON"}, CLIENT_ARGS(&client), {}};
	const struct arg_spec spec = {"remint order cancel ID",
				      "Cancels an order that is pending or running. What has been erased "
				      "stays erased, and the disk does not boot.",
				      options, 1, 1};

	return order_call(&spec, argc, argv, &client, &json, "POST", "/cancel");
}

/* Writes a stored document to a file or to standard output. */
static int save(const struct client_options *client, const char *id, const char *document, const char *to,
		struct err *err)
{
	_cleanup_free_ char *target = str_printf("/v1/orders/%s/%s", id, document), *text = NULL;
	size_t len = 0;
	int r = client_fetch(client, target, &text, &len, err);

	if (r < 0)
		return r;
	if (to)
		return file_write_atomic(to, text, len, 0644, err);
	return fwrite(text, 1, len, stdout) == len ? 0 : err_sys(err, errno, "standard output");
}

static int order_certificate(int argc, char **argv)
{
	struct client_options client = {};
	const char *id = NULL, *to = ".";
	bool evidence = false;
	const struct arg_option options[] = {
		{"output", ARG_TEXT, &to, "DIR", "where to (default: here)"},
		{"evidence", ARG_FLAG, &evidence, "",
		 "also what the agent handed in, as ID.evidence.json: the certificate has its SHA-256"},
		CLIENT_ARGS(&client),
		{}};
	const struct arg_spec spec = {
		"remint order certificate ID",
		"Fetches an order's certificate and its signature, as ID.json and ID.json.p7s.", options, 1,
		1};
	_cleanup_free_ char *name = NULL, *path = NULL, *sig_path = NULL, *evidence_name = NULL,
			    *evidence_path = NULL;
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, &id);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (!name_valid(id))
		return fail_with((err_set(&err, EINVAL, "'%s' is not an order's id", id), &err));
	name = str_printf("%s.json", id);
	path = path_join(to, name);
	sig_path = str_printf("%s.p7s", path);
	evidence_name = str_printf("%s.evidence.json", id);
	evidence_path = path_join(to, evidence_name);
	if (make_dirs(to, 0755, &err) < 0 || save(&client, id, "certificate", path, &err) < 0 ||
	    save(&client, id, "certificate.p7s", sig_path, &err) < 0 ||
	    (evidence && save(&client, id, "evidence", evidence_path, &err) < 0))
		return fail_with(&err);
	printf("%s\n%s\n", path, sig_path);
	if (evidence)
		printf("%s\n", evidence_path);
	return EXIT_SUCCESS;
}

/* Prints what the station has kept of an order. */
static int print_kept(const char *kept, const char *usage, const char *about, int argc, char **argv)
{
	struct client_options client = {};
	const char *id = NULL;
	const struct arg_option options[] = {CLIENT_ARGS(&client), {}};
	const struct arg_spec spec = {usage, about, options, 1, 1};
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, &id);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (!name_valid(id))
		return fail_with((err_set(&err, EINVAL, "'%s' is not an order's id", id), &err));
	return save(&client, id, kept, NULL, &err) < 0 ? fail_with(&err) : EXIT_SUCCESS;
}

static int order_bmc_log(int argc, char **argv)
{
	return print_kept("bmc-log", "remint order bmc-log ID",
			  "Prints the event log of the node's BMC, as it was before the machine was started.",
			  argc, argv);
}

static int order_log(int argc, char **argv)
{
	return print_kept("log", "remint order log ID", "Prints the log that the agent left.", argc, argv);
}

int verb_order(int argc, char **argv)
{
	static const struct sub_command table[] = {
		{"create", "order that a node be made new", order_create},
		{"list", "list the orders", order_list},
		{"show", "show one, with its steps", order_show},
		{"cancel", "cancel one that is not done", order_cancel},
		{"certificate", "fetch its certificate and signature", order_certificate},
		{"log", "print the agent's log", order_log},
		{"bmc-log", "print the BMC's event log", order_bmc_log},
		{"standalone", "write one for a boot medium", order_standalone},
		{"import", "have records of such ones countersigned", order_import},
		{},
	};

	return run_sub_command("order", "What is to become of the machines.", table, argc, argv);
}
