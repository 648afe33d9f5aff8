/* SPDX-License-Identifier: Apache-2.0 */
/* A reading back is claimed only where the figures bear it out. */
#include "protocol/evidence/image.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "core/hash.h"
#include "core/io.h"
#include "core/json.h"
#include "protocol/order/order.h"

#define NAME_MAX_BYTES 159
#define REASON_MAX     991
#define NUMBER_MAX     ((1ull << 62) - 1)

static int check_digest(const json_t *obj, const char *what, const char *key, struct err *err)
{
	uint8_t digest[SHA256_SIZE];
	const char *text;
	int r = json_get_str(obj, what, key, 64, &text, err);

	if (!r && hex_decode(text, digest, sizeof(digest)) < 0)
		r = err_set(err, EBADMSG, "%s.%s must be 64 hexadecimal digits", what, key);
	return r;
}

/* Finds the object of a list whose `key` is this text. */
static json_t *find(const json_t *list, const char *key, const char *text)
{
	for (size_t i = 0; text && i < json_array_size(list); i++) {
		json_t *item = json_array_get(list, i);
		const char *value = json_string_value(json_object_get(item, key));

		if (value && !strcmp(value, text))
			return item;
	}
	return NULL;
}

static bool is_lost(const json_t *disk)
{
	return json_is_string(json_object_get(disk, "lost"));
}

static int check_numbers(const json_t *obj, const char *what, const char *const *keys, struct err *err)
{
	uint64_t n;
	int r = 0;

	for (; r == 0 && *keys; keys++)
		r = json_opt_u64(obj, what, *keys, 0, NUMBER_MAX, &n, err);
	return r;
}

/* A disk is spoken of once, and it is one that was to be erased. */
static int check_root_disk(const json_t *evidence, const json_t *disks, size_t i, struct err *err)
{
	static const char *const keys[] = {"name", "size", "lost", NULL};
	const json_t *disk = json_array_get(disks, i);
	const char *name, *lost = NULL;
	char what[48];
	uint64_t size;
	int r;

	snprintf(what, sizeof(what), "evidence.root_disks[%zu]", i);
	if (!json_is_object(disk))
		return err_set(err, EBADMSG, "%s must be an object", what);
	r = json_only_keys(disk, what, keys, err);
	if (!r)
		r = json_get_str(disk, what, "name", NAME_MAX_BYTES, &name, err);
	if (!r)
		r = json_get_u64(disk, what, "size", 0, NUMBER_MAX, &size, err);
	if (!r)
		r = json_opt_str(disk, what, "lost", REASON_MAX, &lost, err);
	if (r)
		return r;
	if (find(disks, "name", name) != disk)
		return err_set(err, EBADMSG, "%s is there twice", what);
	if (!find(json_object_get(evidence, "drives"), "name", name))
		return err_set(err, EBADMSG, "%s: \"%s\" is not among evidence.drives", what, name);
	return 0;
}

static int check_root_disks(const json_t *evidence, struct err *err)
{
	bool whole = false;
	json_t *disks;
	int r = json_get_array(evidence, "evidence", "root_disks", ORDER_ROOTS_MAX, &disks, err);

	for (size_t i = 0; r == 0 && i < json_array_size(disks); i++) {
		r = check_root_disk(evidence, disks, i, err);
		whole |= !is_lost(json_array_get(disks, i));
	}
	if (r == 0 && !whole)
		r = err_set(err, EBADMSG, "evidence.root_disks has no disk that is whole");
	return r;
}

static int check_target(const json_t *evidence, const json_t *target, struct err *err)
{
	static const char *const numbers[] = {"written",   "zeroed",      "zeros_left", "kept",
					      "read_back", "chunks_read", "files_read", NULL};
	static const char what[] = "evidence.image.written.targets[]";
	const char *disk, *lost = NULL;
	int r;

	if (!json_is_object(target))
		return err_set(err, EBADMSG, "%s must be an object", what);
	r = json_get_str(target, what, "disk", NAME_MAX_BYTES, &disk, err);
	if (!r)
		r = json_opt_str(target, what, "lost", REASON_MAX, &lost, err);
	if (!r)
		r = check_numbers(target, what, numbers, err);
	if (!r && !find(json_object_get(evidence, "root_disks"), "name", disk))
		r = err_set(err, EBADMSG, "%s: \"%s\" is not among evidence.root_disks", what, disk);
	return r;
}

static int check_written(const json_t *evidence, const json_t *image, struct err *err)
{
	static const char *const numbers[] = {"chunks",        "data_chunks", "files",     "bytes",
					      "fetched_bytes", "retries",     "bad_count", NULL};
	static const char what[] = "evidence.image.written";
	json_t *written, *targets;
	const char *verify;
	int r = json_get_object(image, "evidence.image", "written", &written, err);

	if (!r)
		r = check_numbers(written, what, numbers, err);
	if (!r)
		r = json_get_str(written, what, "verify", 16, &verify, err);
	if (!r && strcmp(verify, "full") != 0 && strcmp(verify, "sampled") != 0 &&
	    strcmp(verify, "none") != 0)
		r = err_set(err, EBADMSG, "%s.verify must be \"full\", \"sampled\" or \"none\"", what);
	if (!r)
		r = json_get_array(written, what, "targets", ORDER_ROOTS_MAX, &targets, err);
	for (size_t i = 0; r == 0 && i < json_array_size(targets); i++)
		r = check_target(evidence, json_array_get(targets, i), err);
	return r;
}

/* Nothing was written, so no disk holds anything. */
static int check_no_image(const json_t *evidence, struct err *err)
{
	json_t *disks;

	return json_get_array(evidence, "evidence", "root_disks", 0, &disks, err);
}

