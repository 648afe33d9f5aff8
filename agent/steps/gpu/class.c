/* SPDX-License-Identifier: Apache-2.0 */
/* The rate of a GPU's memory beside the share of it that its class requires. docs/class.md */
#include "protocol/class/class.h"
#include "agent/steps/gpu/work.h"
#include "core/io.h"
#include "protocol/evidence/gpu.h"

static const struct class_gpu *class_of(const struct gpu_machine *m, unsigned i)
{
	const struct order_class *named = m->job->order->class;

	return named ? class_gpu_find(named->class, m->gpus[i].vendor, m->gpus[i].device) : NULL;
}

static const char *class_name(const struct gpu_machine *m)
{
	return m->job->order->class->class->name;
}

void gpu_check_class(const struct gpu_machine *m, unsigned i, const json_t *account, struct reasons *reasons)
{
	const struct class_gpu *class = class_of(m, i);

	if (!class || !class->required)
		return;
	if (m->job->order->gpu.scrub == ORDER_GPU_NEVER)
		gpu_reason_add(reasons, m, i, account,
			       "its class %s requires a share of its memory's rate, which the scrub "
			       "measures, and the "
			       "order has none",
			       class_name(m));
	else if (!gpu_takes_cuda(&m->gpus[i]))
		gpu_reason_add(reasons, m, i, account,
			       "its class %s requires a share of its memory's rate, which cannot be measured "
			       "without "
			       "NVIDIA's driver",
			       class_name(m));
}

static char *difference(const struct gpu_machine *m, const struct class_gpu *class, const json_t *scrub)
{
	const json_t *share = json_object_get(scrub, "share");

	if (!json_is_number(share))
		return str_printf(
			"the rate of its memory was not measured, and its class %s asks for %.0f %% of what "
			"it can be",
			class_name(m), 100 * class->share);
	if (json_number_value(share) >= class->share)
		return NULL;
	return str_printf("its memory was filled at %.0f GB/s, %.1f %% of what it can take; its class %s "
			  "asks for %.1f %%",
			  json_number_value(json_object_get(scrub, "rate")) / 1e9,
			  100 * json_number_value(share), class_name(m), 100 * class->share);
}

void gpu_compare_class(const struct gpu_machine *m, unsigned i, json_t *account, struct reasons *reasons)
{
	const struct class_gpu *class = class_of(m, i);
	_cleanup_free_ char *text = NULL;

	if (!class)
		return;
	text = difference(m, class, json_object_get(account, "scrub"));
	if (!text)
		return;
	json_array_append_new(json_object_get(account, "differences"), json_string(text));
	if (class->required)
		gpu_trouble_add(reasons, m, i, account, text);
	else
		gpu_account_note(m, i, account, "recorded: %s", text);
}
