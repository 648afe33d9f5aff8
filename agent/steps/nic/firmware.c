/* SPDX-License-Identifier: Apache-2.0 */
/* A card's firmware: is it one that will do, and where the order says so, its own driver writes another. What lies in the card counts as well as what runs: it runs next. */
#include <string.h>

#include "agent/hw/net/devlink.h"
#include "agent/hw/net/devlink_flash.h"
#include "agent/steps/nic/card.h"
#include "core/io.h"
#include "core/json.h"

#define QUIET_S \
	600u /* a driver that says nothing for so long; mlx5 says nothing while the card burns a component */
#define LIMIT_S 3600u /* in all */

struct versions {
	char running[64], stored[64]; /* "": not told */
};

static const char *text(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "";
}

/* The whole firmware's version; drivers name it in three ways (Documentation/networking/devlink/devlink-info.rst). */
static const char *version_in(const json_t *versions)
{
	static const char *const names[] = {"fw", "fw.version", "fw.mgmt"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (*text(versions, names[i]))
			return text(versions, names[i]);
	return "";
}

static void by_tool(struct nic_work *work, const struct nic_card *card, struct versions *v)
{
	struct mst_firmware found;
	struct err none;

	if (!nic_has_mst(card) || mst_reaches(work->root, card->pci, &none) < 0 ||
	    mst_firmware_query(&work->mst, card->pci, &found, &none) < 0)
		return;
	if (!*v->running)
		snprintf(v->running, sizeof(v->running), "%s", found.running);
	if (!*v->stored)
		snprintf(v->stored, sizeof(v->stored), "%s", found.version);
}

/* devlink, then the maker's tool, then what ethtool says, of which the first word is the version. */
static void read_versions(struct nic_work *work, const struct nic_card *card, struct versions *v)
{
	const json_t *device = json_object_get(work->info, card->pci);
	const char *ethtool = text(card->interface, "firmware");

	*v = (struct versions){0};
	snprintf(v->running, sizeof(v->running), "%s", version_in(json_object_get(device, "running")));
	snprintf(v->stored, sizeof(v->stored), "%s", version_in(json_object_get(device, "stored")));
	if (!*v->running || !*v->stored)
		by_tool(work, card, v);
	if (!*v->running)
		snprintf(v->running, sizeof(v->running), "%.*s", (int)strcspn(ethtool, " "), ethtool);
}

static bool will_do(const struct order_nic *wish, const char *version)
{
	if (wish->flash_version && !json_array_size(wish->versions))
		return !strcmp(version, wish->flash_version);
	for (size_t i = 0; i < json_array_size(wish->versions); i++)
		if (!strcmp(json_string_value(json_array_get(wish->versions, i)), version))
			return true;
	return !json_array_size(wish->versions);
}

static bool is_good(const struct order_nic *wish, const struct versions *v)
{
	return *v->running && will_do(wish, v->running) && (!*v->stored || will_do(wish, v->stored));
}

/* Written already, and not running yet. */
static bool is_pending(const struct order_nic *wish, const struct versions *v)
{
	return *v->stored && will_do(wish, v->stored) && !will_do(wish, v->running);
}

static int differs(const struct nic_card *card, const struct versions *v, struct err *err)
{
	const char *first = json_string_value(json_array_get(card->wish->versions, 0));
	size_t n = json_array_size(card->wish->versions);

	if (!*v->running)
		return err_set(err, ENODATA, "%s: the version of its firmware cannot be seen", card->pci);
	return err_set(err, EIO, "%s: firmware %s runs%s%s, expected %s%s", card->pci, v->running,
		       *v->stored && strcmp(v->stored, v->running) != 0 ? ", and next " : "",
		       *v->stored && strcmp(v->stored, v->running) != 0 ? v->stored : "",
		       first ?: card->wish->flash_version, n > 1 ? " or another that the order names" : "");
}

/* ---- writing it ---- */

struct watch {
	struct job *job;
	char said[160]; /* the last that was noted */
};

static void progress(void *data, const struct devlink_flash_status *status)
{
	struct watch *w = data;
	char now[160];

	snprintf(now, sizeof(now), "%s: %s%s%s", status->pci, *status->message ? status->message : "firmware",
		 *status->component ? ", " : "", status->component);
	if (strcmp(now, w->said) != 0)
		w->job->ops->note(w->job, now);
	memcpy(w->said, now, sizeof(now));
	if (status->total)
		w->job->ops->progress(w->job, status->done, status->total);
}

/* A sign of life; nobody stops a flash half done. */
static bool alive(void *data)
{
	struct watch *w = data;

	return w->job->ops->cancelled(w->job);
}

static int flash(struct nic_work *work, struct nic_card *card, struct versions *v, struct err *err)
{
	struct watch w = {.job = work->job};
	const struct devlink_flash what = {.pci = card->pci,
					   .file = card->wish->flash_file,
					   .quiet_s = QUIET_S,
					   .limit_s = LIMIT_S,
					   .progress = progress,
					   .alive = alive,
					   .data = &w};
	json_t *fresh = NULL;
	int r = devlink_flash(&what, err);

	if (r == 0)
		r = devlink_inventory(&fresh, err);
	if (r < 0)
		return r;
	json_decref(work->info);
	work->info = fresh;
	read_versions(work, card, v);
	if (*v->stored && strcmp(v->stored, card->wish->flash_version) != 0)
		return err_set(err, EIO, "%s: firmware %s was written, and %s lies in the card", card->pci,
			       card->wish->flash_version, v->stored);
	card->needs_reset = true;
	return 0;
}

/* Did an earlier boot of the order write it? */
static bool was_flashed(const struct nic_card *card)
{
	return json_is_object(json_object_get(json_object_get(card->earlier, "firmware"), "flashed"));
}

static int bring_about(struct nic_work *work, struct nic_card *card, struct versions *v, bool *ret_flashed,
		       struct err *err)
{
	if (is_good(card->wish, v))
		return 0;
	if (is_pending(card->wish, v) && work->mode != NIC_VERIFY) {
		card->needs_reset = true;
		return 0;
	}
	if (!card->wish->flash_file || work->mode == NIC_VERIFY || was_flashed(card))
		return differs(card, v, err);
	if (work->mode == NIC_CHECK) {
		if (work->devlink.fd < 0 || !json_object_get(work->info, card->pci))
			return err_set(err, EOPNOTSUPP,
				       "%s: its driver has no devlink, by which firmware is written",
				       card->pci);
		return devlink_flash_find(work->root, card->wish->flash_file, err);
	}
	*ret_flashed = true;
	return flash(work, card, v, err);
}

static json_t *found_first(const struct nic_card *card, const struct versions *v)
{
	json_t *earlier = json_object_get(json_object_get(card->earlier, "firmware"), "found");

	return earlier ? json_incref(earlier) : *v->running ? json_string(v->running) : json_null();
}

static json_t *or_null(const char *version)
{
	return *version ? json_string(version) : json_null();
}

/* A card that may still be written must see no reset: such a machine is held, whatever the entry says. */
int nic_firmware(struct nic_work *work, struct nic_card *card, struct err *err)
{
	const struct order_nic *wish = card->wish;
	struct versions found, now;
	bool flashed = false;
	struct err why;

	read_versions(work, card, &found);
	now = found;
	if ((json_array_size(wish->versions) || wish->flash_file) &&
	    bring_about(work, card, &now, &flashed, &why) < 0) {
		if (why.code == ETIMEDOUT) {
			*err = why;
			return -ETIMEDOUT;
		}
		nic_not_done(card, "firmware", why.text);
		flashed = false;
	}
	json_object_set_new(card->record, "firmware",
			    json_pack("{so so so so}", "found", found_first(card, &found), "running",
				      or_null(now.running), "stored", or_null(now.stored), "flashed",
				      flashed || was_flashed(card)
					      ? json_pack("{ss ss}", "file", wish->flash_file, "version",
							  wish->flash_version)
					      : json_null()));
	return 0;
}
