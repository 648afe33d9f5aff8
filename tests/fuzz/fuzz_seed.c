/* rooms: station images protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The operator's user-data beside ours: both boundaries stay what they are, and ours is last. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/io.h"
#include "station/seed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = xcalloc(1, size + 1), *made = NULL;
	struct err err = {0};

	memcpy(text, data, size);
	if (seed_user_data("http://h/phone-home/x", text, &made, &err) < 0)
		return 0;
	if (!strstr(made, "phone_home:\n  url: \"http://h/phone-home/x\"") || !strstr(made, text))
		abort();
	return 0;
}
