/* SPDX-License-Identifier: Apache-2.0 */
/* How the machine stood beside its class, in words. docs/certificate.md, "Gate" */
#ifndef CLI_CERTIFICATE_GATE_H
#define CLI_CERTIFICATE_GATE_H

#include <jansson.h>

/* Sentences, each a string: an array without members where the order named no class. A new reference. */
json_t *words_gate(const json_t *certificate);
/* Adds to the list of what was not done (certificate_not_done.c), by `add`. */
void words_gate_not_done(const json_t *certificate, json_t *list,
			 void (*add)(json_t *list, const char *what, const char *where, const char *reason));

#endif
