/* SPDX-License-Identifier: Apache-2.0 */
/* The new entry, then the order, then what goes: at no moment does BootOrder name nothing that boots. */
#include <efivar/efivar.h>
/* these need efivar.h first */
#include <efivar/efiboot-loadopt.h>
#include <efivar/efivar-dp.h>
#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "efi/bootorder.h"
#include "efi/vars.h"

#define LOAD_OPTION_ACTIVE 0x00000001u /* UEFI 2.10, 3.1.3 */
#define PATH_ROOM          2048        /* bytes of a device path of ours */

/* HD(number,GPT,guid,start,size)/File(loader): the short form that every firmware expands (UEFI 2.10, 3.1.2). */
static int make_path(const struct efi_wish *wish, uint8_t path[PATH_ROOM], ssize_t *ret_len, struct err *err)
{
	ssize_t hd, file = -1, end = -1;
	efi_guid_t guid;

	if (efi_str_to_guid(wish->partition, &guid) < 0)
		return err_set(err, EINVAL, "\"%s\" is no partition GUID", wish->partition);
	hd = efidp_make_hd(path, PATH_ROOM, wish->partition_number, wish->partition_start,
			   wish->partition_size, (uint8_t *)&guid, EFIDP_HD_FORMAT_GPT,
			   EFIDP_HD_SIGNATURE_GUID);
	if (hd > 0)
		file = efidp_make_file(path + hd, PATH_ROOM - hd, (char *)wish->loader);
	if (file > 0)
		end = efidp_make_end_entire(path + hd + file, PATH_ROOM - hd - file);
	efi_error_clear();
	if (end <= 0)
		return err_set(err, EINVAL, "no device path can be made for the loader %s", wish->loader);
	*ret_len = hd + file + end;
	return 0;
}

static int make_option(const struct efi_wish *wish, uint8_t **ret, size_t *ret_len, struct err *err)
{
	uint8_t path[PATH_ROOM];
	_cleanup_free_ uint8_t *option = NULL;
	unsigned char *label = (unsigned char *)wish->label;
	ssize_t path_len = 0, len, made;
	int r = make_path(wish, path, &path_len, err);

	if (r < 0)
		return r;
	len = efi_loadopt_create(NULL, 0, LOAD_OPTION_ACTIVE, (efidp)path, path_len, label, NULL, 0);
	option = xcalloc(1, len > 0 ? (size_t)len : 1);
	made = len > 0 ? efi_loadopt_create(option, len, LOAD_OPTION_ACTIVE, (efidp)path, path_len, label,
					    NULL, 0)
		       : len;
	efi_error_clear();
	if (made <= 0)
		return err_set(err, EINVAL, "no load option can be made for \"%s\"", wish->label);
	*ret = TAKE_PTR(option);
	*ret_len = (size_t)made;
	return 0;
}

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
	bool added = number == plan->add;

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
	int r = do_it(wish, plan->add, data, err);

	wish = wish->next;
	for (unsigned i = 0; r == 0 && wish && i < plan->n_also; i++, wish = wish->next)
		r = do_it(wish, plan->also[i], data, err);
	return r;
}

static int write_entry(const struct efi_wish *wish, uint16_t number, const void *unused, struct err *err)
{
	_cleanup_free_ uint8_t *option = NULL;
	char name[16];
	size_t len = 0;
	int r = make_option(wish, &option, &len, err);

	(void)unused;
	boot_name(number, name);
	return r < 0 ? r : var_write(name, option, len, err);
}

static int write_all(const struct efi_plan *plan, const struct efi_wish *wish, struct err *err)
{
	_cleanup_free_ uint8_t *order = order_bytes(plan);
	char name[16];
	int r = each_wish(plan, wish, write_entry, NULL, err);

	if (r == 0)
		r = var_write("BootOrder", order, 2ul * plan->n_order, err);
	for (unsigned i = 0; r == 0 && i < plan->n_remove; i++) {
		if (is_added(plan, plan->remove[i]))
			continue;
		boot_name(plan->remove[i], name);
		r = var_delete(name, err);
	}
	return r < 0 ? r : var_delete("BootNext", err);
}

