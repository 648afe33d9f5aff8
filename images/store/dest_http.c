/* SPDX-License-Identifier: Apache-2.0 */
/* A web server that takes PUT (RFC 9110, section 9.3.4), such as nginx with its dav module. */
#include <string.h>
#include <strings.h>

#include "core/io.h"
#include "images/store/dest_kind.h"

#define ANSWER_MAX (64u << 10) /* bytes of an answer that is of no use but for messages */
#define TOKEN_MAX  4096

struct web {
	struct http *http;
	struct dest_note note;
	char *base; /* ends in a slash */
};

static int read_token(const struct dest_options *o, char **ret, struct err *err)
{
	_cleanup_free_ char *shown = dest_shown(o->where);
	int r;

	if (!o->token_file)
		return 0;
	if (strncasecmp(o->where, "https://", 8) != 0)
		return err_set(err, EINVAL, "%s: a token would travel in the clear: use https://", shown);
	if ((r = file_read(o->token_file, TOKEN_MAX, ret, NULL, err)) < 0)
		return r;
	(*ret)[strcspn(*ret, "\r\n")] = '\0';
	return **ret ? 0 : err_set(err, EINVAL, "%s: holds no token", o->token_file);
}

int dest_http_open(const struct dest_options *o, void **ret, struct err *err)
{
	_cleanup_free_ char *token = NULL, *shown = dest_shown(o->where);
	struct http_options options = {
		.ca_file = o->tls_ca, .base = o->where, .cancelled = o->cancelled, .cancelled_data = o->data};
	struct http *http;
	struct web *w;
	int r;

	if (o->endpoint || o->region || o->credentials_file)
		return err_set(err, EINVAL,
			       "--endpoint, --region and --credentials-file are for s3:// alone");
	if (strpbrk(o->where, "?#"))
		return err_set(err, EINVAL, "%s: a destination has no query", shown);
	if ((r = read_token(o, &token, err)) < 0)
		return r;
	options.token = token;
	if ((r = http_new(&options, &http, err)) < 0)
		return r;
	w = xcalloc(1, sizeof(*w));
	w->http = http;
	w->note = (struct dest_note){o->note, o->data};
	w->base = str_printf("%s%s", o->where, o->where[strlen(o->where) - 1] == '/' ? "" : "/");
	*ret = w;
	return 0;
}

static void web_free(void *self)
{
	struct web *w = self;

	http_free(w->http);
	free(w->base);
	free(w);
}

/* One exchange; what is not 2xx is an error. */
static int exchange(struct web *w, struct http_send *send, const char *name, struct http_answer *ret,
		    struct err *err)
{
	_cleanup_free_ char *url = str_printf("%s%s", w->base, name);
	int r;

	send->url = url;
	if (!send->limit)
		send->limit = ANSWER_MAX;
	r = dest_send(w->http, send, &w->note, ret, err);
	if (r < 0 || (ret->status >= 200 && ret->status < 300))
		return r;
	r = dest_refused(send, ret, err);
	http_answer_clear(ret);
	return r;
}

static int web_read(void *self, const char *name, size_t limit, char **ret, size_t *ret_len, struct err *err)
{
	struct http_send send = {.method = "GET", .limit = limit};
	struct http_answer answer = {0};
	int r = exchange(self, &send, name, &answer, err);

	if (r < 0)
		return r;
	*ret = answer.body;
	*ret_len = answer.len;
	return 0;
}

static int web_size(void *self, const char *name, uint64_t *ret, struct err *err)
{
	_cleanup_(http_answer_clear) struct http_answer answer = {0};
	struct http_send send = {.method = "HEAD"};
	int r = exchange(self, &send, name, &answer, err);

	if (r == 0)
		*ret = answer.content_length;
	return r;
}

/* Size and date say nothing of the content: small files are compared, the payload is sent again. */
static int web_has(void *self, const struct dest_file *file, bool *ret, struct err *err)
{
	_cleanup_free_ char *there = NULL;
	size_t len = 0;
	int r;

	*ret = false;
	if (!file->body)
		return 0;
	r = web_read(self, file->name, file->size + 1, &there, &len, err);
	if (r == -ENOENT || r == -EFBIG)
		return 0;
	if (r == 0)
		*ret = len == file->size && !memcmp(there, file->body, len);
	return r;
}

static int web_begin(void *self, const char *manifest, struct err *err)
{
	struct http_send send = {.method = "DELETE"};
	struct http_answer answer = {0};
	int r;

	if (!manifest)
		return 0;
	r = exchange(self, &send, manifest, &answer, err);
	http_answer_clear(&answer);
	return r == -ENOENT ? 0 : r;
}

static int web_put(void *self, const struct dest_file *file, struct dest_progress *progress, struct err *err)
{
	static const char *const headers[] = {"Content-Type: application/octet-stream", NULL};
	struct http_send send = {.method = "PUT", .headers = headers};
	struct http_answer answer = {0};
	int r;

	dest_body(&send, file, 0, file->size, progress);
	r = exchange(self, &send, file->name, &answer, err);
	http_answer_clear(&answer);
	return r;
}

const struct dest_kind dest_http = {
	.single_files = true,
	.free = web_free,
	.read = web_read,
	.has = web_has,
	.size = web_size,
	.begin = web_begin,
	.put = web_put,
};
