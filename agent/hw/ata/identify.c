/* SPDX-License-Identifier: Apache-2.0 */
/* IDENTIFY DEVICE, and what its words say. */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "agent/hw/ata/private.h"
#include "agent/hw/sysfs.h"

static int check_integrity(const uint8_t page[ATA_BLOCK], const char *what, struct err *err)
{
	uint8_t sum = 0;

	if (page[ATA_BLOCK - 2] != ATA_INTEGRITY_SIGNATURE)
		return 0; /* older drives have none */
	for (unsigned i = 0; i < ATA_BLOCK; i++)
		sum = (uint8_t)(sum + page[i]);
	if (sum)
		return err_set(err, EBADMSG, "%s: the checksum in word 255 is wrong", what);
	return 0;
}

int ata_read_words(int fd, uint8_t command, uint16_t feature, uint16_t words[256], const char *what,
		   struct err *err)
{
	uint8_t page[ATA_BLOCK] = {0};
	struct ata_command cmd = {
		.command = command,
		.feature = feature,
		.count = 1,
		.direction = SG_FROM_DEVICE,
		.data = page,
		.timeout_s = ATA_TIMEOUT_S,
	};
	int r = ata_pass(fd, &cmd, what, err);

	if (r < 0 && ata_refused(&cmd, r))
		err->code = EOPNOTSUPP;
	if (r < 0)
		return -err->code;
	r = check_integrity(page, what, err);
	if (r < 0)
		return r;
	for (unsigned i = 0; i < 256; i++)
		words[i] = (uint16_t)(page[2 * i] | page[2 * i + 1] << 8);
	return 0;
}

uint64_t ata_number(const uint16_t *words, unsigned n)
{
	uint64_t number = 0;

	while (n-- > 0)
		number = number << 16 | words[n];
	return number;
}

/* Words 83, 106, 119 and others count only where bits 15:14 are 01. */
static bool valid(uint16_t word)
{
	return (word & 0xc000) == 0x4000;
}

/* In each word the first character is in the upper byte. */
static void read_text(char *to, size_t size, const uint16_t *words, unsigned n)
{
	char text[40];

	for (unsigned i = 0; i < n; i++) {
		text[2 * i] = (char)(words[i] >> 8);
		text[2 * i + 1] = (char)words[i];
	}
	text_clean(to, size, text, 2 * n);
}

/* Words 89 and 90: units of two minutes, in 15 bits where bit 15 is set, else in 8. All ones is "more than that", which is no estimate. */
static uint32_t erase_time_s(uint16_t word)
{
	uint32_t units = word & 0x8000 ? word & 0x7fff : word & 0xff, all = word & 0x8000 ? 0x7fff : 0xff;

	return units == all ? 0 : units * 120;
}

static void read_security(struct ata_caps *caps)
{
	uint16_t word = caps->id[ATA_ID_SECURITY];

	if (word == 0xffff || !(word & ATA_ID_SECURITY_SUPPORTED))
		return;
	caps->security = true;
	caps->security_enabled = word & ATA_ID_SECURITY_ENABLED;
	caps->security_locked = word & ATA_ID_SECURITY_LOCKED;
	caps->security_frozen = word & ATA_ID_SECURITY_FROZEN;
	caps->security_expired = word & ATA_ID_SECURITY_EXPIRED;
	caps->security_enhanced = word & ATA_ID_SECURITY_ERASES_ENHANCED;
	caps->erase_s = erase_time_s(caps->id[ATA_ID_ERASE_TIME]);
	caps->enhanced_s = erase_time_s(caps->id[ATA_ID_ENHANCED_TIME]);
}

static void read_features(struct ata_caps *caps)
{
	const uint16_t *id = caps->id;
	uint16_t sanitize = id[ATA_ID_SANITIZE] == 0xffff ? 0 : id[ATA_ID_SANITIZE];

	caps->rotational = id[ATA_ID_ROTATION] != 1;
	caps->sanitize = sanitize & ATA_ID_SANITIZE_SUPPORTED;
	caps->sanitize_crypto = caps->sanitize && (sanitize & ATA_ID_SANITIZE_CRYPTO);
	caps->sanitize_block = caps->sanitize && (sanitize & ATA_ID_SANITIZE_BLOCK);
	caps->sanitize_overwrite = caps->sanitize && (sanitize & ATA_ID_SANITIZE_OVERWRITE);
	caps->trusted = valid(id[ATA_ID_TRUSTED]) && (id[ATA_ID_TRUSTED] & 1);
	/* Word 82 has no validity bits of its own; 83 stands for both. */
	caps->hpa = valid(id[ATA_ID_COMMANDS_2]) && (id[ATA_ID_COMMANDS_1] & ATA_ID_HPA);
	caps->dco = valid(id[ATA_ID_COMMANDS_2]) && (id[ATA_ID_COMMANDS_2] & ATA_ID_DCO);
	caps->amac = valid(id[ATA_ID_COMMANDS_4]) && (id[ATA_ID_COMMANDS_4] & ATA_ID_AMAC);
}

