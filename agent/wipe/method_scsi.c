/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SCSI SANITIZE (SBC-4, 4.11): asynchronous, goes on over resets and power cycles, and cannot be stopped. A drive keeps no record of one that
 * has ended well, so after a power cut it is done again unless it still runs.
 */
#include "agent/wipe/method.h"

/* Between two words of ours: a command that asks, a few times over, or the start with the emptying of a cache. */
#define PATIENCE_S 900

/* Looks once, and keeps what the drive said when nothing runs any more. *ret_failed: how it ended. */
static int look(struct wipe_run *run, uint16_t *ret_progress, bool *ret_failed, struct err *err)
{
	struct scsi_sanitize_status status;
	int r = scsi_sanitize_status(run->fd, &status, err);

	if (r == -EBUSY)
		return -EINPROGRESS; /* it has no time to say more; wipe_await() sees that it stands still */
	if (r < 0)
		return r;
	if (status.in_progress) {
		*ret_progress = status.progress;
		return -EINPROGRESS;
	}
	*ret_failed = status.failed;
	wipe_run_status(run,
			status.failed ? "SCSI sense, sanitize failed" : "SCSI sense, no sanitize running",
			status.sense, status.sense_len);
	return 0;
}

static int ask_idle(struct wipe_run *run, uint16_t *ret_progress, struct err *err)
{
	bool failed;

	return look(run, ret_progress, &failed, err);
}

static int ask_done(struct wipe_run *run, uint16_t *ret_progress, struct err *err)
{
	bool failed = false;
	int r = look(run, ret_progress, &failed, err);

	if (r == 0 && failed)
		return err_set(err, EIO,
			       "SCSI SANITIZE failed (31h/03h); the drive refuses all but another SANITIZE "
			       "until one succeeds");
	return r;
}

/* What a failed sanitize left: a new one is the way out of it (SBC-4, 4.11.1), on a drive that takes one; else the failure mode is left first. */
static int start(struct wipe_run *run, enum scsi_sanitize action, bool in_failure, struct err *err)
{
	struct err ignored;
	int r;

	run->progress(run, 0, 65536, PATIENCE_S);
	r = scsi_sanitize_start(run->fd, &run->caps->scsi, action, err);
	if (r == 0 || r == -EOPNOTSUPP || !in_failure)
		return r;
	run->progress(run, 0, 65536, PATIENCE_S);
	if (scsi_sanitize_start(run->fd, &run->caps->scsi, SCSI_SANITIZE_EXIT_FAILURE, &ignored) < 0)
		return err_prepend(err, "in the failure mode of an earlier sanitize");
	run->progress(run, 0, 65536, PATIENCE_S);
	return scsi_sanitize_start(run->fd, &run->caps->scsi, action, err);
}

static int sanitize(struct wipe_run *run, enum scsi_sanitize action, struct err *err)
{
	struct scsi_sanitize_status before;
	int r;

	if (!IS_ENABLED(CONFIG_HW_SCSI))
		return err_set(err, EOPNOTSUPP, "this agent was built without SCSI commands");
	if (run->caps->kind != WIPE_CAPS_SCSI)
		return err_set(err, EOPNOTSUPP, "not a SCSI drive");
	run->progress(run, 0, 65536, PATIENCE_S);
	r = scsi_sanitize_status(run->fd, &before, err);
	if (r == 0 && before.in_progress) {
		if (run->resumed)
			return wipe_await(run, 0, ask_done, err);
		/* Somebody else's, of whatever kind: it cannot be stopped, and ours follows it. */
		r = wipe_await(run, 0, ask_idle, err);
		if (r == 0)
			r = scsi_sanitize_status(run->fd, &before, err);
	}
	if (r < 0)
		return err_prepend(err, "before the sanitize");
	if ((r = start(run, action, before.failed, err)) < 0)
		return r;
	return wipe_await(run, 0, ask_done, err);
}

int method_scsi_sanitize_block(struct wipe_run *run, struct err *err)
{
	return sanitize(run, SCSI_SANITIZE_BLOCK, err);
}

int method_scsi_sanitize_crypto(struct wipe_run *run, struct err *err)
{
	return sanitize(run, SCSI_SANITIZE_CRYPTO, err);
}

int method_scsi_sanitize_overwrite(struct wipe_run *run, struct err *err)
{
	return sanitize(run, SCSI_SANITIZE_OVERWRITE, err);
}
