/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/order/handover.h"

#include <string.h>

#include "core/json.h"

#define WHAT "order.handover \"kexec\": "

/* By kexec the firmware does not run between the agent and the tenant's system: what only it does would come at some reset that the tenant chooses. */
static int check_no_reset(const struct order *order, struct err *err)
{
	if (!order_has_image(order))
		return err_set(err, EBADMSG, WHAT "an order without image has nothing to start");
	if (!order->efi.keep_memory)
		return err_set(err, EBADMSG,
			       WHAT "the firmware would not clear the memory before the tenant's system "
				    "starts: efi.clear_memory must be false");
	if (order->efi.verify_after_reset)
		return err_set(err, EBADMSG,
			       WHAT "efi.verify_after_reset asks for a reset at the end, and there is none");
	if (order->secure_boot.handover == ORDER_SB_SETUP)
		return err_set(err, EBADMSG,
			       WHAT
			       "secure_boot.handover \"setup\" is in force after a reset alone, and there is "
			       "none");
	return 0;
}

int order_handover_read(const json_t *json, struct order *order, struct err *err)
{
	const char *word = "reset";
	int r = json_opt_str(json, "order", "handover", 16, &word, err);

	if (r)
		return r;
	order->kexec = !strcmp(word, "kexec");
	if (!order->kexec && strcmp(word, "reset") != 0)
		return err_set(err, EBADMSG, "order.handover must be \"reset\" or \"kexec\"");
	return order->kexec ? check_no_reset(order, err) : 0;
}
