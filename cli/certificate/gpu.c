/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/certificate/gpu.h"

#include <string.h>

#include "cli/certificate/words.h"
#include "cli/client.h"
#include "core/io.h"
#include "core/json.h"

static const json_t *part(const json_t *gpu, const char *key)
{
	return json_object_get(gpu, key);
}

/* "the GPU at 0000:18:00.0": where another sentence names it. */
static char *place(const json_t *gpu)
{
	return str_printf("GPU %s", json_text(gpu, "pci"));
}

/* "GPU 0000:18:00.0 (NVIDIA H100 80GB HBM3, serial number 1650, in PCIe Slot 1)" */
static char *name(const json_t *gpu)
{
	const char *slot = json_string_value(part(gpu, "slot")),
		   *serial = json_string_value(part(gpu, "serial")),
		   *model = json_string_value(part(gpu, "model"));
	_cleanup_free_ char *at = place(gpu),
			    *ids = str_printf("%s:%s", json_text(gpu, "vendor"), json_text(gpu, "device"));

	return str_printf("%s (%s%s%s%s%s)", at, model ?: ids, serial ? ", serial number " : "", serial ?: "",
			  slot ? ", in " : "", slot ?: "");
}

static char *reset_words(const json_t *gpu)
{
	const json_t *reset = part(gpu, "reset");

	if (!json_is_string(part(reset, "method")))
		return xstrdup("not reset");
	return str_printf("reset by %s%s", json_text(reset, "method"),
			  part(reset, "boot") ? ", and its firmware has booted" : "");
}

static char *scrub_words(const json_t *gpu)
{
	const json_t *scrub = part(gpu, "scrub");
	_cleanup_free_ char *read = NULL, *total = NULL, *speed = NULL, *share = NULL;
	const char *by = json_text(scrub, "by");

	if (!strcmp(by, "reset"))
		return xstrdup(
			"its memory was cleared by the GPU itself after the reset, as its registers said");
	if (strcmp(by, "cuda") != 0)
		return xstrdup("its memory was not overwritten");
	read = words_size(json_integer_value(part(scrub, "verified")));
	total = words_size(json_integer_value(part(scrub, "total")));
	speed = json_is_number(part(scrub, "rate"))
			? str_printf(", at %.0f GB/s", json_number_value(part(scrub, "rate")) / 1e9)
			: xstrdup("");
	share = json_is_number(part(scrub, "share"))
			? str_printf(", %.0f %% of what it can take",
				     100 * json_number_value(part(scrub, "share")))
			: xstrdup("");
	return str_printf("%s of its %s of memory were overwritten and read back%s%s", read, total, speed,
			  share);
}

static void say(json_t *list, char *sentence)
{
	json_array_append_new(list, json_string(sentence));
	free(sentence);
}

static char *value(const json_t *json)
{
	char *text = json_is_string(json) ? xstrdup(json_string_value(json))
					  : json_dumps(json, JSON_ENCODE_ANY | JSON_COMPACT);

	return text ?: xstrdup("?");
}

static void say_set(json_t *list, const json_t *gpu)
{
	_cleanup_free_ char *at = place(gpu);
	const json_t *item;
	size_t i;

	json_array_foreach(part(gpu, "set"), i, item) {
		_cleanup_free_ char *from = value(part(item, "from")), *to = value(part(item, "to"));

		say(list, str_printf("%s: %s was %s and is %s.", at, json_text(item, "setting"), from, to));
	}
}

static void say_sentences(json_t *list, const json_t *gpu, const json_t *sentences, const char *before)
{
	_cleanup_free_ char *at = place(gpu);
	const json_t *item;
	size_t i;

	json_array_foreach(sentences, i, item) {
		const char *text = json_string_value(item) ?: json_text(item, "text");

		say(list, str_printf("%s: %s%s.", at, before, text));
	}
}

json_t *words_gpus(const json_t *certificate)
{
	json_t *list = json_array();
	const json_t *gpu;
	size_t i;

	json_array_foreach(json_object_get(certificate, "gpus"), i, gpu) {
		_cleanup_free_ char *who = name(gpu), *reset = reset_words(gpu), *scrub = scrub_words(gpu);

		say(list, str_printf("%s: %s; %s.", who, reset, scrub));
		say_set(list, gpu);
		say_sentences(list, gpu, part(gpu, "faults"), "fault: ");
		say_sentences(list, gpu, part(part(gpu, "scrub"), "faults"), "fault: ");
		say_sentences(list, gpu, part(gpu, "differences"), "");
		say_sentences(list, gpu, part(gpu, "unknown"), "not known: ");
	}
	return list;
}

static void add_part(const json_t *gpu, const char *key, const char *what, json_t *list,
		     void (*add)(json_t *list, const char *what, const char *where, const char *reason))
{
	const char *why = json_string_value(part(part(gpu, key), "not_done"));
	_cleanup_free_ char *at = place(gpu);

	if (why)
		add(list, what, at, why);
}

void words_gpus_not_done(const json_t *certificate, json_t *list,
			 void (*add)(json_t *list, const char *what, const char *where, const char *reason))
{
	const json_t *gpu, *item;
	size_t i, k;

	json_array_foreach(json_object_get(certificate, "gpus"), i, gpu) {
		_cleanup_free_ char *at = place(gpu);

		add_part(gpu, "reset", "resetting the GPU", list, add);
		add_part(gpu, "scrub", "overwriting the GPU's memory", list, add);
		json_array_foreach(part(gpu, "not_set"), k, item) {
			_cleanup_free_ char *what = str_printf("the GPU's %s", json_text(item, "setting"));

			add(list, what, at, json_text(item, "why"));
		}
	}
}
