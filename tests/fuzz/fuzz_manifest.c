/* rooms: images core */
/* SPDX-License-Identifier: Apache-2.0 */
/* A manifest's text: what is accepted is written and read again as the same. */
#include <stdlib.h>
#include <string.h>

#include "images/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(manifest_freep) struct manifest *m = NULL, *again = NULL;
	_cleanup_free_ char *text = NULL, *text_again = NULL;
	struct err err;
	size_t len, len_again;

	if (manifest_parse(data, size, &m, &err) < 0)
		return 0;
	text = manifest_text(m, &len);
	if (manifest_parse(text, len, &again, &err) < 0)
		abort();
	text_again = manifest_text(again, &len_again);
	if (len != len_again || memcmp(text, text_again, len) != 0)
		abort();
	return 0;
}
