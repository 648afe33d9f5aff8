/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/write.h"

#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "core/secret.h"
#include "redfish/call.h"
#include "redfish/client.h"
#include "redfish/task.h"

#define PRECONDITION_FAILED   412
#define PRECONDITION_REQUIRED 428

void rf_strong_tag(const char *tag, char *ret)
{
	static const char gzip[] = "-gzip\"";
	size_t len;

	if (!strncmp(tag, "W/", 2))
		tag += 2;
	snprintf(ret, RF_ETAG_MAX, "%s", tag);
	len = strlen(ret);
	if (len > strlen(gzip) && !strcmp(ret + len - strlen(gzip), gzip))
		memcpy(ret + len - strlen(gzip), "\"", 2);
}

/* One write; *ret is to be cleared. */
static int send_json(struct rf_bmc *bmc, const char *method, const char *path, const json_t *body,
		     const char *tag, struct rf_answer *ret, struct err *err)
{
	struct rf_call call = {.method = method, .path = path, .if_match = tag};
	char *text = json_canonical(body, &call.len);
	int r;

	call.body = text;
	r = rf_call(bmc, &call, ret, err);
	wiping_free(text); /* may set a password */
	return r;
}

/* What is left to do after an answer, refused or not. */
static int finish(struct rf_bmc *bmc, const char *method, const char *path, const struct rf_answer *answer,
		  struct rf_task_watch *watch, struct err *err)
{
	if (answer->status == 303 || (answer->status >= 200 && answer->status <= 299))
		return rf_task_follow(bmc, answer, watch, err);
	return rf_answer_refused(answer, method, path, err);
}

/* The tag of a rung, or NULL for none. `strong` is room for one. */
static const char *tag_of(enum rf_tag rung, const char *given, char *strong)
{
	if (rung == RF_TAG_NONE || !given[0])
		return NULL;
	if (rung == RF_TAG_AS_GIVEN)
		return given;
	rf_strong_tag(given, strong);
	return strong;
}

/* One rung: 1 when another is to be tried. */
static int try_rung(struct rf_bmc *bmc, enum rf_tag rung, const char *path, const json_t *body,
		    const char *given, long *ret_status, struct err *err)
{
	_cleanup_(rf_answer_clear) struct rf_answer answer;
	char strong[RF_ETAG_MAX];
	int r = send_json(bmc, "PATCH", path, body, tag_of(rung, given, strong), &answer, err);

	if (r < 0)
		return r;
	*ret_status = answer.status;
	if (answer.status == PRECONDITION_FAILED || answer.status == PRECONDITION_REQUIRED)
		return rf_answer_refused(&answer, "PATCH", path, err) < 0;
	bmc->tag = rung;
	return finish(bmc, "PATCH", path, &answer, &(struct rf_task_watch){0}, err);
}

/* All rungs with one tag: the one that was taken last, then the others from the top. 1: none was taken. */
static int climb(struct rf_bmc *bmc, const char *path, const json_t *body, const char *given,
		 long *ret_status, struct err *err)
{
	static const enum rf_tag ladder[] = {RF_TAG_AS_GIVEN, RF_TAG_STRONG, RF_TAG_NONE};
	enum rf_tag first = bmc->tag;
	char strong[RF_ETAG_MAX];
	int r = try_rung(bmc, first, path, body, given, ret_status, err);

	rf_strong_tag(given, strong);
	for (unsigned i = 0; r > 0 && i < sizeof(ladder) / sizeof(ladder[0]); i++) {
		bool same_again = ladder[i] == RF_TAG_STRONG && !strcmp(given, strong);

		if (ladder[i] != first && !same_again && (given[0] || ladder[i] == RF_TAG_NONE))
			r = try_rung(bmc, ladder[i], path, body, given, ret_status, err);
	}
	return r;
}

