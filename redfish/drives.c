/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/drives.h"

#include <ctype.h>
#include <string.h>

#include "core/io.h"
#include "redfish/call.h"
#include "redfish/client.h"
#include "redfish/system.h"
#include "redfish/value.h"
#include "redfish/write.h"

/* ATA pads serials with spaces, and BMCs hand them on as they are. */
static bool same_serial(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);

	for (; isspace((unsigned char)*a); a++, n--)
		;
	for (; isspace((unsigned char)*b); b++, m--)
		;
	while (n && isspace((unsigned char)a[n - 1]))
		n--;
	while (m && isspace((unsigned char)b[m - 1]))
		m--;
	return n && n == m && !strncmp(a, b, n);
}

/* Borrowed from the list. */
static int find(const struct rf_bmc *bmc, const json_t *list, const char *serial, const json_t **ret,
		struct err *err)
{
	const json_t *drives = json_object_get(list, "drives"), *drive, *found = NULL;
	size_t i, unread = json_array_size(json_object_get(list, "problems"));

	json_array_foreach((json_t *)drives, i, drive) {
		const char *its = json_string_value(json_object_get(drive, "serial"));

		if (!its || !same_serial(its, serial))
			continue;
		if (found)
			return err_set(err, EEXIST,
				       "%s has several drives with the serial %s: none is erased",
				       bmc->origin, serial);
		found = drive;
	}
	if (!found)
		return err_set(err, ENOENT, "%s has no drive with the serial %s%s", bmc->origin, serial,
			       unread ? " among those that could be read" : "");
	*ret = found;
	return 0;
}

static int not_that_way(const struct rf_bmc *bmc, const struct rf_action *erase, const char *type,
			struct err *err)
{
	_cleanup_free_ char *listed = rf_listed(erase->allowed), *shown = rf_plain(listed);

	return err_set(err, EOPNOTSUPP, "%s does not erase this drive by %s; it offers %s", bmc->origin, type,
		       shown);
}

/* The drive is read anew: the serial and the action are of the same answer. */
static int find_action(struct rf_bmc *bmc, const char *path, const struct rf_erase_want *want,
		       struct rf_action *erase, struct err *err)
{
	_cleanup_json_ json_t *drive = NULL;
	const char *serial = NULL;
	int r = rf_get(bmc, path, &drive, NULL, err);

	if (r == 0)
		r = rf_need_str(drive, path, "SerialNumber", &serial, err);
	if (r == 0 && !same_serial(serial, want->serial))
		r = err_set(err, ESTALE, "%s%s is another drive now", bmc->origin, path);
	if (r == 0)
		r = rf_action_find(bmc, drive, RF_SECURE_ERASE, RF_SANITIZATION, erase, err);
	if (r == 0 && !erase->target[0])
		r = err_set(err, EOPNOTSUPP, "%s does not erase the drive %s: it has no SecureErase",
			    bmc->origin, want->serial);
	if (r == 0 && want->type && erase->allowed && !rf_among(erase->allowed, want->type))
		r = not_that_way(bmc, erase, want->type, err);
	return r;
}

int rf_drive_erase(struct rf_bmc *bmc, const struct rf_erase_want *want, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *list = NULL, *body = json_object();
	_cleanup_(rf_action_clear) struct rf_action erase = {0};
	struct rf_task_watch watch = {.progress = want->progress, .data = want->data};
	const json_t *drive = NULL;
	const char *path;
	int r = rf_drives_list(bmc, &list, err);

	if (r == 0)
		r = find(bmc, list, want->serial, &drive, err);
	if (r < 0)
		return r;
	path = json_string_value(json_object_get(drive, "path"));
	r = find_action(bmc, path, want, &erase, err);
	if (r < 0)
		return r;
	if (want->type)
		json_object_set_new(body, RF_SANITIZATION, json_string(want->type));
	r = rf_post_watched(bmc, erase.target, body, &watch, NULL, err);
	if (r == 0 && watch.forgotten)
		r = err_set(err, EIO, "%s no longer knows how the erasure of %s went", bmc->origin,
			    want->serial);
	if (r < 0)
		return err_prepend(err, "erase the drive %s", want->serial);
	*ret = json_pack("{s:O, s:s, s:O, s:s?, s:b}", "serial", json_object_get(drive, "serial"), "path",
			 path, "model", json_object_get(drive, "model"), "type", want->type, "asserted",
			 true);
	return 0;
}
