/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters that a card's driver keeps in the card: by devlink, each read before and after. */
#include "agent/hw/devlink_param.h"
#include "agent/steps/nic_card.h"
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

static int change(struct nic_work *work, struct nic_card *card, const struct devlink_param *param,
		  const json_t *wanted, struct err *err)
{
	json_t *after = NULL;
	int r;

	if (json_equal(param->permanent, wanted)) {
		nic_add_setting(card, BY, param->name, wanted, copy(param->permanent),
				copy(param->permanent));
		return 0;
	}
	if (work->mode == NIC_CHECK)
		return 0;
	if (work->mode == NIC_VERIFY)
		return err_set(err, EIO, "%s: devlink parameter %s is not what it was set to any more",
			       card->pci, param->name);
	r = set(&work->devlink, param, wanted, &after, err);
	nic_add_setting(card, BY, param->name, wanted, copy(param->permanent), after);
	card->needs_reset |= r == 0;
	return r;
}

static int take(struct nic_work *work, struct nic_card *card, const char *name, const json_t *wanted,
		struct err *err)
{
	struct devlink_param param;
	int r;

	if (work->devlink.fd < 0)
		return err_set(err, ENOENT, "this kernel has no devlink");
	r = devlink_param_get(&work->devlink, card->pci, name, &param, err);
	if (r < 0)
		return r;
	r = devlink_param_takes(&param, wanted, err);
	if (r == 0)
		r = change(work, card, &param, wanted, err);
	devlink_param_clear(&param);
	return r;
}

void nic_devlink(struct nic_work *work, struct nic_card *card)
{
	const char *name;
	json_t *wanted;

	json_object_foreach(card->wish->devlink, name, wanted) {
		_cleanup_free_ char *what = str_printf("devlink %s", name);
		struct err why;

		if (take(work, card, name, wanted, &why) < 0)
			nic_not_done(card, what, why.text);
	}
}
