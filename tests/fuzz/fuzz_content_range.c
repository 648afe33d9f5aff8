/* rooms: core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The header lines of an answer to a ranged request: offset and length (8 bytes each), then lines. */
#include <stdlib.h>
#include <string.h>

#include "core/http_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_answer answer = {0};
	const uint8_t *end;
	struct err err;

	if (size < 16)
		return 0;
	memcpy(&answer.offset, data, 8);
	memcpy(&answer.len, data + 8, 8);
	answer.offset &= INT64_MAX;
	answer.len = (answer.len & INT64_MAX) + 1;
	for (data += 16, size -= 16; size > 0; size -= (size_t)(end - data), data = end) {
		end = memchr(data, '\n', size);
		end = end ? end + 1 : data + size;
		http_answer_line(&answer, (const char *)data, (size_t)(end - data));
	}
	if (http_answer_judge(&answer, 206, &err) < 0)
		return 0;
	if (answer.first != answer.offset || answer.last - answer.first + 1 != answer.len)
		abort();
	while (http_answer_bytes(&answer, (size_t)(answer.len / 3 + 1), &err) == 0)
		if (answer.received > answer.len)
			abort();
	return 0;
}
