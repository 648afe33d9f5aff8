/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of one GPU's account. */
#include <string.h>

#include "core/json.h"
#include "protocol/evidence/fields.h"
#include "protocol/evidence/gpu.h"

#define SECONDS_MAX 86400
#define RATE_MAX    1e18 /* bytes/s */
#define SHARE_MAX   2    /* a measured rate beside a computed one may be a little above it */

static const char *const fault_keys[] = {"what", "text", NULL};

int evidence_gpu_identity_check(const json_t *gpu, const char *what, struct err *err)
{
	static const char *const keys[] = {"model", "serial", "uuid", "driver", "vbios", "inforom", NULL};
	uint64_t memory = 0;
	int r = 0;

	for (unsigned i = 0; !r && keys[i]; i++) {
		const char *text = NULL;

		r = json_opt_str(gpu, what, keys[i], EVIDENCE_GPU_TEXT_MAX, &text, err);
	}
	return r ? r : json_opt_u64(gpu, what, "memory", 0, EVIDENCE_BYTES_MAX, &memory, err);
}

static int check_value(const json_t *obj, const char *what, const char *key, struct err *err)
{
	const json_t *value = json_object_get(obj, key);

	if (!value)
		return err_set(err, EBADMSG, "%s.%s is missing", what, key);
	return evidence_free_check(value, key, EVIDENCE_GPU_VALUE_MAX, err);
}

/* A list of objects: the first key is a name, the last a sentence where `why` is so; others are values of settings, of whatever type. */
static int check_list(const json_t *gpu, const char *what, const char *key, const char *const *keys,
		      const char *why, struct err *err)
{
	json_t *list, *item;
	const char *text;
	size_t i;
	int r = evidence_list_check(gpu, what, key, EVIDENCE_GPU_LIST_MAX, keys, &list, err);

	if (r < 0)
		return r;
	json_array_foreach(list, i, item) {
		r = json_get_str(item, key, keys[0], EVIDENCE_GPU_TEXT_MAX, &text, err);
		for (unsigned k = 1; !r && keys[k]; k++)
			r = why && !strcmp(keys[k], why)
				    ? json_get_str(item, key, keys[k], EVIDENCE_GPU_REASON_MAX, &text, err)
				    : check_value(item, key, keys[k], err);
		if (r)
			return err_prepend(err, "%s", what);
	}
	return 0;
}