int rf_patch(struct rf_bmc *bmc, const char *path, const json_t *body, long *ret_status, struct err *err)
{
	_cleanup_json_ json_t *before = NULL, *now = NULL;
	char tag[RF_ETAG_MAX], later[RF_ETAG_MAX];
	struct err refused;
	long status = 0;
	int r = rf_get(bmc, path, &before, tag, err);

	if (r < 0)
		return r;
	r = climb(bmc, path, body, tag, &status, &refused);
	if (r > 0) { /* it may really have changed in between: once more */
		r = rf_get(bmc, path, &now, later, err);
		if (r < 0)
			return r;
		r = strcmp(tag, later) != 0 ? climb(bmc, path, body, later, &status, &refused) : 1;
	}
	if (ret_status)
		*ret_status = status;
	if (r != 0)
		*err = refused;
	return r > 0 ? -err->code : r;
}

/* The resource that an action belongs to: its target up to "/Actions/". */
static bool owner_of(const char *target, char path[RF_PATH_MAX])
{
	const char *actions = strstr(target, "/Actions/");

	if (!actions)
		return false;
	snprintf(path, RF_PATH_MAX, "%.*s", (int)(actions - target), target);
	return true;
}

static int post_with_tag(struct rf_bmc *bmc, const char *path, const json_t *body, struct rf_answer *ret,
			 struct err *err)
{
	_cleanup_json_ json_t *owner = NULL;
	char owner_path[RF_PATH_MAX], tag[RF_ETAG_MAX] = "";
	int r = 0;

	if (owner_of(path, owner_path))
		r = rf_get(bmc, owner_path, &owner, tag, err);
	if (r < 0)
		return r;
	rf_answer_clear(ret);
	return send_json(bmc, "POST", path, body, tag[0] ? tag : "*", ret, err);
}

int rf_post(struct rf_bmc *bmc, const char *path, const json_t *body, long *ret_status, struct err *err)
{
	return rf_post_watched(bmc, path, body, &(struct rf_task_watch){0}, ret_status, err);
}

int rf_post_watched(struct rf_bmc *bmc, const char *path, const json_t *body, struct rf_task_watch *watch,
		    long *ret_status, struct err *err)
{
	_cleanup_(rf_answer_clear) struct rf_answer answer;
	int r = send_json(bmc, "POST", path, body, NULL, &answer, err);

	if (ret_status)
		*ret_status = 0;
	if (r == 0 && answer.status == PRECONDITION_REQUIRED)
		r = post_with_tag(bmc, path, body, &answer, err);
	if (r < 0)
		return r;
	if (ret_status)
		*ret_status = answer.status;
	return finish(bmc, "POST", path, &answer, watch, err);
}

static int delete_at(struct rf_bmc *bmc, const char *path, bool once, struct rf_answer *ret, struct err *err)
{
	_cleanup_(rf_answer_clear) struct rf_answer now = {0};
	const struct rf_call read = {.method = "GET", .path = path, .once = once};
	struct rf_call call = {.method = "DELETE", .path = path, .once = once};
	int r = rf_call(bmc, &call, ret, err);

	if (r < 0 || ret->status != PRECONDITION_REQUIRED)
		return r;
	r = rf_call(bmc, &read, &now, err);
	if (r < 0)
		return r;
	call.if_match = now.etag[0] ? now.etag : "*";
	rf_answer_clear(ret);
	return rf_call(bmc, &call, ret, err);
}

int rf_delete_once(struct rf_bmc *bmc, const char *path, struct rf_answer *ret, struct err *err)
{
	return delete_at(bmc, path, true, ret, err);
}

int rf_delete(struct rf_bmc *bmc, const char *path, long *ret_status, struct err *err)
{
	_cleanup_(rf_answer_clear) struct rf_answer answer = {0};
	struct rf_task_watch watch = {0};
	int r = delete_at(bmc, path, false, &answer, err);

	if (ret_status)
		*ret_status = r < 0 ? 0 : answer.status;
	return r < 0 ? r : finish(bmc, "DELETE", path, &answer, &watch, err);
}
