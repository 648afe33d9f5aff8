/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Erasing by NVMe Sanitize and Format NVM. A Sanitize works in the background, cannot be stopped, and goes on over resets and power cuts
 * (Base Specification 2.0a, 8.21); its log is therefore read before anything is begun.
 */
#include "agent/hw/nvme/nvme.h"
#include "agent/wipe/method.h"

enum {
	FORMAT_BASE_S = 1800,     /* for a Format of any size ... */
	FORMAT_BYTES_S = 1 << 29, /* ... and a second for each of these */
	FORMAT_MAX_S = 7 * 86400,
	ESTIMATE_MAX_S = 7 * 86400, /* a drive that says more is not believed */
	PATIENCE_S = 150,           /* for the few short commands between two words of progress */
};

static int not_nvme(struct err *err)
{
	return err_set(err, EOPNOTSUPP,
		       IS_ENABLED(CONFIG_HW_NVME) ? "the drive takes no NVMe commands"
						  : "this agent was built without NVMe commands");
}

/* ---- Sanitize ---- */

static bool is_done(const struct nvme_sanitize_log *log)
{
	return log->state == NVME_SANITIZE_DONE || log->state == NVME_SANITIZE_DONE_DEALLOCATED;
}

/* The log, kept as it came. */
static int look(struct wipe_run *run, const char *when, struct nvme_sanitize_log *ret, struct err *err)
{
	char what[120];
	int r;

	*ret = (struct nvme_sanitize_log){.state = NVME_SANITIZE_NEVER};
	r = nvme_sanitize_log(run->fd, ret, err);
	if (r == 0 || r == -EBADMSG) {
		snprintf(what, sizeof(what), "NVMe Sanitize log %s%s", when,
			 ret->state == NVME_SANITIZE_DONE_DEALLOCATED
				 ? "; deallocated although it was not to be"
				 : "");
		wipe_run_status(run, what, ret->raw, sizeof(ret->raw));
	}
	return r;
}

/* Progress that runs backwards is none. */
static int ask(struct wipe_run *run, uint16_t *ret_progress, struct err *err)
{
	struct nvme_sanitize_log log = {.state = NVME_SANITIZE_NEVER};
	int r = nvme_sanitize_log(run->fd, &log, err);

	if (r == -EBADMSG)
		wipe_run_status(run, "NVMe Sanitize log while it ran", log.raw, sizeof(log.raw));
	if (r < 0 || log.state != NVME_SANITIZE_RUNNING)
		return r;
	if (log.sprog > *ret_progress)
		*ret_progress = log.sprog;
	return -EINPROGRESS;
}

/* As wipe_await() takes it. That of overwriting is for 16 passes (5.16.1.22), and generous for one. */
static uint32_t estimate_s(const struct nvme_sanitize_log *log, uint32_t scdw10)
{
	uint32_t s = NVME_ESTIMATE_UNKNOWN;

	switch (scdw10 & 7) {
	case NVME_SANITIZE_BLOCK:
		s = log->block_s;
		break;
	case NVME_SANITIZE_OVERWRITE:
		s = log->overwrite_s;
		break;
	case NVME_SANITIZE_CRYPTO:
		s = log->crypto_s;
		break;
	}
	if (s == NVME_ESTIMATE_UNKNOWN)
		return 0;
	if (s == 0) /* done with the command itself */
		return 1;
	return s < ESTIMATE_MAX_S ? s : ESTIMATE_MAX_S;
}

/* Out of the failure of an unrestricted one. A refusal changes nothing: a new, restricted one may follow either way. */
static void leave_failure(struct wipe_run *run)
{
	struct err refused = {0};
	int r = nvme_sanitize_start(run->fd, &run->caps->nvme, NVME_SANITIZE_EXIT_FAILURE, &refused);

	wipe_run_status(run,
			r < 0 ? "NVMe Sanitize, exit failure mode: refused"
			      : "NVMe Sanitize, exit failure mode: taken",
			NULL, 0);
}

/*
 * Waits for what runs already. *ret_done: it was this action, begun by an earlier boot of the same attempt. One that had ended before we came is
 * ours only if nothing was written since (Global Data Erased): the attempt began with writing markers, and an older one knows nothing of them.
 */
