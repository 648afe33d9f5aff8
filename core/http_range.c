/* SPDX-License-Identifier: Apache-2.0 */
/* Ranged fetches (RFC 9110 section 14): exactly the bytes that were asked for, or an error. */
#include <inttypes.h>

#include "core/http_answer.h"
#include "core/http_easy.h"
#include "core/io.h"

struct range {
	CURL *curl;
	struct http_answer answer;
	int (*sink)(void *data, const void *buf, size_t len, struct err *err);
	void *data;
	int failed; /* negative errno, when *err says why */
	struct err *err;
};

static size_t on_header(char *line, size_t one, size_t len, void *data)
{
	struct range *range = data;

	(void)one;
	http_answer_line(&range->answer, line, len);
	return len;
}

/* Before the first byte: is this the range that was asked for? */
static int judge(struct range *range)
{
	long status = 0;

	curl_easy_getinfo(range->curl, CURLINFO_RESPONSE_CODE, &status);
	return http_answer_judge(&range->answer, status, range->err);
}

static size_t on_bytes(char *buf, size_t one, size_t len, void *data)
{
	struct range *range = data;

	(void)one;
	if (!range->answer.judged)
		range->failed = judge(range);
	if (!range->failed)
		range->failed = http_answer_bytes(&range->answer, len, range->err);
	if (!range->failed)
		range->failed = range->sink(range->data, buf, len, range->err);
	return range->failed ? 0 : len;
}

static int finish(struct range *range, int r)
{
	if (range->failed)
		return range->failed;
	if (r < 0)
		return r;
	if (!range->answer.judged) {
		r = judge(range);
		if (r < 0)
			return r;
	}
	return http_answer_end(&range->answer, range->err);
}

int http_fetch_range(struct http *http, const char *url, uint64_t offset, uint64_t len,
		     int (*sink)(void *data, const void *buf, size_t len, struct err *err), void *data,
		     struct err *err)
{
	_cleanup_free_ char *full = http_url(http, url), *shown = http_shown_url(full);
	_cleanup_free_ char *bytes = str_printf("%" PRIu64 "-%" PRIu64, offset, offset + len - 1);
	struct curl_slist *headers = NULL;
	struct range range = {
		.answer = {.offset = offset, .len = len}, .sink = sink, .data = data, .err = err};
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
