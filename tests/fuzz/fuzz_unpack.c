/* rooms: images/store images core */
/* SPDX-License-Identifier: Apache-2.0 */
/* A disk from elsewhere: what it is by its first bytes, and its decompression, in two portions. */
#include <stdint.h>

#include "images/content.h"
#include "images/store/unpack.h"

#define OUTPUT_MAX (64u << 20) /* bytes: more is of no interest */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int count(void *data, const void *buf, size_t len, struct err *err)
{
	size_t *total = data;

	(void)buf;
	*total += len;
	return *total > OUTPUT_MAX ? err_set(err, EFBIG, "enough") : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(unpacker_freep) struct unpacker *u = NULL;
	size_t head = size < CONTENT_HEAD ? size : CONTENT_HEAD, total = 0;
	enum content content;
	struct err err;

	if (content_detect(data, head, &content, &err) < 0)
		return 0;
	if (content == CONTENT_QCOW2 && content_check_qcow2(data, head, &err) < 0)
		return 0;
	if (unpacker_new(content, count, &total, &u, &err) < 0 || unpacker_add(u, data, size / 2, &err) < 0 ||
	    unpacker_add(u, data + size / 2, size - size / 2, &err) < 0 || unpacker_end(u, &err) < 0)
		return 0;
	return 0;
}
