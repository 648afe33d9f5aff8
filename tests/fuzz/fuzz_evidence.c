/* rooms: protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <string.h>

#include "core/json.h"
#include "protocol/certificate.h"

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
	};
	size_t len;
	int r;

	if (json_parse(data, size, &json, &err) < 0)
		return 0;
	r = evidence_check(json, "o-1", &err);
	certificate = certificate_make(json, &context, &len, &err);
	if (!certificate != (r < 0)) /* what passes the check becomes a certificate, and nothing else does */
		__builtin_trap();
	if (certificate && !strstr(certificate, "\"certificate\":1"))
		__builtin_trap();
	return 0;
}