static int settle(struct wipe_run *run, enum nvme_sanitize action, bool *ret_done, struct err *err)
{
	struct nvme_sanitize_log log;
	bool ours, was_running;
	int r = look(run, "before", &log, err);

	if (r < 0)
		return r;
	was_running = log.state == NVME_SANITIZE_RUNNING;
	if (was_running && (wipe_await(run, estimate_s(&log, log.scdw10), ask, err) < 0 ||
			    look(run, "of the one that was found running", &log, err) < 0))
		return err_prepend(err, "a Sanitize that was begun before");
	ours = run->resumed && log.scdw10 == nvme_sanitize_dword10(action);
	*ret_done = ours && is_done(&log) && (was_running || log.global_data_erased);
	if (log.state == NVME_SANITIZE_FAILED && nvme_sanitize_was_unrestricted(&log))
		leave_failure(run);
	return 0;
}

static int judge(const struct nvme_sanitize_log *log, enum nvme_sanitize action, struct err *err)
{
	if (log->state == NVME_SANITIZE_FAILED)
		return err_set(err, EIO,
			       "the drive says that its Sanitize failed; until one succeeds it refuses "
			       "nearly every command");
	if (!is_done(log))
		return err_set(err, EIO, "the drive took the Sanitize, and its log says that it %s",
			       log->state == NVME_SANITIZE_NEVER ? "was never sanitized" : "has begun anew");
	if (log->scdw10 != nvme_sanitize_dword10(action))
		return err_set(
			err, EIO,
			"the drive's log speaks of another Sanitize (dword 10 is %08xh instead of %08xh)",
			log->scdw10, nvme_sanitize_dword10(action));
	return 0;
}

static int sanitize(struct wipe_run *run, enum nvme_sanitize action, struct err *err)
{
	const struct nvme_caps *caps = &run->caps->nvme;
	struct nvme_sanitize_log log;
	bool done = false;
	int r;

	if (!IS_ENABLED(CONFIG_HW_NVME) || run->caps->kind != WIPE_CAPS_NVME)
		return not_nvme(err);
	if (!nvme_has_sanitize(caps, action))
		return err_set(err, EOPNOTSUPP,
			       "the drive does not offer this kind of Sanitize (SANICAP %08xh)",
			       caps->sanicap);
	run->progress(run, 0, 65536, PATIENCE_S);
	if ((r = settle(run, action, &done, err)) < 0 || done)
		return r;
	run->progress(run, 0, 65536, PATIENCE_S);
	if ((r = nvme_sanitize_start(run->fd, caps, action, err)) < 0 ||
	    (r = look(run, "once begun", &log, err)) < 0 ||
	    (r = wipe_await(run, estimate_s(&log, nvme_sanitize_dword10(action)), ask, err)) < 0 ||
	    (r = look(run, "after", &log, err)) < 0)
		return r;
	return judge(&log, action, err);
}

int method_nvme_sanitize_block(struct wipe_run *run, struct err *err)
{
	return sanitize(run, NVME_SANITIZE_BLOCK, err);
}

int method_nvme_sanitize_crypto(struct wipe_run *run, struct err *err)
{
	return sanitize(run, NVME_SANITIZE_CRYPTO, err);
}

int method_nvme_sanitize_overwrite(struct wipe_run *run, struct err *err)
{
	return sanitize(run, NVME_SANITIZE_OVERWRITE, err);
}

/* ---- Format NVM ---- */

static int format(struct wipe_run *run, unsigned ses, struct err *err)
{
	uint64_t s = FORMAT_BASE_S + run->block->size / FORMAT_BYTES_S;
	unsigned timeout_s = s < FORMAT_MAX_S ? (unsigned)s : FORMAT_MAX_S;

	if (!IS_ENABLED(CONFIG_HW_NVME) || run->caps->kind != WIPE_CAPS_NVME)
		return not_nvme(err);
	run->progress(run, 0, run->block->size, timeout_s + PATIENCE_S);
	return nvme_format(run->fd, &run->caps->nvme, ses, timeout_s, err);
}

int method_nvme_format_crypto(struct wipe_run *run, struct err *err)
{
	return format(run, 2, err);
}

int method_nvme_format_user(struct wipe_run *run, struct err *err)
{
	return format(run, 1, err);
}
