/* SPDX-License-Identifier: Apache-2.0 */
/* The image that `remint image write` writes: verified manifest and index, and where the payload lies. */
#ifndef CLI_WRITE_IMAGE_H
#define CLI_WRITE_IMAGE_H

#include "agent/pipeline/pipeline.h"
#include "images/image.h"

struct write_image {
	struct manifest *manifest;
	struct index *index;
	struct cms_signer signer;
	char *tls_ca; /* PEM, or NULL */
	char *urls[PIPELINE_SOURCES_MAX];
	struct pipeline_source sources[PIPELINE_SOURCES_MAX];
	unsigned n_sources;
};

struct write_from {
	const char *manifest; /* http(s) URL of the manifest or of its folder, or a local path of either */
	const char *const *mirrors; /* n_mirrors URLs of folders that hold the same payload */
	unsigned n_mirrors;
	const char *ca;     /* file: whose signatures count */
	const char *tls_ca; /* file: for https; NULL: the system's */
	uint64_t min_serial;
	bool (*cancelled)(void *data);
};

/* Fetches and verifies manifest and index. -EOPNOTSUPP when the image is none of a whole disk. Clear *ret in any case. */
int write_image_open(const struct write_from *from, struct write_image *ret, struct err *err) _must_check_;
void write_image_clear(struct write_image *image);

#endif
