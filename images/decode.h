/* SPDX-License-Identifier: Apache-2.0 */
/* The chunk decoder: hash before decoding, one frame in, one plain chunk out. One decoder a thread. */
#ifndef IMAGES_DECODE_H
#define IMAGES_DECODE_H

#include <stdint.h>

#include "core/err.h"
#include "images/index.h"

struct decoder;
int decoder_new(struct decoder **ret, struct err *err) _must_check_;
void decoder_free(struct decoder *decoder);
DEFINE_CLEANUP(struct decoder *, decoder_free);

/*
 * frame: chunks[i].length bytes. Not one byte is decoded unless their SHA-256 is the index's (-EBADMSG,
 * "chunk 17: SHA-256 mismatch"). plain: index_chunk_len(i) bytes, exactly filled or an error.
 */
int decoder_run(struct decoder *decoder, const struct index *index, uint32_t i, const void *frame,
		void *plain, struct err *err) _must_check_;

/* Is the plain chunk what the index says? -EBADMSG with the chunk's number when not. */
int chunk_check_plain(const struct index *index, uint32_t i, const void *plain, struct err *err) _must_check_;

#endif