static int read_size(struct ata_caps *caps, struct err *err)
{
	const uint16_t *id = caps->id;
	uint64_t size = ATA_BLOCK;

	caps->sectors = ata_number(id + ATA_ID_SECTORS_28, 2);
	if (valid(id[ATA_ID_COMMANDS_2]) && (id[ATA_ID_COMMANDS_2] & ATA_ID_LBA48))
		caps->sectors = id[ATA_ID_ADDITIONAL] & ATA_ID_EXTENDED_SECTORS
					? ata_number(id + ATA_ID_SECTORS_EXTENDED, 4)
					: ata_number(id + ATA_ID_SECTORS_48, 4);
	if (valid(id[ATA_ID_SECTOR_SIZES]) && (id[ATA_ID_SECTOR_SIZES] & ATA_ID_LONG_SECTORS))
		size = 2 * ata_number(id + ATA_ID_SECTOR_WORDS, 2);
	if (!caps->sectors || caps->sectors > ATA_SECTORS_MAX)
		return err_set(err, EBADMSG, "IDENTIFY DEVICE: %llu sectors cannot be",
			       (unsigned long long)caps->sectors);
	if (size < ATA_BLOCK || size > 65536 || (size & (size - 1)))
		return err_set(err, EBADMSG, "IDENTIFY DEVICE: sectors of %llu bytes cannot be",
			       (unsigned long long)size);
	caps->sector_size = (uint32_t)size;
	return 0;
}

int ata_caps_parse(struct ata_caps *caps, struct err *err)
{
	const uint16_t *id = caps->id;

	/* Bit 15: not an ATA device, but for CompactFlash (848Ah). Bit 2: the answer is incomplete. */
	if ((id[ATA_ID_CONFIGURATION] & 0x8000) && id[ATA_ID_CONFIGURATION] != 0x848a)
		return err_set(err, EOPNOTSUPP, "IDENTIFY DEVICE: not an ATA disk");
	if (id[ATA_ID_CONFIGURATION] != 0x848a && (id[ATA_ID_CONFIGURATION] & 4))
		return err_set(err, EBADMSG, "IDENTIFY DEVICE: the drive says that its answer is incomplete");
	read_text(caps->model, sizeof(caps->model), id + ATA_ID_MODEL, 20);
	read_text(caps->serial, sizeof(caps->serial), id + ATA_ID_SERIAL, 10);
	read_text(caps->firmware, sizeof(caps->firmware), id + ATA_ID_FIRMWARE, 4);
	read_security(caps);
	read_features(caps);
	return read_size(caps, err);
}

int ata_identify_only(int fd, struct ata_caps *ret, struct err *err)
{
	struct ata_caps caps = {.sectors = 0};
	int r = ata_read_words(fd, ATA_IDENTIFY_DEVICE, 0, caps.id, "IDENTIFY DEVICE", err);

	if (r == 0)
		r = ata_caps_parse(&caps, err);
	if (r == 0)
		*ret = caps;
	return r;
}

int ata_identify(int fd, struct ata_caps *ret, struct err *err)
{
	struct ata_sanitize_status sanitize;
	struct ata_caps caps = {.sectors = 0};
	struct err ignored = {0};
	int r = ata_identify_only(fd, &caps, err);

	if (r == 0)
		r = ata_read_max(fd, &caps, err);
	if (r < 0)
		return r;
	/* A drive whose sanitize status cannot be read says so again, and loudly, when it is to be sanitised. */
	if (caps.sanitize && ata_sanitize_status(fd, &sanitize, &ignored) == 0)
		caps.sanitize_frozen = sanitize.frozen;
	*ret = caps;
	return 0;
}
