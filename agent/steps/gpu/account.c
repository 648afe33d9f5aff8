/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of one GPU, and what became of it. */
#include <stdarg.h>
#include <string.h>

#include "agent/gpu/answer.h"
#include "agent/gpu/xid.h"
#include "agent/steps/gpu/machine.h"
#include "core/io.h"
#include "core/json.h"

#define LOOK_S 90 /* a driver that nobody has used yet wakes the card first */

static const char *slot_of(const struct gpu_machine *m, unsigned i)
{
	struct pci_path path;
	struct err none;

	if (pci_path_read(m->host.root, m->gpus[i].pci, &path, &none) < 0)
		return NULL;
	return pci_slots_find(m->slots, &path);
}

json_t *gpu_account_new(const struct gpu_machine *m, unsigned i)
{
	static const char not_yet[] = "the order ended before";
	const struct gpu_backend *backend = gpu_machine_backend(m, i);
	const char *slot = slot_of(m, i);
	char vendor[8], device[8];
	json_t *account;

	snprintf(vendor, sizeof(vendor), "%04x", m->gpus[i].vendor & 0xffff);
	snprintf(device, sizeof(device), "%04x", m->gpus[i].device & 0xffff);
	account = json_pack("{ss ss ss ss? s{} s{} s[] s[] s{ss} s{ss} s[] s[] s[]}", "pci", m->gpus[i].pci,
			    "vendor", vendor, "device", device, "backend", backend ? backend->name : NULL,
			    "settings", "health", "faults", "unknown", "reset", "not_done", not_yet, "scrub",
			    "not_done", not_yet, "set", "not_set", "differences");
	if (slot)
		json_object_set_new(account, "slot", json_string(slot));
	if (*m->gpus[i].driver)
		json_object_set_new(account, "driver", json_string(m->gpus[i].driver));
	return account;
}

static void add_unknown(json_t *account, const char *text)
{
	json_t *list = json_object_get(account, "unknown");

	if (json_array_size(list) < GPU_FAULTS_MAX)
		json_array_append_new(list, json_string(text));
}

static void add_log(const struct gpu_machine *m, unsigned i, json_t *account)
{
	_cleanup_free_ char *text = NULL;

	if (m->gpus[i].vendor != GPU_VENDOR_NVIDIA)
		return;
	if (m->xids)
		gpu_xids_add(m->xids, &m->gpus[i], account);
	else
		text = str_printf("what the kernel has logged of it: %s", m->no_log.text);
	if (m->xids && m->xids->lost)
		add_unknown(account,
			    "what the kernel has logged of it at first: those lines are overwritten");
	if (text)
		add_unknown(account, text);
}

static int run_look(const struct gpu_task *task, void (*progress)(void *data, uint64_t done, uint64_t total),
		    void *data, json_t **ret, struct err *err)
{
	(void)progress, (void)data;
	return task->backend->look(task->host, task->gpu, ret, err);
}

static int look(struct gpu_machine *m, unsigned i, json_t *account, struct err *err)
{
	const struct gpu_task task = {.what = "reading its state", .deadline_s = LOOK_S, .run = run_look};
	_cleanup_json_ json_t *answer = NULL;
	int r = gpu_machine_ask(m, i, task, NULL, &answer, err);

	if (r == 0)
		r = gpu_answer_look(answer, task.what, err);
	if (r < 0)
		return r;
	json_object_update(account, answer);
	return 0;
}

int gpu_account_look(struct gpu_machine *m, unsigned i, json_t *account, struct err *err)
{
	int r = 0;

	if (gpu_machine_backend(m, i)) {
		r = look(m, i, account, err);
		if (r < 0 && r != -ECANCELED)
			add_unknown(account, err->text);
	} else {
		_cleanup_free_ char *why = gpu_machine_no_backend(m, i);

		json_array_clear(json_object_get(account, "unknown"));
		json_array_clear(json_object_get(account, "faults"));
		add_unknown(account, why);
	}
	if (r == 0)
		add_log(m, i, account);
	return r;
}

void gpu_account_note(const struct gpu_machine *m, unsigned i, const json_t *account, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	free(gpu_machine_tell(m, i, account, fmt, args));
	va_end(args);
}
