/* SPDX-License-Identifier: Apache-2.0 */
#include "images/boot/authenticode.h"

#include <string.h>

#include "images/boot/pe.h"

static int by_place(const void *a, const void *b)
{
	const struct pe_section_header *const *one = a, *const *two = b;

	return ((*one)->PointerToRawData > (*two)->PointerToRawData) -
	       ((*one)->PointerToRawData < (*two)->PointerToRawData);
}

static void add_headers(const struct pe_file *pe, struct sha256_stream *stream)
{
	size_t after = pe->checksum_at + 4;

	sha256_stream_add(stream, pe->bytes, pe->checksum_at);
	if (pe->security_at) {
		sha256_stream_add(stream, pe->bytes + after, pe->security_at - after);
		after = pe->security_at + sizeof(struct pe_data_directory);
	}
	sha256_stream_add(stream, pe->bytes + after, pe->headers_len - after);
}

/* In the order in which they lie in the file; the sum of headers and sections, which the specification takes for the place where what belongs
 * to no section begins. */
static uint64_t add_sections(const struct pe_file *pe, struct sha256_stream *stream)
{
	const struct pe_section_header *sorted[PE_SECTIONS_MAX] = {NULL};
	uint64_t sum = pe->headers_len;
	unsigned n = 0;

	for (unsigned i = 0; i < pe->n_sections; i++)
		if (pe->sections[i].SizeOfRawData)
			sorted[n++] = &pe->sections[i];
	qsort(sorted, n, sizeof(sorted[0]), by_place);
	for (unsigned i = 0; i < n; i++) {
		sha256_stream_add(stream, pe->bytes + sorted[i]->PointerToRawData, sorted[i]->SizeOfRawData);
		sum += sorted[i]->SizeOfRawData;
	}
	return sum;
}

int authenticode_sha256(const void *bytes, size_t len, uint8_t digest[SHA256_SIZE], struct err *err)
{
	_cleanup_(sha256_stream_freep) struct sha256_stream *stream = NULL;
	struct pe_file pe;
	uint64_t sum;
	int r = pe_read(bytes, len, &pe, err);

	if (r < 0)
		return r;
	stream = sha256_stream_new();
	add_headers(&pe, stream);
	sum = add_sections(&pe, stream);
	if (sum > len - pe.security_len)
		return err_set(err, EBADMSG, "its sections overlap");
	sha256_stream_add(stream, pe.bytes + sum, (size_t)(len - pe.security_len - sum));
	sha256_stream_end(stream, digest);
	return 0;
}
