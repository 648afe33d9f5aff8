/* SPDX-License-Identifier: Apache-2.0 */
/* What hides sectors of the modelled drive: HPA and DCO (ATA8-ACS), accessible max address (ACS-3). */
#include <string.h>

#include "tests/fakes/ata_model_private.h"

static void not_found(struct ata_model_registers *r)
{
	ata_model_abort(r);
	r->error = ATA_ERROR_IDNF;
}

static void native(struct ata_model *a, struct ata_model_registers *r)
{
	r->lba = a->dco_sectors - 1;
}

static void set_max(struct ata_model *a, struct ata_model_registers *r)
{
	bool lasting = r->command == ATA_ACCESSIBLE_MAX || (r->count & ATA_SET_MAX_NON_VOLATILE);

	if (a->max_frozen || a->locked || (r->command == ATA_SET_MAX_EXT && !a->native_read)) {
		ata_model_abort(r);
	} else if (r->lba >= a->dco_sectors || (lasting && a->max_set)) {
		not_found(r);
	} else {
		a->visible = r->lba + 1;
		if (lasting) {
			a->hpa_sectors = a->visible;
			a->max_set = true;
		}
	}
}

static void dco(struct ata_model *a, struct ata_model_registers *r)
{
	uint16_t words[256] = {[0] = 2};

	if (!a->has_dco || a->dco_frozen || a->locked) {
		ata_model_abort(r);
	} else if (r->feature == ATA_DCO_FREEZE) {
		a->dco_frozen = true;
	} else if (r->feature == ATA_DCO_IDENTIFY && r->data) {
		for (unsigned i = 0; i < 4; i++)
			words[ATA_DCO_MAX_LBA + i] = (uint16_t)((a->factory_sectors - 1) >> 16 * i);
		ata_model_sign(words);
		for (unsigned i = 0; i < 256; i++) {
			r->data[2 * i] = (uint8_t)words[i];
			r->data[2 * i + 1] = (uint8_t)(words[i] >> 8);
		}
	} else if (r->feature == ATA_DCO_RESTORE && a->visible == a->dco_sectors) {
		a->dco_next = a->factory_sectors;
		if (!a->dco_needs_power)
			a->dco_sectors = a->hpa_sectors = a->visible = a->factory_sectors;
	} else {
		ata_model_abort(r); /* a protected area is in the way */
	}
}

void ata_model_max(struct model *model, struct ata_model_registers *r)
{
	struct ata_model *a = ata_model(model);

	if (r->command == ATA_DEVICE_CONFIGURATION) {
		dco(a, r);
	} else if (r->command == ATA_ACCESSIBLE_MAX ? !a->has_amac : !a->has_hpa) {
		ata_model_abort(r);
	} else if (r->command == ATA_READ_NATIVE_MAX_EXT) {
		native(a, r);
		a->native_read = true;
	} else if (r->command == ATA_SET_MAX_EXT) {
		set_max(a, r);
		a->native_read = false;
	} else if (r->feature == ATA_GET_NATIVE_MAX) {
		native(a, r);
	} else if (r->feature == ATA_SET_ACCESSIBLE_MAX) {
		set_max(a, r);
	} else if (r->feature == ATA_FREEZE_ACCESSIBLE_MAX) {
		a->max_frozen = true;
	} else {
		ata_model_abort(r);
	}
}
