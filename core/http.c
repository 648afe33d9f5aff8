/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP client on libcurl's easy interface: setting up, and whole exchanges. */
#include "core/http.h"

#include <pthread.h>
#include <string.h>
#include <strings.h>

#include "core/http_body.h"
#include "core/http_easy.h"
#include "core/io.h"
#include "core/secret.h"

struct http {
	CURL *curl;
	char *ca_file, *ca_pem, *token, *base, *interface;
	unsigned connect_timeout_s, timeout_s;
	bool (*cancelled)(void *data);
	void *cancelled_data;
	char reason[CURL_ERROR_SIZE];
};

static void init_curl(void)
{
	/* What it copies of tokens and answers is overwritten when it is freed. */
	if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, wiping_free, wiping_realloc, strdup, calloc) !=
	    CURLE_OK)
		abort();
}

void http_init(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, init_curl);
}

static char *copy_or_null(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

int http_new(const struct http_options *options, struct http **ret, struct err *err)
{
	_cleanup_(http_freep) struct http *http = xcalloc(1, sizeof(*http));

	http_init();
	http->curl = curl_easy_init();
	if (!http->curl)
		return err_sys(err, ENOMEM, "HTTP client");
	http->ca_file = copy_or_null(options->ca_file);
	http->ca_pem = copy_or_null(options->ca_pem);
	http->token = secret_dup(options->token);
	http->base = copy_or_null(options->base);
	http->interface = copy_or_null(options->interface);
	http->connect_timeout_s = options->connect_timeout_s ? options->connect_timeout_s : 10;
	http->timeout_s = options->timeout_s ? options->timeout_s : 60;
	http->cancelled = options->cancelled;
	http->cancelled_data = options->cancelled_data;
	*ret = TAKE_PTR(http);
	return 0;
}

void http_free(struct http *http)
{
	if (!http)
		return;
	curl_easy_cleanup(http->curl);
	free(http->ca_file);
	free(http->ca_pem);
	secret_free(http->token);
	free(http->base);
	free(http->interface);
	free(http);
}

void http_set_token(struct http *http, const char *token)
{
	secret_free(http->token);
	http->token = secret_dup(token);
}

void http_response_clear(struct http_response *response)
{
	wiping_free(response->body); /* a check-in's has a token */
	*response = (struct http_response){0};
}

char *http_url(const struct http *http, const char *target)
{
	size_t n;

	if (!http->base || target[0] != '/')
		return xstrdup(target);
	n = strlen(http->base);
	while (n && http->base[n - 1] == '/')
		n--;
	return str_printf("%.*s%s", (int)n, http->base, target);
}

char *http_shown_url(const char *url)
{
	const char *start = strstr(url, "://"), *at, *host_end;

	if (!start)
		return str_printf("%.*s", (int)strcspn(url, "?#"), url);
	start += 3;
	host_end = start + strcspn(start, "/?#");
	at = memrchr(start, '@', (size_t)(host_end - start));
	if (at)
		return str_printf("%.*s%.*s", (int)(start - url), url, (int)strcspn(at + 1, "?#"), at + 1);
	return str_printf("%.*s", (int)strcspn(url, "?#"), url);
}

/* One part of two URLs, compared; the port with its scheme's default. */
static bool same_part(CURLU *a, CURLU *b, CURLUPart part)
{
	char *x = NULL, *y = NULL;
	bool same = !curl_url_get(a, part, &x, CURLU_DEFAULT_PORT) &&
		    !curl_url_get(b, part, &y, CURLU_DEFAULT_PORT) && !strcasecmp(x, y);

	curl_free(x);
	curl_free(y);
	return same;
}

bool http_same_origin(const char *a, const char *b)
{
	CURLU *ua = curl_url(), *ub = curl_url();
	bool same = ua && ub && !curl_url_set(ua, CURLUPART_URL, a, 0) &&
		    !curl_url_set(ub, CURLUPART_URL, b, 0) && same_part(ua, ub, CURLUPART_SCHEME) &&
		    same_part(ua, ub, CURLUPART_HOST) && same_part(ua, ub, CURLUPART_PORT);

	curl_url_cleanup(ua);
	curl_url_cleanup(ub);
	return same;
}

static int on_progress(void *data, curl_off_t dl_total, curl_off_t dl, curl_off_t ul_total, curl_off_t ul)
{
	struct http *http = data;

	(void)dl_total;
	(void)dl;
	(void)ul_total;
	(void)ul;
	return http->cancelled && http->cancelled(http->cancelled_data);
}

static void set_tls(CURL *curl, const struct http_setup *setup)
{
	/* A pin names the one key that is trusted, whoever has signed for it and whatever name is in its certificate. */
	curl_easy_setopt(curl, CURLOPT_PINNEDPUBLICKEY, setup->pin);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, setup->pin ? 0L : 1L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, setup->pin ? 0L : 2L);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (!setup->ca_pem && !setup->ca_file)
		return;
	/* libcurl's built-in folder of certificates would be trusted as well. */
	curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	if (setup->ca_pem) {
		struct curl_blob blob = {(char *)setup->ca_pem, strlen(setup->ca_pem), CURL_BLOB_NOCOPY};

		curl_easy_setopt(curl, CURLOPT_CAINFO, NULL);
		curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &blob);
	} else {
		curl_easy_setopt(curl, CURLOPT_CAINFO, setup->ca_file);
	}
}