int evidence_image_check(const json_t *evidence, struct err *err)
{
	static const char what[] = "evidence.image";
	const char *text;
	uint64_t serial;
	json_t *image;
	int r;

	if (json_is_null(json_object_get(evidence, "image")))
		return check_no_image(evidence, err);
	r = json_get_object(evidence, "evidence", "image", &image, err);
	if (!r)
		r = json_get_str(image, what, "name", 63, &text, err);
	if (!r)
		r = json_get_str(image, what, "version", 64, &text, err);
	if (!r)
		r = json_get_u64(image, what, "serial", 0, (1ull << 53) - 1, &serial, err);
	if (!r)
		r = check_digest(image, what, "manifest_sha256", err);
	if (!r)
		r = check_digest(image, what, "index_sha256", err);
	if (!r)
		r = json_get_str(image, what, "signer", 255, &text, err);
	if (!r)
		r = check_root_disks(evidence, err);
	return r ? r : check_written(evidence, image, err);
}

/* A word of the order beside one of the evidence; the order may leave the first one of its kind unsaid. */
static int check_word(const json_t *wish, const json_t *part, const char *what, const char *key,
		      const char *unsaid, struct err *err)
{
	const char *wanted = json_string_value(json_object_get(wish, key)),
		   *is = json_string_value(json_object_get(part, key));

	if (is && !strcmp(is, wanted ? wanted : unsaid))
		return 0;
	return err_set(err, EBADMSG, "%s.%s is \"%s\", and the order says \"%s\"", what, key, is ? is : "",
		       wanted ? wanted : unsaid);
}

int evidence_image_is_of(const json_t *evidence, const json_t *order, struct err *err)
{
	const json_t *image = json_object_get(evidence, "image"), *wish = json_object_get(order, "image");
	const char *sha256 = json_string_value(json_object_get(wish, "manifest_sha256")),
		   *is = json_string_value(json_object_get(image, "manifest_sha256"));
	int r;

	if (json_is_object(wish) != json_is_object(image))
		return err_set(err, EBADMSG, "evidence.image: the order %s",
			       json_is_object(wish) ? "has an image" : "has none");
	if (!json_is_object(wish))
		return 0;
	if (sha256 && (!is || strcasecmp(sha256, is) != 0))
		return err_set(err, EBADMSG, "evidence.image: the order names the manifest %s, not %s",
			       sha256, is ? is : "none");
	if (json_integer_value(json_object_get(image, "serial")) <
	    json_integer_value(json_object_get(wish, "min_serial")))
		return err_set(err, EBADMSG, "evidence.image: its serial is below the order's");
	r = check_word(wish, json_object_get(image, "written"), "evidence.image.written", "verify", "full",
		       err);
	return r ? r
		 : check_word(json_object_get(order, "root"), image, "evidence.image", "redundancy", "single",
			      err);
}

/* ---- what may be said ---- */

/* Of all whole disks the worst: how many of how many were read back. The first chunk is the commit's, which reads it back itself. */
struct reading {
	uint64_t read, of;
	bool known; /* the figures are there */
	const char *unit;
};

static uint64_t number(const json_t *obj, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(obj, key));

	return n > 0 ? (uint64_t)n : 0;
}

static struct reading count(const json_t *evidence, const json_t *written)
{
	const json_t *disks = json_object_get(evidence, "root_disks");
	bool files = json_object_get(written, "files") != NULL;
	uint64_t chunks = number(written, "chunks");
	struct reading reading = {.read = UINT64_MAX, .unit = files ? "files" : "chunks"};

	reading.of = files ? number(written, "files") : chunks ? chunks - 1 : 0;
	reading.known = files || chunks;
	for (size_t i = 0; i < json_array_size(disks); i++) {
		const json_t *disk = json_array_get(disks, i);
		const char *name = json_string_value(json_object_get(disk, "name"));
		const json_t *target = find(json_object_get(written, "targets"), "disk", name);
		uint64_t read = number(target, files ? "files_read" : "chunks_read");

		if (!is_lost(disk) && read < reading.read)
			reading.read = read;
	}
	return reading;
}

static char *reading_sentence(const json_t *evidence)
{
	const json_t *written = json_object_get(json_object_get(evidence, "image"), "written");
	const char *verify = json_string_value(json_object_get(written, "verify"));
	struct reading r = count(evidence, written);

	if (!strcmp(verify, "none") || (r.of && !r.read))
		return xstrdup("The image was not read back.");
	if (r.known && r.read >= r.of)
		return xstrdup("The image was read back in full from each disk that holds it.");
	if (!strcmp(verify, "sampled"))
		return str_printf("The image was read back by sampling: %" PRIu64 " of %" PRIu64 " %s.",
				  r.read, r.of, r.unit);
	return str_printf(
		"The agent reported that the image was read back in full; its figures do not bear that "
		"out: %" PRIu64 " of %" PRIu64 " %s.",
		r.read, r.of, r.unit);
}

char *evidence_image_statement(const json_t *evidence)
{
	const json_t *disks = json_object_get(evidence, "root_disks");
	char *text = json_is_null(json_object_get(evidence, "image"))
			     ? xstrdup("No image was written: the order was to erase and no more.")
			     : reading_sentence(evidence);

	for (size_t i = 0; i < json_array_size(disks); i++) {
		const json_t *disk = json_array_get(disks, i);
		_cleanup_free_ char *before = text;

		if (is_lost(disk))
			text = str_printf("%s Disk %s was to hold the image too, was lost, and is no part of "
					  "the system "
					  "that was handed over: %s.",
					  before, json_string_value(json_object_get(disk, "name")),
					  json_string_value(json_object_get(disk, "lost")));
		else
			TAKE_PTR(before);
	}
	return text;
}
