/* SPDX-License-Identifier: Apache-2.0 */
/* What the override has left: as it was found, unless that was for one start. */
#include <string.h>

#include "core/json.h"
#include "core/time.h"
#include "station/drive/job.h"
#include "station/drive/order.h"
#include "station/drive/record.h"

static const char *text_of(const json_t *boot, const char *name)
{
	return json_string_value(json_object_get(boot, name)) ?: "";
}

/* false: that is none which can be written back. */
static bool target_of(const char *word, enum rf_boot_target *ret)
{
	static const struct {
		const char *word;
		enum rf_boot_target target;
	} words[] = {{"Pxe", RF_BOOT_PXE},
		     {"UefiHttp", RF_BOOT_HTTP},
		     {"Cd", RF_BOOT_CD},
		     {"UsbCd", RF_BOOT_CD},
		     {"Hdd", RF_BOOT_DISK}};

	for (unsigned i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcmp(words[i].word, word)) {
			*ret = words[i].target;
			return true;
		}
	return false;
}

/* Disabled, unless it stood there for each start. */
static struct rf_boot_want wish_of(const json_t *found)
{
	struct rf_boot_want want = {.target = RF_BOOT_NONE};

	if (strcmp(text_of(found, "enabled"), "Continuous") != 0 ||
	    !target_of(text_of(found, "target"), &want.target))
		return want;
	want.continuous = true;
	want.legacy = !strcmp(text_of(found, "mode"), "Legacy");
	want.uri = want.target == RF_BOOT_HTTP ? json_string_value(json_object_get(found, "uri")) : NULL;
	return want;
}

static bool is_as_wished(const json_t *boot, const json_t *found, const struct rf_boot_want *want)
{
	const char *enabled = text_of(boot, "enabled");

	if (want->target == RF_BOOT_NONE)
		return !*enabled || !strcmp(enabled, "Disabled");
	return !strcmp(enabled, "Continuous") && !strcmp(text_of(boot, "target"), text_of(found, "target"));
}

/* *ret: Boot as it is in the end. */
static int give_back(struct drive_job *job, json_t **ret, struct err *err)
{
	const json_t *found = json_object_get(json_object_get(job->record, "found"), "boot");
	struct rf_boot_want want = wish_of(found);
	_cleanup_json_ json_t *boot = NULL;
	bool kept;
	int r = drive_boot_get(job, &boot, err);

	if (r < 0)
		return r;
	if (is_as_wished(boot, found, &want)) {
		*ret = TAKE_PTR(boot);
		return 0;
	}
	kept = !strcmp(text_of(boot, "enabled"), "Once");
	json_decref(boot);
	boot = NULL;
	r = drive_boot_set(job, &want, &boot, err);
	if (r < 0)
		return err_prepend(err, "boot override taken back");
	r = drive_say(job, "override", json_incref(boot), err, "boot override %s; now %s",
		      kept ? "was still there, and is taken back" : "returned", text_of(boot, "enabled"));
	if (r == 0)
		*ret = TAKE_PTR(boot);
	return r;
}

int drive_settle(struct drive_job *job, struct err *err)
{
	_cleanup_json_ json_t *boot = NULL;
	int r = give_back(job, &boot, err);

	if (r < 0)
		return r;
	drive_order_read(job->record, boot);
	return drive_move(job, DRIVE_WORK, 0, err);
}

int drive_returned(struct drive_job *job, struct err *err)
{
	bool tenant = job->row.state == ORDER_HANDED_OVER || job->row.state == ORDER_LIVE;

	return drive_move(job, tenant ? DRIVE_FINAL : DRIVE_DONE,
			  tenant ? time(NULL) + job->options.boot_within_s : 0, err);
}

int drive_return(struct drive_job *job, struct err *err)
{
	_cleanup_json_ json_t *boot = NULL;
	int r = give_back(job, &boot, err);

	if (r < 0)
		return r;
	json_object_set(job->record, "returned", boot);
	drive_order_read(job->record, boot);
	r = drive_say(job, "override", json_incref(boot), err, "boot settings returned: override %s",
		      text_of(boot, "enabled"));
	return r < 0 ? r : drive_returned(job, err);
}
