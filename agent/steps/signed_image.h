/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A signed image that the order names: its manifest fetched and verified, then its index. In RAM alone; what was verified is what is used:
 * nothing is fetched twice.
 */
#ifndef AGENT_STEPS_SIGNED_IMAGE_H
#define AGENT_STEPS_SIGNED_IMAGE_H

#include "agent/step.h"

struct signed_wish {
	const char *url;     /* of manifest.json */
	const char *sha256;  /* of it, hexadecimal; NULL: any that verifies */
	uint64_t min_serial; /* the boot image's own floor is added */
	bool overlay;        /* of this kind alone; else of any other */
};

struct signed_image {
	struct manifest *manifest;
	struct index *index;
	struct cms_signer signer;
	char *payload_url;
};
void signed_image_clear(struct signed_image *image);

/* *ret: signed_image_clear(), on failure too. Errors name the file and the image. */
int signed_image_get(struct job *job, const struct signed_wish *wish, struct signed_image *ret,
		     struct err *err) _must_check_;

#endif
