/* SPDX-License-Identifier: Apache-2.0 */
/* The image's part of evidence: what was written to which disks, and what may be said of its reading back. docs/certificate.md, "Image". */
#ifndef PROTOCOL_EVIDENCE_IMAGE_H
#define PROTOCOL_EVIDENCE_IMAGE_H

#include <jansson.h>

#include "core/err.h"

/* evidence.image and evidence.root_disks; image null: the order only erased. */
int evidence_image_check(const json_t *evidence, struct err *err) _must_check_;
/* Is it the image that an order (a document as protocol/order/order.h reads it) names, written and read back as it says? -EBADMSG. For evidence that has been checked. */
int evidence_image_is_of(const json_t *evidence, const json_t *order, struct err *err) _must_check_;
/* Sentences about evidence that has been checked: how the image was read back, and which disks were lost. malloc'd. */
char *evidence_image_statement(const json_t *evidence) _must_check_;

#endif
