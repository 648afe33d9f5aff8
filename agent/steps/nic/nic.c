/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network cards: firmware and settings that live in the card, and so outlast the handover. What lives in a running kernel alone is the tenant's own configuration and no
 * matter of this step. A card's record says of each setting what it was, what it was to be, and what the card said after it. docs/nic.md
 */
#include <string.h>

#include "agent/hw/machine.h"
#include "agent/steps/nic/card.h"
#include "core/io.h"
#include "core/json.h"
#include "efi/boot_next.h"

#define ROW         "nic" /* in the table, and so in the journal's entries of resets */
#define REASONS_MAX 700   /* bytes of what goes into the reason of a held machine */

/* Firmware first: it brings the settings. SR-IOV last: a setting says how much of it there is. */
static int do_card(struct nic_work *work, struct nic_card *card, struct err *err)
{
	int r = nic_firmware(work, card, err);

	if (r == 0)
		r = nic_config(work, card, err);
	if (r == 0)
		r = nic_devlink(work, card, err);
	return r ? r : nic_sriov(work, card, err);
}

static int do_cards(struct nic_work *work, struct nic_cards *cards, struct err *err)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < cards->n; i++) {
		r = do_card(work, &cards->at[i], err);
		if (r == 0 && work->job->ops->cancelled(work->job))
			r = err_set(err, ECANCELED, "cancelled");
	}
	return r;
}

static size_t not_done(const struct nic_card *card)
{
	return json_array_size(json_object_get(card->record, "not_done"));
}

/* Whole reasons, as many as there is room for, and in any case the first. */
static void add_reasons(const struct nic_card *card, char *to, size_t size)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(card->record, "not_done"), i, item) {
		const char *why = json_string_value(json_object_get(item, "why"));
		size_t len = strlen(to);

		if (!len || strlen(why) + 2 < size - len)
			snprintf(to + len, size - len, "%s%s", len ? "; " : "", why);
	}
}

/* What a required entry lacks holds the machine. */
static int judge(const struct nic_cards *cards, struct err *err)
{
	char reasons[REASONS_MAX] = "";

	for (unsigned i = 0; i < cards->n; i++)
		if (cards->at[i].wish->required)
			add_reasons(&cards->at[i], reasons, sizeof(reasons));
	return *reasons ? err_set(err, EIO, "%s", reasons) : 0;
}

static int look(struct job *job, enum nic_mode mode, struct nic_cards *ret, struct err *err)
{
	struct nic_work work;
	int r;

	nic_work_open(&work, job, mode);
	r = nic_cards_find(&work, ret, err);
	if (r == 0) {
		r = do_cards(&work, ret, err);
		if (r < 0)
			nic_cards_clear(ret);
	}
	nic_work_close(&work);
	return r;
}

static int nic_check(struct job *job, struct err *err)
{
	struct nic_cards cards;
	int r;

	if (!job->order->nics.n)
		return 0;
	r = look(job, NIC_CHECK, &cards, err);
	if (r < 0)
		return r;
	r = judge(&cards, err);
	nic_cards_clear(&cards);
	return r;
}

static void keep(struct job *job, const struct nic_cards *cards)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < cards->n; i++)
		json_array_append(list, cards->at[i].record);
	json_array_extend(list, cards->unmatched);
	json_decref(job->facts.nics);
	job->facts.nics = list;
}

/* What was there before goes to the station: after the reset the cards show no more than what they were set to. */
static int journal(struct job *job, const struct nic_card *card, struct err *err)
{
	struct journal_entry entry = {
		.step = ROW, .method = "set", .state = JOURNAL_PROVEN, .proof = card->record};

	snprintf(entry.drive, sizeof(entry.drive), "machine:nic-%s", card->pci);
	return job->ops->journal(job, &entry, err);
}

static bool was_power_cycled(const struct job *job)
{
	for (unsigned i = 0; i < job->n_journal; i++)
		if (!strcmp(job->journal[i].step, JOB_RESET) && !strcmp(job->journal[i].method, ROW) &&
		    !strncmp(job->journal[i].drive, JOURNAL_POWER_CYCLE, strlen(JOURNAL_POWER_CYCLE)))
			return true;
	return false;
}

