/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/claim.h"

#include <stdbool.h>
#include <string.h>

#include "protocol/erasure.h"

static bool is(const json_t *object, const char *key, const char *word)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text && !strcmp(text, word);
}

/* -1 where there is none, which equals no count. */
static json_int_t number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_integer(value) ? json_integer_value(value) : -1;
}

/* Did this reading see the whole drive, or enough of it? */
static bool is_complete(const json_t *drive, const json_t *reading)
{
	json_int_t size = number(drive, "size_after"), bytes = number(reading, "bytes_read"),
		   samples = number(reading, "samples"), block = number(drive, "logical_block_size");

	if (size < 1 || bytes > size)
		return false;
	if (is(reading, "read_back", "full"))
		return bytes == size;
	return is(reading, "read_back", "sampled") && samples >= CLAIM_SAMPLES_MIN && block > 0 &&
	       bytes / block >= samples;
}

static const struct erasure *method_of(const json_t *drive)
{
	return erasure_find(json_string_value(json_object_get(drive, "method")));
}

/*
 * A drive that took no markers, because it was locked: its revert has made it forget its key, zeros were written then, and read back. Only the
 * drive can say that what was there before is gone.
 */
static bool is_unmarked(const json_t *drive, const json_t *proof)
{
	const struct erasure *erasure = method_of(drive);

	return json_is_string(json_object_get(proof, "unmarked")) && number(proof, "markers_written") == 0 &&
	       erasure && erasure->cryptographic && json_is_true(json_object_get(proof, "overwritten_after"));
}

/* What was written before, and what was there before, is gone. */
static const char *lacks_gone(const json_t *drive, const json_t *proof)
{
	if (number(proof, "markers_written") < 1 && !is_unmarked(drive, proof))
		return "no marker was written before erasing";
	if (number(proof, "markers_gone") != number(proof, "markers_written"))
		return "markers that were written before erasing are still there";
	if (number(proof, "unchanged") != 0)
		return "places read as they did before erasing";
	if (!json_is_array(json_object_get(proof, "signatures")) ||
	    json_array_size(json_object_get(proof, "signatures")) > 0)
		return "a file system or a partition table was still found";
	return NULL;
}

/* The method's own figures. */
static const char *lacks_method(const json_t *drive, const json_t *proof)
{
	const struct erasure *erasure = method_of(drive);
	const json_t *stream = json_object_get(proof, "stream");

	if (!erasure)
		return "no method that is known here";
	if (!erasure->by_host)
		return json_is_object(json_object_get(proof, "method_reads"))
			       ? NULL
			       : "what the drive read as after its method was not looked at";
	if (number(stream, "bytes_written") != number(drive, "size_after"))
		return "the drive was not overwritten as a whole";
	return is_complete(drive, stream) ? NULL : "what was written over the drive was not read back";
}

const char *claim_lacks(const json_t *drive)
{
	const json_t *proof = json_object_get(drive, "proof");
	const char *lacks;

	if (!is(drive, "outcome", "proven"))
		return "the erasure failed";
	if ((lacks = lacks_gone(drive, proof)) || (lacks = lacks_method(drive, proof)))
		return lacks;
	if (!is(proof, "reads", "zero"))
		return "the last reading was not all zeros";
	if (!is_complete(drive, proof))
		return "the last reading is not complete";
	if (number(drive, "size_after") < number(drive, "size") ||
	    number(drive, "size_after") < number(drive, "size_before"))
		return "the drive has become smaller, and what is hidden was not read";
	return NULL;
}

/* After a key was forgotten: only where the drive then read as nothing at all has the erasure been seen. */
static bool reads_as_nothing(const json_t *drive, const json_t *reads)
{
	json_int_t zero = number(reads, "zero_bytes"), constant = number(reads, "constant_bytes");

	return is_complete(drive, reads) && zero >= 0 && zero <= number(reads, "bytes_read") &&
	       constant == number(reads, "bytes_read") - zero;
}

enum claim claim_for_drive(const json_t *drive)
{
	const json_t *proof = json_object_get(drive, "proof");

	if (claim_lacks(drive))
		return CLAIM_NOT_ERASED;
	if (method_of(drive)->cryptographic &&
	    (is_unmarked(drive, proof) || !reads_as_nothing(drive, json_object_get(proof, "method_reads"))))
		return CLAIM_ASSERTED;
	return CLAIM_READ_BACK;
}

const char *claim_level_basis(const json_t *drive)
{
	if (claim_lacks(drive))
		return NULL;
	return method_of(drive)->by_host && is(drive, "level", "clear") ? "read back"
									: "asserted by the device";
}

const char *claim_name(enum claim claim)
{
	switch (claim) {
	case CLAIM_READ_BACK:
		return "read back";
	case CLAIM_ASSERTED:
		return "asserted by the device";
	case CLAIM_NOT_ERASED:
		break;
	}
	return "not erased";
}
