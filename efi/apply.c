/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The new entry, then the order, then what goes: at no moment does BootOrder name nothing that boots. Only where there is no room, what goes
 * goes first.
 */
#include <string.h>

#include "core/io.h"
#include "efi/bootorder.h"
#include "efi/option.h"
#include "efi/vars.h"

static void boot_name(uint16_t number, char name[16])
{
	snprintf(name, 16, "Boot%04X", number);
}

static char *order_text(const uint16_t *order, unsigned n)
{
	char *text = xcalloc(n + 1, 5), *at = text;

	for (unsigned i = 0; i < n; i++)
		at += sprintf(at, "%s%04X", i ? "," : "", order[i]);
	return text;
}

/* Little-endian, as it lies in the variable. */
static uint8_t *order_bytes(const struct efi_plan *plan)
{
	uint8_t *bytes = xcalloc(plan->n_order, 2);

	for (unsigned i = 0; i < plan->n_order; i++) {
		bytes[2 * i] = (uint8_t)plan->order[i];
		bytes[2 * i + 1] = (uint8_t)(plan->order[i] >> 8);
	}
	return bytes;
}

static bool is_added(const struct efi_plan *plan, uint16_t number)
{
	bool added = plan->adds && number == plan->add;

	for (unsigned i = 0; i < plan->n_also; i++)
		added |= number == plan->also[i];
	return added;
}

/* Calls do_it for each wish with its number. */
static int each_wish(const struct efi_plan *plan, const struct efi_wish *wish,
		     int (*do_it)(const struct efi_wish *wish, uint16_t number, const void *data,
				  struct err *err),
		     const void *data, struct err *err)
{
	int r = wish ? do_it(wish, plan->add, data, err) : 0;

	wish = wish ? wish->next : NULL;
	for (unsigned i = 0; r == 0 && wish && i < plan->n_also; i++, wish = wish->next)
		r = do_it(wish, plan->also[i], data, err);
	return r;
}

static int write_entry(const struct efi_wish *wish, uint16_t number, const void *unused, struct err *err)
{
	_cleanup_free_ uint8_t *option = NULL;
	char name[16];
	size_t len = 0;
	int r = efi_option_make(wish, &option, &len, err);

	(void)unused;
	boot_name(number, name);
	return r < 0 ? r : var_write(name, option, len, err);
}

/* The entry as it was, without what stands behind its device paths. */
static int write_cleaned(const struct efi_plan *plan, const struct efi_boot *boot, struct err *err)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < plan->n_clean; i++) {
		const struct efi_entry *entry = efi_entry_find(boot, plan->clean[i]);
		char name[16];

		boot_name(plan->clean[i], name);
		r = var_write(name, entry->option, entry->data_at, err);
	}
	return r;
}

static int write_order(const struct efi_plan *plan, struct err *err)
{
	_cleanup_free_ uint8_t *order = order_bytes(plan);

	if (!plan->n_order) /* a variable of no bytes is none */
		return var_delete("BootOrder", err);
	return var_write("BootOrder", order, 2ul * plan->n_order, err);
}

static int write_what_stays(const struct efi_plan *plan, const struct efi_boot *boot,
			    const struct efi_wish *wish, struct err *err)
{
	int r = each_wish(plan, wish, write_entry, NULL, err);

	if (r == 0)
		r = write_cleaned(plan, boot, err);
	return r < 0 ? r : write_order(plan, err);
}

/* With `all` also what the new entries are written over: the old one takes room until the new one stands. */
static int remove_what_goes(const struct efi_plan *plan, bool all, int *ret_refused, struct err *err)
{
	char name[16];
	int r = 0;

	for (unsigned i = 0; r == 0 && i < plan->n_remove; i++) {
		if (!all && is_added(plan, plan->remove[i]))
			continue;
		boot_name(plan->remove[i], name);
		r = var_delete(name, err);
		if (var_is_refused(r))
			*ret_refused = plan->remove[i];
	}
	return r;
}

