/* SPDX-License-Identifier: Apache-2.0 */
/* remint bmc media */
#include <string.h>

#include "cli/bmc/bmc.h"
#include "cli/client.h"
#include "cli/table.h"
#include "redfish/media.h"

enum media_what { MEDIA_LIST, MEDIA_INSERT, MEDIA_EJECT };

struct media_request {
	enum media_what what;
	const char *image, *slot;
};

static int media(struct rf_bmc *bmc, const void *what, json_t **ret, struct err *err)
{
	const struct media_request *request = what;
	json_t *one = NULL;
	int r;

	if (request->what == MEDIA_LIST)
		return rf_media_list(bmc, ret, err);
	if (request->what == MEDIA_EJECT)
		return rf_media_eject(bmc, request->slot, ret, err);
	r = rf_media_insert(bmc, request->image, request->slot, &one, err);
	if (r == 0)
		*ret = json_pack("[o]", one);
	return r;
}

static void show_media(const json_t *result)
{
	static const char *const headings[] = {"SLOT", "INSERTED", "IMAGE", NULL};
	struct table *table = table_new(headings);
	const json_t *slot;
	size_t i;

	json_array_foreach((json_t *)result, i, slot)
		table_row(table, json_text(slot, "slot"),
			  json_is_true(json_object_get(slot, "inserted")) ? "yes" : "no",
			  json_text(slot, "image"));
	table_print(table);
}

static int parse_request(const char *word, struct media_request *request, struct err *err)
{
	static const char *const words[] = {
		[MEDIA_LIST] = "list", [MEDIA_INSERT] = "insert", [MEDIA_EJECT] = "eject"};
	unsigned i = 0;

	while (i < sizeof(words) / sizeof(words[0]) && strcmp(word, words[i]) != 0)
		i++;
	if (i == sizeof(words) / sizeof(words[0]))
		return err_set(err, EINVAL, "'%s' is not one of list, insert, eject", word);
	request->what = (enum media_what)i;
	if ((request->what == MEDIA_INSERT) != (request->image != NULL))
		return err_set(err, EINVAL,
			       "--image says what is inserted; insert needs it, and nothing else takes it");
	return 0;
}

int bmc_media(int argc, char **argv)
{
	struct bmc_options options = {0};
	struct media_request request = {0};
	const char *operands[BMC_HOSTS_MAX + 2] = {0};
	const struct arg_option rows[] = {
		{"image", ARG_TEXT, &request.image, "URL", "the image, which the BMC fetches itself"},
		{"slot", ARG_TEXT, &request.slot, "ID",
		 "this slot; else the first that takes a disc, or all to eject"},
		BMC_ARGS(&options),
		{}};
	const struct arg_spec spec = {
		"remint bmc media WHAT HOST...",
		"WHAT is list, insert or eject: images that the machine sees as drives.", rows, 2,
		BMC_HOSTS_MAX + 1};
	const struct bmc_action action = {.run = media, .what = &request, .show = show_media};
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, operands);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (parse_request(operands[0], &request, &err) < 0)
		return fail_with(&err);
	return bmc_on_all(&options, operands + 1, &action);
}
