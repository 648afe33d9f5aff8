/* SPDX-License-Identifier: Apache-2.0 */
/* The GPUs, in words. docs/certificate.md, "GPUs" */
#ifndef CLI_CERTIFICATE_GPU_H
#define CLI_CERTIFICATE_GPU_H

#include <jansson.h>

/* Sentences, each a string: an array without members where there are no GPUs. A new reference. */
json_t *words_gpus(const json_t *certificate);
/* Adds to the list of what was not done (certificate_not_done.c), by `add`. */
void words_gpus_not_done(const json_t *certificate, json_t *list,
			 void (*add)(json_t *list, const char *what, const char *where, const char *reason));

#endif
