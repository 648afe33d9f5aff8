/* SPDX-License-Identifier: Apache-2.0 */
/* ACS-4, by ATA PASS-THROUGH (16) (SAT-4, 12.2.2) through the kernel's libata. */
#include <stdbool.h>

#include "tests/real/real.h"

enum { ATA_NO_DATA = 3, ATA_PIO_IN = 4, ATA_PIO_OUT = 5 };

struct ata_registers {
	uint8_t command;
	uint16_t feature, count;
	uint64_t lba;
	bool extended;
	bool plain; /* without CK_COND: the registers do not come back */
};

static json_t *ata(const char *what, unsigned protocol, struct ata_registers r, void *data)
{
	/* T_LENGTH: the count, in blocks of 512 bytes. */
	uint8_t cdb[16] = {
		[0] = 0x85,
		[1] = (uint8_t)(protocol << 1 | r.extended),
		[2] = (uint8_t)((r.plain ? 0 : 0x20) | (protocol == ATA_NO_DATA ? 0 : 0x06) |
				(protocol == ATA_PIO_IN ? 0x08 : 0)),
		[3] = (uint8_t)(r.feature >> 8),
		[4] = (uint8_t)r.feature,
		[5] = (uint8_t)(r.count >> 8),
		[6] = (uint8_t)r.count,
		[7] = (uint8_t)(r.lba >> 24),
		[8] = (uint8_t)r.lba,
		[9] = (uint8_t)(r.lba >> 32),
		[10] = (uint8_t)(r.lba >> 8),
		[11] = (uint8_t)(r.lba >> 40),
		[12] = (uint8_t)(r.lba >> 16),
		[13] = 0x40,
		[14] = r.command,
	};

	return scsi(what, cdb, 16,
		    protocol == ATA_NO_DATA  ? SG_NO_DATA
		    : protocol == ATA_PIO_IN ? SG_FROM_DEVICE
					     : SG_TO_DEVICE,
		    data, protocol == ATA_NO_DATA ? 0 : 512);
}

static void ata_reads(void)
{
	uint8_t page[512] = {0};

	ata("IDENTIFY DEVICE", ATA_PIO_IN, (struct ata_registers){.command = 0xec, .count = 1}, page);
	ata("IDENTIFY DEVICE, without CK_COND", ATA_PIO_IN,
	    (struct ata_registers){.command = 0xec, .count = 1, .plain = true}, page);
	ata("SECURITY FREEZE LOCK, without CK_COND", ATA_NO_DATA,
	    (struct ata_registers){.command = 0xf5, .plain = true}, NULL);
	ata("READ NATIVE MAX ADDRESS", ATA_NO_DATA, (struct ata_registers){.command = 0xf8}, NULL);
	ata("READ NATIVE MAX ADDRESS EXT", ATA_NO_DATA,
	    (struct ata_registers){.command = 0x27, .extended = true}, NULL);
	ata("GET NATIVE MAX ADDRESS EXT", ATA_NO_DATA,
	    (struct ata_registers){.command = 0x78, .extended = true}, NULL);
	ata("DEVICE CONFIGURATION IDENTIFY", ATA_PIO_IN,
	    (struct ata_registers){.command = 0xb1, .feature = 0xc2, .count = 1}, page);
	ata("READ LOG EXT, directory", ATA_PIO_IN,
	    (struct ata_registers){.command = 0x2f, .count = 1, .extended = true}, page);
	ata("READ LOG EXT, IDENTIFY DEVICE data", ATA_PIO_IN,
	    (struct ata_registers){.command = 0x2f, .count = 1, .lba = 0x30, .extended = true}, page);
	ata("SANITIZE STATUS EXT", ATA_NO_DATA, (struct ata_registers){.command = 0xb4, .extended = true},
	    NULL);
}

static void ata_erasure(const char *what, unsigned protocol, struct ata_registers r, void *data)
{
	json_t *answer;

	fill_ends();
	answer = ata(what, protocol, r, data);
	json_object_set_new(answer, "contents", json_string(ends()));
}

static void ata_erasures(void)
{
	/* The signatures in the LBA: ACS-4, 7.36. */
	static const struct {
		const char *what;
		uint16_t feature;
		uint64_t lba;
	} sanitize[] = {{"CRYPTO SCRAMBLE EXT", 0x0011, 0x43727970},
			{"BLOCK ERASE EXT", 0x0012, 0x426b4572},
			{"OVERWRITE EXT", 0x0014, 0x4f5700000000}};
	uint8_t password[512] = {[2] = 'a'};

	for (unsigned i = 0; i < sizeof(sanitize) / sizeof(*sanitize); i++)
		ata_erasure(sanitize[i].what, ATA_NO_DATA,
			    (struct ata_registers){.command = 0xb4,
						   .feature = sanitize[i].feature,
						   .lba = sanitize[i].lba,
						   .count = 1,
						   .extended = true},
			    NULL);
	ata_erasure("SECURITY SET PASSWORD", ATA_PIO_OUT, (struct ata_registers){.command = 0xf1, .count = 1},
		    password);
	ata_erasure("SECURITY ERASE PREPARE", ATA_NO_DATA, (struct ata_registers){.command = 0xf3}, NULL);
	ata_erasure("SECURITY ERASE UNIT", ATA_PIO_OUT, (struct ata_registers){.command = 0xf4, .count = 1},
		    password);
	ata("SECURITY DISABLE PASSWORD", ATA_PIO_OUT, (struct ata_registers){.command = 0xf6, .count = 1},
	    password);
	ata("SECURITY FREEZE LOCK", ATA_NO_DATA, (struct ata_registers){.command = 0xf5}, NULL);
}

void ask_ata(void)
{
	ata_reads();
	ata_erasures();
}
