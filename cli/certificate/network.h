/* SPDX-License-Identifier: Apache-2.0 */
/* The network that the tenant's system was given, in sentences. */
#ifndef CLI_CERTIFICATE_NETWORK_H
#define CLI_CERTIFICATE_NETWORK_H

#include <jansson.h>

/* An array of sentences, empty where the certificate says nothing of it. A new reference. */
json_t *words_network(const json_t *certificate);

#endif
