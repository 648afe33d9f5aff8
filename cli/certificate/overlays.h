/* SPDX-License-Identifier: Apache-2.0 */
/* The overlays that the agent worked with, in words. docs/certificate.md, "Overlays" */
#ifndef CLI_CERTIFICATE_OVERLAYS_H
#define CLI_CERTIFICATE_OVERLAYS_H

#include <jansson.h>

/* Sentences, each a string: an array without members where the order named none. A new reference. */
json_t *words_overlays(const json_t *certificate);

#endif
