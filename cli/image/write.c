/* SPDX-License-Identifier: Apache-2.0 */
/* remint image write: the agent's pipeline from any live system. docs/man/remint-image.1 */
#include <inttypes.h>
#include <string.h>

#include "agent/pipeline/memory.h"
#include "agent/pipeline/pipeline.h"
#include "cli/args.h"
#include "cli/image/image.h"
#include "cli/image/write_device.h"
#include "cli/image/write_image.h"
#include "cli/image/write_probe.h"
#include "cli/progress.h"
#include "cli/stop.h"
#include "core/http_easy.h"
#include "core/io.h"
#include "core/json.h"
#include "core/time.h"

#define EXIT_UNBOOTABLE 3 /* the device was changed and does not boot */

#define MEMORY_MIN (48ull << 20)
/* bytes that the program takes beside its buffers: libraries, stacks, decoders, the index of a large disk */
#define MEMORY_OTHER (30ull << 20)

struct write_args {
	struct write_from from;
	struct write_policy policy;
	const char *device, *verify, *memory;
	struct arg_list devices, mirrors;
	bool json, quiet;
};

struct write_run {
	const struct write_args *args;
	struct write_image image;
	struct write_device device;
	struct progress progress;
	struct pipeline_job job;
	struct pipeline_result result;
	char *commit_note;
	bool changed;   /* the device is not what it was */
	uint64_t begun; /* monotonic, ns */
};

/* ---- options ---------------------------------------------------------------------------------- */

/* "64M", "1G": bytes, in powers of 1024. */
static int parse_size(const char *text, uint64_t *ret, struct err *err)
{
	char *end;
	unsigned long long n = strtoull(text, &end, 10);
	unsigned shift = *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;

	if (text[0] < '0' || text[0] > '9' || end[shift ? 1 : 0] || n > UINT32_MAX)
		return err_set(err, EINVAL, "--memory is a size such as 64M, not '%s'", text);
	*ret = (uint64_t)n << shift;
	if (*ret < MEMORY_MIN)
		return err_set(err, EINVAL, "--memory is at least %lluM", MEMORY_MIN >> 20);
	return 0;
}

static int settle(struct write_args *a, struct pipeline_job *job, struct err *err)
{
	static const char *const names[] = {
		[PIPELINE_VERIFY_FULL] = "full",
		[PIPELINE_VERIFY_SAMPLED] = "sampled",
		[PIPELINE_VERIFY_NONE] = "none",
	};
	uint64_t memory = 0;
	unsigned i = 0;

	a->device = a->devices.items[0];
	if (a->devices.n > 1)
		return err_set(err, EINVAL, "one --device at a time: %s and %s are two", a->device,
			       a->devices.items[1]);
	while (i < 3 && strcmp(a->verify, names[i]) != 0)
		i++;
	if (i == 3)
		return err_set(err, EINVAL, "--verify is full, sampled or none, not '%s'", a->verify);
	job->verify = (enum pipeline_verify)i;
	job->resume = a->policy.resume;
	a->from.mirrors = a->mirrors.items;
	a->from.n_mirrors = a->mirrors.n;
	a->from.cancelled = stop_asked;
	if (!a->memory)
		return 0;
	if (parse_size(a->memory, &memory, err) < 0)
		return -err->code;
	job->memory = (size_t)(memory - MEMORY_OTHER);
	return 0;
}

