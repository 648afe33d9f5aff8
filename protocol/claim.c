/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/claim.h"

#include <stdbool.h>
#include <string.h>

static bool is(const json_t *object, const char *key, const char *word)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text && !strcmp(text, word);
}

static json_int_t number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_integer(value) ? json_integer_value(value) : -1;
}

/* Does the proof itself say that something is still there? */
static bool is_contradicted(const json_t *proof)
{
	return number(proof, "markers_gone") < number(proof, "markers_written") ||
	       json_array_size(json_object_get(proof, "signatures")) > 0;
}

/* Overwriting by the host makes no device assert anything. */
static bool device_erases(const json_t *drive)
{
	const char *method = json_string_value(json_object_get(drive, "method"));

	return method && strcmp(method, "none") != 0 && strncmp(method, "overwrite", 9) != 0;
}

static bool is_read_back(const json_t *drive, const json_t *proof)
{
	if (!is(proof, "reads", "zero") || number(proof, "markers_written") < 1 ||
	    number(proof, "markers_gone") != number(proof, "markers_written") ||
	    !json_is_array(json_object_get(proof, "signatures")))
		return false;
	if (is(proof, "read_back", "full"))
		return number(proof, "bytes_read") == number(drive, "size");
	return is(proof, "read_back", "sampled") && number(proof, "samples") > 0 &&
	       number(proof, "bytes_read") > 0;
}

enum claim claim_for_drive(const json_t *drive)
{
	const json_t *proof = json_object_get(drive, "proof");

	if (!is(drive, "outcome", "proven") || is_contradicted(proof))
		return CLAIM_NOT_ERASED;
	if (is_read_back(drive, proof))
		return CLAIM_READ_BACK;
	return device_erases(drive) ? CLAIM_ASSERTED : CLAIM_NOT_ERASED;
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
