/* SPDX-License-Identifier: Apache-2.0 */
/* A copy of an image that a web server has, verified on the way. docs/image-store.md. */
#ifndef IMAGES_STORE_MIRROR_H
#define IMAGES_STORE_MIRROR_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "images/manifest.h"

#define MIRROR_RATE_MIN (64u << 10) /* bytes/s: below this a transfer counts as stalled */

struct mirror_options {
	const char *source; /* http(s) URL of an image's folder, or of its manifest.json */
	const char *dest;   /* folder that holds images: the copy is DEST/NAME */
	const char *name;   /* NULL: the manifest's */
	const struct manifest_policy *policy;
	const char *tls_ca;            /* PEM file for an https URL; NULL: the system's */
	bool keep_newer;               /* do nothing when DEST/NAME has the same or a higher serial */
	uint64_t limit_rate;           /* bytes/s; 0: none */
	bool (*cancelled)(void *data); /* may be NULL */
	void (*progress)(void *data, uint64_t done, uint64_t total); /* bytes of the payload */
	void (*note)(void *data, const char *text);
	void *data;
};

enum mirror_outcome {
	MIRROR_FETCHED,
	MIRROR_UNCHANGED, /* the same image was there, and every chunk of it is good */
	MIRROR_KEPT,      /* keep_newer */
};

struct mirror_result {
	enum mirror_outcome outcome;
	char *dir;
	struct manifest *manifest; /* of the source */
	struct cms_signer signer;
	uint64_t fetched; /* bytes received of payload and files for kexec */
	uint64_t found;   /* bytes of the payload taken from an interrupted copy */
};
void mirror_result_clear(struct mirror_result *result);

/*
 * Under its final name stands a whole and verified image or what stood there before. After a broken transfer DIR.partial stays, with
 * frames that are right and nothing else, and the next call goes on from it.
 */
int image_mirror(const struct mirror_options *options, struct mirror_result *ret,
		 struct err *err) _must_check_;

#endif
