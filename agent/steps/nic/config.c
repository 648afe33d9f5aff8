/* SPDX-License-Identifier: Apache-2.0 */
/* Settings of NVIDIA's cards by mstconfig: what lasts is what the query after it says. */
#include <string.h>

#include "agent/steps/nic/card.h"
#include "core/io.h"
#include "core/json.h"

#define BY "mstconfig"

static bool is_taken(const struct mst_config *config, const char *name, const char *wanted)
{
	const struct mst_param *param = mst_config_find(config, name);

	return param && mst_value_is(wanted, param->next);
}

/* Sets it, whatever the tool says of that, and asks anew: *config is what the card says then. */
static int set(struct nic_work *work, struct nic_card *card, struct mst_config *config, const char *name,
	       const char *wanted, struct err *err)
{
	struct mst_config now = {0};
	struct err refused = {0};
	int tool = mst_config_set(&work->mst, card->pci, name, wanted, &refused);
	int r = mst_config_query(&work->mst, card->pci, &now, err);

	if (r < 0)
		return r;
	mst_config_clear(config);
	*config = now;
	if (is_taken(config, name, wanted))
		return 0;
	if (tool < 0) {
		*err = refused;
		return tool;
	}
	return err_set(err, EIO, "%s: %s was set to %s, and the card says %s", card->pci, name, wanted,
		       mst_config_find(config, name) ? mst_config_find(config, name)->next : "nothing of it");
}

static int take(struct nic_work *work, struct nic_card *card, struct mst_config *config, const char *name,
		const json_t *value, struct err *err)
{
	const char *wanted = json_string_value(value);
	const struct mst_param *param = mst_config_find(config, name);
	json_t *before;
	int r = 0;

	if (!param)
		return err_set(err, ENOENT, "%s: mstconfig lists no parameter %s of this card", card->pci,
			       name);
	before = json_string(param->next);
	if (!is_taken(config, name, wanted)) {
		if (work->mode == NIC_CHANGE)
			r = set(work, card, config, name, wanted, err);
		else if (work->mode == NIC_VERIFY)
			r = err_set(err, EIO, "%s: %s is %s, and not %s any more", card->pci, name,
				    param->next, wanted);
	}
	param = mst_config_find(config, name);
	nic_add_setting(card, BY, name, value, before, param ? json_string(param->next) : NULL);
	if (r == 0 && param && !mst_value_is(wanted, param->current))
		card->needs_reset = true;
	return r;
}

/* The same answer for every parameter: the tool is not there, or cannot be understood. */
static void none_done(struct nic_card *card, const char *why)
{
	const char *name;
	json_t *value;

	json_object_foreach(card->wish->config, name, value)
		nic_not_done(card, name, why);
}

static int ask(struct nic_work *work, struct nic_card *card, struct mst_config *ret, struct err *err)
{
	int r;

	if (!nic_has_mst(card))
		return err_set(err, EOPNOTSUPP,
			       "%s is no card of NVIDIA (Mellanox), for which alone there is mstconfig",
			       card->pci);
	r = mst_find(&work->mst, "mstconfig", err);
	if (r == 0)
		r = mst_reaches(work->root, card->pci, err);
	return r < 0 ? r : mst_config_query(&work->mst, card->pci, ret, err);
}

int nic_config(struct nic_work *work, struct nic_card *card, struct err *err)
{
	struct mst_config config = {0};
	const char *name;
	json_t *value;
	struct err why;
	int r = 0;

	if (!json_object_size(card->wish->config))
		return 0;
	if (ask(work, card, &config, &why) < 0) {
		none_done(card, why.text);
		return why.code == ECANCELED ? (*err = why, -ECANCELED) : 0;
	}
	json_object_foreach(card->wish->config, name, value) {
		if (r == 0 && take(work, card, &config, name, value, &why) < 0) {
			nic_not_done(card, name, why.text);
			r = why.code == ECANCELED ? (*err = why, -ECANCELED) : 0;
		}
	}
	mst_config_clear(&config);
	return r;
}
