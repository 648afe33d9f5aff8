/* rooms: efi core */
/* SPDX-License-Identifier: Apache-2.0 */
/* PK, KEK, db and dbx as a former tenant left them, and a signed payload that somebody put in the way. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "efi/secureboot.h"
#include "efi/siglist.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int look(const struct sig *sig, void *sum)
{
	for (size_t i = 0; i < sig->len; i++)
		*(unsigned *)sum += sig->data[i] + sig->owner[0];
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct secureboot sb = {.lists = {{(uint8_t *)data, size}}};
	_cleanup_json_ json_t *json = secureboot_to_json(&sb);
	_cleanup_free_ char *name = secureboot_platform_key(&sb);
	struct authvar_parts parts;
	struct err err = {0};
	unsigned sum = 0;

	if (siglist_walk(data, size, look, &sum, &err) == 0 && !siglist_covers(data, size, data, size))
		abort();
	if (authvar_parse(data, size, &parts, &err) == 0)
		(void)!siglist_walk(parts.data, parts.data_len, look, &sum, &err);
	if (!json || !name)
		abort();
	return 0;
}
