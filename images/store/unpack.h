/* SPDX-License-Identifier: Apache-2.0 */
/* Decompression of a stream, piece by piece, with the checks that its format has (CRC, lengths, ends). */
#ifndef IMAGES_STORE_UNPACK_H
#define IMAGES_STORE_UNPACK_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "images/content.h"

#define UNPACK_PIECE (1u << 20) /* bytes: what the sink gets at once, but for the last piece */

typedef int (*unpack_sink)(void *data, const void *buf, size_t len, struct err *err);

struct unpacker;
/* CONTENT_RAW and CONTENT_QCOW2: passed on as they are. */
int unpacker_new(enum content content, unpack_sink sink, void *data, struct unpacker **ret,
		 struct err *err) _must_check_;
/* -EBADMSG: the stream is damaged. */
int unpacker_add(struct unpacker *unpacker, const void *buf, size_t len, struct err *err) _must_check_;
/* After the last byte. -EBADMSG: the stream is cut short. */
int unpacker_end(struct unpacker *unpacker, struct err *err) _must_check_;
void unpacker_free(struct unpacker *unpacker);
DEFINE_CLEANUP(struct unpacker *, unpacker_free);

#endif
