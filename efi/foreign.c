/* SPDX-License-Identifier: Apache-2.0 */
#include "efi/foreign.h"

#include <efivar/efivar.h>
#include <string.h>

#include "core/io.h"
#include "efi/foreign_table.h"
#include "efi/guid.h"
#include "efi/vars.h"

/* UEFI 2.10, 3.3: OsRecovery#### stands under the GUID of whoever made the system. */
static bool is_os_recovery(const char *name)
{
	return !strncmp(name, "OsRecovery", 10) && strlen(name) == 14;
}

static const struct efi_owned *row_of(const struct efi_variable *variable)
{
	char guid[GUID_TEXT_SIZE];

	guid_text(variable->guid, guid);
	return efi_owned_find(guid, variable->name);
}

bool efi_variable_wants_value(const struct efi_variable *variable)
{
	const struct efi_owned *row = row_of(variable);

	return row && row->stale && variable->attributes & EFI_VARIABLE_NON_VOLATILE;
}

void efi_variable_judge(struct efi_variable *variable, const struct efi_entries *entries,
			const uint8_t *value, size_t len)
{
	const struct efi_owned *row = row_of(variable);
	const char *stale;

	variable->owner = EFI_OWNER_UNKNOWN;
	variable->why = NULL;
	if (row) {
		variable->owner = row->owner;
		variable->why = row->what;
	} else if (is_os_recovery(variable->name)) {
		variable->owner = EFI_OWNER_TENANT;
		variable->why = "recovery of a system";
	}
	if (!(variable->attributes & EFI_VARIABLE_NON_VOLATILE)) {
		variable->owner = row && row->owner == EFI_OWNER_KEYS ? EFI_OWNER_KEYS : EFI_OWNER_VOLATILE;
		return;
	}
	stale = row && row->stale ? row->stale(entries, value, len) : NULL;
	if (stale) {
		variable->owner = EFI_OWNER_STALE;
		variable->why = stale;
	}
}

char *efi_variable_title(const struct efi_variable *variable)
{
	char guid[GUID_TEXT_SIZE], *title;

	guid_text(variable->guid, guid);
	title = str_printf("%s-%s", variable->name, guid);
	for (char *c = title; *c; c++)
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
	return title;
}

/* ---- all of them ---- */

/* Names first: nothing may be read while libefivar walks through the folder. */
static void add_name(const uint8_t guid[16], const char *name, void *data)
{
	struct efi_variables *variables = data;
	struct efi_variable *grown =
		reallocarray(variables->list, variables->n + 1ul, sizeof(*variables->list));

	if (!grown)
		abort();
	variables->list = grown;
	grown[variables->n] = (struct efi_variable){.name = xstrdup(name)};
	memcpy(grown[variables->n++].guid, guid, sizeof(grown->guid));
}

/* What a former tenant wrote may be of any size: more than VAR_MAX is judged as if it could not be read. */
static int look_at(struct efi_variable *variable, const struct efi_entries *entries, struct err *err)
{
	_cleanup_free_ uint8_t *value = NULL;
	uint32_t attributes;
	size_t len = 0;
	int r = var_stat_in(variable->guid, variable->name, &variable->size, &variable->attributes, err);

	if (r == 0 && efi_variable_wants_value(variable)) {
		r = var_read_in(variable->guid, variable->name, &value, &len, &attributes, err);
		if (r == -EFBIG) {
			*err = (struct err){0};
			r = 0;
		}
	}
	if (r < 0)
		return r;
	efi_variable_judge(variable, entries, value ?: (const uint8_t *)"", len);
	return 0;
}

static int by_title(const void *a, const void *b)
{
	const struct efi_variable *x = a, *y = b;
	int differs = memcmp(x->guid, y->guid, sizeof(x->guid));

	return differs ? differs : strcmp(x->name, y->name);
}

int efi_variables_read(const struct efi_entries *entries, struct efi_variables **ret, struct err *err)
{
	_cleanup_(efi_variables_freep) struct efi_variables *variables = xcalloc(1, sizeof(*variables));
	unsigned kept = 0;
	int r = var_each(add_name, variables, err);

	if (r < 0)
		return r;
	for (unsigned i = 0; i < variables->n; i++) {
		struct err why = {0};

		if (look_at(&variables->list[i], entries, &why) < 0) {
			variables->hidden++;
			free(variables->list[i].name);
			continue;
		}
		variables->list[kept++] = variables->list[i];
	}
	variables->n = kept;
	if (kept)
		qsort(variables->list, kept, sizeof(*variables->list), by_title);
	*ret = TAKE_PTR(variables);
	return 0;
}

void efi_variables_free(struct efi_variables *variables)
{
	if (!variables)
		return;
	for (unsigned i = 0; i < variables->n; i++)
		free(variables->list[i].name);
	free(variables->list);
	free(variables);
}

/* ---- the orders of what runs before ---- */

static bool is_there(const char *prefix, uint16_t number)
{
	char name[16];
	struct err none;
	uint32_t attributes;
	size_t size;

	snprintf(name, sizeof(name), "%s%04X", prefix, number);
	return var_stat_in(guid_global, name, &size, &attributes, &none) == 0;
}

static int tidy(const char *order, const char *prefix, struct err *err)
{
	_cleanup_free_ uint8_t *numbers = NULL;
	uint32_t attributes;
	size_t len = 0, kept = 0;
	int r = var_find_in(guid_global, order, &numbers, &len, &attributes, err);

	if (r <= 0)
		return r;
	for (size_t i = 0; i + 1 < len; i += 2)
		if (is_there(prefix, (uint16_t)(numbers[i] | numbers[i + 1] << 8))) {
			memmove(numbers + kept, numbers + i, 2);
			kept += 2;
		}
	return kept ? var_write(order, numbers, kept, err) : var_delete(order, err);
}

int efi_tidy_orders(struct err *err)
{
	int r = tidy("DriverOrder", "Driver", err);

	return r < 0 ? r : tidy("SysPrepOrder", "SysPrep", err);
}
