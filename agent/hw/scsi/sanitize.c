/* SPDX-License-Identifier: Apache-2.0 */
/* SANITIZE and what becomes of it (SBC-4, 4.11 and 5.30). */
#include <endian.h>
#include <string.h>

#include "agent/hw/scsi/private.h"
#include "agent/hw/scsi/scsi.h"
#include "agent/hw/scsi/sg_spec.h"
#include "agent/hw/scsi/spec.h"

/* With IMMED it only checks the command and begins; it may empty its cache before. */
#define START_TIMEOUT_S 120
#define LOOKS           8 /* at a device that first tells of something else */

static bool is_offered(const struct scsi_caps *caps, enum scsi_sanitize action)
{
	switch (action) {
	case SCSI_SANITIZE_OVERWRITE:
		return caps->sanitize_overwrite;
	case SCSI_SANITIZE_BLOCK:
		return caps->sanitize_block;
	case SCSI_SANITIZE_CRYPTO:
		return caps->sanitize_crypto;
	case SCSI_SANITIZE_EXIT_FAILURE: /* belongs to the command (SBC-4, 5.30.2.5) */
		return caps->sanitize_overwrite || caps->sanitize_block || caps->sanitize_crypto;
	}
	return false;
}

int scsi_sanitize_start(int fd, const struct scsi_caps *caps, enum scsi_sanitize action, struct err *err)
{
	struct scsi_overwrite_list list = {.passes = 1, .pattern_length = htobe16(1)};
	struct sg_command cmd = {.cdb = {SCSI_SANITIZE, SCSI_SANITIZE_IMMED | (uint8_t)action},
				 .cdb_len = SCSI_SANITIZE_CDB_LEN,
				 .timeout_s = START_TIMEOUT_S};

	if (!is_offered(caps, action))
		return err_set(err, EOPNOTSUPP,
			       "SCSI SANITIZE: the drive does not offer service action %02xh",
			       (unsigned)action);
	if (action == SCSI_SANITIZE_OVERWRITE) {
		cmd.cdb[8] = sizeof(list);
		cmd.direction = SG_TO_DEVICE;
		cmd.data = &list;
		cmd.len = sizeof(list);
	}
	return sg_run_attended(fd, &cmd, "SCSI SANITIZE", err);
}

enum meaning { MEANS_NOTHING, MEANS_SANITIZING, MEANS_FAILED, MEANS_AGAIN, MEANS_ELSE };

static enum meaning meaning(const struct sg_sense *s)
{
	if (s->deferred)
		return MEANS_ELSE;
	if (s->asc == SCSI_ASC_FORMAT && s->ascq == SCSI_ASCQ_SANITIZE_FAILED)
		return MEANS_FAILED;
	switch (s->key) {
	case SENSE_NO_SENSE:
	case SENSE_NOT_READY:
		if (s->asc == SCSI_ASC_NOT_READY && s->ascq == SCSI_ASCQ_SANITIZING)
			return MEANS_SANITIZING;
		return s->key == SENSE_NO_SENSE ? MEANS_NOTHING : MEANS_ELSE;
	case SENSE_RECOVERED_ERROR:
		return MEANS_NOTHING;
	case SENSE_UNIT_ATTENTION:
	case SENSE_ILLEGAL_REQUEST: /* of an earlier command: QEMU keeps them until they are asked for */
		return MEANS_AGAIN;
	default:
		return MEANS_ELSE;
	}
}

/* What the sense data of cmd mean goes into *ret, and they themselves. */
static enum meaning take_sense(const struct sg_command *cmd, struct scsi_sanitize_status *ret)
{
	struct sg_sense s;
	enum meaning m;

	if (!sg_sense(cmd, &s))
		return MEANS_ELSE;
	m = meaning(&s);
	ret->in_progress = m == MEANS_SANITIZING;
	ret->failed = m == MEANS_FAILED;
	ret->progress = s.has_progress && ret->in_progress ? s.progress : 0;
	/* byte 7 counts those after it (SPC-5, 4.5) */
	ret->sense_len = 8u + cmd->sense[7] < cmd->sense_len ? 8u + cmd->sense[7] : cmd->sense_len;
	memcpy(ret->sense, cmd->sense, ret->sense_len);
	return m;
}

static int else_error(struct err *err, const struct sg_command *told)
{
	struct sg_sense s;

	if (!sg_sense(told, &s))
		return err_set(err, EBADMSG, "SCSI REQUEST SENSE: the device's answer is no sense data");
	return err_set(err, EIO,
		       "SCSI REQUEST SENSE: the device tells of %s (key %xh, ASC %02xh, ASCQ %02xh%s%s)",
		       s.deferred ? "an earlier error" : sg_sense_key_name(s.key), s.key, s.asc, s.ascq,
		       *sg_sense_meaning(s.asc, s.ascq) ? ", " : "", sg_sense_meaning(s.asc, s.ascq));
}

/* REQUEST SENSE answers with sense data as its data: here they are put where sg_sense() looks for them. */
static int ask_sense(int fd, struct scsi_sanitize_status *ret, enum meaning *ret_meaning, struct err *err)
{
	static const uint8_t cdb[6] = {SCSI_REQUEST_SENSE, [4] = SG_SENSE_SIZE};
	struct sg_command told = {.sense_len = 0};
	uint32_t len;
	int r = scsi_ask(fd, cdb, sizeof(cdb), told.sense, sizeof(told.sense), &len, "SCSI REQUEST SENSE",
			 err);

	if (r < 0)
		return r;
	told.sense_len = len;
	*ret_meaning = take_sense(&told, ret);
	return *ret_meaning == MEANS_ELSE ? else_error(err, &told) : 0;
}

static bool only_attention(const struct sg_command *cmd)
{
	struct sg_sense s;

	return sg_sense(cmd, &s) && s.key == SENSE_UNIT_ATTENTION && !s.deferred;
}

/* A failed sanitize need not show in REQUEST SENSE, but every other command ends with it (SBC-4, 4.11.4). */
static int ask_ready(int fd, struct scsi_sanitize_status *ret, enum meaning *ret_meaning, struct err *err)
{
	struct sg_command cmd = {
		.cdb = {SCSI_TEST_UNIT_READY}, .cdb_len = 6, .timeout_s = SCSI_ASK_TIMEOUT_S};
	int r = sg_issue(fd, &cmd, "SCSI TEST UNIT READY", err);

	if (r < 0)
		return r;
	*ret_meaning = MEANS_NOTHING;
	if (cmd.status == SAM_CHECK_CONDITION && sg_arrived(&cmd)) {
		*ret_meaning = take_sense(&cmd, ret);
		if (*ret_meaning == MEANS_SANITIZING || *ret_meaning == MEANS_FAILED || only_attention(&cmd))
			return 0;
	}
	return sg_judge(&cmd, "SCSI TEST UNIT READY", err);
}

int scsi_sanitize_status(int fd, struct scsi_sanitize_status *ret, struct err *err)
{
	for (unsigned i = 0; i < LOOKS; i++) {
		struct scsi_sanitize_status status = {.sense_len = 0};
		enum meaning m;
		int r = ask_sense(fd, &status, &m, err);

		if (r == 0 && m == MEANS_NOTHING)
			r = ask_ready(fd, &status, &m, err);
		if (r < 0)
			return r;
		if (m != MEANS_AGAIN) {
			*ret = status;
			return 0;
		}
	}
	return err_set(
		err, EIO,
		"SCSI REQUEST SENSE: the device does not come to its state for other things that it reports");
}
