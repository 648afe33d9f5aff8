/* SPDX-License-Identifier: Apache-2.0 */
/* The Security feature set (ACS-4) of the modelled drive. A master password it has not. */
#include <string.h>

#include "agent/hw/transport.h"
#include "tests/fakes/ata_model_private.h"

static const struct ata_security_data *data_of(const struct ata_model_registers *r)
{
	return (const void *)r->data;
}

static bool is_password(const struct ata_model *a, const struct ata_model_registers *r)
{
	return !(data_of(r)->control & ATA_SECURITY_MASTER) &&
	       !memcmp(data_of(r)->password, a->password, sizeof(a->password));
}

static void set_password(struct ata_model *a, struct ata_model_registers *r)
{
	if (a->frozen || a->locked || (data_of(r)->control & ATA_SECURITY_MASTER)) {
		ata_model_abort(r);
		return;
	}
	memcpy(a->password, data_of(r)->password, sizeof(a->password));
	a->enabled = true;
}

static void unlock(struct ata_model *a, struct ata_model_registers *r)
{
	if (a->frozen || !a->enabled || !a->attempts) {
		ata_model_abort(r);
	} else if (!is_password(a, r)) {
		a->attempts -= a->locked;
		ata_model_abort(r);
	} else {
		a->locked = false;
	}
}

static void disable(struct ata_model *a, struct ata_model_registers *r)
{
	if (a->frozen || a->locked || (a->enabled && !is_password(a, r))) {
		ata_model_abort(r);
		return;
	}
	a->enabled = false;
}

/* What it reaches: all that there is above the overlay. */
static void erase_unit(struct model *model, struct ata_model_registers *r)
{
	struct ata_model *a = ata_model(model);
	bool prepared = a->prepared, enhanced = data_of(r)->control & ATA_SECURITY_ENHANCED;
	uint64_t ms = a->security_s * 1000ull, all = a->dco_sectors * ATA_BLOCK;

	a->prepared = false;
	if (a->frozen || !prepared || !a->enabled || !is_password(a, r) || (enhanced && !a->has_enhanced)) {
		ata_model_abort(r);
		return;
	}
	a->erasures++;
	r->timed_out = ms > r->timeout_ms;
	device_transport()->pause((unsigned)(r->timed_out ? r->timeout_ms : ms));
	if (r->timed_out || a->security_fails) {
		model_erase(model, MODEL_HALF, a->fill, 0, all);
		ata_model_abort(r);
		return;
	}
	model_erase(model, a->truth, a->fill, 0, all);
	a->locked = false;
	a->enabled = a->keeps_password;
}

void ata_model_security(struct model *model, struct ata_model_registers *r)
{
	struct ata_model *a = ata_model(model);
	bool with_data = r->command != ATA_SECURITY_ERASE_PREPARE && r->command != ATA_SECURITY_FREEZE_LOCK;

	if (!a->has_security || with_data != (r->data != NULL)) {
		ata_model_abort(r);
		return;
	}
	switch (r->command) {
	case ATA_SECURITY_SET_PASSWORD:
		set_password(a, r);
		return;
	case ATA_SECURITY_UNLOCK:
		unlock(a, r);
		return;
	case ATA_SECURITY_DISABLE_PASSWORD:
		disable(a, r);
		return;
	case ATA_SECURITY_ERASE_UNIT:
		erase_unit(model, r);
		return;
	case ATA_SECURITY_ERASE_PREPARE:
		if (a->frozen)
			ata_model_abort(r);
		a->prepared = !a->frozen;
		return;
	case ATA_SECURITY_FREEZE_LOCK:
		if (a->locked)
			ata_model_abort(r);
		a->frozen = a->frozen || !a->locked;
		return;
	default:
		ata_model_abort(r);
	}
}
