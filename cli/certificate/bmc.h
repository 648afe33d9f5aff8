/* SPDX-License-Identifier: Apache-2.0 */
/* What a certificate says of the station's work through the node's BMC, in words. */
#ifndef CLI_CERTIFICATE_BMC_H
#define CLI_CERTIFICATE_BMC_H

#include <jansson.h>

/* Sentences, each a string: an array without members where the certificate says nothing of it. A new reference. */
json_t *words_bmc(const json_t *certificate);

#endif
