/* SPDX-License-Identifier: Apache-2.0 */
/* remint node bmc: by which BMC the station reaches a node. docs/operate.md */
#include <string.h>

#include "cli/bmc/bmc.h"
#include "cli/bmc/credentials.h"
#include "cli/node/node.h"
#include "core/io.h"
#include "protocol/node.h"
#include "redfish/ref.h"
#include "redfish/trust.h"

#define CA_MAX (64 * 1024) /* bytes */

struct wish {
	struct client_options client;
	const char *node, *address, *known, *ca, *credentials, *system;
	bool basic, remove, rotate, json;
};

static void show(const json_t *bmc)
{
	const json_t *rotation = json_object_get(bmc, "rotation");
	const char *pin = json_string_value(json_object_get(bmc, "pin"));

	printf("node:         %s\n", json_text(bmc, "node"));
	printf("BMC:          %s\n", json_text(bmc, "address"));
	printf("known by:     %s%s\n", pin ? "its public key, SHA-256 " : "a CA", pin ? pin : "");
	printf("user:         %s\n", json_text(bmc, "user"));
	printf("system:       %s\n", json_text(bmc, "system"));
	printf("session:      %s\n",
	       json_is_true(json_object_get(bmc, "basic")) ? "none, HTTP basic" : "by login");
	printf("set:          %s\n", json_text(bmc, "changed"));
	if (json_is_object(rotation))
		printf("new password: %s %s\n", json_text(rotation, "state"), json_text(rotation, "ended"));
}

/* How the station is to know it: by what was recorded for this address, else by a CA. */
static int add_trust(const struct wish *wish, const char *origin, json_t *body, struct err *err)
{
	const char *file = bmc_setting(wish->known, "REMINT_BMC_KNOWN"),
		   *ca = bmc_setting(wish->ca, "REMINT_BMC_CA");
	_cleanup_json_ json_t *known = NULL;
	_cleanup_free_ char *pem = NULL;
	char pin[RF_PIN_SIZE] = "";
	int r = file ? rf_known_read(file, &known, err) : 0;

	if (r == 0 && known)
		r = rf_known_pin(known, origin, pin, err);
	if (r == 0 && !pin[0] && !ca)
		r = err_set(err, EKEYREJECTED,
			    "%s is not known; look at its certificate and record it: remint bmc trust "
			    "--known FILE %s (or name its --bmc-ca)",
			    origin, origin);
	if (r == 0 && !pin[0])
		r = file_read(ca, CA_MAX, &pem, NULL, err);
	if (r == 0)
		json_object_set_new(body, pin[0] ? "pin" : "ca_pem", json_string(pin[0] ? pin : pem));
	return r;
}

static int make_body(const struct wish *wish, json_t **ret, struct err *err)
{
	_cleanup_(bmc_credentials_clear) struct bmc_credentials as = {0};
	_cleanup_free_ char *origin = NULL;
	_cleanup_json_ json_t *body = NULL;
	int r = rf_origin(wish->address, &origin, err);

	if (r == 0)
		r = bmc_credentials_read(wish->credentials, &as, err);
	if (r < 0)
		return r;
	body = json_pack("{s:s, s:s, s:s, s:s?, s:b}", "address", origin, "user", as.user, "password",
			 as.password, "system", wish->system, "basic", (int)wish->basic);
	if (!body)
		return err_set(err, EINVAL, "user, password and system must be UTF-8");
	r = add_trust(wish, origin, body, err);
	if (r == 0)
		*ret = TAKE_PTR(body);
	return r;
}

static bool is_running(const json_t *bmc)
{
	return !strcmp(json_text(json_object_get(bmc, "rotation"), "state"), "running");
}

