/* rooms: agent/hw core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte is the SAM status, the second the length that the host adapter claims, the rest the sense data: judged as SCSI and as ATA. */
#include <stdint.h>
#include <string.h>

#include "agent/hw/ata/private.h"
#include "agent/hw/scsi/sg_spec.h"
#include "agent/hw/transport.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *input;
static size_t input_size;

static int answer(int fd, struct sg_io_hdr *io)
{
	size_t len = input_size - 2 < io->mx_sb_len ? input_size - 2 : io->mx_sb_len;

	(void)fd;
	io->status = input[0];
	io->sb_len_wr = input[1];
	memcpy(io->sbp, input + 2, len);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct device_transport transport = {.scsi = answer};
	struct ata_command ata = {.command = ATA_SECURITY_ERASE_PREPARE, .timeout_s = 1};
	struct sg_command sg = {.cdb_len = 6, .timeout_s = 1};
	struct ata_sanitize_status status;
	struct err err = {0};
	struct sg_sense s;

	if (size < 2)
		return 0;
	input = data;
	input_size = size;
	device_transport_replace(&transport);
	if (sg_run(0, &sg, "fuzz", &err) == 0 && data[0] != SAM_GOOD && data[0] != SAM_CONDITION_MET &&
	    (!sg_sense(&sg, &s) || s.key != SENSE_RECOVERED_ERROR))
		__builtin_trap();
	if (sg_sense(&sg, &s) && s.ata && (s.ata < sg.sense || s.ata + 14 > sg.sense + sg.sense_len))
		__builtin_trap();
	/* No success without the drive's own. */
	if (ata_pass(0, &ata, "fuzz", &err) == 0 &&
	    (!ata.answered || (ata.status & (ATA_STATUS_BSY | ATA_STATUS_DF | ATA_STATUS_ERR))))
		__builtin_trap();
	if (ata_sanitize_status(0, &status, &err) == 0 && status.failed && status.done)
		__builtin_trap();
	device_transport_replace(NULL);
	return 0;
}
