/* SPDX-License-Identifier: Apache-2.0 */
/* JSON both ways over HTTP, and what a status means. */
#include <string.h>

#include "core/http_easy.h"
#include "core/secret.h"

#define JSON_LIMIT (16 * 1024 * 1024)

bool http_transient(int code)
{
	code = abs(code);
	return code == ETIMEDOUT || code == ECONNREFUSED || code == EHOSTUNREACH || code == ECONNRESET ||
	       code == EAGAIN;
}

int http_status_code(long status)
{
	static const struct {
		long status;
		int code;
	} codes[] = {{400, EINVAL}, {401, EACCES},    {403, EPERM}, {404, ENOENT},
		     {409, ESTALE}, {410, ECANCELED}, {413, EFBIG}, {429, EAGAIN}};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].status == status)
			return -codes[i].code;
	return status >= 500 ? -EAGAIN : -EPROTO;
}

int http_refused(const char *method, const char *target, const struct http_response *response,
		 struct err *err)
{
	int code = http_status_code(response->status);
	_cleanup_json_ json_t *json = NULL;
	const char *text = NULL;
	struct err ignored;

	if (!json_parse(response->body, response->len, &json, &ignored) &&
	    !json_get_str(json, "answer", "error", 900, &text, &ignored))
		return err_set(err, -code, "%s", text);
	return err_set(err, -code, "%s %.*s: HTTP status %ld", method, (int)strcspn(target, "?#"), target,
		       response->status);
}

int http_json(struct http *http, const char *method, const char *target, const json_t *body, json_t **ret,
	      struct err *err)
{
	_cleanup_(http_response_clear) struct http_response response = {0};
	_cleanup_(wiping_freep) char *text = NULL; /* may have a secret in it */
	size_t len = 0;
	int r;

	if (body)
		text = json_canonical(body, &len);
	r = http_request(http, method, target, body ? "application/json" : NULL, text, len, JSON_LIMIT,
			 &response, err);
	if (r < 0)
		return r;
	if (response.status < 200 || response.status > 299)
		return http_refused(method, target, &response, err);
	if (!ret)
		return 0;
	*ret = NULL;
	if (response.status == 204 || !response.len)
		return 0;
	r = json_parse(response.body, response.len, ret, err);
	return r < 0 ? err_prepend(err, "answer to %s %s", method, target) : 0;
}
