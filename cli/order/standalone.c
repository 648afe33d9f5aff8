/* SPDX-License-Identifier: Apache-2.0 */
/* remint order standalone: writes an order for a boot medium. */
#include "cli/order/standalone.h"

#include <time.h>

#include "cli/order/efi.h"
#include "cli/order/gpu.h"
#include "cli/order/wipe.h"
#include "core/hash.h"
#include "core/io.h"
#include "core/json.h"
#include "core/time.h"
#include "protocol/order/alone.h"

#define DAYS_MAX 3650

struct wish {
	struct order_wipe_args wipe;
	struct order_efi_args efi;
	struct arg_list drives;
	bool confirm, more_than_once;
	uint64_t days;
	const char *output, *tpm, *gpu;
};

static json_t *make_alone(const struct wish *w)
{
	char expires[TIME_TEXT_SIZE];
	json_t *serials = w->drives.n ? json_array() : json_null();

	time_format(time(NULL) + (time_t)w->days * 86400, expires);
	for (unsigned i = 0; i < w->drives.n; i++)
		json_array_append_new(serials, json_string(w->drives.items[i]));
	return json_pack("{so ss? sb ss}", "serials", serials, "confirm", w->confirm ? "console" : NULL,
			 "once", (int)!w->more_than_once, "expires", expires);
}

/* As the agent will read it; what it would refuse is not written. */
static int make(const struct wish *w, const char *name, json_t **ret, struct err *err)
{
	_cleanup_(order_freep) struct order *order = NULL;
	_cleanup_json_ json_t *json = NULL;
	char id[2 + 16 + 1] = "o-";
	uint8_t random[8];
	int r;

	if (w->days < 1 || w->days > DAYS_MAX)
		return err_set(err, EINVAL, "--days is 1 to %d", DAYS_MAX);
	if (!w->drives.n == !w->confirm)
		return err_set(err, EINVAL,
			       "give --drive for each drive of the machine, or --confirm, and not both");
	if (w->more_than_once && !w->confirm)
		return err_set(err, EINVAL, "--more-than-once goes with --confirm");
	random_bytes(random, sizeof(random));
	hex_encode(random, sizeof(random), id + 2);
	json = json_pack("{si ss ss sn s{ss} so ss}", "order", 1, "id", id, "node", name, "image", "wipe",
			 "disks", "all", "alone", make_alone(w), "tpm", w->tpm);
	if (!json)
		return err_set(err, EINVAL, "names must be UTF-8");
	r = order_wipe_args_add(&w->wipe, json_object_get(json, "wipe"), err);
	if (r == 0)
		r = order_efi_args_add(&w->efi, json, err);
	if (r == 0)
		r = order_gpu_arg_add(w->gpu, json, err);
	if (r == 0)
		r = order_from_json(json, &order, err);
	if (r == 0)
		*ret = TAKE_PTR(json);
	return r;
}

int order_standalone(int argc, char **argv)
{
	struct wish w = {.days = 30, .output = "order.json", .tpm = "clear"};
	const char *name = NULL;
	const struct arg_option options[] = {
		{"drive", ARG_MANY, &w.drives, "SERIAL",
		 "serial number of a drive of the machine; each of its drives must be named so"},
		{"confirm", ARG_FLAG, &w.confirm, "",
		 "instead: the person at the console confirms what is erased"},
		{"more-than-once", ARG_FLAG, &w.more_than_once, "",
		 "with --confirm: for several machines, one after another"},
		ORDER_WIPE_ARGS(&w.wipe),
		ORDER_EFI_ARGS(&w.efi),
		ORDER_GPU_ARG(&w.gpu),
		{"tpm", ARG_TEXT, &w.tpm, "HOW", "clear (default) or keep what is in the TPM"},
		{"days", ARG_NUMBER, &w.days, "N", "good for so long, 1 to 3650 (default: 30)"},
		{"output", ARG_TEXT, &w.output, "FILE", "where to (default: order.json)"},
		{},
	};
	const struct arg_spec spec = {"remint order standalone NAME",
				      "Writes an order to erase a machine that reaches no station; NAME is "
				      "what the certificate calls it. "
				      "'remint boot usb' signs it and puts it onto a boot medium.",
				      options, 1, 1};
	_cleanup_json_ json_t *order = NULL;
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	struct err err = {0};
	enum arg_result parsed = args_parse(&spec, argc, argv, &name);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (make(&w, name, &order, &err) < 0)
		return fail_with(&err);
	text = json_pretty(order, &len);
	if (file_write_atomic(w.output, text, len, 0644, &err) < 0)
		return fail_with(&err);
	printf("%s\n", w.output);
	return EXIT_SUCCESS;
}
