/* SPDX-License-Identifier: Apache-2.0 */
/* remint bmc bios */
#include <string.h>

#include "cli/bmc/bmc.h"
#include "cli/client.h"
#include "cli/table.h"
#include "core/io.h"
#include "redfish/bios.h"

#define PROFILE_LIMIT (4u << 20) /* bytes */

enum bios_what { BIOS_SHOW, BIOS_SET, BIOS_COMPARE, BIOS_RESET };

struct bios_request {
	enum bios_what what;
	bool entries;
	const char *file;         /* of a profile; NULL: none */
	struct arg_list settings; /* "NAME=VALUE" */
	json_t *profile;          /* its document; NULL: none */
	json_t *wanted;           /* {NAME: VALUE}; of --set as texts */
	bool *differs;            /* a comparison that is not all equal */
};

static int compare(struct rf_bmc *bmc, const struct bios_request *request, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *bios = NULL;
	int r = rf_bios_get(bmc, false, &bios, err);

	if (r < 0)
		return r;
	*ret = rf_bios_compare(bios, request->wanted);
	if (json_integer_value(json_object_get(*ret, "equal")) !=
	    (json_int_t)json_object_size(request->wanted))
		*request->differs = true;
	return 0;
}

static int bios(struct rf_bmc *bmc, const void *what, json_t **ret, struct err *err)
{
	const struct bios_request *request = what;

	switch (request->what) {
	case BIOS_SHOW:
		return rf_bios_get(bmc, request->entries, ret, err);
	case BIOS_SET:
		return rf_bios_set(bmc, request->wanted, !request->profile, ret, err);
	case BIOS_COMPARE:
		return compare(bmc, request, ret, err);
	case BIOS_RESET:
		return rf_bios_reset(bmc, ret, err);
	}
	return err_set(err, EINVAL, "no such action");
}

/* A plain value as text; malloc'd. */
static char *text_of(const json_t *value)
{
	char *text = json_is_string(value) ? xstrdup(json_string_value(value))
		     : value               ? json_dumps(value, JSON_ENCODE_ANY)
					   : NULL;

	return text ? text : xstrdup("-");
}

static void show_attributes(const json_t *result)
{
	static const char *const headings[] = {"ATTRIBUTE", "VALUE", "FROM THE NEXT START ON", NULL};
	struct table *table = table_new(headings);
	json_t *value;
	const char *name;

	json_object_foreach(json_object_get(result, "attributes"), name, value) {
		_cleanup_free_ char *is = text_of(value);
		_cleanup_free_ char *later =
			text_of(json_object_get(json_object_get(result, "pending"), name));

		table_row(table, name, is, later);
	}
	table_print(table);
}

static void show_comparison(const json_t *list)
{
	static const char *const headings[] = {
		"ATTRIBUTE", "STATE", "WANTED", "VALUE", "FROM THE NEXT START ON", NULL};
	struct table *table = table_new(headings);
	const json_t *one;
	size_t i;

	json_array_foreach((json_t *)list, i, one) {
		_cleanup_free_ char *want = text_of(json_object_get(one, "want"));
		_cleanup_free_ char *is = text_of(json_object_get(one, "is"));
		_cleanup_free_ char *later = text_of(json_object_get(one, "pending"));

		table_row(table, json_text(one, "name"), json_text(one, "state"), want, is, later);
	}
	table_print(table);
}

static void show_bios(const json_t *result)
{
	if (json_is_array(json_object_get(result, "attributes"))) {
		show_comparison(json_object_get(result, "attributes"));
	} else if (json_object_get(result, "attributes")) {
		show_attributes(result);
	} else if (json_object_get(result, "reset")) {
		puts("the defaults are asked for; they are there from the next start on");
	} else {
		printf("set: %zu, from the next start on; as wanted already: %zu\n",
		       json_object_size(json_object_get(result, "set")),
		       json_array_size(json_object_get(result, "already")));
	}
}

