/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a PE32+ file, of whoever made it: where its headers, sections and signature are. All within the file, or it is refused. */
#ifndef IMAGES_BOOT_PE_H
#define IMAGES_BOOT_PE_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "images/boot/pe_spec.h"

#define PE_SECTIONS_MAX 96u

struct pe_file {
	const uint8_t *bytes; /* borrowed */
	size_t len;
	uint16_t machine, subsystem; /* IMAGE_FILE_MACHINE_*, IMAGE_SUBSYSTEM_* */
	size_t checksum_at;          /* of the field CheckSum */
	size_t security_at;  /* of the data directory's entry for the certificate table; 0: there is none */
	size_t headers_len;  /* SizeOfHeaders */
	size_t security_len; /* bytes of the certificate table, at the file's end */
	const struct pe_section_header *sections;
	unsigned n_sections;
};

int pe_read(const void *bytes, size_t len, struct pe_file *ret, struct err *err) _must_check_; /* -EBADMSG */

/* The section of that name, as it lies in memory up to its VirtualSize; NULL: there is none, or more of it in memory than in the file. */
const void *pe_section(const struct pe_file *pe, const char *name, size_t *ret_len) _must_check_;

#endif
