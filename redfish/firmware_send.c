/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/firmware_send.h"

#include <ctype.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "core/io.h"
#include "redfish/call.h"
#include "redfish/client.h"
#include "redfish/value.h"
#include "redfish/write.h"

#define SIMPLE        "#UpdateService.SimpleUpdate"
#define APPLY_TIME    "@Redfish.OperationApplyTime" /* DSP0266, "Operation apply time" */
#define APPLY_OFFERED "@Redfish.OperationApplyTimeSupport/SupportedValues"

void rf_update_service_clear(struct rf_update_service *service)
{
	json_decref(service->json);
	rf_action_clear(&service->simple);
	*service = (struct rf_update_service){0};
}

static int read_service(struct rf_update_service *s, struct err *err)
{
	bool enabled = true;
	int r = rf_bool(s->json, s->path, "ServiceEnabled", &enabled, err);

	if (r == 0 && !enabled)
		r = err_set(err, EOPNOTSUPP, "%s%s: the update service is switched off", s->bmc->origin,
			    s->path);
	if (r == 0)
		r = rf_ref_at(s->json, s->path, "MultipartHttpPushUri", s->bmc->origin, s->multipart, err);
	if (r == 0)
		r = rf_ref_at(s->json, s->path, "HttpPushUri", s->bmc->origin, s->push, err);
	if (r == 0)
		r = rf_int(s->json, s->path, "MaxImageSizeBytes", &s->largest, err);
	if (r == 0)
		r = rf_action_find(s->bmc, s->json, SIMPLE, "TransferProtocol", &s->simple, err);
	return r;
}

int rf_update_service_find(struct rf_bmc *bmc, struct rf_update_service *ret, struct err *err)
{
	int r;

	*ret = (struct rf_update_service){.bmc = bmc};
	r = rf_ref_at(bmc->root, "service root", "UpdateService/@odata.id", bmc->origin, ret->path, err);
	if (r == 0 && !ret->path[0])
		r = err_set(err, EOPNOTSUPP, "%s has no update service", bmc->origin);
	if (r == 0)
		r = rf_get(bmc, ret->path, &ret->json, NULL, err);
	return r < 0 ? r : read_service(ret, err);
}

/* When it is to be in force, where that is asked for and the BMC lets one choose. `at`: where it says what it offers. */
static int add_apply(const struct rf_update_service *s, const struct rf_firmware_want *want, const char *at,
		     json_t *body, struct err *err)
{
	const char *word = want->apply == RF_APPLY_NOW ? "Immediate" : "OnReset";
	_cleanup_json_ json_t *offered = NULL;
	_cleanup_free_ char *listed = NULL, *shown = NULL;
	int r;

	if (want->apply == RF_APPLY_AS_EVER)
		return 0;
	r = rf_strings(s->json, s->path, at, &offered, err);
	if (r < 0)
		return r;
	if (!offered || rf_among(offered, word)) {
		json_object_set_new(body, APPLY_TIME, json_string(word));
		return 0;
	}
	listed = rf_listed(offered);
	shown = rf_plain(listed);
	return err_set(err, EOPNOTSUPP, "%s does not apply an update '%s'; it offers %s", s->bmc->origin,
		       word, shown);
}

/* An answer, refused or not; the task is followed. */
static int finish(const struct rf_update_service *s, const char *path, const struct rf_answer *answer,
		  struct rf_task_watch *watch, struct err *err)
{
	if (answer->status == 303 || (answer->status >= 200 && answer->status <= 299))
		return rf_task_follow(s->bmc, answer, watch, err);
	return rf_answer_refused(answer, "POST", path, err);
}

/* One way: 1 when the BMC does not know it. */
static int push(const struct rf_update_service *s, const char *path, const struct rf_upload *upload,
		struct rf_task_watch *watch, struct err *err)
{
	_cleanup_(rf_answer_clear) struct rf_answer answer;
	const struct rf_call call = {.method = "POST", .path = path, .upload = upload};
	int r = rf_call(s->bmc, &call, &answer, err);

	if (r < 0)
		return r;
	if (answer.status == 404 || answer.status == 405 || answer.status == 415 || answer.status == 501)
		return rf_answer_refused(&answer, "POST", path, err) < 0;
	return finish(s, path, &answer, watch, err);
}

static int push_parts(const struct rf_update_service *s, const struct rf_firmware_want *want,
		      const json_t *targets, struct rf_upload *upload, struct rf_task_watch *watch,
		      struct err *err)
{
	/* Targets always: some BMCs refuse parameters without, and an empty array says the same. */
	_cleanup_json_ json_t *parameters = json_pack("{s:O}", "Targets", targets);
	_cleanup_free_ char *text = NULL;
	int r = add_apply(s, want, "MultipartHttpPushUri" APPLY_OFFERED, parameters, err);

	if (r < 0)
		return r;
	text = json_canonical(parameters, NULL);
	upload->parameters = text;
	r = push(s, s->multipart, upload, watch, err);
	upload->parameters = NULL;
	return r;
}