static int parse_what(const char *word, enum bios_what *ret, struct err *err)
{
	static const char *const words[] = {
		[BIOS_SHOW] = "show", [BIOS_SET] = "set", [BIOS_COMPARE] = "compare", [BIOS_RESET] = "reset"};

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(word, words[i])) {
			*ret = (enum bios_what)i;
			return 0;
		}
	return err_set(err, EINVAL, "'%s' is not one of show, set, compare, reset", word);
}

static int check(const struct bios_request *request, struct err *err)
{
	const bool takes_profile = request->what == BIOS_SET || request->what == BIOS_COMPARE;

	if (request->settings.n && (request->what != BIOS_SET || request->file))
		return err_set(err, EINVAL, "--set goes with set, and not with --profile");
	if (request->file && !takes_profile)
		return err_set(err, EINVAL, "--profile is for set and compare");
	if (takes_profile && !request->file && !request->settings.n)
		return err_set(err, EINVAL,
			       request->what == BIOS_SET ? "name what to set: --set or --profile"
							 : "compare needs a --profile");
	if (request->entries && request->what != BIOS_SHOW)
		return err_set(err, EINVAL, "--entries is for show");
	return 0;
}

static int split(const struct arg_list *settings, json_t *into, struct err *err)
{
	for (unsigned i = 0; i < settings->n; i++) {
		const char *text = settings->items[i], *equals = strchr(text, '=');
		_cleanup_free_ char *name = NULL;

		if (!equals || equals == text)
			return err_set(err, EINVAL, "--set %s is not NAME=VALUE", text);
		name = str_printf("%.*s", (int)(equals - text), text);
		if (json_object_get(into, name))
			return err_set(err, EINVAL, "--set names %s twice", name);
		if (json_object_set_new(into, name, json_string(equals + 1)) < 0)
			return err_set(err, EINVAL, "--set %s is not UTF-8", text);
	}
	return 0;
}

static int read_wanted(struct bios_request *request, struct err *err)
{
	json_t *attributes = NULL;
	int r;

	if (!request->file) {
		request->wanted = json_object();
		return split(&request->settings, request->wanted, err);
	}
	r = json_read_file(request->file, PROFILE_LIMIT, &request->profile, err);
	if (r == 0)
		r = rf_bios_profile(request->profile, &attributes, err);
	request->wanted = json_incref(attributes);
	return r < 0 ? err_prepend(err, "%s", request->file) : 0;
}

int bmc_bios(int argc, char **argv)
{
	struct bmc_options options = {0};
	bool differs = false;
	struct bios_request request = {.differs = &differs};
	const char *operands[BMC_HOSTS_MAX + 2] = {0};
	const struct arg_option rows[] = {
		{"set", ARG_MANY, &request.settings, "NAME=VALUE", "an attribute to set; may be given often"},
		{"profile", ARG_TEXT, &request.file, "FILE",
		 "JSON, {\"attributes\": {NAME: VALUE}}: what to set, or to compare with"},
		{"entries", ARG_FLAG, &request.entries, "",
		 "show, with --json: what each attribute may be, from the BMC's registry"},
		BMC_ARGS(&options),
		{}};
	const struct arg_spec spec = {
		"remint bmc bios WHAT HOST...",
		"WHAT is show, set (checked before it is sent, and read again), compare (with a profile; 1 "
		"is\n"
		"returned when something differs) or reset (to defaults). Changes wait for the next start.",
		rows, 2, BMC_HOSTS_MAX + 1};
	const struct bmc_action action = {.run = bios, .what = &request, .show = show_bios};
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, operands);
	int status;

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (parse_what(operands[0], &request.what, &err) < 0 || check(&request, &err) < 0 ||
	    read_wanted(&request, &err) < 0)
		status = fail_with(&err);
	else
		status = bmc_on_all(&options, operands + 1, &action);
	json_decref(request.wanted);
	json_decref(request.profile);
	return status == EXIT_SUCCESS && differs ? EXIT_FAILURE : status;
}
