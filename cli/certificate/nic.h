/* SPDX-License-Identifier: Apache-2.0 */
/* What network cards were set to, in words. docs/certificate.md, "Network cards" */
#ifndef CLI_CERTIFICATE_NIC_H
#define CLI_CERTIFICATE_NIC_H

#include <jansson.h>

/* Sentences, each a string: an array without members where the order said nothing of network cards. A new reference. */
json_t *words_nics(const json_t *certificate);
/* Adds to the list of what was not done (certificate_not_done.c), by `add`. */
void words_nics_not_done(const json_t *certificate, json_t *list,
			 void (*add)(json_t *list, const char *what, const char *where, const char *reason));

#endif
