/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/exchange.h"

#include <limits.h>
#include <string.h>

#include "core/http_body.h"
#include "core/http_easy.h"
#include "core/io.h"
#include "core/secret.h"

#define CONNECT_TIMEOUT_S 10
#define RETRY_AFTER_MAX   3600 /* seconds; more is a mistake of the BMC's clock */

static void add_header(struct curl_slist **headers, const char *name, const char *value)
{
	char *line = str_printf("%s%s%s", name, value ? ": " : ":", value ? value : "");
	struct curl_slist *longer = curl_slist_append(*headers, line);

	if (!longer)
		abort();
	*headers = longer;
	wiping_free(line);
}

static struct curl_slist *headers_of(const struct rf_exchange *x)
{
	struct curl_slist *headers = NULL;

	add_header(&headers, "Expect", NULL);
	add_header(&headers, "Accept",
		   x->stream ? "text/event-stream, application/json" : "application/json");
	add_header(&headers, "OData-Version", "4.0");
	if (!x->any_encoding)
		add_header(&headers, "Accept-Encoding", "identity");
	if (x->body)
		add_header(&headers, "Content-Type", "application/json");
	if (x->upload && !x->upload->parameters)
		add_header(&headers, "Content-Type", "application/octet-stream");
	if (x->stream && x->stream->last_id[0])
		add_header(&headers, "Last-Event-ID", x->stream->last_id);
	if (x->if_match)
		add_header(&headers, "If-Match", x->if_match);
	if (x->token)
		add_header(&headers, "X-Auth-Token", x->token);
	return headers;
}

static size_t on_header(char *line, size_t one, size_t len, void *data)
{
	(void)one;
	rf_answer_header(data, line, len);
	return len;
}

/* Where the body of an answer goes. */
struct receiving {
	CURL *curl;
	struct http_body body;
	const struct rf_stream *stream;
	bool ended; /* by the stream's reader */
};

static bool is_stream(CURL *curl)
{
	static const char type[] = "text/event-stream";
	const char *said = NULL;
	long status = 0;

	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &said);
	return status == 200 && said && !strncasecmp(said, type, strlen(type));
}

static size_t on_body(char *data, size_t one, size_t len, void *receiving)
{
	struct receiving *r = receiving;

	if (!r->stream || !is_stream(r->curl))
		return http_body_add(data, one, len, &r->body);
	if (r->stream->sink(r->stream->data, data, len) == 0)
		return len;
	r->ended = true;
	return CURL_WRITEFUNC_ERROR;
}

static void set_method(CURL *curl, const struct rf_exchange *x)
{
	if (!x->upload && (x->body || !strcmp(x->method, "POST"))) {
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, x->body ? x->body : "");
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)x->len);
	}
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, x->method);
}

static void set_up(CURL *curl, const struct rf_exchange *x, struct curl_slist *headers,
		   struct receiving *receiving, struct rf_answer *answer, char *reason)
{
	const struct http_setup setup = {
		.url = x->url,
		.ca_file = x->trust.pin ? NULL : x->trust.ca_file,
		.ca_pem = x->trust.pin ? NULL : x->trust.ca_pem,
		.pin = x->trust.pin,
		.connect_timeout_s = CONNECT_TIMEOUT_S,
		.reason = reason,
	};

	curl_easy_reset(curl);
	http_set_up(curl, &setup);
	set_method(curl, x);
	if (x->any_encoding)
		curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
	if (x->user) {
		curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
		curl_easy_setopt(curl, CURLOPT_USERNAME, x->user);
		curl_easy_setopt(curl, CURLOPT_PASSWORD, x->password);
	}
	/* HTTP/2 would share one connection among BMCs' exchanges for no gain. */
	curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	if (!x->upload && !x->stream)
		curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)x->timeout_ms);
	if (x->stream) /* a BMC that has gone without a word is noticed */
		curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L); /* as in core/http_multi.c */
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, answer);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, receiving);
}

static void take_answer(CURL *curl, struct http_body *body, struct rf_answer *ret)
{
	curl_off_t after = 0;

	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &ret->status);
	curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &after);
	ret->retry_after_s =
		after > 0 ? (long)(after < RETRY_AFTER_MAX ? after : RETRY_AFTER_MAX) : RF_NO_RETRY_AFTER;
	ret->len = body->len;
	ret->body = body->buf ? TAKE_PTR(body->buf) : xstrdup("");
}

static int failed(CURLcode code, const struct receiving *receiving, const struct rf_sending *sending,
		  const char *reason, struct err *err)
{
	_cleanup_free_ char *shown = rf_plain(reason); /* may quote the server's certificate */
	int r = rf_sending_why(sending, err);

	if (r < 0)
		return r;
	if (receiving->ended)
		return err_set(err, EPIPE, "the stream was ended by its reader");
	if (receiving->body.too_long)
		return err_set(err, EFBIG, "the answer has more than %u bytes", RF_BODY_MAX);
	if (code == CURLE_WRITE_ERROR)
		return err_sys(err, ENOMEM, "the answer");
	return err_set(err, http_errno(receiving->curl, code), "%s",
		       shown[0] ? shown : curl_easy_strerror(code));
}

static int transfer(struct rf_loop *loop, struct receiving *receiving, const struct rf_sending *sending,
		    const char *reason, struct rf_answer *ret, struct err *err)
{
	CURLcode code = CURLE_OK;
	int r = rf_transfer(loop, receiving->curl, &code, err);

	if (r < 0)
		return r;
	take_answer(receiving->curl, &receiving->body, ret);
	return code == CURLE_OK ? 0 : failed(code, receiving, sending, reason, err);
}

int rf_exchange(struct rf_loop *loop, CURL *curl, const struct rf_exchange *x, struct rf_answer *ret,
		struct err *err)
{
	struct curl_slist *headers = headers_of(x);
	struct receiving receiving = {.curl = curl, .body = {.limit = RF_BODY_MAX}, .stream = x->stream};
	_cleanup_(rf_sending_clear) struct rf_sending sending = {0};
	char reason[CURL_ERROR_SIZE] = "";
	int r = 0;

	*ret = (struct rf_answer){0};
	set_up(curl, x, headers, &receiving, ret, reason);
	if (x->upload)
		r = rf_sending_set_up(&sending, curl, x->upload, x->timeout_ms, err);
	if (r == 0)
		r = transfer(loop, &receiving, &sending, reason, ret, err);
	curl_slist_free_all(headers);
	wiping_free(receiving.body.buf);
	curl_easy_reset(curl); /* nothing of this stack stays behind, and no password */
	return r < 0 ? err_prepend(err, "%s %s", x->method, x->url) : 0;
}
