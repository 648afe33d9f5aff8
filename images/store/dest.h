/* SPDX-License-Identifier: Apache-2.0 */
/* Where a packed image is pushed to: a folder, an HTTP server that takes PUT, or an S3-compatible store. */
#ifndef IMAGES_STORE_DEST_H
#define IMAGES_STORE_DEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/http_upload.h"

struct dest_options {
	const char *where;             /* a folder, http(s)://..., or s3://BUCKET/PREFIX */
	bool force;                    /* replace another image that is there */
	const char *tls_ca;            /* PEM file for https; NULL: the system's */
	const char *token_file;        /* holds a bearer token, for https alone; NULL: none */
	const char *endpoint;          /* of the S3-compatible store; NULL: Amazon's for the region */
	const char *region;            /* NULL: us-east-1 */
	const char *credentials_file;  /* NULL: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN */
	uint64_t part_size;            /* bytes of a part of a large object; 0: 64 MiB */
	bool (*cancelled)(void *data); /* may be NULL */
	void (*note)(void *data, const char *text); /* why a transfer is tried again; may be NULL */
	void *data;
};

struct dest_file {
	const char *name;
	const void *body; /* size bytes; NULL: from fd */
	int fd;
	uint64_t size;
	const char *
		sha256; /* hexadecimal, of what determines the content: the file itself, or for a payload its index */
};

/* dest_options.where as messages show it, malloc'd: of a URL not the user's name and password. */
char *dest_shown(const char *where) _must_check_;

struct dest;
int dest_open(const struct dest_options *options, struct dest **ret, struct err *err) _must_check_;
void dest_free(struct dest *dest); /* a folder that has not been committed is removed */
DEFINE_CLEANUP(struct dest *, dest_free);

/* The whole of a small file, malloc'd; -ENOENT: there is none. */
int dest_read(struct dest *dest, const char *name, size_t limit, char **ret, size_t *ret_len,
	      struct err *err) _must_check_;
/* Is exactly this file there? Says no when the place cannot tell. */
int dest_has(struct dest *dest, const struct dest_file *file, bool *ret, struct err *err) _must_check_;
/* Bytes of a file; -ENOENT: there is none. */
int dest_size(struct dest *dest, const char *name, uint64_t *ret, struct err *err) _must_check_;

/* Before the first dest_put(). manifest: a file that goes first, because its image is about to be replaced; NULL: none. */
int dest_begin(struct dest *dest, const char *manifest, struct err *err) _must_check_;
int dest_put(struct dest *dest, const struct dest_file *file, void (*progress)(void *data, uint64_t sent),
	     void *data, struct err *err) _must_check_;
/* After the last dest_put(): from here on readers see it. */
int dest_commit(struct dest *dest, struct err *err) _must_check_;

/* Can single files stay as they are, or does the image appear as a whole? */
bool dest_takes_single_files(const struct dest *dest);

#endif
