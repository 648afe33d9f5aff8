/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence objects: made, judged, and taken up again after a power cut. */
#include <string.h>

#include "agent/steps/wipe_evidence.h"
#include "core/time.h"

static json_t *identity_json(const struct block *block)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:i, s:b}", "name", block->name, "model",
			 block->model, "serial", block->serial, "wwn", block->wwn, "firmware",
			 block->firmware, "size", (json_int_t)block->size, "transport",
			 block_transport_name(block->transport), "logical_block_size",
			 (int)block->logical_block_size, "rotational", block->rotational);
}

static json_t *nothing_told(const char *reason)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:[], s:[], s:{s:i, s:i, s:s, s:i, s:s, s:[]}}", "method",
			 "none", "level", "clear", "outcome", "failed", "reason", reason, "plan", "attempts",
			 "proof", "markers_written", 0, "markers_gone", 0, "read_back", "full", "bytes_read",
			 0, "reads", "mixed", "signatures");
}

json_t *wipe_evidence_make(const struct block *block, const json_t *result, const char *reason, time_t begun,
			   time_t ended)
{
	json_t *evidence = identity_json(block),
	       *told = result ? json_deep_copy(result) : nothing_told(reason);
	char text[TIME_TEXT_SIZE];

	if (!evidence || !told)
		abort();
	json_object_update(evidence, told);
	json_decref(told);
	time_format(begun, text);
	json_object_set_new(evidence, "begun", json_string(text));
	time_format(ended, text);
	json_object_set_new(evidence, "ended", json_string(text));
	json_object_set_new(evidence, "resumed", json_false());
	return evidence;
}

static bool is(const json_t *object, const char *key, const char *text)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value && strcmp(value, text) == 0;
}

static json_int_t number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_integer(value) ? json_integer_value(value) : -1;
}

bool wipe_evidence_is_proven(const json_t *evidence)
{
	const json_t *proof = json_object_get(evidence, "proof");

	return is(evidence, "outcome", "proven") && is(proof, "read_back", "full") &&
	       is(proof, "reads", "zero") && number(proof, "bytes_read") == number(evidence, "size") &&
	       number(proof, "markers_written") > 0 &&
	       number(proof, "markers_gone") == number(proof, "markers_written") &&
	       json_is_array(json_object_get(proof, "signatures")) &&
	       json_array_size(json_object_get(proof, "signatures")) == 0;
}

json_t *wipe_evidence_resume(const struct block *block, const struct journal_entry *journal, unsigned n)
{
	const struct journal_entry *last = NULL;
	json_t *evidence;

	for (unsigned i = 0; i < n; i++)
		if (strcmp(journal[i].step, "wipe") == 0 && strcmp(journal[i].drive, block->name) == 0)
			last = &journal[i];
	if (!last || last->state != JOURNAL_PROVEN || !wipe_evidence_is_proven(last->proof) ||
	    !is(last->proof, "name", block->name) || !is(last->proof, "serial", block->serial) ||
	    !is(last->proof, "wwn", block->wwn) || number(last->proof, "size") != (json_int_t)block->size)
		return NULL;
	evidence = json_deep_copy(last->proof);
	json_object_set_new(evidence, "resumed", json_true());
	return evidence;
}