static int send_file(const struct rf_update_service *s, const struct rf_firmware_want *want,
		     const json_t *targets, struct rf_upload *upload, struct rf_task_watch *watch,
		     const char **ret_way, struct err *err)
{
	int r = err_set(err, EOPNOTSUPP,
			"%s takes no files; give it an address to fetch the image from (--uri)",
			s->bmc->origin);
	bool plain = want->apply == RF_APPLY_AS_EVER && !json_array_size(targets);

	*ret_way = "multipart";
	if (s->multipart[0])
		r = push_parts(s, want, targets, upload, watch, err);
	if (!s->push[0] || (s->multipart[0] && r <= 0))
		return r > 0 ? -err->code : r;
	if (!plain)
		return err_set(err, EOPNOTSUPP,
			       "%s takes files by HttpPushUri alone, where neither targets nor a time can be "
			       "named",
			       s->bmc->origin);
	*ret_way = "push";
	r = push(s, s->push, upload, watch, err);
	return r > 0 ? -err->code : r;
}

static int check_size(const struct rf_update_service *s, const char *file, const struct stat *st,
		      struct err *err)
{
	if (!S_ISREG(st->st_mode) || st->st_size == 0)
		return err_set(err, EINVAL, "%s is %s", file,
			       S_ISREG(st->st_mode) ? "empty" : "not a regular file");
	if (s->largest > 0 && st->st_size > s->largest)
		return err_set(err, EFBIG, "%s has %lld bytes; %s takes images of at most %lld", file,
			       (long long)st->st_size, s->bmc->origin, (long long)s->largest);
	return 0;
}

static void on_sent(void *data, uint64_t done, uint64_t total)
{
	const struct rf_firmware_want *want = data;

	if (want->progress)
		want->progress(want->data, "sending", done, total);
}

static int open_and_send(const struct rf_update_service *s, const struct rf_firmware_want *want,
			 const json_t *targets, struct rf_task_watch *watch, const char **ret_way,
			 struct err *err)
{
	_cleanup_close_ int fd = open(want->file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct rf_upload upload = {
		.fd = fd, .name = rf_last_part(want->file), .progress = on_sent, .data = (void *)want};
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, errno, "%s", want->file);
	r = check_size(s, want->file, &st, err);
	upload.size = (uint64_t)st.st_size;
	return r < 0 ? r : send_file(s, want, targets, &upload, watch, ret_way, err);
}

/* The scheme as TransferProtocol has it: HTTP, HTTPS, NFS ...; -EOPNOTSUPP when the BMC says that it does not fetch that way. */
static int protocol_of(const struct rf_update_service *s, const char *uri, char word[16], struct err *err)
{
	size_t len = strcspn(uri, ":");
	_cleanup_free_ char *listed = NULL, *shown = NULL;

	if (strncmp(uri + len, "://", 3) != 0 || !len || len >= 16)
		return err_set(err, EINVAL, "'%s' is not the address of an image; it begins as http://", uri);
	for (size_t i = 0; i < len; i++)
		word[i] = (char)toupper((unsigned char)uri[i]);
	word[len] = '\0';
	if (!s->simple.allowed || rf_among(s->simple.allowed, word))
		return 0;
	listed = rf_listed(s->simple.allowed);
	shown = rf_plain(listed);
	return err_set(err, EOPNOTSUPP, "%s does not fetch images by %s; it offers %s", s->bmc->origin, word,
		       shown);
}

static int fetch(const struct rf_update_service *s, const struct rf_firmware_want *want,
		 const json_t *targets, struct rf_task_watch *watch, struct err *err)
{
	_cleanup_json_ json_t *body = json_pack("{s:s}", "ImageURI", want->uri);
	char protocol[16];
	long status = 0;
	int r;

	if (!s->simple.target[0])
		return err_set(err, EOPNOTSUPP, "%s fetches no images; send it a file", s->bmc->origin);
	r = protocol_of(s, want->uri, protocol, err);
	if (r == 0)
		r = add_apply(s, want, "Actions/" SIMPLE "/" APPLY_OFFERED, body, err);
	if (r < 0)
		return r;
	json_object_set_new(body, "TransferProtocol", json_string(protocol));
	if (json_array_size(targets))
		json_object_set(body, "Targets", (json_t *)targets);
	r = rf_post_watched(s->bmc, s->simple.target, body, watch, &status, err);
	if (r == 0 || status != 400)
		return r;
	/* The address says it too, and some take it there alone. */
	json_object_del(body, "TransferProtocol");
	return rf_post_watched(s->bmc, s->simple.target, body, watch, &status, err);
}

int rf_firmware_send(const struct rf_update_service *service, const struct rf_firmware_want *want,
		     const json_t *targets, struct rf_task_watch *watch, const char **ret_way,
		     struct err *err)
{
	if (want->file)
		return open_and_send(service, want, targets, watch, ret_way, err);
	*ret_way = "simple";
	return fetch(service, want, targets, watch, err);
}