/* The order goes on after the reset, so the firmware is to start what it started for this boot, and not a disk that is half made. */
static void come_back(struct job *job)
{
	_cleanup_(efi_boot_freep) struct efi_boot *boot = NULL;
	struct err err = {0};
	int next;

	if (!IS_ENABLED(CONFIG_STEP_EFI) || !firmware_is_uefi(""))
		return;
	if (efi_boot_read(&boot, &err) < 0 || efi_come_back(boot, &next, &err) < 0)
		job->ops->note(job, err.text);
}

/* Some cards take what they were set to at a reset of the machine, others when their power comes back. */
static int restart(struct job *job, struct nic_cards *cards, struct err *err)
{
	bool reset = job_was_reset(job, ROW), cycle = reset && job->power_cycle && !was_power_cycled(job);
	int r = 0;

	if (reset && !cycle) {
		for (unsigned i = 0; i < cards->n; i++)
			if (cards->at[i].needs_reset)
				nic_not_done(&cards->at[i], "taking effect",
					     "what was set lies in the card and is not in force after a "
					     "reset: switch the "
					     "machine's power off and on, and order again");
		return STEP_DONE;
	}
	for (unsigned i = 0; r == 0 && i < cards->n; i++)
		if (cards->at[i].needs_reset)
			r = journal(job, &cards->at[i], err);
	if (r < 0)
		return r;
	come_back(job);
	job->ops->note(job, cycle ? "a power cycle lets the network cards take what they were set to"
				  : "a reset lets the network cards take what they were set to");
	return cycle ? STEP_NEEDS_POWER_CYCLE : STEP_NEEDS_RESET;
}

static void note_not_done(struct job *job, const json_t *records)
{
	const json_t *record, *item;
	size_t i, j;

	json_array_foreach(records, i, record) {
		json_array_foreach(json_object_get(record, "not_done"), j, item) {
			_cleanup_free_ char *line =
				str_printf("recorded: %s", json_string_value(json_object_get(item, "why")));

			job->ops->note(job, line);
		}
	}
}

static int finish(struct job *job, struct nic_cards *cards, struct err *err)
{
	bool needs_reset = false;
	int r = judge(cards, err);

	for (unsigned i = 0; i < cards->n; i++)
		needs_reset |= cards->at[i].needs_reset;
	if (r == 0 && needs_reset)
		r = restart(job, cards, err);
	if (r < 0 || r != STEP_DONE)
		return r;
	r = judge(cards, err); /* once more: it may not have taken effect */
	keep(job, cards);
	if (r == 0)
		note_not_done(job, job->facts.nics);
	return r < 0 ? r : STEP_DONE;
}

static int nic_run(struct job *job, struct err *err)
{
	struct nic_cards cards;
	int r;

	if (!job->order->nics.n)
		return STEP_SKIPPED;
	r = look(job, NIC_CHANGE, &cards, err);
	if (r < 0)
		return r;
	r = finish(job, &cards, err);
	nic_cards_clear(&cards);
	return r;
}

static const json_t *record_of(const struct job *job, const char *pci)
{
	const json_t *record;
	size_t i;

	json_array_foreach(job->facts.nics, i, record) {
		const char *at = json_string_value(json_object_get(record, "pci"));

		if (at && !strcmp(at, pci))
			return record;
	}
	return NULL;
}

/* Of a card whose entry is not required, what was not done before may still not be; no more than that. */
static int verify_card(const struct job *job, const struct nic_card *card, struct err *err)
{
	const json_t *record = record_of(job, card->pci);
	char reasons[REASONS_MAX] = "";

	if (!record)
		return err_set(err, EIO, "%s was not there when the cards were set", card->pci);
	if (not_done(card) <= json_array_size(json_object_get(record, "not_done")))
		return 0;
	add_reasons(card, reasons, sizeof(reasons));
	return err_set(err, EIO, "%s", reasons);
}

static int nic_verify(struct job *job, struct err *err)
{
	struct nic_cards cards;
	int r;

	if (!job->order->nics.n)
		return 0;
	r = look(job, NIC_VERIFY, &cards, err);
	if (r < 0)
		return r;
	for (unsigned i = 0; r == 0 && i < cards.n; i++)
		r = verify_card(job, &cards.at[i], err);
	nic_cards_clear(&cards);
	return r;
}

const struct step step_nic = {
	.name = ROW,
	.effect = STEP_CHANGES,
	.check = nic_check,
	.run = nic_run,
	.verify = nic_verify,
};
