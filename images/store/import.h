/* SPDX-License-Identifier: Apache-2.0 */
/* A disk from elsewhere, made ready for packing: fetched, its digest checked, decompressed. docs/image-store.md. */
#ifndef IMAGES_STORE_IMPORT_H
#define IMAGES_STORE_IMPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/hash.h"
#include "images/content.h"

struct import_options {
	const char *source; /* a file, or an http or https URL */
	const char *sha256; /* of the source as it is, compressed: 64 hexadecimal digits; NULL: not checked */
	bool no_digest;     /* a URL may go without sha256 */
	const char *tls_ca; /* PEM file for an https URL; NULL: the system's */
	const char *dir;    /* of the image: what takes room is put beside it */
	uint64_t limit;     /* bytes of the disk; 0: what an image may have */
	bool (*cancelled)(void *data); /* may be NULL */
	void (*progress)(void *data, uint64_t done,
			 uint64_t total); /* bytes of the source; total 0: not known */
	void (*note)(void *data, const char *text);
	void *data;
};

struct scratch;

struct import_disk {
	char *path; /* of a raw or qcow2 disk: the source itself, or something that has no other name */
	struct scratch *scratch; /* NULL: the source itself */
	enum content content;    /* of the source */
	bool digest_known;       /* and checked, when it was given: */
	uint8_t digest[SHA256_SIZE];
};
void import_disk_clear(struct import_disk *disk);

/* Nothing of a source whose digest is wrong is left. Errors begin with the source. */
int import_open(const struct import_options *options, struct import_disk *ret, struct err *err) _must_check_;

#endif
