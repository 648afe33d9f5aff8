/* SPDX-License-Identifier: Apache-2.0 */
/* Downloads of a length that nobody knows beforehand. */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "core/http_easy.h"
#include "core/http_upload.h"
#include "core/io.h"

#define REDIRECTS_MAX 5
#define STALLED_S     60

struct download {
	CURL *curl;
	uint64_t offset, *total;
	bool judged;
	int (*sink)(void *data, const void *buf, size_t len, struct err *err);
	void *data;
	int failed; /* negative errno, when *err says why */
	struct err *err;
};

/* Before the first byte: is this the file, from where it was asked for? */
static int judge(struct download *d)
{
	long status = 0;
	curl_off_t length = -1;

	d->judged = true;
	curl_easy_getinfo(d->curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(d->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	if (d->offset && status == 200)
		return err_set(d->err, EPROTO, "the server ignores ranges (status 200 instead of 206)");
	if (status >= 300 && status < 400)
		return err_set(d->err, EPROTO, "HTTP status %ld: a redirect that is not followed", status);
	if (status != (d->offset ? 206 : 200))
		return err_set(d->err, -http_status_code(status), "HTTP status %ld", status);
	if (d->total)
		*d->total = length < 0 ? 0 : d->offset + (uint64_t)length;
	return 0;
}

static size_t on_bytes(char *buf, size_t one, size_t len, void *data)
{
	struct download *d = data;

	(void)one;
	if (!d->judged)
		d->failed = judge(d);
	if (!d->failed)
		d->failed = d->sink(d->data, buf, len, d->err);
	return d->failed ? 0 : len;
}

static void set_up(CURL *curl, struct download *d, const char *url, const char *range,
		   struct curl_slist *headers)
{
	bool tls = !strncasecmp(url, "https:", strlen("https:"));

	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(curl, CURLOPT_MAXREDIRS, (long)REDIRECTS_MAX);
	curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, tls ? "https" : "http,https");
	if (d->offset)
		curl_easy_setopt(curl, CURLOPT_RANGE, range);
	curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, 512L * 1024);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1024L);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)STALLED_S);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, d);
}

int http_download(struct http *http, const char *url, uint64_t offset,
		  int (*sink)(void *data, const void *buf, size_t len, struct err *err), void *data,
		  uint64_t *ret_total, struct err *err)
{
	_cleanup_free_ char *full = http_url(http, url), *shown = http_shown_url(full);
	_cleanup_free_ char *range = str_printf("%" PRIu64 "-", offset);
	struct download d = {.offset = offset, .total = ret_total, .sink = sink, .data = data, .err = err};
	struct curl_slist *headers = NULL, *more;
	CURLcode code;
	int r;

	d.curl = http_begin(http, full, &headers);
	more = curl_slist_append(headers, "Accept-Encoding: identity");
	if (!more)
		abort();
	set_up(d.curl, &d, full, range, more);
	r = http_perform(http, full, &code, err);
	curl_slist_free_all(more);
	if (r < 0 && !d.failed)
		return r;
	if (!d.failed && !d.judged) /* an empty body */
		d.failed = judge(&d);
	return d.failed ? err_prepend(err, "%s", shown) : 0;
}
