/* SPDX-License-Identifier: Apache-2.0 */
/* The boot entries as they stand. A former tenant may have written any of them: one that cannot be parsed is kept in the
 * list as unknown, and never keeps the machine from its order. */
#include <string.h>

#include "core/io.h"
#include "core/log.h"
#include "efi/bootorder.h"
#include "efi/guid.h"
#include "efi/vars.h"

struct numbers {
	uint16_t *list;
	size_t n;
};

static void add_number(uint16_t number, void *data)
{
	struct numbers *numbers = data;
	uint16_t *grown = reallocarray(numbers->list, numbers->n + 1, sizeof(*grown));

	if (!grown)
		abort();
	numbers->list = grown;
	numbers->list[numbers->n++] = number;
}

static int by_number(const void *a, const void *b)
{
	return *(const uint16_t *)a - *(const uint16_t *)b;
}

static int read_entry(uint16_t number, struct efi_entry *entry, struct err *err)
{
	_cleanup_free_ uint8_t *option = NULL;
	char name[16];
	size_t len;
	int r;

	snprintf(name, sizeof(name), "Boot%04X", number);
	r = var_read(name, &option, &len, err);
	if (r < 0)
		return r;
	if (efi_entry_parse(number, option, len, entry, err) < 0) {
		log_debug("%s", err->text);
		*entry = (struct efi_entry){.number = number, .kind = EFI_ENTRY_UNKNOWN};
		entry->option = TAKE_PTR(option);
		entry->option_len = len;
		*err = (struct err){0};
	}
	return 0;
}

static int read_entries(struct efi_boot *boot, struct err *err)
{
	struct numbers numbers = {0};
	int r = var_each_boot(add_number, &numbers, err);
	_cleanup_free_ uint16_t *list = numbers.list;

	if (r < 0)
		return r;
	if (numbers.n)
		qsort(list, numbers.n, sizeof(*list), by_number);
	boot->entries = xcalloc(numbers.n + 1, sizeof(*boot->entries));
	for (size_t i = 0; i < numbers.n; i++) {
		r = read_entry(list[i], &boot->entries[boot->n_entries], err);
		if (r < 0)
			return r;
		boot->n_entries++;
	}
	return 0;
}

/* 16-bit numbers, none where there is no such variable. An odd byte at the end is left out. */
static int read_numbers(const char *name, uint16_t **ret, unsigned *ret_n, struct err *err)
{
	_cleanup_free_ uint8_t *data = NULL;
	uint32_t attributes;
	size_t len = 0;
	uint16_t *numbers;
	int r = var_find_in(guid_global, name, &data, &len, &attributes, err);

	if (r < 0)
		return r;
	numbers = xcalloc(len / 2 + 1, sizeof(*numbers));
	for (size_t i = 0; i < len / 2; i++)
		numbers[i] = (uint16_t)(data[2 * i] | data[2 * i + 1] << 8);
	*ret = numbers;
	*ret_n = (unsigned)(len / 2);
	return 0;
}

static int read_one(const char *name, int *ret, struct err *err)
{
	_cleanup_free_ uint16_t *numbers = NULL;
	unsigned n;
	int r = read_numbers(name, &numbers, &n, err);

	if (r < 0)
		return r;
	*ret = n ? numbers[0] : -1;
	return 0;
}

int efi_boot_read(struct efi_boot **ret, struct err *err)
{
	_cleanup_(efi_boot_freep) struct efi_boot *boot = xcalloc(1, sizeof(*boot));
	int r = read_entries(boot, err);

	if (r == 0)
		r = read_numbers("BootOrder", &boot->order, &boot->n_order, err);
	if (r == 0)
		r = read_one("BootCurrent", &boot->current, err);
	if (r == 0)
		r = read_one("BootNext", &boot->next, err);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(boot);
	return 0;
}

void efi_boot_free(struct efi_boot *boot)
{
	if (!boot)
		return;
	for (unsigned i = 0; i < boot->n_entries; i++)
		efi_entry_clear(&boot->entries[i]);
	free(boot->entries);
	free(boot->order);
	free(boot);
}