static int write_all(const struct efi_plan *plan, const struct efi_boot *boot, const struct efi_wish *wish,
		     int *ret_refused, struct err *err)
{
	int r = write_what_stays(plan, boot, wish, err);

	if (r == -ENOSPC && plan->n_remove) {
		*err = (struct err){0};
		r = remove_what_goes(plan, true, ret_refused, err);
		if (r == 0)
			r = write_what_stays(plan, boot, wish, err);
	} else if (r == 0) {
		r = remove_what_goes(plan, false, ret_refused, err);
	}
	return r < 0 ? r : var_delete("BootNext", err);
}

static int check_entry(const struct efi_wish *wish, uint16_t number, const void *data, struct err *err)
{
	const struct efi_boot *now = data;
	const struct efi_entry *entry;
	_cleanup_free_ uint8_t *option = NULL;
	size_t len = 0;
	int r = efi_option_make(wish, &option, &len, err);

	if (r < 0 || !option)
		return r;
	entry = efi_entry_find(now, number);
	if (!entry)
		return err_set(err, EIO, "Boot%04X was written and is not there", number);
	if (entry->option_len != len || memcmp(entry->option, option, len) != 0)
		return err_set(err, EIO, "Boot%04X is not as it was written", number);
	return 0;
}

static int check_cleaned(const struct efi_plan *plan, const struct efi_boot *before,
			 const struct efi_boot *now, struct err *err)
{
	for (unsigned i = 0; i < plan->n_clean; i++) {
		const struct efi_entry *was = efi_entry_find(before, plan->clean[i]),
				       *is = efi_entry_find(now, plan->clean[i]);

		if (!is || is->option_len != was->data_at ||
		    memcmp(is->option, was->option, was->data_at) != 0)
			return err_set(err, EIO, "Boot%04X still has load options, or has changed",
				       plan->clean[i]);
	}
	return 0;
}

static int check_removed(const struct efi_plan *plan, const struct efi_boot *now, struct err *err)
{
	for (unsigned i = 0; i < plan->n_remove; i++)
		if (!is_added(plan, plan->remove[i]) && efi_entry_find(now, plan->remove[i]))
			return err_set(err, EIO, "Boot%04X was removed and is there again", plan->remove[i]);
	return 0;
}

static int check_order(const struct efi_plan *plan, const struct efi_boot *now, struct err *err)
{
	_cleanup_free_ char *is = order_text(now->order, now->n_order),
			    *wanted = order_text(plan->order, plan->n_order);

	if (strcmp(is, wanted) != 0)
		return err_set(err, EIO, "BootOrder is %s and was set to %s", is, wanted);
	if (now->next >= 0)
		return err_set(err, EIO, "BootNext was deleted and is %04X again", (unsigned)now->next);
	return 0;
}

static int check_all(const struct efi_plan *plan, const struct efi_boot *before, const struct efi_boot *now,
		     const struct efi_wish *wish, struct err *err)
{
	int r = each_wish(plan, wish, check_entry, now, err);

	if (r == 0)
		r = check_cleaned(plan, before, now, err);
	if (r == 0)
		r = check_removed(plan, now, err);
	return r < 0 ? r : check_order(plan, now, err);
}

int efi_plan_check(const struct efi_plan *plan, const struct efi_boot *boot, const struct efi_wish *wish,
		   struct err *err)
{
	_cleanup_(efi_boot_freep) struct efi_boot *now = NULL;
	int r = efi_boot_read(&now, err);

	if (r == 0)
		r = check_all(plan, boot, now, wish, err);
	return r < 0 ? err_prepend(err, "reading back") : 0;
}

int efi_plan_apply(const struct efi_plan *plan, const struct efi_boot *boot, const struct efi_wish *wish,
		   json_t **ret_report, int *ret_refused, struct err *err)
{
	_cleanup_(efi_boot_freep) struct efi_boot *now = NULL;
	int r;

	*ret_refused = -1;
	r = write_all(plan, boot, wish, ret_refused, err);
	if (r == 0)
		r = efi_boot_read(&now, err);
	if (r == 0)
		r = check_all(plan, boot, now, wish, err);
	if (r < 0 || !now)
		return r;
	*ret_report = efi_plan_report(plan, boot, now);
	return 0;
}
