/* rooms: protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <string.h>

#include "core/json.h"
#include "protocol/order/order.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_json_ json_t *json = NULL;
	struct err err = {0};
	_cleanup_(order_freep) struct order *order = NULL, *again = NULL;
	_cleanup_json_ json_t *back = NULL;

	if (json_parse(data, size, &json, &err) < 0 || order_from_json(json, &order, &err) < 0)
		return 0;
	back = order_to_json(order); /* what was taken must be taken again, and mean the same */
	if (!back || order_from_json(back, &again, &err) < 0 || again->wipe.n_disks != order->wipe.n_disks ||
	    order_has_image(again) != order_has_image(order) || again->gpu.mig != order->gpu.mig ||
	    again->gpu.n_profiles != order->gpu.n_profiles || again->gpu.leave != order->gpu.leave ||
	    (order_has_image(order) && strcmp(again->manifest_url, order->manifest_url) != 0))
		__builtin_trap();
	return 0;
}
