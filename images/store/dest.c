/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <strings.h>
#include <time.h>

#include "core/hash.h"
#include "core/http_easy.h"
#include "core/io.h"
#include "images/store/dest_kind.h"
#include "images/store/s3_xml.h"

#define TRIES       6
#define PAUSE_MS    500 /* before the second try; doubled each time */
#define PAUSE_SLICE 100 /* ms */

struct dest {
	const struct dest_kind *kind;
	void *self;
};

char *dest_shown(const char *where)
{
	return strstr(where, "://") ? http_shown_url(where) : xstrdup(where);
}

int dest_open(const struct dest_options *o, struct dest **ret, struct err *err)
{
	struct dest *d;
	const struct dest_kind *kind;
	_cleanup_free_ char *shown = dest_shown(o->where);
	void *self = NULL;
	int r;

	if (!strncasecmp(o->where, "s3://", 5)) {
		kind = &dest_s3;
		r = dest_s3_open(o, &self, err);
	} else if (!strncasecmp(o->where, "http://", 7) || !strncasecmp(o->where, "https://", 8)) {
		kind = &dest_http;
		r = dest_http_open(o, &self, err);
	} else if (strstr(o->where, "://")) {
		return err_set(err, EINVAL, "%s: a destination is a folder, http://, https:// or s3://",
			       shown);
	} else {
		kind = &dest_folder;
		r = dest_folder_open(o, &self, err);
	}
	if (r < 0)
		return r;
	d = xcalloc(1, sizeof(*d));
	*d = (struct dest){.kind = kind, .self = self};
	*ret = d;
	return 0;
}

void dest_free(struct dest *d)
{
	if (!d)
		return;
	d->kind->free(d->self);
	free(d);
}

int dest_read(struct dest *d, const char *name, size_t limit, char **ret, size_t *ret_len, struct err *err)
{
	return d->kind->read(d->self, name, limit, ret, ret_len, err);
}

int dest_has(struct dest *d, const struct dest_file *file, bool *ret, struct err *err)
{
	return d->kind->has(d->self, file, ret, err);
}

int dest_size(struct dest *d, const char *name, uint64_t *ret, struct err *err)
{
	return d->kind->size(d->self, name, ret, err);
}

int dest_begin(struct dest *d, const char *manifest, struct err *err)
{
	return d->kind->begin(d->self, manifest, err);
}

int dest_put(struct dest *d, const struct dest_file *file, void (*progress)(void *data, uint64_t sent),
	     void *data, struct err *err)
{
	struct dest_progress p = {.show = progress, .data = data};

	return d->kind->put(d->self, file, &p, err);
}

int dest_commit(struct dest *d, struct err *err)
{
	return d->kind->commit ? d->kind->commit(d->self, err) : 0;
}

bool dest_takes_single_files(const struct dest *d)
{
	return d->kind->single_files;
}

/* ---- what those that speak HTTP share ----------------------------------------------------------- */

static void pause_ms(unsigned ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

	nanosleep(&t, NULL); /* a signal ends it: then the next try finds out whether it was to cancel */
}

static bool try_again(long status)
{
	return status == 408 || status == 429 || status >= 500;
}

static void note_again(const struct dest_note *note, const struct http_send *send, long status,
		       const struct err *err)
{
	_cleanup_free_ char *shown = http_shown_url(send->url);
	_cleanup_free_ char *text =
		status ? str_printf("%s %s: HTTP status %ld: trying again", send->method, shown, status)
		       : str_printf("%s: trying again", err->text);

	if (note->note)
		note->note(note->data, text);
}

int dest_send(struct http *http, const struct http_send *send, const struct dest_note *note,
	      struct http_answer *ret, struct err *err)
{
	unsigned ms = PAUSE_MS;
	uint8_t jitter;

	for (unsigned i = 1;; i++) {
		int r = http_send(http, send, ret, err);

		if (i == TRIES || (r < 0 ? !http_transient(r) : !try_again(ret->status)))
			return r;
		note_again(note, send, r == 0 ? ret->status : 0, err);
		if (r == 0)
			http_answer_clear(ret);
		random_bytes(&jitter, 1); /* so that many who were turned away do not come back at once */
		pause_ms(ms + jitter % PAUSE_SLICE);
		ms *= 2;
	}
}

static void show_progress(void *data, uint64_t sent)
{
	struct dest_progress *p = data;

	p->show(p->data, p->base + sent);
}

void dest_body(struct http_send *send, const struct dest_file *file, uint64_t offset, uint64_t len,
	       struct dest_progress *progress)
{
	send->body = file->body ? (const char *)file->body + offset : NULL;
	send->fd = file->fd;
	send->offset = offset;
	send->len = len;
	if (progress->show) {
		progress->base = offset;
		send->progress = show_progress;
		send->data = progress;
	}
}

static const char *hint(long status)
{
	switch (status) {
	case 401:
		return ": it wants a token or other credentials";
	case 403:
		return ": the credentials are wrong, or do not permit this";
	case 405:
		return ": it takes no uploads here (no PUT)";
	case 409:
		return ": the folder above it may be missing";
	case 413:
		return ": the server's limit for uploads is too low";
	case 507:
		return ": the server has no room left";
	default:
		return "";
	}
}

int dest_refused(const struct http_send *send, const struct http_answer *answer, struct err *err)
{
	_cleanup_free_ char *shown = http_shown_url(send->url);
	char code[64], message[300];
	int e = -http_status_code(answer->status);

	if (s3_xml_text(answer->body, "Code", code, sizeof(code)) < 0)
		return err_set(err, e, "%s %s: HTTP status %ld%s", send->method, shown, answer->status,
			       hint(answer->status));
	if (s3_xml_text(answer->body, "Message", message, sizeof(message)) < 0)
		message[0] = '\0';
	return err_set(err, e, "%s %s: HTTP status %ld, %s%s%s", send->method, shown, answer->status, code,
		       *message ? ": " : "", message);
}
