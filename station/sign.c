/* SPDX-License-Identifier: Apache-2.0 */
#include "station/sign.h"

#include "core/cms.h"

int station_sign(const struct station *station, const char *what, const char *text, size_t len, uint8_t **ret,
		 size_t *ret_len, struct err *err)
{
	if (cms_sign(text, len, station->sign_key, station->sign_cert, ret, ret_len, err) == 0)
		return 0;
	err_prepend(err, "cannot sign the %s", what);
	return -(err->code = EIO);
}
