/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/hw/lldp/table.h"

#include <net/ethernet.h>
#include <string.h>

#include "agent/hw/lldp/spec.h"

const uint8_t lldp_groups[3][6] = {
	{0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e}, /* nearest bridge */
	{0x01, 0x80, 0xc2, 0x00, 0x00, 0x03}, /* nearest non-TPMR bridge */
	{0x01, 0x80, 0xc2, 0x00, 0x00, 0x00}, /* nearest customer bridge */
};

static void forget(struct lldp_table *table, unsigned i)
{
	memmove(&table->heard[i], &table->heard[i + 1], (table->n_heard - i - 1) * sizeof(table->heard[0]));
	table->n_heard--;
}

/* 9.2.7: the newest of a neighbour counts, and one with time to live 0 is its leave. */
static void keep(struct lldp_table *table, const struct lldp_frame *frame)
{
	unsigned i = 0;

	while (i < table->n_heard && !(lldp_id_equal(&table->heard[i].chassis, &frame->chassis) &&
				       lldp_id_equal(&table->heard[i].port, &frame->port)))
		i++;
	if (!frame->ttl_s && i < table->n_heard)
		forget(table, i);
	else if (frame->ttl_s && i < table->n_heard)
		table->heard[i] = *frame;
	else if (frame->ttl_s && i < LLDP_NEIGHBOURS_MAX)
		table->heard[table->n_heard++] = *frame;
	else if (frame->ttl_s)
		table->n_left_out++;
}

static bool is_lldp(const uint8_t *frame, size_t len)
{
	if (len < ETH_HLEN || frame[12] != LLDP_ETHERTYPE >> 8 || frame[13] != (LLDP_ETHERTYPE & 0xff))
		return false;
	for (unsigned i = 0; i < sizeof(lldp_groups) / sizeof(*lldp_groups); i++)
		if (!memcmp(frame, lldp_groups[i], 6))
			return true;
	return false;
}

void lldp_table_take(struct lldp_table *table, const void *frame, size_t len)
{
	struct lldp_frame parsed;
	struct err err;

	if (!is_lldp(frame, len))
		return;
	if (!lldp_frame_parse((const uint8_t *)frame + ETH_HLEN, len - ETH_HLEN, &parsed, &err)) {
		keep(table, &parsed);
		return;
	}
	table->n_malformed++;
	snprintf(table->malformed, sizeof(table->malformed), "%.127s", err.text);
}

void lldp_table_to_json(const struct lldp_table *table, json_t *to)
{
	json_t *heard = json_array();

	for (unsigned i = 0; i < table->n_heard; i++)
		json_array_append_new(heard, lldp_frame_to_json(&table->heard[i]));
	json_object_set_new(to, "heard", heard);
	if (table->n_malformed)
		json_object_set_new(to, "malformed",
				    json_pack("{s:I, s:s}", "frames", (json_int_t)table->n_malformed,
					      "newest", table->malformed));
	if (table->n_left_out)
		json_object_set_new(to, "left_out", json_integer(table->n_left_out));
}
