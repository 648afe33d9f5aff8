/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/evidence/gpu.h"

#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "protocol/evidence/fields.h"

static int check_id(const json_t *gpu, const char *what, const char *key, struct err *err)
{
	const char *id;
	int r = json_get_str(gpu, what, key, 4, &id, err);

	if (!r && (strlen(id) != 4 || strspn(id, "0123456789abcdef") != 4))
		r = err_set(err, EBADMSG, "%s.%s must be four hexadecimal digits", what, key);
	return r;
}

static int check_head(const json_t *gpu, const char *what, struct err *err)
{
	static const char *const keys[] = {
		"pci",    "slot",  "vendor",  "device",  "backend",     "model",  "serial", "uuid",
		"driver", "vbios", "inforom", "memory",  "settings",    "health", "faults", "unknown",
		"reset",  "scrub", "set",     "not_set", "differences", NULL};
	const char *text = NULL;
	int r = json_only_keys(gpu, what, keys, err);

	if (!r)
		r = json_get_str(gpu, what, "pci", 15, &text, err);
	if (!r)
		r = json_opt_str(gpu, what, "slot", EVIDENCE_GPU_TEXT_MAX, &text, err);
	if (!r)
		r = json_opt_str(gpu, what, "backend", 31, &text, err);
	if (!r)
		r = check_id(gpu, what, "vendor", err);
	return r ? r : check_id(gpu, what, "device", err);
}

/* A memory that the reset is said to have cleared: then the reset says so. */
static int check_scrub_by_reset(const json_t *gpu, const char *what, struct err *err)
{
	const json_t *scrub = json_object_get(gpu, "scrub"), *reset = json_object_get(gpu, "reset");

	if (!strcmp(evidence_word(scrub, "by"), "reset") && !*evidence_word(reset, "memory_scrub"))
		return err_set(err, EBADMSG, "%s.scrub: the reset says nothing of a memory scrub", what);
	return 0;
}

static int check_differences(const json_t *gpu, const char *what, struct err *err)
{
	json_t *list, *item;
	size_t i;
	int r = json_get_array(gpu, what, "differences", EVIDENCE_GPU_LIST_MAX, &list, err);

	if (r < 0)
		return r;
	json_array_foreach(list, i, item)
		if (!json_is_string(item) || !json_string_length(item) ||
		    json_string_length(item) > EVIDENCE_GPU_REASON_MAX)
			return err_set(err, EBADMSG, "%s.differences[%zu] must be a text of at most %d bytes",
				       what, i, EVIDENCE_GPU_REASON_MAX);
	return 0;
}

static int check_gpu(const json_t *gpu, const char *what, struct err *err)
{
	char reset[64], scrub[64];
	int r;

	if (!json_is_object(gpu))
		return err_set(err, EBADMSG, "%s must be an object", what);
	snprintf(reset, sizeof(reset), "%s.reset", what);
	snprintf(scrub, sizeof(scrub), "%s.scrub", what);
	r = check_head(gpu, what, err);
	if (!r)
		r = evidence_gpu_identity_check(gpu, what, err);
	if (!r)
		r = evidence_gpu_state_check(gpu, what, err);
	if (!r)
		r = evidence_gpu_set_check(gpu, what, err);
	if (!r)
		r = evidence_gpu_reset_check(json_object_get(gpu, "reset"), reset, err);
	if (!r)
		r = evidence_gpu_scrub_check(json_object_get(gpu, "scrub"), scrub, err);
	if (!r)
		r = check_scrub_by_reset(gpu, what, err);
	return r ? r : check_differences(gpu, what, err);
}

static bool is_there_twice(const json_t *list, size_t n)
{
	const json_t *pci = json_object_get(json_array_get(list, n), "pci");

	for (size_t i = 0; i < n; i++)
		if (json_equal(json_object_get(json_array_get(list, i), "pci"), pci))
			return true;
	return false;
}

int evidence_gpus_check(const json_t *evidence, struct err *err)
{
	const json_t *there = json_object_get(evidence, "gpus");
	json_t *list;
	int r;

	if (!there || json_is_null(there))
		return 0;
	r = json_get_array(evidence, "evidence", "gpus", EVIDENCE_GPUS_MAX, &list, err);
	for (size_t i = 0; !r && i < json_array_size(list); i++) {
		char what[40];

		snprintf(what, sizeof(what), "evidence.gpus[%zu]", i);
		r = check_gpu(json_array_get(list, i), what, err);
		if (!r && is_there_twice(list, i))
			r = err_set(err, EBADMSG, "%s is there twice", what);
	}
	return r;
}

