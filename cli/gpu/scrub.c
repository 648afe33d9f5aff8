/* SPDX-License-Identifier: Apache-2.0 */
/* remint gpu scrub: this machine's GPUs, one after the other, each in a process of its own. docs/gpu-scrub.md */
#include <stdio.h>
#include <string.h>

#include "agent/gpu/child.h"
#include "agent/gpu/find.h"
#include "agent/gpu/scrub.h"
#include "cli/args.h"
#include "cli/client.h"
#include "cli/gpu/scrub.h"
#include "cli/gpu/scrub_show.h"
#include "cli/progress.h"
#include "core/json.h"
#include "core/time.h"

#define LIMIT_DEFAULT 300 /* seconds */
#define LIMIT_MAX     86400

struct asked {
	const char *gpu; /* an address, "all" */
	uint64_t share, limit;
	bool json;
	const char *folders[2]; /* where the driver's library lies; NULL-terminated */
	struct gpu_host host;
	uint64_t ends_at; /* monotonic, ns */
};

/* ---- in a child ---- */

static int list_there(const struct gpu_task *task,
		      void (*progress)(void *data, uint64_t done, uint64_t total), void *data, json_t **ret,
		      struct err *err)
{
	(void)progress;
	(void)data;
	return gpu_scrub_list(task->host, ret, err);
}

static int scrub_there(const struct gpu_task *task,
		       void (*progress)(void *data, uint64_t done, uint64_t total), void *data, json_t **ret,
		       struct err *err)
{
	return gpu_scrub_cuda(task->host, task->gpu, progress, data, ret, err);
}

/* ---- here ---- */

static bool never(void *data)
{
	(void)data;
	return false; /* Ctrl-C ends both processes, and the driver takes the memory back */
}

static void show_progress(void *data, uint64_t done, uint64_t total)
{
	if (total)
		progress_show(data, done, total);
}

static int run_child(const struct asked *a, struct gpu_task *task, struct progress *progress, json_t **ret,
		     struct err *err)
{
	const struct gpu_watch watch = {.cancelled = never, .progress = show_progress, .data = progress};
	uint64_t now = monotonic_ns();

	if (now >= a->ends_at)
		return err_set(err, ETIMEDOUT, "%s: no time is left; --limit gives more", task->what);
	task->host = &a->host;
	task->deadline_s = (unsigned)((a->ends_at - now) / 1000000000) + 1;
	return gpu_child_run(task, &watch, ret, err);
}

static int list_gpus(const struct asked *a, json_t **ret, struct err *err)
{
	struct gpu_task task = {.what = "asking CUDA for its GPUs", .run = list_there};
	_cleanup_json_ json_t *answer = NULL;
	struct progress quiet;
	json_t *list;
	int r;

	progress_begin(&quiet, "", true);
	r = run_child(a, &task, &quiet, &answer, err);
	if (r == 0)
		r = json_get_array(answer, "CUDA's list", "gpus", GPU_MAX, &list, err);
	if (r == 0)
		*ret = json_incref(list);
	return r;
}

/* Adds {"pci", "model"} and what became of it: "scrub", or "error". */
static int scrub_one(const struct asked *a, json_t *entry, struct err *err)
{
	struct gpu gpu = {.vendor = GPU_VENDOR_NVIDIA};
	char what[64];
	struct gpu_task task = {.what = what, .gpu = &gpu, .run = scrub_there};
	struct progress progress;
	json_t *scrub = NULL;
	int r;

	snprintf(gpu.pci, sizeof(gpu.pci), "%s", json_text(entry, "pci"));
	snprintf(what, sizeof(what), "scrub of GPU %s", gpu.pci);
	progress_begin(&progress, gpu.pci, false);
	r = run_child(a, &task, &progress, &scrub, err);
	progress_end(&progress);
	if (r < 0)
		json_object_set_new(entry, "error", json_string(err->text));
	else
		json_object_set_new(entry, "scrub", scrub);
	return r;
}

/* ---- which ---- */

/* "18:00.0", "0000:18:00.0" and nvidia-smi's "00000000:18:00.0" are the same. */
static bool address_parse(const char *text, char ret[16])
{
	unsigned domain = 0, bus, device, function;
	char rest;

	if (sscanf(text, "%8x:%2x:%2x.%1x%c", &domain, &bus, &device, &function, &rest) != 4) {
		domain = 0;
		if (sscanf(text, "%2x:%2x.%1x%c", &bus, &device, &function, &rest) != 3)
			return false;
	}
	if (domain > 0xffff || bus > 0xff || device > 0x1f || function > 7)
		return false;
	snprintf(ret, 16, "%04x:%02x:%02x.%x", domain & 0xffff, bus & 0xff, device & 0x1f, function & 7);
	return true;
}

