/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/gpu/answer.h"

#include <string.h>

#include "core/json.h"
#include "protocol/evidence/gpu.h"

/* A back end's bad answer is its fault, not that of a document. */
static int answered(int r, const char *what, struct err *err)
{
	if (r == 0)
		return 0;
	err->code = EPROTO;
	return err_prepend(err, "%s: the answer is not one", what);
}

int gpu_answer_look(json_t *answer, const char *what, struct err *err)
{
	static const char *const keys[] = {"model",  "serial",   "uuid",   "driver", "vbios",   "inforom",
					   "memory", "settings", "health", "faults", "unknown", NULL};
	int r = json_only_keys(answer, "look", keys, err);

	for (unsigned i = 7; !r && keys[i]; i++)
		if (!json_object_get(answer, keys[i]))
			json_object_set_new(answer, keys[i], i < 9 ? json_object() : json_array());
	if (!r)
		r = evidence_gpu_identity_check(answer, "look", err);
	if (!r)
		r = evidence_gpu_state_check(answer, "look", err);
	return answered(r, what, err);
}

int gpu_answer_set(const json_t *answer, const char *what, struct err *err)
{
	static const char *const keys[] = {"set", "not_set", "needs_reset", NULL};
	bool needs_reset;
	int r = json_only_keys(answer, "set", keys, err);

	if (!r)
		r = json_get_bool(answer, "set", "needs_reset", &needs_reset, err);
	if (!r)
		r = evidence_gpu_set_check(answer, "set", err);
	return answered(r, what, err);
}

/* A child that did not do it returns an error; "not_done" is the parent's word. */
static int check_done(const json_t *answer, const char *part, struct err *err)
{
	if (json_object_get(answer, "not_done"))
		return err_set(err, EPROTO, "%s.not_done has no place in it", part);
	return 0;
}

int gpu_answer_reset(const json_t *answer, const char *what, struct err *err)
{
	int r = check_done(answer, "reset", err);

	if (!r)
		r = evidence_gpu_reset_check(answer, "reset", err);
	return answered(r, what, err);
}

int gpu_answer_scrub(const json_t *answer, const char *what, struct err *err)
{
	const char *by = json_string_value(json_object_get(answer, "by"));
	int r = check_done(answer, "scrub", err);

	if (!r && (!by || strcmp(by, "cuda") != 0))
		r = err_set(err, EPROTO, "scrub.by must be \"cuda\"");
	if (!r)
		r = evidence_gpu_scrub_check(answer, "scrub", err);
	return answered(r, what, err);
}