static int check_must(const json_t *list, const char *part, const char *word, struct err *err)
{
	if (!json_is_array(list))
		return err_set(err, EBADMSG,
			       "evidence.gpus: the order demands a %s of each GPU, and nobody looked for any",
			       part);
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!*evidence_word(json_object_get(json_array_get(list, i), part), word))
			return err_set(err, EBADMSG,
				       "evidence.gpus[%zu].%s was not done, and the order demands it", i,
				       part);
	return 0;
}

static int check_never(const json_t *list, const char *part, const char *word, struct err *err)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (*evidence_word(json_object_get(json_array_get(list, i), part), word))
			return err_set(err, EBADMSG,
				       "evidence.gpus[%zu].%s was done, and the order forbids it", i, part);
	return 0;
}

/* Whatever holds a machine that is to go to somebody. */
static int check_sound(const json_t *list, struct err *err)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *gpu = json_array_get(list, i), *scrub = json_object_get(gpu, "scrub");

		if (json_array_size(json_object_get(gpu, "faults")) ||
		    json_array_size(json_object_get(scrub, "faults")))
			return err_set(
				err, EBADMSG,
				"evidence.gpus[%zu] has a fault: such a machine is held, and given no image",
				i);
		if (json_array_size(json_object_get(gpu, "not_set")))
			return err_set(err, EBADMSG,
				       "evidence.gpus[%zu].not_set: the order asks for settings that the GPU "
				       "has not taken",
				       i);
	}
	return 0;
}

static int check_effort(const json_t *list, enum order_gpu_effort effort, const char *part, const char *word,
			struct err *err)
{
	return effort == ORDER_GPU_MUST    ? check_must(list, part, word, err)
	       : effort == ORDER_GPU_NEVER ? check_never(list, part, word, err)
					   : 0;
}

int evidence_gpus_are_as_ordered(const json_t *evidence, const struct order_gpu *wish, struct err *err)
{
	const json_t *list = json_object_get(evidence, "gpus");
	int r = check_effort(list, wish->reset, "reset", "method", err);

	if (!r)
		r = check_effort(list, wish->scrub, "scrub", "by", err);
	return r || !json_is_object(json_object_get(evidence, "image")) ? r : check_sound(list, err);
}

struct counts {
	unsigned gpus, reset, filled, by_reset, faulty;
	double least; /* of the filled: the smallest share of the memory that was read back */
};

static void count(const json_t *gpu, struct counts *c)
{
	const json_t *scrub = json_object_get(gpu, "scrub");
	double read = json_number_value(json_object_get(scrub, "verified")) /
		      (json_number_value(json_object_get(scrub, "total")) ?: 1);

	c->gpus++;
	c->reset += *evidence_word(json_object_get(gpu, "reset"), "method") != '\0';
	c->by_reset += !strcmp(evidence_word(scrub, "by"), "reset");
	c->faulty += json_array_size(json_object_get(gpu, "faults")) +
			     json_array_size(json_object_get(scrub, "faults")) >
		     0;
	if (strcmp(evidence_word(scrub, "by"), "cuda") != 0)
		return;
	if (!c->filled++ || read < c->least)
		c->least = read;
}

static char *say_memory(const struct counts *c)
{
	_cleanup_free_ char *filled = c->filled ? str_printf("Memory overwritten and read back: %u, at least "
							     "%.1f %% of each.",
							     c->filled, 100 * c->least)
						: xstrdup("Memory overwritten and read back: 0.");

	if (!c->by_reset)
		return TAKE_PTR(filled);
	return str_printf("%s Memory cleared by the GPU itself with its reset, as its registers said: %u.",
			  filled, c->by_reset);
}

char *evidence_gpus_statement(const json_t *evidence)
{
	const json_t *list = json_object_get(evidence, "gpus");
	_cleanup_free_ char *memory = NULL;
	struct counts c = {0};

	if (!json_array_size(list))
		return xstrdup("");
	for (size_t i = 0; i < json_array_size(list); i++)
		count(json_array_get(list, i), &c);
	memory = say_memory(&c);
	return str_printf(" GPUs: %u. Reset: %u. %s With a known fault: %u.", c.gpus, c.reset, memory,
			  c.faulty);
}
