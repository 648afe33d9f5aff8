/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/gpu/scrub.h"

#include "agent/gpu/scrub_card.h"
#include "agent/gpu/scrub_run.h"

/* A GPU that does not work is a finding, no error. */
static int work(struct scrub_run *run, struct err *err)
{
	int r;

	if (!scrub_run_trial(run))
		return 0;
	r = cuda_hold_all(run->kernels.cuda, &run->hold, err);
	if (r == 0)
		scrub_run(run);
	return r;
}

static int scrub(struct scrub_run *run, const struct cuda_device *device, const struct cuda *cuda,
		 json_t **ret, struct err *err)
{
	json_t *json;
	int r = scrub_kernels_open(cuda, device, &run->kernels, err);

	if (r == 0)
		r = work(run, err);
	if (r < 0)
		return r;
	json = scrub_run_to_json(run, device);
	if (!json)
		return err_set(err, ENOMEM, "the result cannot be written");
	*ret = json;
	return 0;
}

int gpu_scrub_cuda(const struct gpu_host *host, const struct gpu *gpu,
		   void (*progress)(void *data, uint64_t done, uint64_t total), void *data, json_t **ret,
		   struct err *err)
{
	struct scrub_run run = {.progress = progress, .data = data};
	struct cuda_device device;
	uint64_t memory;
	struct cuda cuda;
	int r = scrub_card_ask(host, gpu->pci, &memory, err);

	if (r == 0)
		r = cuda_open(host, &cuda, err);
	if (r == 0)
		r = cuda_device_find(&cuda, gpu->pci, &device, err);
	if (r)
		return r;
	if (memory > device.memory) /* CUDA leaves out what the driver keeps for itself */
		device.memory = memory;
	r = scrub(&run, &device, &cuda, ret, err);
	cuda_hold_free(&cuda, &run.hold);
	scrub_kernels_close(&run.kernels);
	return r;
}

int gpu_scrub_list(const struct gpu_host *host, json_t **ret, struct err *err)
{
	struct cuda cuda;
	int r = cuda_open(host, &cuda, err);

	return r < 0 ? r : cuda_device_list(&cuda, ret, err);
}
