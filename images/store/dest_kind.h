/* SPDX-License-Identifier: Apache-2.0 */
/* Between dest.c and the kinds of destination. */
#ifndef IMAGES_STORE_DEST_KIND_H
#define IMAGES_STORE_DEST_KIND_H

#include "images/store/dest.h"

/* dest_options.note */
struct dest_note {
	void (*note)(void *data, const char *text);
	void *data;
};

struct dest_progress {
	void (*show)(void *data, uint64_t sent); /* NULL: none */
	void *data;
	uint64_t base; /* bytes of parts that have been sent before */
};

/* What a kind does; `self` is what its open() made. The contracts are dest.h's. */
struct dest_kind {
	bool single_files;
	void (*free)(void *self);
	int (*read)(void *self, const char *name, size_t limit, char **ret, size_t *ret_len, struct err *err);
	int (*has)(void *self, const struct dest_file *file, bool *ret, struct err *err);
	int (*size)(void *self, const char *name, uint64_t *ret, struct err *err);
	int (*begin)(void *self, const char *manifest, struct err *err);
	int (*put)(void *self, const struct dest_file *file, struct dest_progress *progress, struct err *err);
	int (*commit)(void *self, struct err *err);
};

extern const struct dest_kind dest_folder, dest_http, dest_s3;
int dest_folder_open(const struct dest_options *options, void **ret, struct err *err) _must_check_;
int dest_http_open(const struct dest_options *options, void **ret, struct err *err) _must_check_;
int dest_s3_open(const struct dest_options *options, void **ret, struct err *err) _must_check_;

/* As http_send(), tried again with growing pauses while the transport breaks or the store says 408, 429 or 5xx. */
int dest_send(struct http *http, const struct http_send *send, const struct dest_note *note,
	      struct http_answer *ret, struct err *err) _must_check_;
/* A file's bytes [offset, offset + len) as the body of a request that is otherwise prepared. */
void dest_body(struct http_send *send, const struct dest_file *file, uint64_t offset, uint64_t len,
	       struct dest_progress *progress);
/* -ENOENT for 404; *err says what the status means and quotes what an S3-compatible store answers. */
int dest_refused(const struct http_send *send, const struct http_answer *answer,
		 struct err *err) _must_check_;

#endif
