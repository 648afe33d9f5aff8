/* SPDX-License-Identifier: Apache-2.0 */
/* IDENTIFY DEVICE of the modelled drive (ACS-4). */
#include <string.h>

#include "tests/fakes/ata_model_private.h"

static void put_text(uint16_t *words, unsigned n, const char *text)
{
	size_t len = strlen(text);

	for (unsigned i = 0; i < n; i++) {
		uint8_t first = 2 * i < len ? (uint8_t)text[2 * i] : ' ',
			second = 2 * i + 1 < len ? (uint8_t)text[2 * i + 1] : ' ';

		words[i] = (uint16_t)(first << 8 | second);
	}
}

static void put_number(uint16_t *words, unsigned n, uint64_t number)
{
	for (unsigned i = 0; i < n; i++, number >>= 16)
		words[i] = (uint16_t)number;
}

void ata_model_sign(uint16_t words[256])
{
	uint8_t sum = ATA_INTEGRITY_SIGNATURE;

	for (unsigned i = 0; i < 255; i++)
		sum = (uint8_t)(sum + (words[i] >> 8) + (words[i] & 0xff));
	words[255] = (uint16_t)((uint8_t)-sum << 8 | ATA_INTEGRITY_SIGNATURE);
}

static uint16_t security_word(const struct ata_model *a)
{
	unsigned word = 0;

	if (!a->has_security)
		return 0;
	word |= ATA_ID_SECURITY_SUPPORTED;
	word |= a->enabled ? ATA_ID_SECURITY_ENABLED : 0;
	word |= a->locked ? ATA_ID_SECURITY_LOCKED : 0;
	word |= a->frozen ? ATA_ID_SECURITY_FROZEN : 0;
	word |= a->enabled && !a->attempts ? ATA_ID_SECURITY_EXPIRED : 0;
	word |= a->has_enhanced ? ATA_ID_SECURITY_ERASES_ENHANCED : 0;
	return (uint16_t)word;
}

static uint16_t sanitize_word(const struct ata_model *a)
{
	unsigned word = 0;

	word |= a->has_sanitize ? ATA_ID_SANITIZE_SUPPORTED : 0;
	word |= a->has_crypto ? ATA_ID_SANITIZE_CRYPTO : 0;
	word |= a->has_block ? ATA_ID_SANITIZE_BLOCK : 0;
	word |= a->has_overwrite ? ATA_ID_SANITIZE_OVERWRITE : 0;
	return (uint16_t)word;
}

void ata_model_identify(struct model *model, struct ata_model_registers *r)
{
	const struct ata_model *a = ata_model(model);
	uint16_t id[256] = {[0] = 0x0040, [2] = 0xc837};

	put_text(id + ATA_ID_SERIAL, 10, model->block.serial);
	put_text(id + ATA_ID_FIRMWARE, 4, "1.0");
	put_text(id + ATA_ID_MODEL, 20, "A model of a drive");
	id[ATA_ID_TRUSTED] = (uint16_t)(0x4000 | a->has_trusted);
	id[ATA_ID_SANITIZE] = sanitize_word(a);
	put_number(id + ATA_ID_SECTORS_28, 2, a->visible < 0x0fffffff ? a->visible : 0x0fffffff);
	id[ATA_ID_COMMANDS_1] = (uint16_t)((a->has_hpa ? ATA_ID_HPA : 0) | (a->has_security ? 2 : 0));
	id[ATA_ID_COMMANDS_2] = (uint16_t)(0x4000 | ATA_ID_LBA48 | (a->has_dco ? ATA_ID_DCO : 0));
	id[ATA_ID_ERASE_TIME] = a->erase_time;
	id[ATA_ID_ENHANCED_TIME] = a->enhanced_time;
	put_number(id + ATA_ID_SECTORS_48, 4, a->visible);
	id[ATA_ID_SECTOR_SIZES] = 0x4000;
	id[ATA_ID_COMMANDS_4] = (uint16_t)(0x4000 | (a->has_amac ? ATA_ID_AMAC : 0));
	id[ATA_ID_SECURITY] = security_word(a);
	id[ATA_ID_ROTATION] = a->rotation;
	if (!a->no_integrity_word)
		ata_model_sign(id);
	if (a->wrong_checksum)
		id[ATA_ID_INTEGRITY] ^= 0x0100;
	if (!r->data) {
		ata_model_abort(r);
		return;
	}
	for (unsigned i = 0; i < 256; i++) {
		r->data[2 * i] = (uint8_t)id[i];
		r->data[2 * i + 1] = (uint8_t)(id[i] >> 8);
	}
}
