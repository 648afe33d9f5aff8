/* rooms: protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* A record that somebody brings from a boot medium. */
#include <stdint.h>
#include <string.h>

#include "core/json.h"
#include "protocol/standalone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(standalone_clear) struct standalone record = {0}, again = {0};
	_cleanup_free_ char *text = NULL;
	struct err err = {0};
	size_t len = 0;

	if (standalone_parse(data, size, &record, &err) < 0)
		return 0;
	text = standalone_make(&record, &len); /* what was taken must be taken again, and mean the same */
	if (standalone_parse(text, len, &again, &err) < 0 || again.made != record.made ||
	    strcmp(again.nonce, record.nonce) != 0 || strcmp(again.key_cert, record.key_cert) != 0 ||
	    !json_equal(again.evidence, record.evidence))
		__builtin_trap();
	return 0;
}
