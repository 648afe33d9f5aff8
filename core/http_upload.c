/* SPDX-License-Identifier: Apache-2.0 */
/* One exchange with a store: RFC 9110, and AWS Signature Version 4 as libcurl makes it. */
#include "core/http_upload.h"

#include <string.h>
#include <strings.h>

#include "core/http_body.h"
#include "core/http_easy.h"
#include "core/io.h"

#define STALLED_S 300 /* a store may think that long about a body that it has received */

struct exchange {
	const struct http_send *send;
	struct http_answer answer;
	struct http_body body; /* of the answer */
	uint64_t sent;
	int failed; /* negative errno of reading the body, when *err says why */
	struct err *err;
};

void http_answer_clear(struct http_answer *answer)
{
	free(answer->body);
	*answer = (struct http_answer){0};
}

static void add_header(struct curl_slist **headers, const char *line)
{
	struct curl_slist *longer = curl_slist_append(*headers, line);

	if (!longer)
		abort();
	*headers = longer;
}

static size_t on_read(char *buf, size_t one, size_t room, void *data)
{
	struct exchange *x = data;
	const struct http_send *send = x->send;
	uint64_t left = send->len - x->sent;
	size_t n = one * room < left ? one * room : (size_t)left;

	if (send->body)
		memcpy(buf, (const char *)send->body + x->sent, n);
	else if ((x->failed = pread_full(send->fd, buf, n, send->offset + x->sent, x->err)) < 0)
		return CURL_READFUNC_ABORT;
	x->sent += n;
	if (send->progress)
		send->progress(send->data, x->sent);
	return n;
}

/* The body is wanted again: the connection that was kept alive had gone. */
static int on_seek(void *data, curl_off_t offset, int origin)
{
	struct exchange *x = data;

	if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > x->send->len)
		return CURL_SEEKFUNC_FAIL;
	x->sent = (uint64_t)offset;
	return CURL_SEEKFUNC_OK;
}

static size_t on_header(char *line, size_t one, size_t len, void *data)
{
	struct exchange *x = data;

	(void)one;
	if (len >= 5 && !strncasecmp(line, "HTTP/", 5)) /* of a new answer */
		x->answer.etag[0] = x->answer.meta[0] = '\0';
	http_header_value(line, len, "etag", x->answer.etag, sizeof(x->answer.etag));
	if (x->send->meta)
		http_header_value(line, len, x->send->meta, x->answer.meta, sizeof(x->answer.meta));
	return len;
}

/* http_begin() forbids "Expect:"; for a large body it saves sending what will be refused (RFC 9110, 10.1.1). */
static void allow_expect(struct curl_slist **headers)
{
	struct curl_slist *first = *headers;

	if (!first || strcmp(first->data, "Expect:") != 0)
		return;
	*headers = first->next;
	first->next = NULL;
	curl_slist_free_all(first);
}

static void set_signature(CURL *curl, const struct http_send *send, struct curl_slist **headers)
{
	const struct http_sigv4 *sign = send->sign;
	_cleanup_free_ char *how = str_printf("aws:amz:%s:s3", sign->region);
	/* libcurl signs this instead of hashing the body, which it does not have in memory */
	_cleanup_free_ char *digest = str_printf("x-amz-content-sha256: %s", send->sha256);

	add_header(headers, digest);
	if (sign->session) {
		_cleanup_free_ char *session = str_printf("x-amz-security-token: %s", sign->session);

		add_header(headers, session);
	}
	curl_easy_setopt(curl, CURLOPT_AWS_SIGV4, how);
	curl_easy_setopt(curl, CURLOPT_USERNAME, sign->key_id);
	curl_easy_setopt(curl, CURLOPT_PASSWORD, sign->secret);
}

static void set_body(CURL *curl, struct exchange *x)
{
	const struct http_send *send = x->send;

	if (!strcmp(send->method, "HEAD")) {
		curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
	} else if (!strcmp(send->method, "PUT") || (!strcmp(send->method, "POST") && send->len)) {
		curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)send->len);
		curl_easy_setopt(curl, CURLOPT_UPLOAD_BUFFERSIZE, 1024L * 1024);
		curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_read);
		curl_easy_setopt(curl, CURLOPT_READDATA, x);
		curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, on_seek);
		curl_easy_setopt(curl, CURLOPT_SEEKDATA, x);
	} else if (!strcmp(send->method, "POST")) {
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "");
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)0);
	}
	if (strcmp(send->method, "HEAD") != 0)
		curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, send->method);
}

static void set_up(CURL *curl, struct exchange *x, struct curl_slist **headers)
{
	const struct http_send *send = x->send;

	allow_expect(headers);
	if (send->sign)
		set_signature(curl, send, headers);
	for (const char *const *h = send->headers; h && *h; h++)
		add_header(headers, *h);
	set_body(curl, x);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, *headers);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1024L);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)STALLED_S);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, x);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, http_body_add);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &x->body);
}

static void take_answer(CURL *curl, struct exchange *x, struct http_answer *ret)
{
	curl_off_t length = -1;

	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &x->answer.status);
	curl_easy_getinfo(curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	x->answer.content_length = length < 0 ? UINT64_MAX : (uint64_t)length;
	x->answer.len = x->body.len;
	x->answer.body = x->body.buf ? TAKE_PTR(x->body.buf) : xstrdup("");
	*ret = x->answer;
}

int http_send(struct http *http, const struct http_send *send, struct http_answer *ret, struct err *err)
{
	struct exchange x = {.send = send, .body.limit = send->limit, .err = err};
	struct curl_slist *headers = NULL;
	_cleanup_free_ char *shown = http_shown_url(send->url);
	CURL *curl = http_begin(http, send->url, &headers);
	CURLcode code;
	int r;

	set_up(curl, &x, &headers);
	r = http_perform(http, send->url, &code, err);
	curl_slist_free_all(headers);
	if (r == 0)
		take_answer(curl, &x, ret);
	else if (x.failed < 0)
		r = err_prepend(err, "%s", shown);
	else if (x.body.too_long)
		r = err_set(err, EFBIG, "%s: the answer has more than %zu bytes", shown, send->limit);
	else if (code == CURLE_WRITE_ERROR)
		r = err_sys(err, ENOMEM, "%s", shown);
	free(x.body.buf);
	return r;
}
