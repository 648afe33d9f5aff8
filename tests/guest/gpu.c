/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The step gpu by itself on the GPUs of this machine, with the libraries and the kernel that are here: by hand, where there are some (docs/gpu.md).
 * Nothing is reset and no setting is touched; memory that is free is overwritten. Prints what the step notes, then its part of the evidence.
 * usage: gpu-step [CLASS.json]
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "protocol/class/class.h"
#include "protocol/evidence/gpu.h"
#include "tests/fakes/step_job.h"

static void note(struct job *job, const char *text)
{
	(void)job;
	printf("note: %s\n", text);
}

static void progress(struct job *job, uint64_t done, uint64_t total)
{
	(void)job;
	printf("%" PRIu64 " of %" PRIu64 " bytes\n", done, total);
}

static bool cancelled(struct job *job)
{
	(void)job;
	return false;
}

static int step(struct job *job, struct err *err)
{
	int r = step_gpu.check(job, err);

	if (r < 0)
		return err_prepend(err, "check");
	r = step_gpu.run(job, err);
	if (r < 0)
		return err_prepend(err, "run");
	printf("run: %s\n", r == STEP_DONE ? "done" : r == STEP_SKIPPED ? "skipped" : "needs a reset");
	r = step_gpu.verify(job, err);
	return r < 0 ? err_prepend(err, "verify") : 0;
}

static int read_class(const char *path, struct order_class *ret, struct err *err)
{
	_cleanup_json_ json_t *json = NULL;
	int r = json_read_file(path, CLASS_FILE_MAX, &json, err);

	return r < 0 ? r : class_from_json(json, &ret->class, err);
}

static int show(const struct facts *facts, struct err *err)
{
	_cleanup_json_ json_t *evidence = json_pack("{s:O}", "gpus", facts->gpus ? facts->gpus : json_null());

	json_dumpf(json_object_get(evidence, "gpus"), stdout,
		   JSON_INDENT(1) | JSON_SORT_KEYS | JSON_ENCODE_ANY);
	puts("");
	return evidence_gpus_check(evidence, err);
}

int main(int argc, char **argv)
{
	const struct job_ops ops = {.cancelled = cancelled, .progress = progress, .note = note};
	struct order_class class = {0};
	static char url[] =
		"http://nowhere/image/manifest.json"; /* an order with an image: what is wrong holds */
	struct step_job sj;
	struct err err = {0};
	int r = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	step_job_init(&sj);
	sj.job.ops = &ops;
	sj.order.manifest_url = url;
	sj.order.gpu = (struct order_gpu){.reset = ORDER_GPU_NEVER, .scrub = ORDER_GPU_MUST, .leave = true};
	if (argc > 1) {
		r = read_class(argv[1], &class, &err);
		sj.order.class = &class;
	}
	if (r == 0)
		r = step(&sj.job, &err);
	if (r == 0)
		r = show(&sj.job.facts, &err);
	if (r < 0)
		printf("held: %s\n", err.text);
	step_job_clear(&sj);
	class_free(class.class);
	return r < 0 ? 3 : 0;
}
