/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "images/zeros.h"

void zeros_sha256(size_t len, uint8_t digest[SHA256_SIZE])
{
	static const uint8_t zeros[4096];
	_cleanup_(sha256_stream_freep) struct sha256_stream *s = sha256_stream_new();

	for (size_t done = 0; done < len; done += sizeof(zeros)) {
		size_t n = len - done < sizeof(zeros) ? len - done : sizeof(zeros);

		sha256_stream_add(s, zeros, n);
	}
	sha256_stream_end(s, digest);
}

bool zeros_only(const void *buf, size_t len)
{
	const uint8_t *p = buf;

	/* each byte equals its neighbour, and the first is zero */
	return len == 0 || (p[0] == 0 && !memcmp(p, p + 1, len - 1));
}
