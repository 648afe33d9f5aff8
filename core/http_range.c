/* SPDX-License-Identifier: Apache-2.0 */
/* Ranged fetches (RFC 9110 section 14): exactly the bytes that were asked for, or an error. */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "core/http_easy.h"
#include "core/io.h"

struct range {
	CURL *curl;
	uint64_t offset, len, received;
	bool judged;          /* status and Content-Range have been looked at */
	bool has_range;       /* a Content-Range was there */
	uint64_t first, last; /* what it says */
	int (*sink)(void *data, const void *buf, size_t len, struct err *err);
	void *data;
	int failed; /* negative errno, when *err says why */
	struct err *err;
};

/* Decimal digits alone; sscanf() would take signs and spaces. */
static bool read_number(const char **p, const char *end, uint64_t *ret)
{
	const char *start = *p;
	uint64_t n = 0;

	for (; *p < end && **p >= '0' && **p <= '9' && *p - start < 19; (*p)++)
		n = n * 10 + (uint64_t)(**p - '0');
	*ret = n;
	return *p > start;
}

static bool starts_with(const char *p, const char *end, const char *word)
{
	return (size_t)(end - p) >= strlen(word) && !strncasecmp(p, word, strlen(word));
}

static size_t on_header(char *line, size_t one, size_t len, void *data)
{
	struct range *range = data;
	const char *p = line, *end = line + len;

	(void)one;
	if (starts_with(p, end, "HTTP/")) /* of a new answer */
		range->has_range = false;
	if (!starts_with(p, end, "content-range:"))
		return len;
	p += strlen("content-range:");
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	if (!starts_with(p, end, "bytes "))
		return len;
	p += strlen("bytes ");
	range->has_range = read_number(&p, end, &range->first) && p < end && *p++ == '-' &&
			   read_number(&p, end, &range->last) && p < end && *p == '/';
	return len;
}

/* Before the first byte: is this the range that was asked for? */
static int judge(struct range *range)
{
	long status = 0;

	range->judged = true;
	curl_easy_getinfo(range->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status == 200)
		return err_set(range->err, EPROTO, "the server ignores ranges (status 200 instead of 206)");
	if (status != 206)
		return err_set(range->err, -http_status_code(status), "HTTP status %ld", status);
	if (!range->has_range || range->first != range->offset ||
	    range->last != range->offset + range->len - 1)
		return err_set(range->err, EPROTO,
			       "the server answers another range than bytes %" PRIu64 "-%" PRIu64,
			       range->offset, range->offset + range->len - 1);
	return 0;
}

static size_t on_bytes(char *buf, size_t one, size_t len, void *data)
{
	struct range *range = data;

	(void)one;
	if (!range->judged)
		range->failed = judge(range);
	if (!range->failed && len > range->len - range->received)
		range->failed = err_set(range->err, EPROTO, "more bytes than were asked for");
	if (!range->failed)
		range->failed = range->sink(range->data, buf, len, range->err);
	if (range->failed)
		return 0;
	range->received += len;
	return len;
}

static int finish(struct range *range, int r)
{
	if (range->failed)
		return range->failed;
	if (r < 0)
		return r;
	if (!range->judged) {
		r = judge(range);
		if (r < 0)
			return r;
	}
	if (range->received != range->len)
		return err_set(range->err, EPROTO, "the answer ends after %" PRIu64 " of %" PRIu64 " bytes",
			       range->received, range->len);
	return 0;
}

int http_fetch_range(struct http *http, const char *url, uint64_t offset, uint64_t len,
		     int (*sink)(void *data, const void *buf, size_t len, struct err *err), void *data,
		     struct err *err)
{
	_cleanup_free_ char *full = http_url(http, url), *shown = http_shown_url(full);
	_cleanup_free_ char *bytes = str_printf("%" PRIu64 "-%" PRIu64, offset, offset + len - 1);
	struct curl_slist *headers = NULL;
	struct range range = {.offset = offset, .len = len, .sink = sink, .data = data, .err = err};
	CURLcode code;
	int r;

	if (!len)
		return 0;
	if (offset + len < offset)
		return err_set(err, EINVAL, "%s: a range that wraps around", shown);
	range.curl = http_begin(http, full, &headers);
	headers = curl_slist_append(headers, "Accept-Encoding: identity");
	curl_easy_setopt(range.curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(range.curl, CURLOPT_RANGE, bytes);
	curl_easy_setopt(range.curl, CURLOPT_BUFFERSIZE, 512L * 1024);
	curl_easy_setopt(range.curl, CURLOPT_LOW_SPEED_LIMIT, 1024L);
	curl_easy_setopt(range.curl, CURLOPT_LOW_SPEED_TIME, 30L);
	curl_easy_setopt(range.curl, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(range.curl, CURLOPT_HEADERDATA, &range);
	curl_easy_setopt(range.curl, CURLOPT_WRITEFUNCTION, on_bytes);
	curl_easy_setopt(range.curl, CURLOPT_WRITEDATA, &range);
	r = http_perform(http, full, &code, err);
	curl_slist_free_all(headers);
	if (r < 0 && !range.failed)
		return r;
	r = finish(&range, r);
	return r < 0 ? err_prepend(err, "%s", shown) : 0;
}
