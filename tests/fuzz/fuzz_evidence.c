/* rooms: protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>

#include "core/json.h"
#include "protocol/certificate/certificate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_json_ json_t *json = NULL;
	struct err err = {0};
	_cleanup_free_ char *certificate = NULL;
	const struct certificate_context context = {
		.station = "station",
		.order_id = "o-1",
		.node = "node1",
		.requested_by = "admin",
		.identity_basis = "location-trusted",
		.evidence_sha256 = "00",
	};
	_cleanup_json_ json_t *made = NULL;
	size_t len;
	int r;

	if (json_parse(data, size, &json, &err) < 0)
		return 0;
	r = evidence_check(json, "o-1", &err);
	certificate = certificate_make(json, &context, &len, &err);
	if (!certificate != (r < 0)) /* what passes the check becomes a certificate, and nothing else does */
		__builtin_trap();
	if (certificate &&
	    (json_parse(certificate, len, &made, &err) < 0 || certificate_check(made, &err) < 0))
		__builtin_trap(); /* and its readers take it */
	return 0;
}
