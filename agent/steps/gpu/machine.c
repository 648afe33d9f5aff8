/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/steps/gpu/machine.h"

#include "agent/gpu/backend.h"
#include "agent/gpu/find.h"
#include "core/io.h"

static void read_log(struct gpu_machine *m)
{
	m->xids = xcalloc(1, sizeof(*m->xids));
	if (kmsg_read(m->host.root, m->xids, &m->no_log) == 0)
		return;
	free(m->xids);
	m->xids = NULL;
}

int gpu_machine_open(struct job *job, struct gpu_machine *m, struct err *err)
{
	int r;

	*m = (struct gpu_machine){
		.job = job,
		.host = {.root = "", .libraries = (const char *const *)job->facts.libraries},
	};
	r = gpu_find(&m->host, &m->gpus, &m->n, err);
	if (r < 0 || !m->n)
		return r;
	m->slots = pci_slots_read(m->host.root);
	read_log(m);
	return 0;
}

void gpu_machine_close(struct gpu_machine *m)
{
	free(m->gpus);
	pci_slots_free(m->slots);
	free(m->xids);
}

const struct gpu_backend *gpu_machine_backend(const struct gpu_machine *m, unsigned i)
{
	return gpu_backend_of(&m->host, &m->gpus[i]);
}

char *gpu_machine_name(const struct gpu_machine *m, unsigned i, const json_t *account)
{
	const char *slot = json_string_value(json_object_get(account, "slot")),
		   *serial = json_string_value(json_object_get(account, "serial"));

	return str_printf("GPU %s%s%s%s%s%s", m->gpus[i].pci, slot ? " in \"" : "", slot ?: "",
			  slot ? "\"" : "", serial ? ", serial " : "", serial ?: "");
}

char *gpu_machine_tell(const struct gpu_machine *m, unsigned i, const json_t *account, const char *fmt,
		       va_list args)
{
	_cleanup_free_ char *name = gpu_machine_name(m, i, account), *text = NULL;
	char *line;

	if (vasprintf(&text, fmt, args) < 0)
		abort();
	line = str_printf("%s: %s", name, text);
	m->job->ops->note(m->job, line);
	return line;
}

char *gpu_machine_no_backend(const struct gpu_machine *m, unsigned i)
{
	if (!*m->gpus[i].driver)
		return xstrdup("nobody here can look after it: no driver is bound to it");
	return str_printf("nobody here can look after it: the driver %s is bound to it", m->gpus[i].driver);
}

static bool is_cancelled(void *data)
{
	const struct gpu_machine *m = data;

	return m->job->ops->cancelled(m->job);
}

/* As if each GPU had as much to do as this one: they are of one kind. */
static void tell_progress(void *data, uint64_t done, uint64_t total)
{
	const struct gpu_machine *m = data;

	if (total && total <= UINT64_MAX / GPU_MAX)
		m->job->ops->progress(m->job, m->now * total + done, m->n * total);
}

int gpu_machine_ask(struct gpu_machine *m, unsigned i, struct gpu_task task, const struct order_gpu *wish,
		    json_t **ret, struct err *err)
{
	const struct gpu_watch watch = {.cancelled = is_cancelled, .progress = tell_progress, .data = m};

	m->now = i;
	task.host = &m->host;
	task.gpu = &m->gpus[i];
	task.backend = gpu_machine_backend(m, i);
	task.wish = wish;
	return gpu_child_run(&task, &watch, ret, err);
}
