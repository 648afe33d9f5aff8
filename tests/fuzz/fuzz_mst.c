/* rooms: agent/hw core */
/* SPDX-License-Identifier: Apache-2.0 */
/* What mstconfig and mstflint print: the first byte says which of them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/hw/mst/mst.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void config(const char *text, size_t len)
{
	struct mst_config found;
	struct err err = {0};

	if (mst_config_parse(text, len, &found, &err) < 0) {
		if (!*err.text)
			__builtin_trap();
		return;
	}
	if (!found.n || found.n > MST_PARAMS_MAX)
		__builtin_trap();
	for (unsigned i = 0; i < found.n; i++) {
		const struct mst_param *p = &found.params[i];

		if (mst_config_find(&found, p->name) != p || !*p->next || !mst_value_is(p->next, p->next))
			__builtin_trap();
		(void)mst_value_is(p->standard, p->current);
	}
	mst_config_clear(&found);
}

static void firmware(const char *text, size_t len)
{
	struct mst_firmware found;
	struct err err = {0};

	if (mst_firmware_parse(text, len, &found, &err) == 0 && (!*found.version || !*found.running))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (!size)
		return 0;
	text = malloc(size); /* an exact one, so that a read past the end is seen */
	if (!text)
		abort();
	memcpy(text, data + 1, size - 1);
	if (*data == 'f')
		firmware(text, size - 1);
	else
		config(text, size - 1);
	free(text);
	return 0;
}
