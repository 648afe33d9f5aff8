/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <string.h>

#include "agent/gpu/nvml_report.h"

#define UNKNOWN_MAX 64

void nvml_report_start(struct nvml_report *report, const struct nvml *nvml)
{
	*report = (struct nvml_report){
		.nvml = nvml,
		.card = json_object(),
		.settings = json_object(),
		.health = json_object(),
		.faults = json_array(),
		.unknown = json_array(),
	};
	json_object_set_new(report->card, "settings", report->settings);
	json_object_set_new(report->card, "health", report->health);
	json_object_set_new(report->card, "faults", report->faults);
	json_object_set_new(report->card, "unknown", report->unknown);
}

void nvml_fault(struct nvml_report *report, const char *what, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (json_array_size(report->faults) < GPU_FAULTS_MAX)
		json_array_append_new(report->faults, json_pack("{s:s, s:s}", "what", what, "text", text));
}

static bool is_said(const json_t *list, const char *text)
{
	const json_t *said;
	size_t i;

	json_array_foreach(list, i, said)
		if (!strcmp(json_string_value(said), text))
			return true;
	return false;
}

void nvml_unknown(struct nvml_report *report, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (!is_said(report->unknown, text) && json_array_size(report->unknown) < UNKNOWN_MAX)
		json_array_append_new(report->unknown, json_string(text));
}

static void tell_lost(struct nvml_report *report)
{
	if (!report->lost)
		nvml_fault(report, "lost",
			   "the GPU is lost: it has fallen off the bus, or does not answer; power the "
			   "machine off and on, "
			   "then reseat or replace the card");
	report->lost = true;
}

static void tell_reset_required(struct nvml_report *report)
{
	if (!report->needs_reset)
		nvml_fault(report, "reset_required",
			   "the driver says that the GPU must be reset before it can be used again");
	report->needs_reset = true;
}

bool nvml_told(struct nvml_report *report, int result, const char *what)
{
	char words[NVML_WORDS_MAX];

	if (result == NVML_ERROR_GPU_IS_LOST)
		tell_lost(report);
	else if (result == NVML_ERROR_RESET_REQUIRED)
		tell_reset_required(report);
	else if (result != NVML_SUCCESS && result != NVML_ERROR_NOT_SUPPORTED)
		nvml_unknown(report, "%s: %s (NVML %d)", what, nvml_words(report->nvml, result, words),
			     result);
	return result == NVML_SUCCESS;
}

bool nvml_has(struct nvml_report *report, const void *call, const char *what)
{
	if (!call)
		nvml_unknown(report, "%s: this version of NVML cannot tell", what);
	return call;
}

bool nvml_add(struct nvml_report *report, json_t *to, const char *key, uint64_t value, uint64_t max)
{
	if (value > max) {
		nvml_unknown(report, "%s: NVML says %llu, which cannot be", key, (unsigned long long)value);
		return false;
	}
	json_object_set_new(to, key, json_integer((json_int_t)value));
	return true;
}
