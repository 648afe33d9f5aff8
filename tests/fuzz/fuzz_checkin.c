/* rooms: agent protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>

#include "agent/checkin.h"
#include "core/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_json_ json_t *answer = NULL;
	_cleanup_(checkin_freep) struct checkin *checkin = NULL;
	struct err err = {0};

	if (json_parse(data, size, &answer, &err))
		return 0;
	int r = checkin_parse(answer, "00112233445566778899aabbccddeeff", &checkin, &err);
	if (!r != !!checkin || (r && !err.text[0]))
		__builtin_trap();
	return 0;
}
