/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Virtual functions. Their number lives in the running kernel: that the card can make them is shown here, and none is left, because the tenant's system makes its own. How
 * many a card offers at all is its own setting (mstconfig's NUM_OF_VFS).
 */
#include "agent/hw/net/sriov.h"
#include "agent/steps/nic/card.h"
#include "core/io.h"
#include "core/json.h"

static json_t *record(const struct nic_card *card, const struct sriov *found, int made, int left)
{
	return json_pack("{si si si so so sb}", "wanted", card->wish->sriov, "total", (int)found->total,
			 "found", (int)found->vfs, "made", made < 0 ? json_null() : json_integer(made),
			 "left", left < 0 ? json_null() : json_integer(left), "lasts", 0);
}

/* The card will offer more after its next reset, by a setting of this order. */
static bool total_may_change(const struct nic_card *card)
{
	return json_object_get(card->wish->config, "NUM_OF_VFS") ||
	       json_object_get(card->wish->config, "SRIOV_EN");
}

/* {"sriov": the record, "why": what was not done, or null}. */
static json_t *try_out(const char *root, const struct nic_card *card, const struct sriov *found)
{
	unsigned n = (unsigned)card->wish->sriov;
	struct sriov now;
	struct err made, left, none;
	int m = n ? sriov_set(root, card->pci, n, &made) : 0, l;

	/* Whatever came of it, none is left. */
	l = sriov_set(root, card->pci, 0, &left);
	return json_pack("{so ss?}", "sriov",
			 record(card, found, m < 0 ? -1 : (int)n,
				sriov_read(root, card->pci, &now, &none) < 0 ? -1 : (int)now.vfs),
			 "why",
			 m < 0   ? made.text
			 : l < 0 ? left.text
				 : NULL);
}

static int take(const struct nic_task *task, json_t **ret, struct err *err)
{
	const struct nic_card *card = task->card;
	enum nic_mode mode = task->work->mode;
	struct sriov found;
	int r = sriov_read(task->work->root, card->pci, &found, err);

	if (r < 0)
		return r;
	if ((unsigned)card->wish->sriov > found.total)
		return err_set(err, ERANGE, "%s: %d virtual functions are wanted, and it has %u at most",
			       card->pci, card->wish->sriov, found.total);
	if (mode == NIC_VERIFY && found.vfs)
		return err_set(err, EIO, "%s: %u virtual functions are there that should be gone", card->pci,
			       found.vfs);
	*ret = mode == NIC_CHANGE ? try_out(task->work->root, card, &found) : json_object();
	return 0;
}

int nic_sriov(struct nic_work *work, struct nic_card *card, struct err *err)
{
	const struct nic_task task = {.what = "SR-IOV", .work = work, .card = card, .run = take};
	bool later = total_may_change(card) && (work->mode == NIC_CHECK || card->needs_reset);
	_cleanup_json_ json_t *answer = NULL;
	const char *not_done;
	struct err why;
	int r;

	if (card->wish->sriov == ORDER_NIC_LEAVE || later)
		return 0;
	r = nic_child(work, &task, &answer, &why);
	if (r == -ETIMEDOUT) {
		*err = why;
		return r;
	}
	if (json_object_get(answer, "sriov"))
		json_object_set(card->record, "sriov", json_object_get(answer, "sriov"));
	not_done = r < 0 ? why.text : json_string_value(json_object_get(answer, "why"));
	if (not_done)
		nic_not_done(card, task.what, not_done);
	return 0;
}