static enum arg_result parse(int argc, char **argv, struct write_args *a)
{
	const struct arg_option options[] = {
		{"device", ARG_MANY, &a->devices, "DEV", "whole disk to write to, or a file in its stead",
		 true},
		{"ca", ARG_TEXT, &a->from.ca, "FILE", "certificates whose signatures count, PEM", true},
		{"mirror", ARG_MANY, &a->mirrors, "URL",
		 "folder with the same payload; more than once: in that order"},
		{"tls-ca", ARG_TEXT, &a->from.tls_ca, "FILE",
		 "for https, PEM (default: the system's certificates)"},
		{"min-serial", ARG_NUMBER, &a->from.min_serial, "N", "refuse a lower serial"},
		{"verify", ARG_TEXT, &a->verify, "WHAT", "read back: full (default), sampled or none"},
		{"memory", ARG_TEXT, &a->memory, "SIZE",
		 "the process's share, at least 48M (default: up to 160M)"},
		{"resume", ARG_FLAG, &a->policy.resume, "", "go on with a write that was interrupted"},
		{"force", ARG_FLAG, &a->policy.force, "", "overwrite what the device holds"},
		{"quiet", ARG_FLAG, &a->quiet, "", "no progress; also -q", false, 'q'},
		{"json", ARG_FLAG, &a->json, "", "print a summary as JSON"},
		{},
	};
	const struct arg_spec spec = {
		"remint image write MANIFEST-URL",
		"Writes an image onto a disk, as the agent does: fetched by ranges, each chunk verified "
		"before it is decoded, read back, and bootable only when all of it is right.",
		options, 1, 1};

	return args_parse(&spec, argc, argv, &a->from.manifest);
}

/* ---- the run ---------------------------------------------------------------------------------- */

static int stopped(struct err *err)
{
	return err_set(err, ECANCELED, "interrupted");
}

static int prepare(struct write_run *run, struct err *err)
{
	const struct write_args *a = run->args;
	const struct manifest *m;
	char text[512];
	int r;

	if ((r = write_image_open(&a->from, &run->image, err)) < 0)
		return r;
	m = run->image.manifest;
	if ((r = write_device_open(a->device, m, &a->policy, &run->device, err)) < 0 ||
	    (r = write_probe(&run->image, stop_asked, err)) < 0)
		return r;
	snprintf(text, sizeof(text), "%s %s, serial %" PRIu64 ", signed by %.200s: %.0f MiB onto %.100s",
		 m->name, m->version, m->serial, run->image.signer.subject, (double)m->size / (1 << 20),
		 a->device);
	progress_note(&run->progress, text);
	return stop_asked(NULL) ? stopped(err) : 0;
}

static int read_back(struct write_run *run, struct err *err)
{
	if (run->job.verify == PIPELINE_VERIFY_NONE)
		return 0;
	progress_end(&run->progress);
	progress_begin(&run->progress, "reading back", run->args->quiet);
	return pipeline_read_back(&run->job, &run->result, err);
}

static int write_all(struct write_run *run, struct err *err)
{
	const struct pipeline_target target = {
		.fd = run->device.fd,
		.name = run->args->device,
		.reads_zero = run->device.reads_zero && !run->args->policy.resume,
		.rotational = run->device.block.rotational,
	};
	struct pipeline_job *job = &run->job;
	int r = 0;

	job->index = run->image.index;
	job->sources = run->image.sources;
	job->n_sources = run->image.n_sources;
	job->targets = &target;
	job->n_targets = 1;
	job->cancelled = stop_asked;
	job->progress = progress_show;
	job->note = progress_note;
	job->data = &run->progress;
	run->changed = true;
	if (run->args->policy.force)
		r = write_device_unboot(&run->device, index_chunk_len(job->index, 0), err);
	progress_begin(&run->progress, "writing", run->args->quiet);
	if (r == 0)
		r = pipeline_run(job, &run->result, err);
	if (r == 0)
		r = read_back(run, err);
	progress_end(&run->progress);
	if (r == 0 && stop_asked(NULL))
		r = stopped(err);
	if (r == 0)
		r = write_device_commit(&run->device, run->result.first_chunk, run->result.first_chunk_len,
					&run->commit_note, err);
	return r;
}

/* ---- telling ---------------------------------------------------------------------------------- */

static double seconds_since(uint64_t begun)
{
	return (double)(monotonic_ns() - begun) / 1e9;
}

static json_t *bad_json(const struct write_run *run)
{
	unsigned n = run->result.n_bad < PIPELINE_BAD_MAX ? run->result.n_bad : PIPELINE_BAD_MAX;
	json_t *list = json_array();

	for (unsigned i = 0; i < n; i++) {
		const struct pipeline_bad *bad = &run->result.bad[i];
		_cleanup_free_ char *shown = http_shown_url(run->image.urls[bad->source]);

		json_array_append_new(list, json_pack("{s:I, s:s, s:s}", "chunk", (json_int_t)bad->chunk,
						      "source", shown, "why", bad->why));
	}
	return list;
}

