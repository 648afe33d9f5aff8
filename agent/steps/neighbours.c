/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/steps/neighbours.h"

#include <string.h>

#include "agent/hw/lldp/lldp.h"
#include "core/json.h"

#define TURN_MS 1000

/* Where the card's firmware keeps LLDP frames for itself, the silence is no neighbour's. */
static void explain_silence(json_t *port, const json_t *nics)
{
	const char *name = json_string_value(json_object_get(port, "name"));

	for (size_t i = 0; i < json_array_size(nics); i++) {
		const json_t *nic = json_array_get(nics, i);
		const char *nic_name = json_string_value(json_object_get(nic, "name"));

		if (name && nic_name && !strcmp(name, nic_name) &&
		    json_is_true(json_object_get(nic, "firmware_lldp")))
			json_object_set_new(port, "not_seen",
					    json_string("the card's firmware keeps LLDP frames for itself"));
	}
}

static json_t *describe(const struct lldp *lldp, const json_t *nics)
{
	json_t *json = lldp_to_json(lldp), *ports = json_object_get(json, "ports");

	for (size_t i = 0; i < json_array_size(ports); i++) {
		json_t *port = json_array_get(ports, i);
		const char *why = json_string_value(json_object_get(port, "not_seen"));

		if (why && strcmp(why, LLDP_NO_CARRIER) != 0)
			explain_silence(port, nics);
	}
	return json;
}

/* Who was heard where; how long was listened is no news. */
static bool is_news(const json_t *was, const json_t *is)
{
	const json_t *before = json_object_get(was, "ports"), *now = json_object_get(is, "ports");

	if (json_array_size(before) != json_array_size(now))
		return true;
	for (size_t i = 0; i < json_array_size(now); i++)
		if (!json_equal(json_object_get(json_array_get(before, i), "heard"),
				json_object_get(json_array_get(now, i), "heard")))
			return true;
	return false;
}

unsigned neighbours_take(struct job *job, unsigned wait_ms)
{
	json_t *inventory = job->facts.inventory, *now;
	unsigned silent, listened;

	if (!job->lldp || !inventory)
		return 0;
	listened = lldp_listened_ms(job->lldp);
	if (listened >= LLDP_PATIENCE_MS)
		wait_ms = 0;
	else if (wait_ms > LLDP_PATIENCE_MS - listened)
		wait_ms = LLDP_PATIENCE_MS - listened;
	silent = lldp_hear(job->lldp, wait_ms);
	now = describe(job->lldp, json_object_get(inventory, "nics"));
	if (is_news(json_object_get(inventory, "neighbours"), now))
		job->facts.inventory_newer = true;
	json_object_set_new(inventory, "neighbours", now);
	return silent;
}

void neighbours_await(struct job *job, void (*alive)(void *data), void *data)
{
	while (neighbours_take(job, TURN_MS) && lldp_listened_ms(job->lldp) < LLDP_PATIENCE_MS) {
		job->facts.inventory_newer = true; /* that a port was silent for so long is news as well */
		alive(data);
	}
}
