/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/order/manifest.h"

#include "core/hash.h"
#include "core/io.h"
#include "core/json.h"
#include "protocol/order/order.h"

#define SERIAL_MAX ((1ull << 53) - 1)

int order_manifest_read(const json_t *named, const char *what, char **ret_url, char **ret_sha256,
			uint64_t *ret_min_serial, struct err *err)
{
	const char *url, *digest = NULL;
	uint8_t bytes[SHA256_SIZE];
	int r = json_get_str(named, what, "manifest_url", ORDER_URL_MAX, &url, err);

	if (!r)
		r = json_opt_str(named, what, "manifest_sha256", 64, &digest, err);
	if (!r)
		r = json_get_u64(named, what, "min_serial", 0, SERIAL_MAX, ret_min_serial, err);
	if (r)
		return r;
	if (!order_url_valid(url))
		return err_set(err, EBADMSG, "%s.manifest_url: \"%s\" is not a plain http or https URL", what,
			       url);
	if (digest && hex_decode(digest, bytes, sizeof(bytes)) < 0)
		return err_set(err, EBADMSG, "%s.manifest_sha256 must be null or 64 hexadecimal digits",
			       what);
	*ret_url = xstrdup(url);
	if (digest) {
		*ret_sha256 = xcalloc(1, SHA256_HEX_SIZE);
		hex_encode(bytes, sizeof(bytes), *ret_sha256);
	}
	return 0;
}
