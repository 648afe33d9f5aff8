/* SPDX-License-Identifier: Apache-2.0 */
/* Judging an answer to a request for a range. */
#include "core/http_answer.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "core/http_easy.h"

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

void http_answer_line(struct http_answer *answer, const char *line, size_t len)
{
	const char *p = line, *end = line + len;

	if (starts_with(p, end, "HTTP/")) /* of a new answer */
		answer->has_range = false;
	if (!starts_with(p, end, "content-range:"))
		return;
	p += strlen("content-range:");
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	if (!starts_with(p, end, "bytes "))
		return;
	p += strlen("bytes ");
	answer->has_range = read_number(&p, end, &answer->first) && p < end && *p++ == '-' &&
			    read_number(&p, end, &answer->last) && p < end && *p == '/';
}

int http_answer_judge(struct http_answer *answer, long status, struct err *err)
{
	answer->judged = true;
	if (status == 200)
		return err_set(err, EPROTO, "the server ignores ranges (status 200 instead of 206)");
	if (status != 206)
		return err_set(err, -http_status_code(status), "HTTP status %ld", status);
	if (!answer->has_range || answer->first != answer->offset ||
	    answer->last != answer->offset + answer->len - 1)
		return err_set(err, EPROTO,
			       "the server answers another range than bytes %" PRIu64 "-%" PRIu64,
			       answer->offset, answer->offset + answer->len - 1);
	return 0;
}

int http_answer_bytes(struct http_answer *answer, size_t len, struct err *err)
{
	if (len > answer->len - answer->received)
		return err_set(err, EPROTO, "more bytes than were asked for");
	answer->received += len;
	return 0;
}

int http_answer_end(const struct http_answer *answer, struct err *err)
{
	if (answer->received != answer->len)
		return err_set(err, EPROTO, "the answer ends after %" PRIu64 " of %" PRIu64 " bytes",
			       answer->received, answer->len);
	return 0;
}
