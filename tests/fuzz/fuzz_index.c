/* rooms: images core */
/* SPDX-License-Identifier: Apache-2.0 */
/* An index whose hash the manifest names, and whose sizes the manifest takes from it: the fields' own checks are reached. */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "images/index.h"
#include "images/index_spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(index_freep) struct index *index = NULL;
	_cleanup_free_ void *bytes = NULL;
	struct manifest m = {.index_size = size};
	struct index_header_wire h = {0};
	struct err err;
	size_t len;

	memcpy(&h, data, size < sizeof(h) ? size : sizeof(h));
	m.size = le64toh(h.disk_size);
	m.payload_size = le64toh(h.payload_size);
	if (!image_size_valid(m.size, 512)) /* manifest_parse() lets no other through */
		return 0;
	sha256(data, size, m.index_sha256);
	if (index_parse(data, size, &m, &index, &err) < 0)
		return 0;
	bytes = index_bytes(index, &len);
	if (len != size || memcmp(bytes, data, size) != 0)
		abort();
	return 0;
}
