/* SPDX-License-Identifier: Apache-2.0 */
/* SANITIZE DEVICE, which an ATA drive does by itself and is asked about, and SECURITY ERASE UNIT, which is one command of hours. */
#include <endian.h>
#include <string.h>

#include "agent/wipe/method.h"

enum {
	ANSWER_S = 120, /* patience for a command that is answered at once, the kernel's resets included */
	MARGIN_S = 600, /* beyond twice the drive's estimate */
	BLIND_S = 4 * 3600,     /* without an estimate: this ... */
	BLIND_BYTES = 16 << 20, /* ... and a second for each of these */
	CLEANUP_S = 900,        /* for taking the password away, all tries */
};

#define BUILT_WITHOUT "this agent was built without ATA commands (HW_ATA)"

static int status(struct wipe_run *run, const char *when, struct ata_sanitize_status *ret, struct err *err)
{
	int r = ata_sanitize_status(run->fd, ret, err);

	if (r == 0)
		wipe_run_status(run, when, ret->raw, sizeof(ret->raw));
	return r;
}

/* The last answer is kept here: a drive may tell of its success only once. */
static int ask(struct wipe_run *run, uint16_t *ret_progress, struct err *err)
{
	struct ata_sanitize_status now;
	int r = ata_sanitize_status(run->fd, &now, err);

	if (r < 0)
		return r;
	if (now.in_progress) {
		*ret_progress = now.progress;
		return -EINPROGRESS;
	}
	wipe_run_status(run, "SANITIZE STATUS EXT, after", now.raw, sizeof(now.raw));
	if (now.failed)
		return err_set(err, EIO, "the drive says that its sanitize has failed");
	if (!now.done)
		return err_set(err, EIO,
			       "the drive has stopped sanitising and does not say that it has completed it");
	return 0;
}

/* *ret_ended: the drive has done already what this method was to do. */
static int begin(struct wipe_run *run, bool *ret_ended, struct err *err)
{
	struct ata_sanitize_status before;
	struct err ignored = {0};
	int r = status(run, "SANITIZE STATUS EXT, before", &before, err);

	*ret_ended = false;
	if (r < 0)
		return r;
	if (before.in_progress) {
		r = wipe_await(run, 0, ask, run->resumed ? err : &ignored);
		*ret_ended = run->resumed && r == 0;
		/* One that somebody else began may have failed, ours follows; but not while it runs. */
		if (r == -ETIMEDOUT && !run->resumed)
			return err_set(err, ETIMEDOUT, "a sanitize that was running already: %.800s",
				       ignored.text);
		return run->resumed ? r : 0;
	}
	if (before.frozen)
		return err_set(
			err, EPERM,
			"sanitize is frozen, by firmware as a rule; power-cycle the drive (a reset does "
			"not help) and try again");
	*ret_ended = run->resumed && before.done;
	return 0;
}

static int sanitize(struct wipe_run *run, enum ata_sanitize action, struct err *err)
{
	bool ended;
	int r;

	if (!IS_ENABLED(CONFIG_HW_ATA))
		return err_set(err, EOPNOTSUPP, BUILT_WITHOUT);
	run->progress(run, 0, 65536, ANSWER_S);
	r = begin(run, &ended, err);
	if (r < 0 || ended)
		return r;
	run->progress(run, 0, 65536, ANSWER_S);
	r = ata_sanitize_start(run->fd, &run->caps->ata, action, err);
	return r < 0 ? r : wipe_await(run, 0, ask, err);
}

int method_ata_sanitize_block(struct wipe_run *run, struct err *err)
{
	return sanitize(run, ATA_SANITIZE_BLOCK, err);
}

int method_ata_sanitize_crypto(struct wipe_run *run, struct err *err)
{
	return sanitize(run, ATA_SANITIZE_CRYPTO, err);
}

int method_ata_sanitize_overwrite(struct wipe_run *run, struct err *err)
{
	return sanitize(run, ATA_SANITIZE_OVERWRITE, err);
}

static unsigned erase_timeout_s(const struct wipe_run *run, uint32_t estimate_s)
{
	if (estimate_s)
		return 2 * estimate_s + MARGIN_S;
	return BLIND_S + (unsigned)(run->block->size / BLIND_BYTES);
}

/* IDENTIFY DEVICE as the drive gave it: words 82 to 90 and 128 speak of its security. */
static void keep_identify(struct wipe_run *run, const char *when)
{
	struct err ignored = {0};
	struct ata_caps now;
	uint16_t raw[256];

	if (ata_identify(run->fd, &now, &ignored) < 0)
		return;
	for (unsigned i = 0; i < 256; i++)
		raw[i] = htole16(now.id[i]);
	wipe_run_status(run, when, raw, sizeof(raw));
}

static int security_erase(struct wipe_run *run, bool enhanced, struct err *err)
{
	const struct ata_caps *caps = &run->caps->ata;
	unsigned timeout_s;
	int r;

	if (!IS_ENABLED(CONFIG_HW_ATA))
		return err_set(err, EOPNOTSUPP, BUILT_WITHOUT);
	run->progress(run, 0, 1, ANSWER_S);
	keep_identify(run, "IDENTIFY DEVICE, before");
	timeout_s = erase_timeout_s(run, enhanced ? caps->enhanced_s : caps->erase_s);
	run->progress(run, 0, 1, timeout_s + CLEANUP_S);
	r = ata_security_erase(run->fd, caps, enhanced, timeout_s, err);
	run->progress(run, r == 0, 1, ANSWER_S);
	keep_identify(run, "IDENTIFY DEVICE, after");
	return r;
}

int method_ata_security_enhanced(struct wipe_run *run, struct err *err)
{
	return security_erase(run, true, err);
}

int method_ata_security_normal(struct wipe_run *run, struct err *err)
{
	return security_erase(run, false, err);
}
