/* SPDX-License-Identifier: Apache-2.0 */
/* Ranged fetches side by side, by libcurl's multi interface. */
#include "core/http_multi.h"

#include <inttypes.h>

#include "core/http_answer.h"
#include "core/http_easy.h"
#include "core/io.h"

enum {
	CONNECT_TIMEOUT_S = 10,
	BUFFER = 512 << 10, /* bytes that libcurl receives at once: the most that it takes */
	LOW_SPEED = 1024,   /* bytes/s ... */
	LOW_SPEED_S = 30,
	SPARE_MAX = 8, /* handles kept for the next transfer */
};

struct http_transfer {
	CURL *curl;
	struct http_answer answer;
	struct http_ranged what;
	char *shown;       /* URL for messages */
	uint64_t received; /* bytes of the body, refused ones included */
	bool ended;
	CURLcode code;
	int failed; /* negative errno, when err says why */
	struct err err;
	char reason[CURL_ERROR_SIZE];
};

struct http_multi {
	CURLM *curlm;
	struct curl_slist *headers;
	CURL *spare[SPARE_MAX];
	unsigned n_spare;
};

int http_multi_new(struct http_multi **ret, struct err *err)
{
	_cleanup_(http_multi_freep) struct http_multi *multi = xcalloc(1, sizeof(*multi));

	http_init();
	multi->curlm = curl_multi_init();
	multi->headers = curl_slist_append(NULL, "Accept-Encoding: identity");
	if (!multi->curlm || !multi->headers)
		return err_sys(err, ENOMEM, "HTTP client");
	*ret = TAKE_PTR(multi);
	return 0;
}

void http_multi_free(struct http_multi *multi)
{
	if (!multi)
		return;
	while (multi->n_spare)
		curl_easy_cleanup(multi->spare[--multi->n_spare]);
	if (multi->curlm)
		curl_multi_cleanup(multi->curlm);
	curl_slist_free_all(multi->headers);
	free(multi);
}

static size_t on_header(char *line, size_t one, size_t len, void *data)
{
	struct http_transfer *t = data;

	(void)one;
	http_answer_line(&t->answer, line, len);
	return len;
}

static int judge(struct http_transfer *t)
{
	long status = 0;

	curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
	return http_answer_judge(&t->answer, status, &t->err);
}

static size_t on_bytes(char *buf, size_t one, size_t len, void *data)
{
	struct http_transfer *t = data;

	(void)one;
	t->received += len;
	if (!t->answer.judged)
		t->failed = judge(t);
	if (!t->failed)
		t->failed = http_answer_bytes(&t->answer, len, &t->err);
	if (!t->failed && t->what.sink(t->what.data, buf, len))
		t->failed = err_set(&t->err, ECANCELED, "broken off");
	return t->failed ? 0 : len;
}

static void set_up(struct http_multi *multi, struct http_transfer *t)
{
	const struct http_setup setup = {
		.url = t->what.url,
		.ca_pem = t->what.ca_pem,
		.connect_timeout_s = CONNECT_TIMEOUT_S,
		.reason = t->reason,
	};
	char bytes[48];

	snprintf(bytes, sizeof(bytes), "%" PRIu64 "-%" PRIu64, t->what.offset,
		 t->what.offset + t->what.len - 1);
	http_set_up(t->curl, &setup);
	curl_easy_setopt(t->curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(t->curl, CURLOPT_HTTPHEADER, multi->headers);
	curl_easy_setopt(t->curl, CURLOPT_RANGE, bytes);
	curl_easy_setopt(t->curl, CURLOPT_BUFFERSIZE, (long)BUFFER);
	curl_easy_setopt(t->curl, CURLOPT_FRESH_CONNECT, (long)t->what.fresh);
	curl_easy_setopt(t->curl, CURLOPT_LOW_SPEED_LIMIT, (long)LOW_SPEED);
	curl_easy_setopt(t->curl, CURLOPT_LOW_SPEED_TIME, (long)LOW_SPEED_S);
	/* a name server that does not answer must not hold up the other transfers when this one is broken off */
	curl_easy_setopt(t->curl, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(t->curl, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(t->curl, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(t->curl, CURLOPT_WRITEFUNCTION, on_bytes);
	curl_easy_setopt(t->curl, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(t->curl, CURLOPT_PRIVATE, t);
}

static void transfer_free(struct http_multi *multi, struct http_transfer *t)
{
	if (t->curl && multi->n_spare < SPARE_MAX) {
		curl_easy_reset(t->curl);
		multi->spare[multi->n_spare++] = t->curl;
	} else {
		curl_easy_cleanup(t->curl);
	}
	free(t->shown);
	free(t);
}

int http_multi_start(struct http_multi *multi, const struct http_ranged *what, struct http_transfer **ret,
		     struct err *err)
{
	struct http_transfer *t = xcalloc(1, sizeof(*t));
	CURLMcode code;

	t->what = *what;
	t->answer = (struct http_answer){.offset = what->offset, .len = what->len};
	t->shown = http_shown_url(what->url);
	t->curl = multi->n_spare ? multi->spare[--multi->n_spare] : curl_easy_init();
	code = CURLM_OUT_OF_MEMORY;
	if (t->curl) {
		set_up(multi, t);
		code = curl_multi_add_handle(multi->curlm, t->curl);
	}
	if (code != CURLM_OK) {
		err_set(err, ENOMEM, "%s: %s", t->shown, curl_multi_strerror(code));
		transfer_free(multi, t);
		return -ENOMEM;
	}
	*ret = t;
	return 0;
}

int http_multi_move(struct http_multi *multi, unsigned wait_ms, struct err *err)
{
	CURLMcode code = curl_multi_poll(multi->curlm, NULL, 0, (int)wait_ms, NULL);
	int running;

	if (code == CURLM_OK)
		code = curl_multi_perform(multi->curlm, &running);
	if (code != CURLM_OK)
		return err_set(err, code == CURLM_OUT_OF_MEMORY ? ENOMEM : EIO, "HTTP client: %s",
			       curl_multi_strerror(code));
	return 0;
}

void http_multi_wake(struct http_multi *multi)
{
	curl_multi_wakeup(multi->curlm);
}

void *http_multi_ended(struct http_multi *multi)
{
	struct http_transfer *t = NULL;
	const CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(multi->curlm, &left)))
		if (msg->msg == CURLMSG_DONE) {
			curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &t);
			t->ended = true;
			t->code = msg->data.result;
			return t->what.data;
		}
	return NULL;
}

static int result(struct http_transfer *t)
{
	int r;

	if (!t->ended)
		return err_set(&t->err, ECANCELED, "broken off");
	if (t->failed)
		return t->failed;
	if (t->code != CURLE_OK)
		return err_set(&t->err, http_errno(t->curl, t->code), "%s",
			       t->reason[0] ? t->reason : curl_easy_strerror(t->code));
	if (!t->answer.judged && (r = judge(t)) < 0)
		return r;
	return http_answer_end(&t->answer, &t->err);
}

int http_multi_finish(struct http_multi *multi, struct http_transfer *t, uint64_t *ret_received,
		      struct err *err)
{
	int r = result(t);

	if (r < 0)
		err_set(err, -r, "%s: %s", t->shown, t->err.text);
	*ret_received = t->received;
	curl_multi_remove_handle(multi->curlm, t->curl);
	transfer_free(multi, t);
	return r;
}