/* The station goes on by itself; this only waits. */
static int rotate(const struct wish *wish, json_t **ret, struct err *err)
{
	_cleanup_free_ char *bmc = str_printf("/v1/nodes/%s/bmc", wish->node),
			    *target = str_printf("%s/rotate", bmc);
	_cleanup_json_ json_t *now = NULL;
	const json_t *rotation;
	int r = client_call(&wish->client, "POST", target, NULL, &now, err);

	if (r == 0)
		fprintf(stderr, "%s gets a new password ...\n", json_text(now, "address"));
	while (r == 0 && is_running(now)) {
		sleep(1);
		json_decref(now);
		now = NULL;
		r = client_call(&wish->client, "GET", bmc, NULL, &now, err);
	}
	if (r < 0)
		return r;
	rotation = json_object_get(now, "rotation");
	if (strcmp(json_text(rotation, "state"), "done") != 0)
		return err_set(err, EIO, "%s: %s", wish->node, json_text(rotation, "why"));
	*ret = TAKE_PTR(now);
	return 0;
}

static int call(const struct wish *wish, json_t **ret, struct err *err)
{
	_cleanup_free_ char *target = str_printf("/v1/nodes/%s/bmc", wish->node);
	_cleanup_json_ json_t *body = NULL;
	const char *method = wish->address ? "PUT" : wish->remove ? "DELETE" : "GET";
	int r = wish->address ? make_body(wish, &body, err) : 0;

	if (wish->rotate)
		return rotate(wish, ret, err);
	return r < 0 ? r : client_call(&wish->client, method, target, body, ret, err);
}

/* Options that would be ignored are more likely a mistake. */
static int check(const struct wish *wish, struct err *err)
{
	const bool details = wish->known || wish->ca || wish->credentials || wish->system || wish->basic;

	if (!name_valid(wish->node))
		return err_set(err, EINVAL, "'%s' is not a node's name", wish->node);
	if ((wish->address != NULL) + wish->remove + wish->rotate > 1)
		return err_set(err, EINVAL, "one of --address, --remove and --rotate");
	if (details && !wish->address)
		return err_set(err, EINVAL, "what is said of a BMC needs its --address");
	return 0;
}

int node_bmc(int argc, char **argv)
{
	struct wish wish = {0};
	const struct arg_option options[] = {
		{"address", ARG_TEXT, &wish.address, "HOST",
		 "set its BMC: HOST, HOST:PORT or https://HOST[:PORT]"},
		{"known", ARG_TEXT, &wish.known, "FILE",
		 "where 'remint bmc trust' has recorded its key (REMINT_BMC_KNOWN)"},
		{"bmc-ca", ARG_TEXT, &wish.ca, "FILE",
		 "PEM: the CA of a BMC that is not in that file (REMINT_BMC_CA)"},
		{"credentials", ARG_TEXT, &wish.credentials, "FILE",
		 "user and password, a line each (REMINT_BMC_CREDENTIALS); else REMINT_BMC_USER and "
		 "REMINT_BMC_PASSWORD"},
		{"system", ARG_TEXT, &wish.system, "ID", "the machine, where the BMC has several"},
		{"basic", ARG_FLAG, &wish.basic, "", "HTTP basic authentication rather than a session"},
		{"remove", ARG_FLAG, &wish.remove, "", "the station forgets it, password and all"},
		{"rotate", ARG_FLAG, &wish.rotate, "",
		 "have it take a new password, which the station makes and nobody else learns"},
		{"json", ARG_FLAG, &wish.json, "", "print as JSON"},
		CLIENT_ARGS(&wish.client),
		{},
	};
	const struct arg_spec spec = {"remint node bmc NAME",
				      "Shows by which BMC the station reaches a node; sets, changes or "
				      "removes it. The password is kept "
				      "sealed,\nand is never shown.",
				      options, 1, 1};
	_cleanup_json_ json_t *bmc = NULL;
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, &wish.node);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	secret_process();
	if (check(&wish, &err) < 0 || call(&wish, &bmc, &err) < 0)
		return fail_with(&err);
	if (wish.json && bmc)
		print_json(bmc);
	else if (bmc)
		show(bmc);
	return EXIT_SUCCESS;
}