static bool is_listed(const json_t *list, const char *pci)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!strcmp(json_text(json_array_get(list, i), "pci"), pci))
			return true;
	return false;
}

/* Those that the kernel shows and CUDA does not are tried as well: the reason why not is told. */
static void add_unseen(const struct asked *a, json_t *list)
{
	_cleanup_free_ struct gpu *gpus = NULL;
	struct err ignored;
	unsigned n = 0;

	if (gpu_find(&a->host, &gpus, &n, &ignored) < 0)
		return; /* a system without /sys */
	for (unsigned i = 0; i < n; i++)
		if (gpus[i].vendor == GPU_VENDOR_NVIDIA && !is_listed(list, gpus[i].pci))
			json_array_append_new(list,
					      json_pack("{s:s, s:s}", "pci", gpus[i].pci, "model", "?"));
}

/* Leaves in the list what was asked for. */
static int choose(const struct asked *a, json_t *list, struct err *err)
{
	char pci[16] = "";

	if (!strcmp(a->gpu, "all"))
		return json_array_size(list) ? 0 : err_set(err, ENODEV, "there is no NVIDIA GPU");
	if (!address_parse(a->gpu, pci))
		return err_set(err, EINVAL, "--gpu is \"all\" or a PCI address like 0000:18:00.0, not '%s'",
			       a->gpu);
	for (size_t i = json_array_size(list); i-- > 0;)
		if (strcmp(json_text(json_array_get(list, i), "pci"), pci) != 0)
			json_array_remove(list, i);
	return json_array_size(list) ? 0 : err_set(err, ENODEV, "there is no NVIDIA GPU %s", pci);
}

static int scrub_list(const struct asked *a, json_t *list)
{
	int worst = EXIT_SUCCESS;

	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *entry = json_array_get(list, i);
		struct err err;
		int status = scrub_one(a, entry, &err) < 0 ? fail_with(&err)
							   : gpu_scrub_judge(entry, (unsigned)a->share);

		if (!a->json)
			gpu_scrub_show(entry);
		if (status && worst != EXIT_FAILURE)
			worst = status;
	}
	return worst;
}

static int scrub_all(struct asked *a)
{
	_cleanup_json_ json_t *list = NULL;
	struct err err;
	int status;

	a->host = (struct gpu_host){.root = "", .libraries = a->folders};
	a->ends_at = monotonic_ns() + a->limit * 1000000000;
	if (list_gpus(a, &list, &err) < 0)
		return fail_with(&err);
	add_unseen(a, list);
	if (choose(a, list, &err) < 0)
		return fail_with(&err);
	status = scrub_list(a, list);
	if (a->json)
		print_json(list);
	return status;
}

int gpu_scrub(int argc, char **argv)
{
	struct asked a = {.gpu = "all", .limit = LIMIT_DEFAULT};
	const struct arg_option options[] = {
		{"gpu", ARG_TEXT, &a.gpu, "PCI|all", "which (default: all of this machine)"},
		{"share", ARG_NUMBER, &a.share, "PERCENT",
		 "how much of what the memory can do the fill must reach; less is a finding"},
		{"library", ARG_TEXT, &a.folders[0], "FOLDER",
		 "where the driver's library lies (default: where the system's loader finds it)"},
		{"limit", ARG_NUMBER, &a.limit, "SECONDS", "for all of it (default: 300)"},
		{"json", ARG_FLAG, &a.json, "", "print as JSON"},
		{},
	};
	const struct arg_spec spec = {"remint gpu scrub",
				      "Overwrites all free memory of this machine's NVIDIA GPUs, reads it "
				      "back, leaves zeros in it, and "
				      "measures how fast it is. Changes no setting.\nThe exit status is 3 "
				      "when memory is faulty or slower "
				      "than --share.",
				      options, 0, 0};
	enum arg_result parsed = args_parse(&spec, argc, argv, NULL);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (a.share > 100 || a.limit < 1 || a.limit > LIMIT_MAX) {
		fprintf(stderr, "remint: --share is at most 100, --limit 1 to %d\n", LIMIT_MAX);
		return EXIT_USAGE;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	return scrub_all(&a);
}
