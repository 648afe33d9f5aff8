/* SPDX-License-Identifier: Apache-2.0 */
/* How one setting is changed, and what is recorded of it. */
#include <stdarg.h>

#include "agent/gpu/nvml_set.h"
#include "core/json.h"

void nvml_was_set(struct nvml_set *s, const char *setting, json_t *from, json_t *to)
{
	json_array_append_new(s->set,
			      json_pack("{s:s, s:o, s:o}", "setting", setting, "from", from, "to", to));
}

void nvml_not_set(struct nvml_set *s, const char *setting, json_t *wanted, const char *fmt, ...)
{
	char why[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(why, sizeof(why), fmt, args);
	va_end(args);
	json_array_append_new(s->not_set,
			      json_pack("{s:s, s:o, s:s}", "setting", setting, "wanted", wanted, "why", why));
}

bool nvml_refused(struct nvml_set *s, const char *setting, json_t *wanted, int result)
{
	char words[NVML_WORDS_MAX];

	if (result == NVML_SUCCESS)
		return false;
	nvml_not_set(s, setting, json_incref(wanted), "NVML: %s (%d)", nvml_words(s->nvml, result, words),
		     result);
	return true;
}

bool nvml_has_not(int result)
{
	return result == NVML_ERROR_NOT_SUPPORTED || result == NVML_ERROR_FUNCTION_NOT_FOUND;
}

/* The value is not the wanted one. */
static bool write_and_read(struct nvml_set *s, const struct nvml_change *change, unsigned before,
			   json_t *wanted)
{
	unsigned after = before;

	if (nvml_refused(s, change->setting, wanted, change->write(s, change->wanted)) ||
	    nvml_refused(s, change->setting, wanted, change->read(s, &after)))
		return false;
	if (after != change->wanted) {
		_cleanup_json_ json_t *is = change->say(after);
		_cleanup_free_ char *text = json_dumps(is, JSON_ENCODE_ANY);

		nvml_not_set(s, change->setting, json_incref(wanted),
			     "NVML took it, and the card still says %s", text ? text : "otherwise");
		return false;
	}
	nvml_was_set(s, change->setting, change->say(before), json_incref(wanted));
	return true;
}

bool nvml_change(struct nvml_set *s, const struct nvml_change *change)
{
	_cleanup_json_ json_t *wanted = change->say(change->wanted);
	unsigned before = 0;
	int result = change->read(s, &before);

	if (nvml_has_not(result)) {
		if (!change->by_default)
			nvml_not_set(s, change->setting, json_incref(wanted), "the card has no such setting");
		return false;
	}
	if (nvml_refused(s, change->setting, wanted, result))
		return false;
	return before == change->wanted || write_and_read(s, change, before, wanted);
}
