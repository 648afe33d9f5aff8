/* SPDX-License-Identifier: Apache-2.0 */
/* SPC-5 and SBC-4: what a disk says of itself, and what it does with SANITIZE and with what is no erasure. */
#include <string.h>

#include "tests/real/real.h"

json_t *scsi(const char *what, const uint8_t *cdb, unsigned cdb_len, enum sg_direction direction, void *data,
	     uint32_t len)
{
	struct sg_command cmd = {.cdb_len = cdb_len,
				 .direction = direction,
				 .data = data,
				 .len = len,
				 .timeout_s = REAL_TIMEOUT_S};
	struct err err = {0};
	json_t *answer = json_pack("{s:s}", "what", what);

	memcpy(cmd.cdb, cdb, cdb_len);
	add_hex(answer, "cdb", cdb, cdb_len);
	json_array_append_new(answers, answer);
	if (sg_issue(fd, &cmd, what, &err) < 0) {
		json_object_set_new(answer, "errno", json_integer(err.code));
		return answer;
	}
	json_object_set_new(answer, "status", json_integer(cmd.status));
	json_object_set_new(answer, "host_status", json_integer(cmd.host_status));
	json_object_set_new(answer, "driver_status", json_integer(cmd.driver_status));
	add_hex(answer, "sense", cmd.sense, cmd.sense_len);
	if (direction == SG_FROM_DEVICE) {
		json_object_set_new(answer, "received", json_integer(cmd.received));
		add_hex(answer, "data", data, cmd.received);
	}
	return answer;
}

static void scsi_read(const char *what, const uint8_t *cdb, unsigned cdb_len, uint32_t len)
{
	uint8_t data[REAL_DATA_MAX] = {0};

	scsi(what, cdb, cdb_len, SG_FROM_DEVICE, data, len);
}

#define SCSI_READ(what, len, ...) \
	scsi_read(what, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}), len)

static void scsi_reads(void)
{
	static const uint8_t pages[] = {0x00, 0x80, 0x83, 0x86, 0x89, 0xb0, 0xb1, 0xb2, 0xb6};
	static const uint8_t actions[] = {0x01, 0x02, 0x03, 0x1f};
	static const uint8_t logs[] = {0x00, 0x0d, 0x11, 0x2f};

	scsi("TEST UNIT READY", (const uint8_t[6]){0}, 6, SG_NO_DATA, NULL, 0);
	SCSI_READ("REQUEST SENSE", 252, 0x03, 0, 0, 0, 252, 0);
	SCSI_READ("REQUEST SENSE, descriptors", 252, 0x03, 1, 0, 0, 252, 0);
	SCSI_READ("INQUIRY", 96, 0x12, 0, 0, 0, 96, 0);
	for (unsigned i = 0; i < sizeof(pages); i++)
		SCSI_READ("INQUIRY, page", 1024, 0x12, 1, pages[i], 4, 0, 0);
	SCSI_READ("READ CAPACITY (16)", 32, 0x9e, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0);
	SCSI_READ("MODE SENSE (10), all pages", 1024, 0x5a, 0, 0x3f, 0, 0, 0, 0, 4, 0, 0);
	for (unsigned i = 0; i < sizeof(logs); i++)
		SCSI_READ("LOG SENSE", 1024, 0x4d, 0, 0x40 | logs[i], 0, 0, 0, 0, 4, 0, 0);
	SCSI_READ("REPORT SUPPORTED OPERATION CODES", 4096, 0xa3, 0x0c, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0);
	for (unsigned i = 0; i < sizeof(actions); i++)
		SCSI_READ("REPORT SUPPORTED OPERATION CODES, SANITIZE", 64, 0xa3, 0x0c, 3, 0x48, 0,
			  actions[i], 0, 0, 0, 64, 0, 0);
	SCSI_READ("REPORT SUPPORTED OPERATION CODES, FORMAT UNIT", 64, 0xa3, 0x0c, 1, 0x04, 0, 0, 0, 0, 0, 64,
		  0, 0);
}

static void scsi_erasure(const char *what, const uint8_t *cdb, unsigned cdb_len, void *data, uint32_t len)
{
	json_t *answer;

	fill_ends();
	answer = scsi(what, cdb, cdb_len, len ? SG_TO_DEVICE : SG_NO_DATA, data, len);
	json_object_set_new(answer, "contents", json_string(ends()));
	SCSI_READ("REQUEST SENSE", 252, 0x03, 1, 0, 0, 252, 0);
}

static void scsi_erasures(void)
{
	/* SANITIZE, overwrite: INVERT 0, TEST 0, COUNT 1, initialization pattern length 4 (SBC-4, 5.30.2) */
	uint8_t overwrite[8] = {0x01, 0, 0, 4};
	/* UNMAP: one descriptor, blocks 0 to 7 (SBC-4, 5.35.2) */
	uint8_t unmap[24] = {0, 22, 0, 16, [19] = 8};

	scsi_erasure("SANITIZE, overwrite", (const uint8_t[10]){0x48, 0x81, [8] = sizeof(overwrite)}, 10,
		     overwrite, sizeof(overwrite));
	scsi_erasure("SANITIZE, block erase", (const uint8_t[10]){0x48, 0x82}, 10, NULL, 0);
	scsi_erasure("SANITIZE, cryptographic erase", (const uint8_t[10]){0x48, 0x83}, 10, NULL, 0);
	scsi_erasure("SANITIZE, exit failure mode", (const uint8_t[10]){0x48, 0x1f}, 10, NULL, 0);
	scsi_erasure("UNMAP", (const uint8_t[10]){0x42, [8] = sizeof(unmap)}, 10, unmap, sizeof(unmap));
	scsi_erasure("FORMAT UNIT", (const uint8_t[6]){0x04}, 6, NULL, 0);
}

void ask_scsi(void)
{
	scsi_reads();
	scsi_erasures();
}
