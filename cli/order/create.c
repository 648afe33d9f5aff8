/* SPDX-License-Identifier: Apache-2.0 */
/* remint order create. */
#include "cli/order/create.h"

#include "cli/args.h"
#include "cli/client.h"
#include "cli/order/args.h"

int order_create(int argc, char **argv)
{
	struct client_options client = {};
	struct order_args order_args = {};
	const char *node = NULL;
	bool json = false;
	const struct arg_option options[] = {
		ORDER_ARGS(&order_args),
		{"network", ARG_TEXT, &order_args.network, "FILE",
		 "the tenant's network, as 'remint network check' takes it, instead of --network-config"},
		{"json", ARG_FLAG, &json, "", "print the order as JSON"},
		CLIENT_ARGS(&client),
		{},
	};
	const struct arg_spec spec = {"remint order create NODE",
				      "Orders that a node be wiped and given an image, or be wiped and no "
				      "more. It begins when the node boots from "
				      "the network.",
				      options, 1, 1};
	_cleanup_json_ json_t *body = NULL, *order = NULL;
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, &node);
	int r;

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (order_args_body(&order_args, &body, &err) < 0)
		return fail_with(&err);
	if (json_object_set_new(body, "node", json_string(node)) < 0)
		return fail_with((err_set(&err, EINVAL, "names must be UTF-8"), &err));
	r = client_call(&client, "POST", "/v1/orders", body, &order, &err);
	return order_print(r, order, json, &err);
}
