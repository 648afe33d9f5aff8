/* SPDX-License-Identifier: Apache-2.0 */
/* What a certificate says was not done: drives, parts of drives, methods, disks and readings. */
#include <string.h>

#include "cli/certificate/firmware.h"
#include "cli/certificate/gate.h"
#include "cli/certificate/gpu.h"
#include "cli/certificate/nic.h"
#include "cli/certificate/out_of_band.h"
#include "cli/certificate/words.h"
#include "cli/client.h"
#include "core/io.h"

/* The same thing for the same reason is told once. */
static void add(json_t *list, const char *what, const char *where, const char *reason)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
		if (!strcmp(json_text(item, "what"), what) && !strcmp(json_text(item, "reason"), reason)) {
			json_array_append_new(json_object_get(item, "where"), json_string(where));
			return;
		}
	json_array_append_new(list,
			      json_pack("{ss s[s] ss}", "what", what, "where", where, "reason", reason));
}

static void add_drive(json_t *list, const json_t *drive)
{
	const char *name = json_text(drive, "name");
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(drive, "attempts"), i, item) {
		_cleanup_free_ char *what = str_printf("method %s", json_text(item, "method"));

		/* the last one's error is why the drive is not erased, and has been told */
		if (json_is_string(json_object_get(item, "error")) &&
		    !json_equal(json_object_get(item, "error"), json_object_get(drive, "reason")))
			add(list, what, name, json_text(item, "error"));
	}
	json_array_foreach(json_object_get(drive, "not_done"), i, item)
		add(list, json_text(item, "what"), name, json_text(item, "reason"));
}

static void add_image(json_t *list, const json_t *certificate)
{
	const json_t *image = json_object_get(certificate, "image"), *disk;
	const json_t *written = json_object_get(image, "written");
	size_t i;

	json_array_foreach(json_object_get(certificate, "root_disks"), i, disk)
		if (json_is_string(json_object_get(disk, "lost")))
			add(list, "writing the image", json_text(disk, "name"), json_text(disk, "lost"));
	if (!strcmp(json_text(written, "verify"), "none"))
		add(list, "reading the image back", json_text(image, "name"), "the order did not ask for it");
}

json_t *words_not_done(const json_t *certificate)
{
	const json_t *drives = json_object_get(certificate, "drives"), *item;
	json_t *list = json_array();
	size_t i;

	json_array_foreach(drives, i, item)
		if (!strcmp(json_text(item, "claim"), "not erased"))
			add(list, "the erasure", json_text(item, "name"), json_text(item, "reason"));
	json_array_foreach(json_object_get(certificate, "drives_not_touched"), i, item)
		add(list, "drive not touched", json_text(item, "name"), json_text(item, "reason"));
	json_array_foreach(drives, i, item)
		add_drive(list, item);
	add_image(list, certificate);
	words_firmware_not_done(certificate, list, add);
	words_gate_not_done(certificate, list, add);
	words_gpus_not_done(certificate, list, add);
	words_nics_not_done(certificate, list, add);
	words_out_of_band_not_done(certificate, list, add);
	return list;
}
