/* rooms: images core */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A frame under an index that names its hash, so that zstd is reached. The input's first 3 bytes choose the chunk's size; the buffer
 * is exactly as large, so that a byte too many is seen.
 */
#include <stdlib.h>
#include <string.h>

#include "images/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct decoder *decoder;
	_cleanup_free_ uint8_t *plain = NULL;
	struct chunk chunk = {0};
	struct index index = {.chunk_size = IMAGE_CHUNK_SIZE, .n_chunks = 1, .chunks = &chunk};
	struct err err;

	if (size < 4 || size > IMAGE_CHUNK_SIZE)
		return 0;
	index.size = 1 + (data[0] | data[1] << 8 | (data[2] & 0x3f) << 16);
	chunk.length = (uint32_t)size - 3;
	sha256(data + 3, chunk.length, chunk.frame_sha256);
	if (!decoder && decoder_new(&decoder, &err) < 0)
		abort();
	plain = malloc(index.size);
	if (decoder_run(decoder, &index, 0, data + 3, plain, &err) == 0 &&
	    chunk_check_plain(&index, 0, plain, &err) == 0)
		abort(); /* the plain hash is all zeros: nothing has it */
	return 0;
}