/* A list of sentences. */
static int check_sentences(const json_t *gpu, const char *what, const char *key, struct err *err)
{
	json_t *list, *item;
	size_t i;
	int r = json_get_array(gpu, what, key, EVIDENCE_GPU_LIST_MAX, &list, err);

	if (r < 0)
		return r;
	json_array_foreach(list, i, item) {
		_cleanup_json_ json_t *holder = json_pack("{sO}", key, item);
		const char *text;

		r = json_get_str(holder, what, key, EVIDENCE_GPU_REASON_MAX, &text, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int check_free_object(const json_t *gpu, const char *what, const char *key, struct err *err)
{
	json_t *value;
	int r = json_get_object(gpu, what, key, &value, err);

	if (!r)
		r = evidence_free_check(value, key, EVIDENCE_GPU_FREE_MAX, err);
	return r;
}

int evidence_gpu_state_check(const json_t *gpu, const char *what, struct err *err)
{
	int r = check_free_object(gpu, what, "settings", err);

	if (!r)
		r = check_free_object(gpu, what, "health", err);
	if (!r)
		r = check_list(gpu, what, "faults", fault_keys, "text", err);
	return r ? r : check_sentences(gpu, what, "unknown", err);
}

int evidence_gpu_set_check(const json_t *gpu, const char *what, struct err *err)
{
	static const char *const set[] = {"setting", "from", "to", NULL}, *const not_set[] = {"setting",
											      "wanted", "why",
											      NULL};
	int r = check_list(gpu, what, "set", set, NULL, err);

	return r ? r : check_list(gpu, what, "not_set", not_set, "why", err);
}

/* A number from 0 to max, whole or not. */
static int check_amount(const json_t *obj, const char *what, const char *key, double max, struct err *err)
{
	const json_t *value = json_object_get(obj, key);
	double n = json_number_value(value);

	if (!json_is_number(value) || !(n >= 0 && n <= max))
		return err_set(err, EBADMSG, "%s.%s must be a number from 0 to %g", what, key, max);
	return 0;
}

/* A word that is there only where it was read back. */
static int check_completed(const json_t *reset, const char *what, const char *key, struct err *err)
{
	static const char *const words[] = {"completed", NULL};

	return json_object_get(reset, key) ? evidence_word_check(reset, what, key, words, err) : 0;
}

/* {"not_done": why} and no more: 1; 0: it was done; -EBADMSG. */
static int check_not_done(const json_t *part, const char *what, struct err *err)
{
	static const char *const keys[] = {"not_done", NULL};
	const char *why;
	int r;

	if (!json_is_object(part))
		return err_set(err, EBADMSG, "%s must be an object", what);
	if (!json_object_get(part, "not_done"))
		return 0;
	r = json_only_keys(part, what, keys, err);
	if (!r)
		r = json_get_str(part, what, "not_done", EVIDENCE_REASON_MAX, &why, err);
	return r ? r : 1;
}

int evidence_gpu_reset_check(const json_t *reset, const char *what, struct err *err)
{
	static const char *const keys[] = {"method", "seconds", "boot", "memory_scrub", NULL};
	const char *method;
	int r = check_not_done(reset, what, err);

	if (r)
		return r < 0 ? r : 0;
	r = json_only_keys(reset, what, keys, err);
	if (!r)
		r = json_get_str(reset, what, "method", 31, &method, err);
	if (!r)
		r = check_amount(reset, what, "seconds", SECONDS_MAX, err);
	if (!r)
		r = check_completed(reset, what, "boot", err);
	return r ? r : check_completed(reset, what, "memory_scrub", err);
}

/* What was verified was covered, and what was covered is of the whole. */
static int check_covered(const json_t *scrub, const char *what, struct err *err)
{
	uint64_t total = 0, covered = 0, verified = 0;
	int r = json_get_u64(scrub, what, "total", 1, EVIDENCE_BYTES_MAX, &total, err);

	if (!r)
		r = json_get_u64(scrub, what, "covered", 0, total, &covered, err);
	return r ? r : json_get_u64(scrub, what, "verified", 0, covered, &verified, err);
}

/* What could not be measured is missing. */
static int check_rates(const json_t *scrub, const char *what, struct err *err)
{
	static const char *const rates[] = {"rate", "verify_rate", "copy_rate", "peak_rate", NULL};
	int r = 0;

	for (unsigned i = 0; !r && rates[i]; i++)
		if (json_object_get(scrub, rates[i]))
			r = check_amount(scrub, what, rates[i], RATE_MAX, err);
	if (!r && json_object_get(scrub, "share"))
		r = check_amount(scrub, what, "share", SHARE_MAX, err);
	return r;
}

int evidence_gpu_scrub_check(const json_t *scrub, const char *what, struct err *err)
{
	static const char *const keys[] = {"by",    "total",       "covered",   "verified",
					   "rate",  "verify_rate", "copy_rate", "peak_rate",
					   "share", "faults",      NULL};
	static const char *const ways[] = {"cuda", "reset", NULL}, *const alone[] = {"by", NULL};
	int r = check_not_done(scrub, what, err);

	if (r)
		return r < 0 ? r : 0;
	r = evidence_word_check(scrub, what, "by", ways, err);
	if (r)
		return r;
	if (!strcmp(evidence_word(scrub, "by"), "reset"))
		return json_only_keys(scrub, what, alone, err);
	r = json_only_keys(scrub, what, keys, err);
	if (!r)
		r = check_covered(scrub, what, err);
	if (!r)
		r = check_rates(scrub, what, err);
	if (!r && json_object_get(scrub, "faults"))
		r = check_list(scrub, what, "faults", fault_keys, "text", err);
	return r;
}
