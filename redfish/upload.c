/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/upload.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "core/time.h"

#define ANSWER_MS 600000u /* a BMC may look at all of an image before it answers */

static uint64_t now_ms(void)
{
	return monotonic_ns() / 1000000;
}

static size_t on_read(char *buf, size_t one, size_t len, void *data)
{
	struct rf_sending *s = data;
	uint64_t left = s->what->size - s->at;
	ssize_t n;

	(void)one; /* is 1 */
	if (len > left)
		len = (size_t)left;
	if (!len)
		return 0;
	do
		n = pread(s->what->fd, buf, len, (off_t)s->at);
	while (n < 0 && errno == EINTR);
	if (n <= 0) {
		s->failed = n < 0 ? errno : ENODATA;
		return CURL_READFUNC_ABORT;
	}
	s->at += (uint64_t)n;
	return (size_t)n;
}

/* It is sent again, on another connection. */
static int on_seek(void *data, curl_off_t offset, int origin)
{
	struct rf_sending *s = data;

	if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > s->what->size)
		return CURL_SEEKFUNC_FAIL;
	s->at = (uint64_t)offset;
	return CURL_SEEKFUNC_OK;
}

static void next_span(struct rf_sending *s, uint64_t now, uint64_t sent, unsigned ms)
{
	s->since = now;
	s->until = now + ms;
	s->before = sent;
}

/* About once a second when nothing moves. Not 0 ends the exchange. */
static int on_progress(void *data, curl_off_t down_total, curl_off_t down, curl_off_t up_total, curl_off_t up)
{
	struct rf_sending *s = data;
	uint64_t now = now_ms(), sent = up < 0 ? 0 : (uint64_t)up;
	bool all = up_total > 0 && up >= up_total;

	(void)down_total;
	(void)down;
	if (s->what->progress)
		s->what->progress(s->what->data, all ? s->what->size : s->at, s->what->size);
	if (sent < s->before ||
	    (all && sent > s->before)) /* from the beginning again; or the last byte has gone */
		next_span(s, now, sent, all ? ANSWER_MS : s->span_ms);
	if (now < s->until)
		return 0;
	s->unanswered = all;
	s->slow = !all && (sent - s->before) * 1000 < (uint64_t)RF_UPLOAD_RATE_MIN * (now - s->since);
	next_span(s, now, sent, s->span_ms);
	return s->slow || s->unanswered;
}

/* Two parts, in the order that DSP0266 wants. */
static int set_parts(struct rf_sending *s, CURL *curl)
{
	const struct rf_upload *what = s->what;
	curl_mimepart *part;
	CURLcode code;

	s->mime = curl_mime_init(curl);
	part = s->mime ? curl_mime_addpart(s->mime) : NULL;
	if (!part)
		return -1;
	code = curl_mime_name(part, "UpdateParameters");
	if (code == CURLE_OK)
		code = curl_mime_data(part, what->parameters, CURL_ZERO_TERMINATED);
	if (code == CURLE_OK)
		code = curl_mime_type(part, "application/json");
	part = curl_mime_addpart(s->mime);
	if (code != CURLE_OK || !part)
		return -1;
	code = curl_mime_name(part, "UpdateFile");
	if (code == CURLE_OK)
		code = curl_mime_filename(part, what->name);
	if (code == CURLE_OK)
		code = curl_mime_type(part, "application/octet-stream");
	if (code == CURLE_OK)
		code = curl_mime_data_cb(part, (curl_off_t)what->size, on_read, on_seek, NULL, s);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_MIMEPOST, s->mime);
	return code == CURLE_OK ? 0 : -1;
}

static void set_file(struct rf_sending *s, CURL *curl)
{
	curl_easy_setopt(curl, CURLOPT_POST, 1L);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)s->what->size);
	curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_read);
	curl_easy_setopt(curl, CURLOPT_READDATA, s);
	curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, on_seek);
	curl_easy_setopt(curl, CURLOPT_SEEKDATA, s);
}

int rf_sending_set_up(struct rf_sending *s, CURL *curl, const struct rf_upload *what, unsigned span_ms,
		      struct err *err)
{
	s->what = what;
	s->span_ms = span_ms;
	next_span(s, now_ms(), 0, span_ms);
	if (what->parameters && set_parts(s, curl) < 0)
		return err_sys(err, ENOMEM, "HTTP client");
	if (!what->parameters)
		set_file(s, curl);
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, "POST");
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, s);
	return 0;
}

int rf_sending_why(const struct rf_sending *s, struct err *err)
{
	if (s->failed == ENODATA)
		return err_set(err, EIO, "%s has become shorter while it was sent", s->what->name);
	if (s->failed)
		return err_sys(err, s->failed, "%s", s->what->name);
	if (s->slow)
		return err_set(err, ETIMEDOUT, "the BMC takes %s slower than %u bytes a second",
			       s->what->name, RF_UPLOAD_RATE_MIN);
	if (s->unanswered)
		return err_set(err, ETIMEDOUT, "no answer for %u s after all of %s had been sent",
			       ANSWER_MS / 1000, s->what->name);
	return 0;
}

void rf_sending_clear(struct rf_sending *s)
{
	curl_mime_free(s->mime);
	*s = (struct rf_sending){0};
}
