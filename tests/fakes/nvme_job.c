/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fakes/nvme_job.h"

#include <fcntl.h>

#include "agent/hw/nvme/spec.h"
#include "agent/hw/transport.h"

const struct nvme_method nvme_methods[NVME_METHODS] = {
	{method_nvme_sanitize_block, NVME_ADMIN_SANITIZE, 2},
	{method_nvme_sanitize_crypto, NVME_ADMIN_SANITIZE, 4},
	{method_nvme_sanitize_overwrite, NVME_ADMIN_SANITIZE, 0x13},
	{method_nvme_format_crypto, NVME_ADMIN_FORMAT_NVM, 2 << 9},
	{method_nvme_format_user, NVME_ADMIN_FORMAT_NVM, 1 << 9},
};

void nvme_job_begin(struct nvme_job *job)
{
	*job = (struct nvme_job){.controller = nvme_model_new("S1"), .status = json_array()};
	job->m = nvme_model_of(job->controller);
	job->drive = nvme_model_add(job->controller, 1, NVME_JOB_SIZE, 512);
	job->neighbour = nvme_model_add(job->controller, 2, NVME_JOB_SIZE / 2, 4096);
	job->fd = open(job->drive->block.path, O_RDWR | O_CLOEXEC);
	job->caps.kind = WIPE_CAPS_NVME;
	if (job->fd < 0)
		abort();
}

void nvme_job_end(struct nvme_job *job)
{
	close(job->fd);
	json_decref(job->status);
	models_clear();
}

static void on_progress(struct wipe_run *run, uint64_t done, uint64_t total, unsigned patience_s)
{
	struct nvme_job *job = run->data;

	if (done > total || !patience_s)
		abort();
	if (++job->n_progress == job->dies_at)
		_exit(9);
}

int nvme_job_run(struct nvme_job *job, int (*method)(struct wipe_run *run, struct err *err), bool resumed)
{
	struct wipe_run run = {
		.block = &job->drive->block,
		.fd = job->fd,
		.caps = &job->caps,
		.resumed = resumed,
		.status = job->status,
		.progress = on_progress,
		.data = job,
	};

	json_array_clear(job->status);
	job->err = (struct err){0};
	return method(&run, &job->err);
}

static const char *member(const struct nvme_job *job, unsigned i, const char *key)
{
	const char *text = json_string_value(json_object_get(json_array_get(job->status, i), key));

	return text ? text : "";
}

const char *nvme_job_what(const struct nvme_job *job, unsigned i)
{
	return member(job, i, "what");
}

const char *nvme_job_hex(const struct nvme_job *job, unsigned i)
{
	return member(job, i, "hex");
}

void nvme_job_forget(struct nvme_job *job)
{
	job->m->state = NVME_MODEL_IDLE;
	job->m->sstat = NVME_SANITIZE_NEVER;
}

void nvme_job_sanitize(struct nvme_job *job, uint32_t dword10)
{
	struct nvme_admin_cmd cmd = {.opcode = NVME_ADMIN_SANITIZE, .cdw10 = dword10};

	if (device_transport()->nvme_admin(job->fd, &cmd) != 0)
		abort();
	job->m->n_forbidden = 0; /* that one was not ours */
}
