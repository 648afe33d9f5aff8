/* SPDX-License-Identifier: Apache-2.0 */
/* remint gpu show: this machine's GPUs, what they are set to, and how they are. Changes nothing. docs/gpu-nvml.md */
#include <stdio.h>
#include <string.h>

#include "agent/gpu/answer.h"
#include "agent/gpu/backend.h"
#include "agent/gpu/child.h"
#include "agent/gpu/find.h"
#include "agent/gpu/nvml_library.h"
#include "cli/args.h"
#include "cli/gpu/gpu.h"
#include "cli/gpu/scrub.h"
#include "cli/verbs.h"
#include "core/io.h"
#include "core/json.h"

enum {
	EXIT_FAULTY = 3,
	PATIENCE_S = 120, /* for one GPU: a driver without persistence wakes all of them first */
};

struct gpus {
	struct gpu *list;
	unsigned n;
	unsigned silent; /* that NVML counts and does not describe */
};

/* A child is left alone until its deadline. */
static bool is_cancelled(void *data)
{
	(void)data;
	return false;
}

static void ignore_progress(void *data, uint64_t done, uint64_t total)
{
	(void)data, (void)done, (void)total;
}

static const struct gpu_watch unwatched = {.cancelled = is_cancelled, .progress = ignore_progress};

static void gpus_clear(struct gpus *gpus)
{
	free(gpus->list);
}

/* ---- which there are ---- */

/* In a child. */
static int list_by_nvml(const struct gpu_task *task,
			void (*progress)(void *data, uint64_t done, uint64_t total), void *data, json_t **ret,
			struct err *err)
{
	_cleanup_free_ struct gpu *list = NULL;
	unsigned n = 0, silent = 0;
	json_t *gpus;
	int r = nvml_list(task->host, &list, &n, &silent, err);

	(void)progress, (void)data;
	if (r < 0)
		return r;
	gpus = json_array();
	for (unsigned i = 0; i < n; i++)
		json_array_append_new(
			gpus, json_pack("{s:s, s:i}", "pci", list[i].pci, "device", (int)list[i].device));
	*ret = json_pack("{s:o, s:i}", "gpus", gpus, "silent", (int)silent);
	return 0;
}

static int take_gpu(const json_t *json, struct gpu *gpu, struct err *err)
{
	const char *pci;
	uint64_t device = 0;
	int r = json_get_str(json, "NVML's list", "pci", sizeof(gpu->pci) - 1, &pci, err);

	if (!r)
		r = json_get_u64(json, "NVML's list", "device", 0, 0xffff, &device, err);
	if (r < 0)
		return r;
	*gpu = (struct gpu){.vendor = GPU_VENDOR_NVIDIA, .device = (unsigned)device, .driver = "nvidia"};
	strcpy(gpu->pci, pci);
	return 0;
}

static int take_list(const json_t *answer, struct gpus *ret, struct err *err)
{
	uint64_t silent = 0;
	json_t *list;
	int r = json_get_array(answer, "NVML's list", "gpus", GPU_MAX, &list, err);

	if (!r)
		r = json_get_u64(answer, "NVML's list", "silent", 0, GPU_MAX, &silent, err);
	if (r < 0)
		return r;
	ret->silent = (unsigned)silent;
	ret->list = xcalloc(json_array_size(list) + 1, sizeof(*ret->list));
	for (; !r && ret->n < json_array_size(list); ret->n += !r)
		r = take_gpu(json_array_get(list, ret->n), &ret->list[ret->n], err);
	return r;
}

/* By sysfs; and where that shows none, as in a container, by NVML, of which nothing is then demanded. */
static int find(const struct gpu_host *host, struct gpus *ret, struct err *err)
{
	const struct gpu_task task = {
		.what = "NVML's list of GPUs", .deadline_s = PATIENCE_S, .host = host, .run = list_by_nvml};
	_cleanup_json_ json_t *answer = NULL;
	int by_sysfs = gpu_find(host, &ret->list, &ret->n, err);
	struct err why;

	if (by_sysfs == 0 && ret->n)
		return 0;
	free(TAKE_PTR(ret->list));
	if (gpu_child_run(&task, &unwatched, &answer, &why) == 0)
		return take_list(answer, ret, err);
	if (why.code == ENOENT || why.code == ENODEV)
		return by_sysfs; /* no library, or no driver: no GPU that is driven */
	*err = why;
	return -why.code;
}

