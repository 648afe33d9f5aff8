/* SPDX-License-Identifier: Apache-2.0 */
/* A few bytes carried by value: what a TPM hands out and takes. */
#ifndef CORE_BYTES_H
#define CORE_BYTES_H

#include <stdint.h>

#define BYTES_MAX 1024

struct bytes {
	uint16_t len; /* up to BYTES_MAX */
	uint8_t data[BYTES_MAX];
};

#endif
