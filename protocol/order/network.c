/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/order/network.h"

#include "core/json.h"
#include "protocol/network/network.h"

int order_network_read(const json_t *json, struct order *order, struct err *err)
{
	json_t *part = json_object_get(json, "network");

	if (!part || json_is_null(part))
		return 0;
	if (!order_has_image(order))
		return err_set(err, EBADMSG, "order.network must be null in an order without image");
	if (order->network_config)
		return err_set(err, EBADMSG,
			       "order.network and a network_config of cloud-init are two words on one "
			       "thing: leave one of them out");
	if (network_from_json(part, &order->network, err) < 0)
		return err_prepend(err, "order");
	return 0;
}
