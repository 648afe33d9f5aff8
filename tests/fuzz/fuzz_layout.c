/* rooms: images core */
/* SPDX-License-Identifier: Apache-2.0 */
/* A layout's JSON: what is accepted is written and read again as the same. */
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "images/layout.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(layout_freep) struct layout *layout = NULL, *again = NULL;
	_cleanup_json_ json_t *json = NULL, *written = NULL, *rewritten = NULL;
	struct err err;

	if (json_parse(data, size, &json, &err) < 0 || layout_from_json(json, &layout, &err) < 0)
		return 0;
	written = layout_to_json(layout);
	if (layout_from_json(written, &again, &err) < 0)
		abort();
	rewritten = layout_to_json(again);
	if (!json_equal(written, rewritten) || layout_min_size(layout) != layout_min_size(again))
		abort();
	return 0;
}
