/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TPM between tenants: authorisations, keys and NV indices that the former one left go. By the platform hierarchy where the firmware
 * leaves it to us, by the lockout hierarchy where nobody has locked it, else by asking the firmware, which does it at the next boot. What is
 * there afterwards is read back, and said.
 */
#include <string.h>

#include "agent/hw/tpm/ppi.h"
#include "agent/hw/tpm/tpm2.h"
#include "agent/step.h"

#define ROW "tpm" /* in the table, and so in the journal's entries of resets */

enum way { BY_PLATFORM, BY_LOCKOUT, BY_FIRMWARE, BY_NOTHING };

static enum way choose(const struct tpm2_state *state)
{
	if (state->platform_open)
		return BY_PLATFORM;
	if (!state->lockout_auth && !state->clear_disabled)
		return BY_LOCKOUT;
	return ppi_clear_offered("") != PPI_NONE ? BY_FIRMWARE : BY_NOTHING;
}

/* Has an earlier boot of this order asked the firmware? */
static bool was_asked(const struct job *job)
{
	return job_was_reset(job, ROW);
}

static int cannot(const struct job *job, const struct tpm2_state *state, struct err *err)
{
	const char *what = state->clear_disabled ? "clearing it has been disabled"
						 : "a former owner has set the lockout authorisation";
	_cleanup_free_ char *said = was_asked(job) ? ppi_response("") : NULL;

	return err_set(err, EPERM,
		       "the TPM cannot be cleared: %s, %s%s: clear it in the firmware's setup, or order with "
		       "the TPM kept",
		       what,
		       said ? "and the firmware was asked and did not do it: "
			    : "and this firmware takes no request to",
		       said ?: "");
}

static int open_state(struct tpm2 **ret, struct tpm2_state *ret_state, struct err *err)
{
	int r = tpm2_open(ret, err);

	return r ? r : tpm2_state(*ret, ret_state, err);
}

static int tpm_check(struct job *job, struct err *err)
{
	_cleanup_(tpm2_closep) struct tpm2 *tpm = NULL;
	struct tpm2_state state;
	enum way way;
	int r;

	if (job->order->keep_tpm || !tpm2_present(""))
		return 0;
	r = open_state(&tpm, &state, err);
	if (r)
		return r;
	way = choose(&state);
	return way == BY_NOTHING || (way == BY_FIRMWARE && was_asked(job)) ? cannot(job, &state, err) : 0;
}

static int ask_firmware(struct job *job, struct err *err)
{
	int r = ppi_clear_request("", err);

	if (r)
		return r;
	job->ops->note(
		job,
		ppi_clear_offered("") == PPI_BY_USER
			? "the firmware is asked to clear the TPM: somebody must confirm it at the console"
			: "the firmware is asked to clear the TPM at the next boot");
	return STEP_NEEDS_RESET;
}

static json_t *found_json(const struct tpm2_state *state)
{
	return json_pack("{sb sb sb sb sb}", "owner_auth", (int)state->owner_auth, "endorsement_auth",
			 (int)state->endorsement_auth, "lockout_auth", (int)state->lockout_auth,
			 "clear_disabled", (int)state->clear_disabled, "in_lockout", (int)state->in_lockout);
}

/* What TPM2_Clear leaves is the platform's; anything else means that it has not done what it said. */
static int read_left(struct tpm2 *tpm, json_t **ret, struct err *err)
{
	json_t *nv = NULL, *persistent = NULL, *item;
	struct tpm2_state state;
	size_t i;
	int r = tpm2_state(tpm, &state, err);

	if (r == 0 && (state.owner_auth || state.endorsement_auth || state.lockout_auth))
		r = err_set(err, EIO, "the TPM was cleared, and an authorisation is still set");
	if (r == 0)
		r = tpm2_contents(tpm, &nv, &persistent, err);
	if (r)
		return r;
	*ret = json_pack("{so so}", "nv", nv, "persistent", persistent);
	json_array_foreach(nv, i, item) {
		if (!json_is_true(json_object_get(item, "platform_created")))
			return err_set(err, EIO,
				       "the TPM was cleared, and the owner's NV index %s is still there",
				       json_string_value(json_object_get(item, "index")));
	}
	/* Handles of owner and endorsement hierarchy: below 0x81800000 (Part 2, 7.4). */
	json_array_foreach(persistent, i, item) {
		if (strcmp(json_string_value(item), "81800000") < 0)
			return err_set(err, EIO, "the TPM was cleared, and the owner's key %s is still there",
				       json_string_value(item));
	}
	return 0;
}

static int clear(struct job *job, struct tpm2 *tpm, const struct tpm2_state *state, enum tpm2_hierarchy by,
		 struct err *err)
{
	json_t *ways = json_array(), *left = NULL;
	int r = tpm2_clear(tpm, by, err);

	if (r == 0)
		r = read_left(tpm, &left, err);
	if (r) {
		json_decref(ways);
		json_decref(left);
		return r;
	}
	if (was_asked(job))
		json_array_append_new(ways, json_string("physical-presence"));
	json_array_append_new(ways, json_string(by == TPM2_BY_PLATFORM ? "platform" : "lockout"));
	job->facts.tpm = json_pack("{ss sb so so so}", "wish", "clear", "cleared", 1, "by", ways, "found",
				   found_json(state), "left", left);
	return STEP_DONE;
}

static int tpm_run(struct job *job, struct err *err)
{
	_cleanup_(tpm2_closep) struct tpm2 *tpm = NULL;
	struct tpm2_state state;
	int r;

	if (!tpm2_present(""))
		return STEP_SKIPPED;
	if (job->order->keep_tpm) {
		job->facts.tpm =
			json_pack("{ss sb s[] sn sn}", "wish", "keep", "cleared", 0, "by", "found", "left");
		return STEP_SKIPPED;
	}
	r = open_state(&tpm, &state, err);
	if (r)
		return r;
	switch (choose(&state)) {
	case BY_PLATFORM:
		return clear(job, tpm, &state, TPM2_BY_PLATFORM, err);
	case BY_LOCKOUT:
		return clear(job, tpm, &state, TPM2_BY_LOCKOUT, err);
	case BY_FIRMWARE:
		return was_asked(job) ? cannot(job, &state, err) : ask_firmware(job, err);
	case BY_NOTHING:
		break;
	}
	return cannot(job, &state, err);
}

/* Once more at the end: nothing of this boot may have put anything there either. */
static int tpm_verify(struct job *job, struct err *err)
{
	_cleanup_(tpm2_closep) struct tpm2 *tpm = NULL;
	json_t *left = NULL;
	int r;

	if (job->order->keep_tpm || !tpm2_present(""))
		return 0;
	r = tpm2_open(&tpm, err);
	if (r == 0)
		r = read_left(tpm, &left, err);
	json_decref(left);
	return r;
}

const struct step step_tpm_clear = {
	.name = ROW,
	.effect = STEP_CHANGES,
	.check = tpm_check,
	.run = tpm_run,
	.verify = tpm_verify,
};