void http_set_up(CURL *curl, const struct http_setup *setup)
{
	curl_easy_setopt(curl, CURLOPT_URL, setup->url);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, setup->reason);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROXY, ""); /* none, whatever the environment says */
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "remint/" REMINT_VERSION);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)setup->connect_timeout_s);
	if (setup->interface)
		curl_easy_setopt(curl, CURLOPT_INTERFACE, setup->interface);
	set_tls(curl, setup);
	setup->reason[0] = '\0';
}

static void add_header(struct curl_slist **headers, const char *line)
{
	struct curl_slist *longer = curl_slist_append(*headers, line);

	if (!longer)
		abort();
	*headers = longer;
}

CURL *http_begin(struct http *http, const char *url, struct curl_slist **headers)
{
	CURL *curl = http->curl;
	const struct http_setup setup = {
		.url = url,
		.ca_file = http->ca_file,
		.ca_pem = http->ca_pem,
		.interface = http->interface,
		.connect_timeout_s = http->connect_timeout_s,
		.reason = http->reason,
	};

	curl_easy_reset(curl);
	http_set_up(curl, &setup);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, http);
	add_header(headers, "Expect:");
	if (http->token && http->base && http_same_origin(http->base, url)) {
		char *line = str_printf("Authorization: Bearer %s", http->token);

		add_header(headers, line);
		wiping_free(line);
	}
	return curl;
}

static int connect_errno(CURL *curl)
{
	long os = 0;

	curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &os);
	return os == ECONNREFUSED || os == ETIMEDOUT || os == ECONNRESET ? (int)os : EHOSTUNREACH;
}

int http_errno(CURL *curl, CURLcode code)
{
	switch (code) {
	case CURLE_OPERATION_TIMEDOUT:
		return ETIMEDOUT;
	case CURLE_COULDNT_CONNECT:
		return connect_errno(curl);
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_INTERFACE_FAILED:
		return EHOSTUNREACH;
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
	case CURLE_SSL_CONNECT_ERROR:
		return ECONNRESET;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
		return EKEYREJECTED;
	case CURLE_ABORTED_BY_CALLBACK:
		return ECANCELED;
	case CURLE_OUT_OF_MEMORY:
		return ENOMEM;
	default:
		return EPROTO;
	}
}

int http_perform(struct http *http, const char *url, CURLcode *ret_code, struct err *err)
{
	_cleanup_free_ char *shown = http_shown_url(url);
	CURLcode code = curl_easy_perform(http->curl);

	*ret_code = code;
	if (code == CURLE_OK)
		return 0;
	if (code == CURLE_WRITE_ERROR)
		return -EIO;
	if (code == CURLE_ABORTED_BY_CALLBACK)
		return err_set(err, ECANCELED, "%s: cancelled", shown);
	return err_set(err, http_errno(http->curl, code), "%s: %s", shown,
		       http->reason[0] ? http->reason : curl_easy_strerror(code));
}

static void set_method(CURL *curl, const char *method, const void *body, size_t len)
{
	if (body || !strcmp(method, "POST") || !strcmp(method, "PUT")) {
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body ? body : "");
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)(body ? len : 0));
	}
	if (!strcmp(method, "HEAD"))
		curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
	else
		curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
}

static void take_response(CURL *curl, struct http_body *body, struct http_response *ret)
{
	const char *type = NULL;

	*ret = (struct http_response){.len = body->len};
	ret->body = body->buf ? TAKE_PTR(body->buf) : xstrdup("");
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &ret->status);
	curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
	snprintf(ret->content_type, sizeof(ret->content_type), "%s", type ? type : "");
}

int http_request(struct http *http, const char *method, const char *target, const char *content_type,
		 const void *body, size_t body_len, size_t limit, struct http_response *ret, struct err *err)
{
	_cleanup_free_ char *url = http_url(http, target);
	_cleanup_free_ char *type = str_printf("Content-Type: %s", content_type ? content_type : "");
	struct curl_slist *headers = NULL;
	CURL *curl = http_begin(http, url, &headers);
	struct http_body answer = {.limit = limit};
	CURLcode code;
	int r;

	add_header(&headers, type);
	set_method(curl, method, body, body_len);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)http->timeout_s);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, http_body_add);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
	r = http_perform(http, url, &code, err);
	curl_slist_free_all(headers);
	if (!r)
		take_response(curl, &answer, ret);
	else if (code == CURLE_WRITE_ERROR)
		r = answer.too_long
			    ? err_set(err, EFBIG, "%s: the answer has more than %zu bytes", target, limit)
			    : err_sys(err, ENOMEM, "%s", target);
	wiping_free(answer.buf);
	return r;
}
