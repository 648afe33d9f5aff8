/* SPDX-License-Identifier: Apache-2.0 */
/* Reads what a baseline asks for, each part on its own, and the event log. */
#include <time.h>

#include "core/time.h"
#include "protocol/baseline/out_of_band.h"
#include "redfish/accounts.h"
#include "redfish/bios.h"
#include "redfish/components.h"
#include "redfish/log.h"
#include "station/out_of_band/out_of_band.h"

#define LOG_ENTRIES_MAX  1000 /* the newest; with messages of at most 1 KiB */
#define LOG_PROBLEMS_MAX 64

int out_of_band_read_part(struct rf_bmc *bmc, enum baseline_part part, json_t **ret, struct err *err)
{
	switch (part) {
	case BASELINE_FIRMWARE:
		return rf_components(bmc, ret, err);
	case BASELINE_BIOS:
		return rf_bios_get(bmc, false, ret, err);
	default:
		return rf_accounts_list(bmc, ret, err);
	}
}

static int compare_part(struct rf_bmc *bmc, const json_t *baseline, enum baseline_part part, json_t *document,
			struct err *err)
{
	_cleanup_json_ json_t *read = NULL;
	int r = out_of_band_read_part(bmc, part, &read, err);

	if (r == -ECANCELED)
		return r;
	out_of_band_compare(document, baseline, part, read, r < 0 ? err->text : NULL);
	return 0;
}

static json_t *first_of(const json_t *list, size_t max)
{
	json_t *made = json_array();

	for (size_t i = 0; i < json_array_size(list) && i < max; i++)
		json_array_append(made, json_array_get(list, i));
	return made;
}

/* The document that is kept: what was read, from which BMC and when. */
static json_t *make_log(struct rf_bmc *bmc, const json_t *read)
{
	char when[TIME_TEXT_SIZE];

	time_format(time(NULL), when);
	return json_pack("{s:i, s:s, s:s, s:O, s:O, s:O, s:o}", "bmc_log", 1, "bmc", rf_bmc_origin(bmc),
			 "read", when, "complete", json_object_get(read, "complete"), "logs",
			 json_object_get(read, "logs"), "entries", json_object_get(read, "entries"),
			 "problems", first_of(json_object_get(read, "problems"), LOG_PROBLEMS_MAX));
}

static int archive_log(struct rf_bmc *bmc, struct out_of_band *result, struct err *err)
{
	const struct rf_log_wish wish = {.max = LOG_ENTRIES_MAX};
	_cleanup_json_ json_t *read = NULL, *log = NULL;
	size_t len = 0;
	int r = rf_log_read(bmc, &wish, &read, err);

	if (r == -ECANCELED)
		return r;
	if (r < 0) {
		out_of_band_no_log(result->document, err->text);
		return 0;
	}
	log = make_log(bmc, read);
	result->log = json_canonical(log, &len);
	out_of_band_archived(result->document, result->log, len,
			     json_array_size(json_object_get(read, "entries")),
			     !json_is_true(json_object_get(read, "complete")) ||
				     json_array_size(json_object_get(read, "problems")));
	return 0;
}

int out_of_band_read(struct rf_bmc *bmc, const json_t *baseline, struct out_of_band *ret, struct err *err)
{
	int r = 0;

	*ret = (struct out_of_band){.document = out_of_band_new(baseline, time(NULL))};
	for (unsigned part = 0; part < BASELINE_PARTS && r == 0; part++)
		if (baseline && baseline_asks(baseline, part))
			r = compare_part(bmc, baseline, part, ret->document, err);
	return r < 0 ? r : archive_log(bmc, ret, err);
}
