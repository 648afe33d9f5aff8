/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence objects: made, judged, and taken up again after a power cut. */
#include <string.h>

#include "agent/steps/wipe/evidence.h"
#include "agent/wipe/sweep.h"
#include "core/time.h"

static json_t *identity_json(const struct block *block)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:s, s:i, s:b}", "name",
			 block->name, "model", block->model, "serial", block->serial, "wwn", block->wwn,
			 "firmware", block->firmware, "subsystem", block->subsystem, "namespace",
			 (json_int_t)block->nsid, "size", (json_int_t)block->size, "size_before",
			 (json_int_t)block->size, "size_after", (json_int_t)block->size, "transport",
			 block_transport_name(block->transport), "logical_block_size",
			 (int)block->logical_block_size, "rotational", block->rotational);
}

/* Of a drive whose process told nothing: the same shape, and nothing in it. */
static json_t *nothing_told(const char *reason)
{
	json_t *proof = json_pack(
		"{s:i, s:i, s:i, s:n, s:i, s:i, s:n, s:n, s:b, s:s, s:n, s:i, s:s, s:b, s:[]}",
		"before_samples", 0, "before_nonzero", 0, "unchanged", 0, "unmarked", "markers_written", 0,
		"markers_gone", 0, "method_reads", "stream", "overwritten_after", 0, "read_back", "full",
		"detects", "bytes_read", 0, "reads", "mixed", "partitions_reread", 0, "signatures");
	json_t *policy = json_pack("{s:s, s:[], s:s}", "level", "purge", "forbid", "verify", "full");

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:[], s:[], s:[], s:[], s:o, s:{s:s, s:n}, s:{s:n, "
			 "s:n}, s:o}",
			 "medium", "unknown", "method", "none", "technique", "", "level", "clear", "outcome",
			 "failed", "reason", reason, "plan", "passed_over", "attempts", "not_done", "policy",
			 policy, "capabilities", "none", "its process told nothing", "opal", "health",
			 "before", "after", "proof", proof);
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
	json_object_set_new(evidence, "revealed", json_array());
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

/* As the policy that it was made under demands. */
static bool is_read_back(const json_t *evidence, const json_t *proof)
{
	if (is(proof, "read_back", "full"))
		return number(proof, "bytes_read") == number(evidence, "size");
	return is(proof, "read_back", "sampled") &&
	       is(json_object_get(evidence, "policy"), "verify", "sampled") &&
	       number(proof, "samples") >= 2 * SWEEP_SECTIONS;
}

/* A revert of a locked drive, which takes no markers: the erasure is asserted, and what is read back are the zeros that were written after it. */
static bool is_asserted(const json_t *evidence, const json_t *proof)
{
	return json_is_string(json_object_get(proof, "unmarked")) &&
	       is(evidence, "technique", "cryptographic erase") &&
	       json_is_true(json_object_get(proof, "overwritten_after"));
}

static bool markers_are_gone(const json_t *evidence, const json_t *proof)
{
	if (number(proof, "markers_written") == 0)
		return is_asserted(evidence, proof);
	return number(proof, "markers_written") > 0 &&
	       number(proof, "markers_gone") == number(proof, "markers_written");
}

bool wipe_evidence_is_proven(const json_t *evidence)
{
	const json_t *proof = json_object_get(evidence, "proof");

	return is(evidence, "outcome", "proven") && is_read_back(evidence, proof) &&
	       is(proof, "reads", "zero") && markers_are_gone(evidence, proof) &&
	       number(proof, "unchanged") == 0 && json_is_array(json_object_get(proof, "signatures")) &&
	       json_array_size(json_object_get(proof, "signatures")) == 0;
}

bool wipe_evidence_reads_zero(const json_t *evidence)
{
	return wipe_evidence_is_proven(evidence) &&
	       is(json_object_get(evidence, "proof"), "read_back", "full") &&
	       json_is_false(json_object_get(evidence, "resumed"));
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
