/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/measured/look.h"

#include <string.h>

#include "protocol/attestation/tcg_event.h"
#include "protocol/attestation/tcg_log_spec.h"

#define ACTION_MAX 64u /* bytes; the longest of the specification has 49 */

/* UEFI 2.10, 3.3 and 32.6.1, as they lie in memory */
static const uint8_t global_variable[16] = {0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11,
					    0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c};
static const uint8_t security_database[16] = {0xcb, 0xb2, 0x19, 0xd7, 0x3a, 0x3d, 0x96, 0x45,
					      0xa3, 0xbc, 0xda, 0xd0, 0x0e, 0x67, 0x65, 0x6f};

static const struct {
	const char *name;
	const uint8_t *guid;
} keys[MEASURED_KEYS] = {
	[MEASURED_PK] = {"PK", global_variable},
	[MEASURED_KEK] = {"KEK", global_variable},
	[MEASURED_DB] = {"db", security_database},
	[MEASURED_DBX] = {"dbx", security_database},
};

struct state {
	struct look look;
	bool secure_boot_seen, pcr7_closed;
};

static void keep(struct look_events *list, const struct tcg_event *event)
{
	if (list->n < LOOK_EVENTS_MAX)
		list->events[list->n] = *event;
	list->n++;
}

/* All zeros, or all ones of older firmware. Another separator tells of an error. */
static bool is_separator(const struct tcg_event *event)
{
	return event->type == EV_SEPARATOR && event->len == 4 && tcg_event_is_of_data(event) &&
	       (!memcmp(event->data, "\0\0\0\0", 4) || !memcmp(event->data, "\xff\xff\xff\xff", 4));
}

/*
 * A text such as "Calling EFI Application from Boot Option". Short and printable, because whoever lies about a program's event can give
 * the program itself as the text.
 */
static bool is_action(const struct tcg_event *event)
{
	if (event->len > ACTION_MAX || !tcg_event_is_of_data(event))
		return false;
	for (uint32_t i = 0; i < event->len; i++)
		if (event->data[i] < 0x20 || event->data[i] > 0x7e)
			return false;
	return true;
}

static void look_at_rom(const struct tcg_event *event, struct measured_verdict *v)
{
	struct measured_found *rom = &v->roms[v->n_roms];

	if ((event->type != EV_EFI_BOOT_SERVICES_DRIVER && event->type != EV_EFI_RUNTIME_SERVICES_DRIVER) ||
	    v->n_roms == MEASURED_FOUND_MAX)
		return;
	tcg_event_image_words(event, rom->what, sizeof(rom->what));
	memcpy(rom->sha256, event->sha256, SHA256_SIZE);
	v->n_roms++;
}

/* Firmware measures it once, before anything else may run. */
static void look_at_secure_boot(const struct tcg_variable *variable, struct state *state)
{
	enum measured_secure_boot *ret = &state->look.verdict.secure_boot;

	*ret = MEASURED_SECURE_BOOT_UNKNOWN;
	if (!state->secure_boot_seen && variable->len == 1)
		*ret = variable->data[0] == 1 ? MEASURED_SECURE_BOOT_ON : MEASURED_SECURE_BOOT_OFF;
	state->secure_boot_seen = true;
}

static void look_at_policy(const struct tcg_event *event, struct state *state)
{
	struct measured_verdict *v = &state->look.verdict;
	struct tcg_variable variable;

	if (is_separator(event))
		state->pcr7_closed = true;
	if (state->pcr7_closed || event->type != EV_EFI_VARIABLE_DRIVER_CONFIG ||
	    !tcg_event_is_of_data(event) || tcg_event_variable(event, &variable) < 0)
		return;
	if (!strcmp(variable.name, "SecureBoot") && !memcmp(variable.guid, global_variable, 16))
		look_at_secure_boot(&variable, state);
	for (unsigned i = 0; i < MEASURED_KEYS; i++) {
		if (strcmp(variable.name, keys[i].name) != 0 || memcmp(variable.guid, keys[i].guid, 16) != 0)
			continue;
		v->key_measured[i] = true;
		memcpy(v->keys[i], event->sha256, SHA256_SIZE);
	}
}

static int look_at(const struct tcg_event *event, void *data)
{
	struct state *state = data;
	struct look *look = &state->look;

	if (event->type == EV_NO_ACTION)
		return 0;
	switch (event->pcr) {
	case 2:
		look_at_rom(event, &look->verdict);
		break;
	case 4:
		if (!is_separator(event) && !is_action(event))
			keep(&look->programs, event);
		break;
	case 7:
		look_at_policy(event, state);
		break;
	case 9:
		keep(&look->kernel, event);
		break;
	case 11 ... 13:
		keep(&look->stub[event->pcr - 11], event);
		break;
	default:
		break;
	}
	return 0;
}

int look_at_log(const void *log, size_t len, struct look *ret, struct err *err)
{
	struct state state = {0};
	int r = tcg_log_walk(log, len, look_at, &state, err);

	if (r < 0)
		return r;
	/* What was measured behind a missing end is not firmware's word. */
	if (!state.pcr7_closed)
		state.look.verdict.secure_boot = MEASURED_SECURE_BOOT_UNKNOWN;
	*ret = state.look;
	return 0;
}
