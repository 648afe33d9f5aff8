/* SPDX-License-Identifier: Apache-2.0 */
/* The Sanitize Device feature set (ACS-4) of the modelled drive: states SD0 to SD4. */
#include "tests/fakes/ata_model_private.h"

static uint64_t elapsed_ns(const struct ata_model *a)
{
	return model_now_ns() - a->sanitize_begun_ns;
}

void ata_model_sanitize_tick(struct model *model)
{
	struct ata_model *a = ata_model(model);
	enum model_fill fill = a->sanitize_action == ATA_CRYPTO_SCRAMBLE_EXT ? MODEL_NOISE : a->fill;
	/* Everything there is, whatever the host sees of it. */
	uint64_t all = a->factory_sectors * ATA_BLOCK;

	if (a->sanitize != SD2_IN_PROGRESS || a->sanitize_stuck ||
	    elapsed_ns(a) < a->sanitize_s * 1000000000ull)
		return;
	model_erase(model, a->sanitize_fails ? MODEL_HALF : a->truth, fill, 0, all);
	a->sanitize = a->sanitize_fails ? SD3_FAILED : SD4_SUCCEEDED;
}

static void give_up(struct ata_model_registers *r, uint8_t why)
{
	ata_model_abort(r);
	r->count = 0;
	r->lba = why;
}

static void status(struct ata_model *a, struct ata_model_registers *r)
{
	bool clear = r->count & 1;

	if (a->sanitize == SD3_FAILED && clear && a->failure_mode)
		a->sanitize = SD0_IDLE;
	if (a->sanitize == SD3_FAILED) {
		give_up(r, ATA_SANITIZE_WHY_UNSUCCESSFUL);
		return;
	}
	r->count = 0;
	r->lba = 0xffff;
	if (a->sanitize == SD4_SUCCEEDED)
		r->count = ATA_SANITIZE_COMPLETED;
	if (a->sanitize == SD1_FROZEN)
		r->count = ATA_SANITIZE_FROZEN;
	if (a->sanitize == SD2_IN_PROGRESS) {
		r->count = ATA_SANITIZE_IN_PROGRESS;
		r->lba = a->sanitize_stuck ? 0x1234 : elapsed_ns(a) * 65536 / (a->sanitize_s * 1000000000ull);
	}
	if (a->sanitize == SD4_SUCCEEDED && a->sanitize_tells_once)
		a->sanitize = SD0_IDLE;
}

static bool asked_rightly(const struct ata_model *a, const struct ata_model_registers *r)
{
	switch (r->feature) {
	case ATA_CRYPTO_SCRAMBLE_EXT:
		return a->has_crypto && r->lba == ATA_CRYPTO_SCRAMBLE_KEY;
	case ATA_BLOCK_ERASE_EXT:
		return a->has_block && r->lba == ATA_BLOCK_ERASE_KEY;
	case ATA_OVERWRITE_EXT:
		return a->has_overwrite && r->lba >> 32 == ATA_OVERWRITE_KEY >> 32;
	default:
		return false;
	}
}

void ata_model_sanitize(struct model *model, struct ata_model_registers *r)
{
	struct ata_model *a = ata_model(model);

	if (!a->has_sanitize) {
		give_up(r, 0);
		return;
	}
	if (r->feature == ATA_SANITIZE_STATUS_EXT) {
		status(a, r);
		return;
	}
	if (a->sanitize == SD2_IN_PROGRESS || (a->enabled && a->locked)) {
		give_up(r, 0);
		return;
	}
	if (a->sanitize == SD1_FROZEN) {
		give_up(r, ATA_SANITIZE_WHY_FROZEN);
		return;
	}
	if (r->feature == ATA_SANITIZE_FREEZE_LOCK_EXT && r->lba == ATA_SANITIZE_FREEZE_KEY &&
	    a->sanitize != SD3_FAILED) {
		a->sanitize = SD1_FROZEN;
		return;
	}
	if (!asked_rightly(a, r)) {
		give_up(r, ATA_SANITIZE_WHY_UNSUPPORTED);
		return;
	}
	a->sanitizes++;
	a->sanitize = SD2_IN_PROGRESS;
	a->sanitize_action = r->feature;
	a->failure_mode = r->count & ATA_SANITIZE_FAILURE_MODE;
	a->sanitize_begun_ns = model_now_ns();
	r->count = ATA_SANITIZE_IN_PROGRESS;
	r->lba = 0;
}