static int check_entry(const struct efi_wish *wish, uint16_t number, const void *data, struct err *err)
{
	const struct efi_boot *now = data;
	_cleanup_free_ uint8_t *option = NULL;
	size_t len = 0;
	int r = make_option(wish, &option, &len, err);

	if (r < 0 || !option)
		return r;
	for (unsigned i = 0; i < now->n_entries; i++) {
		const struct efi_entry *entry = &now->entries[i];

		if (entry->number == number)
			return entry->option_len == len && !memcmp(entry->option, option, len)
				       ? 0
				       : err_set(err, EIO, "Boot%04X is not as it was written", number);
	}
	return err_set(err, EIO, "Boot%04X was written and is not there", number);
}

static int check_removed(const struct efi_plan *plan, const struct efi_boot *now, struct err *err)
{
	for (unsigned i = 0; i < plan->n_remove; i++)
		for (unsigned j = 0; j < now->n_entries; j++)
			if (!is_added(plan, plan->remove[i]) && plan->remove[i] == now->entries[j].number)
				return err_set(err, EIO, "Boot%04X was removed and is there again",
					       plan->remove[i]);
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

static int check_all(const struct efi_plan *plan, const struct efi_boot *now, const struct efi_wish *wish,
		     struct err *err)
{
	int r = each_wish(plan, wish, check_entry, now, err);

	if (r == 0)
		r = check_removed(plan, now, err);
	return r < 0 ? r : check_order(plan, now, err);
}

int efi_plan_check(const struct efi_plan *plan, const struct efi_wish *wish, struct err *err)
{
	_cleanup_(efi_boot_freep) struct efi_boot *now = NULL;
	int r = efi_boot_read(&now, err);

	if (r == 0)
		r = check_all(plan, now, wish, err);
	return r < 0 ? err_prepend(err, "reading back") : 0;
}

static json_t *number_json(uint16_t number)
{
	return json_sprintf("%04X", number);
}

static json_t *entry_json(const struct efi_boot *boot, uint16_t number)
{
	for (unsigned i = 0; i < boot->n_entries; i++) {
		const struct efi_entry *e = &boot->entries[i];

		if (e->number == number)
			return json_pack("{s:o, s:s, s:s}", "number", number_json(number), "description",
					 e->description, "path", e->path);
	}
	return NULL;
}

/* What was removed as it stood before; the rest as it stands now. */
static json_t *report(const struct efi_plan *plan, const struct efi_boot *before, const struct efi_boot *now)
{
	json_t *removed = json_array(), *order = json_array(), *also = json_array(), *made;

	for (unsigned i = 0; i < plan->n_remove; i++)
		json_array_append_new(removed, entry_json(before, plan->remove[i]));
	for (unsigned i = 0; i < now->n_order; i++)
		json_array_append_new(order, number_json(now->order[i]));
	for (unsigned i = 0; i < plan->n_also; i++)
		json_array_append_new(also, entry_json(now, plan->also[i]));
	made = json_pack("{s:o, s:o, s:o, s:n}", "removed", removed, "added", entry_json(now, plan->add),
			 "boot_order", order, "boot_next");
	if (made && plan->n_also)
		json_object_set(made, "also_added", also);
	json_decref(also);
	return made;
}

int efi_plan_apply(const struct efi_plan *plan, const struct efi_boot *boot, const struct efi_wish *wish,
		   json_t **ret_report, struct err *err)
{
	_cleanup_(efi_boot_freep) struct efi_boot *now = NULL;
	json_t *made;
	int r = write_all(plan, wish, err);

	if (r == 0)
		r = efi_boot_read(&now, err);
	if (r == 0)
		r = check_all(plan, now, wish, err);
	if (r < 0 || !now)
		return r;
	made = report(plan, boot, now);
	if (!made)
		return err_set(err, ENOMEM, "out of memory");
	*ret_report = made;
	return 0;
}
