/* SPDX-License-Identifier: Apache-2.0 */
/* What a certificate says of how the machine went over to its tenant's system, in words. */
#ifndef CLI_CERTIFICATE_HANDOVER_H
#define CLI_CERTIFICATE_HANDOVER_H

#include <jansson.h>

/* Sentences, each a string: an array without members where the certificate says nothing of it. A new reference. */
json_t *words_handover(const json_t *certificate);

#endif
