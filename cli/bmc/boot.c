/* SPDX-License-Identifier: Apache-2.0 */
/* remint bmc boot */
#include <string.h>

#include "cli/bmc/bmc.h"
#include "cli/client.h"
#include "cli/plain.h"
#include "core/io.h"
#include "redfish/boot.h"

struct boot_request {
	bool show; /* change nothing */
	struct rf_boot_want want;
};

static int boot(struct rf_bmc *bmc, const void *what, json_t **ret, struct err *err)
{
	const struct boot_request *request = what;

	return request->show ? rf_boot_get(bmc, ret, err) : rf_boot_set(bmc, &request->want, ret, err);
}

static void show_one(const char *label, const json_t *boot_json)
{
	bool has_uri = json_is_string(json_object_get(boot_json, "uri"));
	_cleanup_free_ char *line =
		str_printf("%s%s, %s, %s%s%s", label, json_text(boot_json, "target"),
			   json_text(boot_json, "enabled"), json_text(boot_json, "mode"), has_uri ? ", " : "",
			   has_uri ? json_text(boot_json, "uri") : "");

	plain_text(line);
	puts(line);
}

static void show_boot(const json_t *result)
{
	show_one("boot: ", result);
	if (json_is_object(json_object_get(result, "pending")))
		show_one("from the next start on: ", json_object_get(result, "pending"));
}

static int parse_target(const char *word, struct boot_request *ret, struct err *err)
{
	static const char *const words[] = {
		[RF_BOOT_NONE] = "none", [RF_BOOT_PXE] = "pxe",   [RF_BOOT_HTTP] = "http",
		[RF_BOOT_CD] = "cd",     [RF_BOOT_DISK] = "disk",
	};

	if (!strcmp(word, "show")) {
		ret->show = true;
		return 0;
	}
	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(word, words[i])) {
			ret->want.target = (enum rf_boot_target)i;
			return 0;
		}
	return err_set(err, EINVAL, "'%s' is not one of show, none, pxe, http, cd, disk", word);
}

static int check(const struct boot_request *request, struct err *err)
{
	if (request->want.uri && request->want.target != RF_BOOT_HTTP)
		return err_set(err, EINVAL, "--uri is for http alone");
	if (request->want.uri && strncmp(request->want.uri, "http://", 7) != 0 &&
	    strncmp(request->want.uri, "https://", 8) != 0)
		return err_set(err, EINVAL, "--uri %s: not the address of a boot file; it begins as http://",
			       request->want.uri);
	if (request->want.legacy && request->want.target == RF_BOOT_HTTP)
		return err_set(err, EINVAL, "a boot by HTTP is one of UEFI; --legacy does not go with it");
	return 0;
}

int bmc_boot(int argc, char **argv)
{
	struct bmc_options options = {0};
	struct boot_request request = {0};
	const char *operands[BMC_HOSTS_MAX + 2] = {0};
	const struct arg_option rows[] = {
		{"uri", ARG_TEXT, &request.want.uri, "URL", "what http boots; without it DHCP says"},
		{"continuous", ARG_FLAG, &request.want.continuous, "", "at each boot; else once"},
		{"legacy", ARG_FLAG, &request.want.legacy, "", "BIOS mode rather than UEFI"},
		BMC_ARGS(&options),
		{}};
	const struct arg_spec spec = {
		"remint bmc boot WHAT HOST...",
		"WHAT is show, none (no override any more), pxe, http, cd or disk: what the machine boots "
		"from\n"
		"next. What was set is read again, and an error when something else is there. 'remint bmc "
		"boot "
		"order'\n"
		"is the order that is tried without an override.",
		rows, 2, BMC_HOSTS_MAX + 1};
	const struct bmc_action action = {.run = boot, .what = &request, .show = show_boot};
	struct err err;
	enum arg_result parsed;

	if (argc > 1 && !strcmp(argv[1], "order"))
		return bmc_boot_order(argc - 1, argv + 1);
	parsed = args_parse(&spec, argc, argv, operands);
	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (parse_target(operands[0], &request, &err) < 0 || check(&request, &err) < 0)
		return fail_with(&err);
	return bmc_on_all(&options, operands + 1, &action);
}