/* ---- what each says ---- */

/* In a child. */
static int look(const struct gpu_task *task, void (*progress)(void *data, uint64_t done, uint64_t total),
		void *data, json_t **ret, struct err *err)
{
	(void)progress, (void)data;
	return task->backend->look(task->host, task->gpu, ret, err);
}

static int ask(const struct gpu_host *host, const struct gpu *gpu, json_t **ret, struct err *err)
{
	const struct gpu_backend *backend = gpu_backend_of(host, gpu);
	const struct gpu_task task = {.what = "reading its state",
				      .deadline_s = PATIENCE_S,
				      .host = host,
				      .gpu = gpu,
				      .backend = backend,
				      .run = look};
	int r;

	if (!backend)
		return err_set(err, ENODEV, "no way is known to look at it with its driver (%s)",
			       *gpu->driver ? gpu->driver : "none");
	r = gpu_child_run(&task, &unwatched, ret, err);
	return r < 0 ? r : gpu_answer_look(*ret, gpu->pci, err);
}

static json_t *describe(const struct gpu_host *host, const struct gpu *gpu)
{
	const struct gpu_backend *backend = gpu_backend_of(host, gpu);
	_cleanup_json_ json_t *answer = NULL;
	char id[10];
	json_t *json;
	struct err err;

	snprintf(id, sizeof(id), "%04x:%04x", gpu->vendor & 0xffff, gpu->device & 0xffff);
	json = json_pack("{s:s, s:s}", "pci", gpu->pci, "id", id);
	if (*gpu->driver)
		json_object_set_new(json, "kernel_driver", json_string(gpu->driver));
	if (backend)
		json_object_set_new(json, "backend", json_string(backend->name));
	if (ask(host, gpu, &answer, &err) < 0)
		json_object_set_new(json, "error", json_string(err.text));
	else
		json_object_update(json, answer);
	return json;
}

/* ---- the command ---- */

static int print(const json_t *all, const struct gpus *gpus, bool as_json)
{
	_cleanup_free_ char *text = as_json ? json_pretty(all, NULL) : NULL;
	bool faulty = gpus->silent;
	json_t *gpu;
	size_t i;

	json_array_foreach(all, i, gpu) {
		faulty |= gpu_is_faulty(gpu);
		if (!as_json)
			gpu_print(gpu);
	}
	if (as_json)
		fputs(text, stdout);
	else if (!gpus->n && !gpus->silent)
		puts("There is no GPU.");
	if (gpus->silent)
		fprintf(stderr, "remint: NVML counts %u more, and cannot say where\n", gpus->silent);
	if (fflush(stdout))
		return EXIT_FAILURE;
	return faulty ? EXIT_FAULTY : EXIT_SUCCESS;
}

static int gpu_show(int argc, char **argv)
{
	const char *folders[2] = {NULL, NULL};
	bool as_json = false;
	const struct arg_option options[] = {
		{"library", ARG_TEXT, &folders[0], "FOLDER",
		 "where the vendor's library lies (default: where the system's loader finds it)"},
		{"json", ARG_FLAG, &as_json, "", "print as JSON"},
		{},
	};
	const struct arg_spec spec = {"remint gpu show",
				      "Shows this machine's GPUs: what they are, what they are set to, how "
				      "they are, and their faults, each with what to do. Changes nothing. "
				      "The exit status is 3 when a GPU has a fault or cannot be looked at.",
				      options, 0, 0};
	const struct gpu_host host = {.root = "", .libraries = folders};
	_cleanup_(gpus_clear) struct gpus gpus = {0};
	_cleanup_json_ json_t *all = json_array();
	enum arg_result parsed = args_parse(&spec, argc, argv, NULL);
	struct err err;

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (find(&host, &gpus, &err) < 0)
		return fail_with(&err);
	for (unsigned i = 0; gpus.list && i < gpus.n; i++)
		json_array_append_new(all, describe(&host, &gpus.list[i]));
	return print(all, &gpus, as_json);
}

int verb_gpu(int argc, char **argv)
{
	static const struct sub_command commands[] = {
		{"show", "this machine's GPUs, their settings and their health", gpu_show},
		{"scrub", "overwrite their memory, verify it, and measure how fast it is", gpu_scrub},
		{}};

	return run_sub_command("gpu", "The GPUs of this machine.", commands, argc, argv);
}
