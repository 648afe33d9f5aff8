/* rooms: agent/hw core */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All that a SCSI drive answers. The input is one answer after the other: a byte of status, a byte of length, then so many bytes, which are data of a
 * GOOD answer and sense data of others. After the last one the drive answers GOOD and nothing.
 */
#include <stdint.h>
#include <string.h>

#include "agent/hw/scsi/scsi.h"
#include "agent/hw/scsi/sg_spec.h"
#include "agent/hw/transport.h"
#include "core/json.h"

#define COMMANDS_MAX \
	400 /* identifying, looking and health ask a bounded number of times, whatever is answered */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *input;
static size_t input_len;
static unsigned n_commands;

static const uint8_t *take(size_t want, size_t *ret_len)
{
	const uint8_t *at = input;

	*ret_len = want < input_len ? want : input_len;
	input += *ret_len;
	input_len -= *ret_len;
	return at;
}

static int on_scsi(int fd, struct sg_io_hdr *io)
{
	const uint8_t *head, *bytes;
	size_t n, len;

	(void)fd;
	if (++n_commands > COMMANDS_MAX)
		__builtin_trap();
	io->resid = (int)io->dxfer_len;
	head = take(2, &n);
	if (n < 2)
		return 0;
	io->status = head[0];
	bytes = take(head[1], &len);
	if (io->status == SAM_GOOD) {
		len = len < io->dxfer_len ? len : io->dxfer_len;
		if (len)
			memcpy(io->dxferp, bytes, len);
		io->resid = (int)(io->dxfer_len - len);
	} else {
		io->sb_len_wr = len < io->mx_sb_len ? (unsigned char)len : io->mx_sb_len;
		memcpy(io->sbp, bytes, io->sb_len_wr);
	}
	return 0;
}

/* What could be read can be written, and read again as the same. */
static void check(const struct scsi_caps *caps)
{
	_cleanup_json_ json_t *json = scsi_caps_to_json(caps), *again = NULL;
	struct scsi_caps back;
	struct err err;

	if (!json || scsi_caps_from_json(json, &back, &err) < 0)
		__builtin_trap();
	again = scsi_caps_to_json(&back);
	if (!json_equal(json, again))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct device_transport transport = {.scsi = on_scsi};
	_cleanup_json_ json_t *health = NULL;
	struct scsi_sanitize_status status;
	struct scsi_caps caps;
	struct err err;

	if (!size)
		return 0;
	input = data + 1;
	input_len = size - 1;
	n_commands = 0;
	device_transport_replace(&transport);
	/* The first byte says what is asked first, so that a short input reaches each. */
	if (!(data[0] & 1) && scsi_identify(3, &caps, &err) == 0)
		check(&caps);
	if (!(data[0] & 2) && scsi_sanitize_status(3, &status, &err) == 0 &&
	    (status.sense_len > sizeof(status.sense) || (status.in_progress && status.failed)))
		__builtin_trap();
	if (scsi_health(3, &health, &err) == 0 && !health)
		__builtin_trap();
	device_transport_replace(NULL);
	return 0;
}
