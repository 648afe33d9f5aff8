/* SPDX-License-Identifier: Apache-2.0 */
/* What is known about zeros. */
#ifndef IMAGES_ZEROS_H
#define IMAGES_ZEROS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/hash.h"

/* SHA-256 of len zero bytes. */
void zeros_sha256(size_t len, uint8_t digest[SHA256_SIZE]);

/* Is all of buf zero? */
bool zeros_only(const void *buf, size_t len);

#endif
