/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters that a card's driver keeps in the card: by devlink, each read before and after. */
#include <linux/devlink.h>

#include "agent/hw/net/devlink_param.h"
#include "agent/steps/nic/card.h"
#include "core/io.h"
#include "core/json.h"

#define BY "devlink"

static json_t *copy(const json_t *value)
{
	return value ? json_incref((json_t *)value) : NULL;
}

/* Sets it and reads it back; *ret_after: what the card says then, a new reference. */
static int set(struct genl *devlink, const struct devlink_param *param, const json_t *wanted,
	       json_t **ret_after, struct err *err)
{
	_cleanup_free_ char *shown = NULL;
	struct devlink_param now = {0};
	int r = devlink_param_set(devlink, param, wanted, err);

	if (r == 0)
		r = devlink_param_get(devlink, param->pci, param->name, &now, err);
	if (r < 0)
		return r;
	*ret_after = copy(now.permanent);
	shown = now.permanent ? json_dumps(now.permanent, JSON_ENCODE_ANY) : NULL;
	if (!now.permanent || !json_equal(now.permanent, wanted))
		r = err_set(err, EIO, "%s: devlink parameter %s was set, and reads %s", param->pci,
			    param->name, shown ?: "nothing");
	devlink_param_clear(&now);
	return r;
}

/* {"before", "after", "set": was it, "why": what was not done, or null}; empty: it could be set. */
static int change(const struct nic_task *task, struct genl *devlink, const struct devlink_param *param,
		  json_t **ret, struct err *err)
{
	json_t *after = NULL;
	struct err why;
	int r;

	if (json_equal(param->permanent, task->wanted)) {
		*ret = json_pack("{sO sO sb sn}", "before", param->permanent, "after", param->permanent,
				 "set", 0, "why");
		return 0;
	}
	if (task->work->mode == NIC_CHECK) {
		*ret = json_object();
		return 0;
	}
	if (task->work->mode == NIC_VERIFY)
		return err_set(err, EIO, "%s: devlink parameter %s is not what it was set to any more",
			       param->pci, param->name);
	r = set(devlink, param, task->wanted, &after, &why);
	*ret = json_pack("{sO so? sb ss?}", "before", param->permanent, "after", after, "set", r == 0, "why",
			 r < 0 ? why.text : NULL);
	return 0;
}

/* With a conversation of its own: the parent's is not its to leave half read. */
static int take(const struct nic_task *task, json_t **ret, struct err *err)
{
	struct genl devlink = {.fd = -EBADF};
	struct devlink_param param;
	int r = genl_open(DEVLINK_GENL_NAME, &devlink, err);

	if (r < 0)
		return r;
	r = devlink_param_get(&devlink, task->card->pci, task->name, &param, err);
	if (r == 0) {
		r = devlink_param_takes(&param, task->wanted, err);
		if (r == 0)
			r = change(task, &devlink, &param, ret, err);
		devlink_param_clear(&param);
	}
	genl_close(&devlink);
	return r;
}

static int take_one(struct nic_work *work, struct nic_card *card, const char *name, const json_t *wanted,
		    struct err *err)
{
	_cleanup_free_ char *what = str_printf("devlink %s", name);
	const struct nic_task task = {
		.what = what, .work = work, .card = card, .name = name, .wanted = wanted, .run = take};
	_cleanup_json_ json_t *answer = NULL;
	const char *not_done;
	struct err why;
	int r = work->devlink.fd < 0 ? err_set(&why, ENOENT, "this kernel has no devlink")
				     : nic_child(work, &task, &answer, &why);

	if (r == -ETIMEDOUT) {
		*err = why;
		return r;
	}
	if (json_object_get(answer, "before"))
		nic_add_setting(card, BY, name, wanted, copy(json_object_get(answer, "before")),
				copy(json_object_get(answer, "after")));
	card->needs_reset |= json_is_true(json_object_get(answer, "set"));
	not_done = r < 0 ? why.text : json_string_value(json_object_get(answer, "why"));
	if (not_done)
		nic_not_done(card, what, not_done);
	return 0;
}

int nic_devlink(struct nic_work *work, struct nic_card *card, struct err *err)
{
	const char *name;
	json_t *wanted;
	int r = 0;

	json_object_foreach(card->wish->devlink, name, wanted)
		if (r == 0)
			r = take_one(work, card, name, wanted, err);
	return r;
}
