/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <unistd.h>

#include "core/http_easy.h"
#include "core/io.h"
#include "images/store/fetch_file.h"

#define TRIES     6 /* without a single byte between them */
#define TRIES_BAD 2 /* of a file whose hash is wrong */

struct inflow {
	const struct fetch_file *f;
	struct sha256_stream *hash;
	uint64_t at; /* bytes that have been written */
};

bool fetch_again(struct fetch_patience *p, int r, const struct err *err)
{
	_cleanup_free_ char *text = NULL;

	if (!http_transient(r) || ++p->tries == TRIES)
		return false;
	text = str_printf("%s: trying again in %u s", err->text, 1u << (p->tries - 1));
	if (p->note)
		p->note(p->data, text);
	sleep(1u << (p->tries - 1));
	return true;
}

static int on_bytes(void *data, const void *buf, size_t len, struct err *err)
{
	struct inflow *in = data;
	int r = pwrite_full(in->f->fd, buf, len, in->at, err);

	if (r < 0)
		return err_prepend(err, "%s", in->f->path);
	sha256_stream_add(in->hash, buf, len);
	in->at += len;
	return in->f->took(in->f->data, len, err);
}

/* From the beginning to the end. */
static int fetch_whole(const struct fetch_file *f, struct inflow *in, struct err *err)
{
	struct fetch_patience patience = f->patience;

	for (in->at = 0; in->at < f->file->size;) {
		uint64_t before = in->at;
		int r = http_fetch_range(f->http, f->url, before, f->file->size - before, on_bytes, in, err);

		if (in->at > before)
			patience.tries = 0;
		if (r < 0 && !fetch_again(&patience, r, err))
			return r;
	}
	return 0;
}

int fetch_file(const struct fetch_file *f, struct err *err)
{
	_cleanup_(sha256_stream_freep) struct sha256_stream *hash = sha256_stream_new();
	_cleanup_free_ char *shown = NULL;
	struct inflow in = {.f = f, .hash = hash};
	uint8_t digest[SHA256_SIZE];

	for (unsigned i = 0; i < TRIES_BAD; i++) {
		int r = fetch_whole(f, &in, err);

		if (r < 0)
			return r;
		sha256_stream_end(hash, digest);
		if (!memcmp(digest, f->file->sha256, SHA256_SIZE))
			return 0;
	}
	shown = http_shown_url(f->url);
	return err_set(err, EBADMSG, "%s: SHA-256 mismatch", shown);
}
