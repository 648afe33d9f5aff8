/* SPDX-License-Identifier: Apache-2.0 */
/* Planning, without touching anything. */
#include <stdbool.h>
#include <string.h>

#include "core/io.h"
#include "efi/bootorder.h"
#include "efi/fate.h"

/* What planning looks at. */
struct planning {
	const struct efi_boot *boot;
	struct efi_plan *plan;
};

const struct efi_entry *efi_entry_find(const struct efi_boot *boot, uint16_t number)
{
	for (unsigned i = 0; i < boot->n_entries; i++)
		if (boot->entries[i].number == number)
			return &boot->entries[i];
	return NULL;
}

static enum efi_fate_kind fate_of(const struct planning *p, const struct efi_entry *entry)
{
	return p->plan->fates[entry - p->boot->entries].kind;
}

static bool stays(const struct planning *p, const struct efi_entry *entry)
{
	return fate_of(p, entry) == EFI_STAYS || fate_of(p, entry) == EFI_CLEANED;
}

static bool is_network(const struct planning *p, const struct efi_entry *entry)
{
	return stays(p, entry) && entry->kind == EFI_ENTRY_NETWORK && entry->attributes & LOAD_OPTION_ACTIVE;
}

static bool in_order(const struct efi_plan *plan, uint16_t number)
{
	for (unsigned i = 0; i < plan->n_order; i++)
		if (plan->order[i] == number)
			return true;
	return false;
}

/* A number that dangles, or stands there already, is left out. */
static void put(const struct planning *p, uint16_t number,
		bool (*wanted)(const struct planning *p, const struct efi_entry *entry))
{
	const struct efi_entry *entry = efi_entry_find(p->boot, number);

	if (entry && wanted(p, entry) && !in_order(p->plan, number))
		p->plan->order[p->plan->n_order++] = number;
}

static void put_old(const struct planning *p,
		    bool (*wanted)(const struct planning *p, const struct efi_entry *entry))
{
	for (unsigned i = 0; i < p->boot->n_order; i++)
		put(p, p->boot->order[i], wanted);
}

/* The lowest from `from` on. */
static int lowest_free(const struct planning *p, unsigned from, uint16_t *ret, struct err *err)
{
	for (unsigned number = from; number <= UINT16_MAX; number++) {
		const struct efi_entry *entry = efi_entry_find(p->boot, (uint16_t)number);

		if (!entry || fate_of(p, entry) == EFI_GOES) {
			*ret = (uint16_t)number;
			return 0;
		}
	}
	return err_set(err, ENOSPC, "every boot entry from Boot0000 to BootFFFF is taken");
}

static int choose_numbers(const struct planning *p, const struct efi_wish *wish, struct err *err)
{
	struct efi_plan *plan = p->plan;
	int r = lowest_free(p, 0, &plan->add, err);
	unsigned last = plan->add;

	for (const struct efi_wish *w = wish->next; r == 0 && w; w = w->next) {
		if (plan->n_also == EFI_ALSO_MAX)
			return err_set(err, EINVAL, "more than %d boot entries are wanted", EFI_ALSO_MAX + 1);
		r = lowest_free(p, last + 1, &plan->also[plan->n_also], err);
		last = plan->also[plan->n_also++];
	}
	plan->adds = true;
	return r;
}

/* Network first also takes network entries that a former tenant has left out of the order. */
static int put_network(const struct planning *p, struct err *err)
{
	put_old(p, is_network);
	for (unsigned i = 0; i < p->boot->n_entries; i++)
		put(p, p->boot->entries[i].number, is_network);
	if (!p->plan->n_order)
		return err_set(
			err, ENODEV,
			"the order wants the network first, but the firmware has no active network boot "
			"entry: enable network boot in its setup");
	return 0;
}

static void sort_fates(const struct planning *p)
{
	struct efi_plan *plan = p->plan;

	for (unsigned i = 0; i < p->boot->n_entries; i++) {
		if (plan->fates[i].kind == EFI_GOES)
			plan->remove[plan->n_remove++] = p->boot->entries[i].number;
		if (plan->fates[i].kind == EFI_CLEANED)
			plan->clean[plan->n_clean++] = p->boot->entries[i].number;
	}
}

static int put_new(const struct planning *p, const struct efi_wish *wish, struct err *err)
{
	struct efi_plan *plan = p->plan;
	int r = choose_numbers(p, wish, err);

	if (r == 0 && wish->network_first)
		r = put_network(p, err);
	if (r < 0)
		return r;
	plan->order[plan->n_order++] = plan->add;
	for (unsigned i = 0; i < plan->n_also; i++)
		plan->order[plan->n_order++] = plan->also[i];
	return 0;
}

int efi_plan_make(const struct efi_boot *boot, const struct efi_policy *policy, const struct efi_wish *wish,
		  struct efi_plan **ret, struct err *err)
{
	_cleanup_(efi_plan_freep) struct efi_plan *plan = xcalloc(1, sizeof(*plan));
	const struct planning p = {boot, plan};
	int r = 0;

	plan->fates = xcalloc(boot->n_entries + 1, sizeof(*plan->fates));
	plan->remove = xcalloc(boot->n_entries + 1, sizeof(*plan->remove));
	plan->clean = xcalloc(boot->n_entries + 1, sizeof(*plan->clean));
	plan->order = xcalloc(boot->n_entries + 1 + EFI_ALSO_MAX, sizeof(*plan->order));
	efi_fates(boot, policy, plan->fates);
	sort_fates(&p);
	if (wish)
		r = put_new(&p, wish, err);
	if (r < 0)
		return r;
	put_old(&p, stays);
	*ret = TAKE_PTR(plan);
	return 0;
}

void efi_plan_free(struct efi_plan *plan)
{
	if (!plan)
		return;
	free(plan->fates);
	free(plan->remove);
	free(plan->clean);
	free(plan->order);
	free(plan);
}
