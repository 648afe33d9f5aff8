/* rooms: agent/wipe agent/hw tests/fakes core */
/* SPDX-License-Identifier: Apache-2.0 */
/* A drive's Identify and log pages, one after the other, zeros after them: all that reads such pages must end, and believe nothing impossible. */
#include <fcntl.h>
#include <stdint.h>
#include <string.h>

#include "agent/wipe/method.h"
#include "core/json.h"
#include "tests/fakes/nvme_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct model *drive;
static struct nvme_model *m;
static int fd;

static void on_progress(struct wipe_run *run, uint64_t done, uint64_t total, unsigned patience_s)
{
	(void)run;
	if (done > total || !patience_s)
		__builtin_trap();
}

/* One for all inputs. Its files are needed no longer once they are open. */
static void make_drive(void)
{
	struct model *controller = nvme_model_new("S1");

	drive = nvme_model_add(controller, 1, 4096, 512);
	m = nvme_model_of(drive);
	m->sanitize_endless = true;
	fd = open(drive->block.path, O_RDWR | O_CLOEXEC);
	unlink(drive->block.path);
	unlink(controller->block.path);
}

static void feed(const uint8_t *data, size_t size)
{
	m->hostile = data;
	m->hostile_left = size;
	m->state = NVME_MODEL_IDLE;
	memset(m->namespaces, 0, sizeof(m->namespaces));
	(void)nvme_model_add_empty(m, 1, 8, 512);
}

/* What was read can be written down, and read again as the same. */
static void check_caps(const struct nvme_caps *caps)
{
	_cleanup_json_ json_t *json = nvme_caps_to_json(caps), *again = NULL;
	struct nvme_caps back;
	struct err err;

	if (nvme_caps_from_json(json, &back, &err) < 0)
		__builtin_trap();
	again = nvme_caps_to_json(&back);
	if (!json_equal(json, again) || caps->lbaf > 63)
		__builtin_trap();
}

static void check_health(void)
{
	_cleanup_json_ json_t *health = NULL;
	_cleanup_free_ char *text = NULL;
	struct err err;

	if (nvme_health(fd, &health, &err) < 0)
		return;
	text = json_canonical(health, NULL);
	if (!text)
		__builtin_trap();
}

static void check_sanitize(const struct wipe_caps *caps, bool resumed)
{
	_cleanup_json_ json_t *status = json_array();
	struct wipe_run run = {.block = &drive->block,
			       .fd = fd,
			       .caps = caps,
			       .resumed = resumed,
			       .status = status,
			       .progress = on_progress};
	struct err err;

	(void)method_nvme_sanitize_overwrite(&run, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wipe_caps caps = {.kind = WIPE_CAPS_NVME};
	struct nvme_sanitize_log log;
	uint32_t nsid;
	struct err err;

	if (!drive)
		make_drive();
	feed(data, size);
	if (nvme_identify(fd, &caps.nvme, &err) == 0)
		check_caps(&caps.nvme);
	feed(data, size);
	if (nvme_sanitize_log(fd, &log, &err) == 0 && (unsigned)log.state > NVME_SANITIZE_DONE_DEALLOCATED)
		__builtin_trap();
	feed(data, size);
	check_health();
	caps.nvme.sanicap = 7;
	feed(data, size);
	check_sanitize(&caps, size & 1);
	caps.nvme.oacs = UINT16_MAX;
	feed(data, size);
	if (nvme_recreate_single(fd, &caps.nvme, &nsid, &err) == 0 && (!nsid || nsid == UINT32_MAX))
		__builtin_trap();
	return 0;
}
