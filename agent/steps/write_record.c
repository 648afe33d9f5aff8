/* SPDX-License-Identifier: Apache-2.0 */
/* Results as JSON, and journal entries: step "write", the manifest's digest as the method. */
#include "agent/steps/write_record.h"

#include <string.h>

#include "agent/pipeline/memory.h"
#include "core/hash.h"
#include "core/io.h"

static const char *const verify_names[] = {[PIPELINE_VERIFY_FULL] = "full",
					   [PIPELINE_VERIFY_SAMPLED] = "sampled",
					   [PIPELINE_VERIFY_NONE] = "none"};

static void set_u64(json_t *object, const char *key, uint64_t value)
{
	json_object_set_new(object, key, json_integer((json_int_t)value));
}

static json_t *sources_json(const struct pipeline_job *pipeline, const struct pipeline_result *result)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < pipeline->n_sources; i++)
		json_array_append_new(list, json_pack("{ss sI}", "url", pipeline->sources[i].url, "bytes",
						      (json_int_t)result->source_bytes[i]));
	return list;
}

static json_t *bad_json(const struct pipeline_job *pipeline, const struct pipeline_result *result)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < result->n_bad && i < PIPELINE_BAD_MAX; i++)
		json_array_append_new(list, json_pack("{sI ss ss}", "chunk", (json_int_t)result->bad[i].chunk,
						      "source", pipeline->sources[result->bad[i].source].url,
						      "why", result->bad[i].why));
	return list;
}

static void set_read_back(json_t *target, const struct pipeline_target_result *result)
{
	json_object_set_new(target, "lost", result->lost.code ? json_string(result->lost.text) : json_null());
	set_u64(target, "read_back", result->read_back);
	set_u64(target, "chunks_read", result->chunks_read);
}

static json_t *target_json(const char *disk, const struct pipeline_target_result *result)
{
	json_t *target = json_pack("{ss}", "disk", disk);

	set_u64(target, "written", result->written);
	set_u64(target, "zeroed", result->zeroed);
	set_u64(target, "zeros_left", result->zeros_left);
	set_u64(target, "kept", result->kept);
	set_read_back(target, result);
	return target;
}

/* In the root disks' order; targets are named like them. */
static json_t *targets_json(const struct facts *facts, const struct pipeline_job *pipeline,
			    const struct pipeline_result *result)
{
	json_t *list = json_array();

	for (unsigned i = 0, k = 0; i < facts->n_roots; i++) {
		const struct root *root = &facts->roots[i];
		const struct pipeline_target_result unopened = {.lost = root->lost};
		bool is_target = k < pipeline->n_targets && pipeline->targets[k].name == root->block->name;

		json_array_append_new(
			list, target_json(root->block->name, is_target ? &result->targets[k++] : &unopened));
	}
	return list;
}

json_t *write_record_make(const struct job *job, const struct pipeline_job *pipeline,
			  const struct pipeline_result *result)
{
	const struct index *index = job->facts.index;
	json_t *written = json_object();

	set_u64(written, "chunks", index->n_chunks);
	set_u64(written, "data_chunks", index->data_chunks);
	set_u64(written, "bytes", index->size);
	set_u64(written, "fetched_bytes", result->fetched_bytes);
	set_u64(written, "retries", result->retries);
	json_object_set_new(written, "resumed", json_boolean(pipeline->resume));
	json_object_set_new(written, "bad", bad_json(pipeline, result));
	set_u64(written, "bad_count", result->n_bad);
	json_object_set_new(written, "sources", sources_json(pipeline, result));
	json_object_set_new(written, "verify", json_string(verify_names[pipeline->verify]));
	json_object_set_new(written, "targets", targets_json(&job->facts, pipeline, result));
	set_u64(written, "memory_peak", memory_peak());
	return written;
}

void write_record_read_back(json_t *written, const struct pipeline_job *pipeline,
			    const struct pipeline_result *result)
{
	json_t *targets = json_object_get(written, "targets"), *target;
	unsigned k = 0;
	size_t i;

	json_array_foreach(targets, i, target) {
		const char *disk = json_string_value(json_object_get(target, "disk"));

		if (k < pipeline->n_targets && !strcmp(pipeline->targets[k].name, disk))
			set_read_back(target, &result->targets[k++]);
	}
	set_u64(written, "memory_peak", memory_peak());
}

void write_record_tell_bad(struct job *job, const struct pipeline_job *pipeline,
			   const struct pipeline_result *result)
{
	const struct pipeline_bad *first = &result->bad[0];
	_cleanup_free_ char *text = NULL;

	if (!result->n_bad)
		return;
	text = str_printf("%u frames were not what the index says; the first: chunk %u from %s: %s",
			  result->n_bad, first->chunk, pipeline->sources[first->source].url, first->why);
	job->ops->note(job, text);
}

/* ---- the journal ---- */

static void make_method(const struct job *job, char *method, size_t size)
{
	char digest[SHA256_HEX_SIZE];

	hex_encode(job->facts.manifest->sha256, SHA256_SIZE, digest);
	snprintf(method, size, "sha256:%s", digest);
}

int write_journal_begin(struct job *job, struct err *err)
{
	struct journal_entry entry = {.step = "write", .state = JOURNAL_BEGUN};

	make_method(job, entry.method, sizeof(entry.method));
	for (unsigned i = 0; i < job->facts.n_roots; i++) {
		snprintf(entry.drive, sizeof(entry.drive), "%s", job->facts.roots[i].block->name);
		if (job->ops->journal(job, &entry, err) < 0)
			return err_prepend(err, "journal");
	}
	return 0;
}

/* The newest word on a drive counts: an erasure that began later leaves nothing to go on from. A proof that was taken up adds none. */
static bool was_begun_on(const struct job *job, const char *drive, const char *method)
{
	const struct journal_entry *last = NULL;

	for (unsigned i = 0; i < job->n_journal; i++)
		if (!strcmp(job->journal[i].drive, drive))
			last = &job->journal[i];
	return last && !strcmp(last->step, "write") && last->state == JOURNAL_BEGUN &&
	       !strcmp(last->method, method);
}

bool write_was_begun(const struct job *job)
{
	char method[sizeof(((struct journal_entry *)NULL)->method)];

	make_method(job, method, sizeof(method));
	for (unsigned i = 0; i < job->facts.n_roots; i++)
		if (was_begun_on(job, job->facts.roots[i].block->name, method))
			return true;
	return false;
}
