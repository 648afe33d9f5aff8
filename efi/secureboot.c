/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the state, and writing keys. What is reported of it: secureboot_report.c */
#include "efi/secureboot.h"

#include <string.h>

#include "core/io.h"
#include "efi/guid.h"
#include "efi/sb_former.h"
#include "efi/siglist.h"
#include "efi/vars.h"

static int read_flag(const char *name, int *ret, struct err *err)
{
	_cleanup_free_ uint8_t *data = NULL;
	uint32_t attributes;
	size_t len = 0;
	int r = var_find_in(guid_global, name, &data, &len, &attributes, err);

	if (r < 0)
		return r;
	*ret = len ? data[0] != 0 : -1;
	return 0;
}

static void lists_clear(struct sb_lists *lists)
{
	free(lists->data);
}

/* Nothing, and success, where there is none. */
static int read_lists(enum sb_var var, struct sb_lists *ret, struct err *err)
{
	uint32_t attributes;
	int r = var_find_in(sb_variables[var].guid, sb_variables[var].name, &ret->data, &ret->len,
			    &attributes, err);

	return r < 0 ? r : 0;
}

int secureboot_read(struct secureboot **ret, struct err *err)
{
	_cleanup_(secureboot_freep) struct secureboot *sb = xcalloc(1, sizeof(*sb));
	int r = read_flag("SecureBoot", &sb->secure_boot, err);

	if (!r)
		r = read_flag("SetupMode", &sb->setup_mode, err);
	if (!r)
		r = read_flag("AuditMode", &sb->audit_mode, err);
	if (!r)
		r = read_flag("DeployedMode", &sb->deployed_mode, err);
	for (unsigned i = 0; !r && i < SB_VARS; i++)
		r = read_lists((enum sb_var)i, &sb->lists[i], err);
	if (!r)
		*ret = TAKE_PTR(sb);
	return r;
}

void secureboot_free(struct secureboot *sb)
{
	if (!sb)
		return;
	for (unsigned i = 0; i < SB_VARS; i++)
		free(sb->lists[i].data);
	free(sb);
}

bool secureboot_is_there(const struct secureboot *sb)
{
	return sb->setup_mode >= 0;
}

static bool holds(const struct sb_lists *lists, const struct sb_payload *payload, enum sb_var var)
{
	const struct authvar_parts *parts = &payload->parts;

	if (var == SB_DBX)
		return siglist_covers(lists->data, lists->len, parts->data, parts->data_len);
	return lists->len == parts->data_len &&
	       (!lists->len || memcmp(lists->data, parts->data, lists->len) == 0);
}

bool secureboot_holds(const struct secureboot *sb, const struct sb_bundle *bundle, enum sb_var var)
{
	return holds(&sb->lists[var], &bundle->payloads[var], var);
}

bool secureboot_is_ours(const struct secureboot *sb, const struct sb_bundle *bundle)
{
	return sb->lists[SB_PK].len && secureboot_holds(sb, bundle, SB_PK);
}

int secureboot_former(const struct secureboot *sb, const struct sb_bundle *bundle)
{
	return sb_former_find(bundle, sb->lists[SB_PK].data, sb->lists[SB_PK].len);
}

/* What firmware says when it does not like a signature or a time is hard to tell apart; both are named. */
static int refused(enum sb_var var, struct err *err)
{
	if (err->code == EACCES || err->code == EPERM || err->code == EROFS)
		return err_prepend(err,
				   "the firmware refused the signed payload for %s: its signer is none that "
				   "the keys there "
				   "allow, or the bundle is older than they are",
				   sb_variables[var].name);
	return err_prepend(err, "enrolling %s", sb_variables[var].name);
}

static int enrol(const struct sb_payload *payload, enum sb_var var, bool *changed, struct err *err)
{
	const struct sb_variable *v = &sb_variables[var];
	_cleanup_(lists_clear) struct sb_lists now = {0}, then = {0};
	int r = read_lists(var, &now, err);

	if (r < 0)
		return refused(var, err);
	if (holds(&now, payload, var))
		return 0;
	r = var_write_in(v->guid, v->name, payload->bytes, payload->len, v->attributes, err);
	if (r < 0)
		return refused(var, err);
	*changed = true;
	r = read_lists(var, &then, err);
	if (r == 0 && !holds(&then, payload, var))
		r = err_set(err, EIO, "was written, and holds something else when it is read back");
	return r < 0 ? refused(var, err) : 0;
}

/* From the platform key that stands there to the bundle's; nothing, where it is none of the former ones. */
static int follow(const struct sb_bundle *bundle, bool *changed, struct err *err)
{
	_cleanup_(lists_clear) struct sb_lists now = {0};
	int r = read_lists(SB_PK, &now, err), n = sb_former_find(bundle, now.data, now.len);

	if (r < 0)
		return refused(SB_PK, err);
	for (unsigned i = n < 0 ? bundle->n_former : (unsigned)n; r == 0 && i < bundle->n_former; i++)
		r = enrol(&bundle->former[i].next, SB_PK, changed, err);
	return r;
}

int secureboot_enrol(const struct sb_bundle *bundle, bool *ret_changed, struct err *err)
{
	static const enum sb_var unchecked[] = {SB_DB, SB_DBX, SB_KEK, SB_PK},
				 checked[] = {SB_PK, SB_KEK, SB_DB, SB_DBX};
	const enum sb_var *order;
	bool changed = false;
	int setup = 0, r = read_flag("SetupMode", &setup, err);

	order = setup == 1 ? unchecked : checked;
	if (r == 0 && setup != 1)
		r = follow(bundle, &changed, err);
	for (unsigned i = 0; r == 0 && i < SB_VARS; i++)
		r = enrol(&bundle->payloads[order[i]], order[i], &changed, err);
	/* What was replaced keeps its room until the firmware starts: the rest is written after the reset. */
	if (r == -ENOSPC && changed)
		r = 0;
	if (r == 0)
		*ret_changed = changed;
	return r;
}

int secureboot_clear(const void *payload, size_t len, struct err *err)
{
	const struct sb_variable *pk = &sb_variables[SB_PK];
	_cleanup_(lists_clear) struct sb_lists then = {0};
	int setup = 0, r = var_write_in(pk->guid, pk->name, payload, len, pk->attributes, err);

	if (r < 0)
		return refused(SB_PK, err);
	r = read_lists(SB_PK, &then, err);
	if (r == 0)
		r = read_flag("SetupMode", &setup, err);
	if (r == 0 && (then.len || setup != 1))
		r = err_set(err, EIO, "PK was deleted, and the firmware is not in setup mode");
	return r;
}

/* Maker's defaults are plain lists, as what they stand for is. */
int secureboot_is_factory(const struct secureboot *sb, bool *ret, struct err *err)
{
	static const char *const defaults[] = {
		[SB_PK] = "PKDefault", [SB_KEK] = "KEKDefault", [SB_DB] = "dbDefault"};
	bool same = true;

	for (unsigned i = SB_PK; i <= SB_DB; i++) {
		_cleanup_free_ uint8_t *data = NULL;
		uint32_t attributes;
		size_t len = 0;
		int r = var_find_in(guid_global, defaults[i], &data, &len, &attributes, err);

		if (r < 0)
			return r;
		if (!len)
			return err_set(err, ENOENT,
				       "this firmware does not say what its maker's keys are (%s)",
				       defaults[i]);
		same &= sb->lists[i].len == len && !memcmp(sb->lists[i].data, data, len);
	}
	*ret = same;
	return 0;
}