static json_t *target_json(const struct pipeline_target_result *t)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "written", (json_int_t)t->written, "zeroed",
			 (json_int_t)t->zeroed, "zeros_left", (json_int_t)t->zeros_left, "kept",
			 (json_int_t)t->kept, "read_back", (json_int_t)t->read_back, "chunks_read_back",
			 (json_int_t)t->chunks_read);
}

static int print_summary(const struct write_run *run)
{
	const struct manifest *m = run->image.manifest;
	json_t *root = target_json(&run->result.targets[0]);
	json_object_update_new(
		root,
		json_pack("{s:s, s:s, s:s, s:I, s:s, s:s, s:I, s:I, s:I, s:I, s:o, s:f, s:I}", "name",
			  m->name, "version", m->version, "device", run->args->device, "serial",
			  (json_int_t)m->serial, "signer", run->image.signer.subject, "verify",
			  run->args->verify, "bytes", (json_int_t)m->size, "fetched",
			  (json_int_t)run->result.fetched_bytes, "retries", (json_int_t)run->result.retries,
			  "bad_chunks", (json_int_t)run->result.n_bad, "bad", bad_json(run), "seconds",
			  seconds_since(run->begun), "peak_rss_kib", (json_int_t)(memory_peak() / 1024)));
	return image_print_json(root);
}

static void tell_bad(const struct write_run *run)
{
	const struct pipeline_bad *first = &run->result.bad[0];
	_cleanup_free_ char *shown = http_shown_url(run->image.urls[first->source]);

	fprintf(stderr, "%u %s damaged and %s fetched again; the first from %s: %s\n", run->result.n_bad,
		run->result.n_bad == 1 ? "chunk came" : "chunks came",
		run->result.n_bad == 1 ? "was" : "were", shown, first->why);
}

static int succeed(const struct write_run *run)
{
	const struct manifest *m = run->image.manifest;

	if (run->result.n_bad)
		tell_bad(run);
	if (run->commit_note)
		fprintf(stderr, "%s\n", run->commit_note);
	if (run->device.block.size > m->size && !run->args->quiet)
		fprintf(stderr,
			"%s is larger than the image: the backup of its partition table lies where the image "
			"ends\n",
			run->args->device);
	if (run->args->json)
		return print_summary(run);
	printf("%s: %s %s, serial %" PRIu64 ", written in %.1f s; read back: %s\n", run->args->device,
	       m->name, m->version, m->serial, seconds_since(run->begun), run->args->verify);
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int fail(const struct write_run *run, struct err *err)
{
	fail_with(err);
	if (!run->changed)
		return EXIT_FAILURE;
	if (run->commit_note)
		fprintf(stderr, "remint: %s\n", run->commit_note);
	if (!write_device_boots_not(&run->device)) {
		fprintf(stderr,
			"remint: %s may still boot, into what it held or half of the image: nothing "
			"shows that its beginning is empty\n",
			run->args->device);
		return EXIT_FAILURE;
	}
	fprintf(stderr,
		"remint: %s does not boot now; the same command with --resume goes on where this one ended\n",
		run->args->device);
	return EXIT_UNBOOTABLE;
}

static void run_clear(struct write_run *run)
{
	write_device_close(&run->device);
	write_image_clear(&run->image);
	pipeline_result_clear(&run->result);
	free(run->commit_note);
}

int image_write_command(int argc, char **argv)
{
	struct write_args a = {.verify = "full"};
	_cleanup_(run_clear) struct write_run run = {
		.args = &a, .device.fd = -EBADF, .begun = monotonic_ns()};
	enum arg_result parsed = parse(argc, argv, &a);
	struct err err;

	if (parsed != ARG_GO)
		return args_exit(parsed);
	progress_begin(&run.progress, "writing", a.quiet);
	stop_begin();
	if (settle(&a, &run.job, &err) < 0 || prepare(&run, &err) < 0 || write_all(&run, &err) < 0)
		return fail(&run, &err);
	return succeed(&run);
}
