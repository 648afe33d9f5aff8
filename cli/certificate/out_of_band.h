/* SPDX-License-Identifier: Apache-2.0 */
/* What a management controller told, against a baseline, in words. docs/certificate.md, "Out of band" */
#ifndef CLI_CERTIFICATE_OUT_OF_BAND_H
#define CLI_CERTIFICATE_OUT_OF_BAND_H

#include <jansson.h>

/* Sentences, each a string, of "out_of_band" as it stands in a certificate: an array without members for null. A new reference. */
json_t *words_out_of_band(const json_t *out_of_band);
/* Adds to the list of what was not done (certificate_not_done.c), by `add`. */
void words_out_of_band_not_done(const json_t *certificate, json_t *list,
				void (*add)(json_t *list, const char *what, const char *where,
					    const char *reason));

#endif
