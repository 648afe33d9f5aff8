/* SPDX-License-Identifier: Apache-2.0 */
/* What an order asks of each GPU, beside what one of them has. Pure. Sentences go to a JSON array. */
#ifndef AGENT_STEPS_GPU_WISH_H
#define AGENT_STEPS_GPU_WISH_H

#include <jansson.h>

#include "protocol/order/gpu.h"

/* Settings that are asked for, other than by their defaults, and that the card does not have. */
void gpu_wish_missing(const struct order_gpu *wish, const json_t *settings, json_t *to);
/* Settings that the card has, and that are not as they should be; and those that wait for a reset. */
void gpu_wish_unmet(const struct order_gpu *wish, const json_t *settings, json_t *to);
/* Does it ask for any setting other than by its default? */
bool gpu_wish_asks(const struct order_gpu *wish);

/*
 * MIG shows a program one instance's part of the memory, and a GPU whose compute mode is "prohibited" lets none in: true where the wish asks for
 * either, and *ret is then the same wish without.
 */
bool gpu_wish_for_scrub(const struct order_gpu *wish, struct order_gpu *ret);

#endif
