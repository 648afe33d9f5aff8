/* SPDX-License-Identifier: Apache-2.0 */
/* What a certificate says of the firmware, in words. */
#ifndef CLI_CERTIFICATE_FIRMWARE_H
#define CLI_CERTIFICATE_FIRMWARE_H

#include <jansson.h>

/* Sentences, each a string: an array without members where the certificate says nothing of it. A new reference. */
json_t *words_firmware(const json_t *certificate);
/* Adds to the list of what was not done (certificate_not_done.c), by `add`. */
void words_firmware_not_done(const json_t *certificate, json_t *list,
			     void (*add)(json_t *list, const char *what, const char *where,
					 const char *reason));

#endif
