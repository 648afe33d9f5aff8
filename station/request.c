/* SPDX-License-Identifier: Apache-2.0 */
#include "station/request.h"

#include <microhttpd.h>
#include <string.h>

#include "core/io.h"
#include "core/secret.h"

/* jansson shows where it stopped by quoting the body, which may have a secret there; the message goes into the audit trail. */
static void forget_quote(struct err *err)
{
	char *quote = strstr(err->text, " near '");

	if (quote)
		*quote = '\0';
}

int request_json(const struct request *req, const char *what, const char *const *keys, json_t **ret,
		 struct err *err)
{
	_cleanup_json_ json_t *json = NULL;
	int r;

	if (!req->body)
		return err_set(err, EBADMSG, "%s: the body is missing", what);
	r = json_parse(req->body, req->body_len, &json, err);
	if (r < 0) {
		forget_quote(err);
		return err_prepend(err, "%s", what);
	}
	if (!json_is_object(json))
		return err_set(err, EBADMSG, "%s: not an object", what);
	r = keys ? json_only_keys(json, what, keys, err) : 0;
	if (r < 0)
		return r;
	*ret = TAKE_PTR(json);
	return 0;
}

int request_arg_u64(const struct request *req, const char *name, uint64_t max, uint64_t *ret, struct err *err)
{
	const char *text = target_arg(&req->target, name);
	uint64_t n = 0;

	if (!text)
		return 0;
	if (!*text || strlen(text) > 18 || text[strspn(text, "0123456789")])
		return err_set(err, EINVAL, "%s: not a number", name);
	n = strtoull(text, NULL, 10);
	if (n > max)
		return err_set(err, EINVAL, "%s: at most %llu", name, (unsigned long long)max);
	*ret = n;
	return 0;
}

int request_args_only(const struct request *req, const char *const *names, struct err *err)
{
	const struct target *target = &req->target;

	if (target->damaged)
		return err_set(err, EINVAL, "the query cannot be read");
	for (unsigned i = 0; i < target->n_args; i++) {
		const char *const *name = names;

		while (*name && strcmp(*name, target->args[i].name) != 0)
			name++;
		if (!*name)
			return err_set(err, EINVAL, "the query has an argument that is not known here");
	}
	return 0;
}

int reply_set(struct request *req, unsigned status, struct MHD_Response *reply, struct err *err)
{
	if (!reply)
		return err_set(err, ENOMEM, "out of memory");
	if (req->reply)
		MHD_destroy_response(req->reply);
	req->reply = reply;
	req->status = status;
	return 0;
}

int reply_bytes(struct request *req, unsigned status, const char *type, const void *bytes, size_t len,
		struct err *err)
{
	int r = reply_set(req, status,
			  MHD_create_response_from_buffer(len, (void *)bytes, MHD_RESPMEM_MUST_COPY), err);

	if (r == 0 && type)
		r = reply_header(req, MHD_HTTP_HEADER_CONTENT_TYPE, type, err);
	if (r == 0)
		r = reply_header(req, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store", err);
	return r;
}

int reply_json(struct request *req, unsigned status, json_t *json, struct err *err)
{
	_cleanup_json_ json_t *owned = json;
	_cleanup_free_ char *text = NULL;
	size_t len = 0;

	if (owned)
		text = json_pretty(owned, &len);
	if (!text)
		return err_set(err, ENOMEM, "out of memory");
	return reply_bytes(req, status, "application/json", text, len, err);
}

int reply_empty(struct request *req, unsigned status, struct err *err)
{
	return reply_bytes(req, status, NULL, "", 0, err);
}

int reply_header(struct request *req, const char *name, const char *value, struct err *err)
{
	if (MHD_add_response_header(req->reply, name, value) != MHD_YES)
		return err_set(err, ENOMEM, "out of memory");
	return 0;
}

int reply_error(struct request *req, unsigned status, const char *text, struct err *err)
{
	int r = reply_json(req, status, json_pack("{s:s}", "error", text), err);

	if (r == 0 && status == MHD_HTTP_UNAUTHORIZED)
		r = reply_header(req, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer", err);
	return r;
}

unsigned reply_status(int code)
{
	static const struct {
		int code;
		unsigned status;
	} statuses[] = {
		{EINVAL, MHD_HTTP_BAD_REQUEST},
		{EBADMSG, MHD_HTTP_BAD_REQUEST},
		{EACCES, MHD_HTTP_UNAUTHORIZED},
		{EPERM, MHD_HTTP_FORBIDDEN},
		{ENOENT, MHD_HTTP_NOT_FOUND},
		{ESTALE, MHD_HTTP_CONFLICT},
		{EEXIST, MHD_HTTP_CONFLICT},
		{EFBIG, MHD_HTTP_CONTENT_TOO_LARGE},
		{ENOTSUP, MHD_HTTP_METHOD_NOT_ALLOWED},
		{EUSERS, MHD_HTTP_SERVICE_UNAVAILABLE},
	};

	for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++) {
		if (statuses[i].code == code)
			return statuses[i].status;
	}
	return MHD_HTTP_INTERNAL_SERVER_ERROR;
}

void request_free(struct request *req)
{
	if (!req)
		return;
	if (req->reply)
		MHD_destroy_response(req->reply);
	target_clear(&req->target);
	free(req->path_copy);
	wiping_free(req->body);
	free(req);
}
