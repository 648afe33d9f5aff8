/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Virtual functions. Their number lives in the running kernel: that the card can make them is shown here, and none is left, because the tenant's system makes its own. How
 * many a card offers at all is its own setting (mstconfig's NUM_OF_VFS).
 */
#include "agent/hw/sriov.h"
#include "agent/steps/nic_card.h"
#include "core/io.h"
#include "core/json.h"

static void record(struct nic_card *card, const struct sriov *found, int made, int left)
{
	json_object_set_new(card->record, "sriov",
			    json_pack("{si si si so so sb}", "wanted", card->wish->sriov, "total",
				      (int)found->total, "found", (int)found->vfs, "made",
				      made < 0 ? json_null() : json_integer(made), "left",
				      left < 0 ? json_null() : json_integer(left), "lasts", 0));
}

/* The card will offer more after its next reset, by a setting of this order. */
static bool total_may_change(const struct nic_card *card)
{
	return json_object_get(card->wish->config, "NUM_OF_VFS") ||
	       json_object_get(card->wish->config, "SRIOV_EN");
}

static int try_out(struct nic_work *work, struct nic_card *card, const struct sriov *found, struct err *err)
{
	unsigned n = (unsigned)card->wish->sriov;
	struct sriov now;
	struct err first;
	int made = n ? sriov_set(work->root, card->pci, n, err) : 0, r;

	/* Whatever came of it, none is left. */
	r = sriov_set(work->root, card->pci, 0, &first);
	if (made < 0)
		r = made;
	else if (r < 0)
		*err = first;
	record(card, found, made < 0 ? -1 : card->wish->sriov,
	       sriov_read(work->root, card->pci, &now, &first) < 0 ? -1 : (int)now.vfs);
	return r;
}

static int take(struct nic_work *work, struct nic_card *card, struct err *err)
{
	struct sriov found;
	int r = sriov_read(work->root, card->pci, &found, err);
	bool later = total_may_change(card) && (work->mode == NIC_CHECK || card->needs_reset);

	if (later)
		return 0;
	if (r < 0)
		return r;
	if ((unsigned)card->wish->sriov > found.total)
		return err_set(err, ERANGE, "%s: %d virtual functions are wanted, and it has %u at most",
			       card->pci, card->wish->sriov, found.total);
	if (work->mode == NIC_VERIFY && found.vfs)
		return err_set(err, EIO, "%s: %u virtual functions are there that should be gone", card->pci,
			       found.vfs);
	if (work->mode == NIC_CHANGE)
		return try_out(work, card, &found, err);
	return 0;
}

void nic_sriov(struct nic_work *work, struct nic_card *card)
{
	struct err why;

	if (card->wish->sriov != ORDER_NIC_LEAVE && take(work, card, &why) < 0)
		nic_not_done(card, "SR-IOV", why.text);
}
