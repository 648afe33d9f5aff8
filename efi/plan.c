/* SPDX-License-Identifier: Apache-2.0 */
/* Planning, without touching anything. */
#include <stdbool.h>
#include <string.h>

#include "core/io.h"
#include "efi/bootorder.h"

#define LOAD_OPTION_ACTIVE 0x00000001u /* UEFI 2.10, 3.1.3 */

static const struct efi_entry *find(const struct efi_boot *boot, uint16_t number)
{
	for (unsigned i = 0; i < boot->n_entries; i++)
		if (boot->entries[i].number == number)
			return &boot->entries[i];
	return NULL;
}

static bool stays(const struct efi_entry *entry)
{
	return entry->kind != EFI_ENTRY_DISK_FILE;
}

static bool is_network(const struct efi_entry *entry)
{
	return entry->kind == EFI_ENTRY_NETWORK && entry->attributes & LOAD_OPTION_ACTIVE;
}

static bool in_order(const struct efi_plan *plan, uint16_t number)
{
	for (unsigned i = 0; i < plan->n_order; i++)
		if (plan->order[i] == number)
			return true;
	return false;
}

/* A number that dangles, or stands there already, is left out. */
static void put(struct efi_plan *plan, const struct efi_boot *boot, uint16_t number,
		bool (*wanted)(const struct efi_entry *))
{
	const struct efi_entry *entry = find(boot, number);

	if (entry && wanted(entry) && !in_order(plan, number))
		plan->order[plan->n_order++] = number;
}

static void put_old(struct efi_plan *plan, const struct efi_boot *boot,
		    bool (*wanted)(const struct efi_entry *))
{
	for (unsigned i = 0; i < boot->n_order; i++)
		put(plan, boot, boot->order[i], wanted);
}

/* The lowest from `from` on. */
static int lowest_free(const struct efi_boot *boot, unsigned from, uint16_t *ret, struct err *err)
{
	for (unsigned number = from; number <= UINT16_MAX; number++) {
		const struct efi_entry *entry = find(boot, (uint16_t)number);

		if (!entry || !stays(entry)) {
			*ret = (uint16_t)number;
			return 0;
		}
	}
	return err_set(err, ENOSPC, "every boot entry from Boot0000 to BootFFFF is taken");
}

static int choose_numbers(struct efi_plan *plan, const struct efi_boot *boot, const struct efi_wish *wish,
			  struct err *err)
{
	int r = lowest_free(boot, 0, &plan->add, err);
	unsigned last = plan->add;

	for (const struct efi_wish *w = wish->next; r == 0 && w; w = w->next) {
		if (plan->n_also == EFI_ALSO_MAX)
			return err_set(err, EINVAL, "more than %d boot entries are wanted", EFI_ALSO_MAX + 1);
		r = lowest_free(boot, last + 1, &plan->also[plan->n_also], err);
		last = plan->also[plan->n_also++];
	}
	return r;
}

/* Network first also takes network entries that a former tenant has left out of the order. */
static int put_network(struct efi_plan *plan, const struct efi_boot *boot, struct err *err)
{
	put_old(plan, boot, is_network);
	for (unsigned i = 0; i < boot->n_entries; i++)
		put(plan, boot, boot->entries[i].number, is_network);
	if (!plan->n_order)
		return err_set(
			err, ENODEV,
			"the order wants the network first, but the firmware has no active network boot "
			"entry: enable network boot in its setup");
	return 0;
}

int efi_plan_make(const struct efi_boot *boot, const struct efi_wish *wish, struct efi_plan **ret,
		  struct err *err)
{
	_cleanup_(efi_plan_freep) struct efi_plan *plan = xcalloc(1, sizeof(*plan));
	int r = choose_numbers(plan, boot, wish, err);

	if (r < 0)
		return r;
	plan->remove = xcalloc(boot->n_entries + 1, sizeof(*plan->remove));
	for (unsigned i = 0; i < boot->n_entries; i++)
		if (!stays(&boot->entries[i]))
			plan->remove[plan->n_remove++] = boot->entries[i].number;
	plan->order = xcalloc(boot->n_entries + 1 + plan->n_also, sizeof(*plan->order));
	if (wish->network_first)
		r = put_network(plan, boot, err);
	if (r < 0)
		return r;
	plan->order[plan->n_order++] = plan->add;
	for (unsigned i = 0; i < plan->n_also; i++)
		plan->order[plan->n_order++] = plan->also[i];
	put_old(plan, boot, stays);
	*ret = TAKE_PTR(plan);
	return 0;
}

void efi_plan_free(struct efi_plan *plan)
{
	if (!plan)
		return;
	free(plan->remove);
	free(plan->order);
	free(plan);
}
