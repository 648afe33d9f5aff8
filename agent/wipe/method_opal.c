/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opal: a revert makes the drive forget the key of all its data (Opal 2, 5.1.2.2), and every password and locked range with it. What reads
 * back afterwards is the proof's business; that nothing is locked any more is checked here.
 */
#include "agent/hw/transport.h"
#include "agent/wipe/method.h"

enum {
	PATIENCE_S = 600, /* the kernel takes several exchanges with the drive for a revert */
	LOOKS = 15,       /* at a drive that begins anew after the revert ... */
	PAUSE_MS = 2000,  /* ... so far apart */
};

static int discover(struct wipe_run *run, const char *what, struct opal_caps *ret, struct err *err)
{
	int r;

	run->progress(run, 0, 1, PATIENCE_S);
	r = opal_discover(run->fd, run->block->transport, ret, err);
	if (r < 0)
		return err_prepend(err, "%s", what);
	wipe_run_status(run, what, ret->raw, ret->raw_len);
	return 0;
}

static int discover_after(struct wipe_run *run, struct opal_caps *ret, struct err *err)
{
	for (unsigned i = 1;; i++) {
		int r = discover(run, "TCG discovery after the revert", ret, err);

		if (r == 0 || i == LOOKS)
			return r;
		device_transport()->pause(PAUSE_MS);
	}
}

static int check_reverted(const struct opal_caps *after, struct err *err)
{
	if (after->locking_enabled || after->locked)
		return err_set(err, EIO, "the drive reported success, and locking is still %s",
			       after->locked ? "in force" : "enabled");
	if (after->mbr_enabled)
		return err_set(
			err, EIO,
			"the drive reported success, and its shadow of the boot record is still enabled");
	return 0;
}

static int check_reverts(const struct opal_caps *caps, struct err *err)
{
	if (opal_reverts_media(caps))
		return 0;
	return err_set(
		err, EOPNOTSUPP,
		"a revert destroys no key on this drive (TCG class %04xh, media encryption %s, locking %s)",
		caps->ssc, caps->media_encryption ? "on" : "off",
		caps->locking_enabled ? "enabled" : "never activated");
}

static int revert(struct wipe_run *run, const char *secret, const char *secret_name,
		  int (*command)(int fd, const char *secret, struct err *err), struct err *err)
{
	struct opal_caps before, after;
	int r;

	if (!run->caps->has_opal)
		return err_set(err, EOPNOTSUPP, "the drive has no Opal");
	if ((r = check_reverts(&run->caps->opal, err)) < 0)
		return r;
	if (!secret)
		return err_set(err, EINVAL, "the order has no %s for this drive", secret_name);
	if ((r = discover(run, "TCG discovery before the revert", &before, err)) < 0 ||
	    (r = check_reverts(&before, err)) < 0)
		return r;
	run->progress(run, 0, 1, PATIENCE_S);
	if ((r = command(run->fd, secret, err)) < 0 || (r = discover_after(run, &after, err)) < 0)
		return r;
	return check_reverted(&after, err);
}

int method_opal_psid_revert(struct wipe_run *run, struct err *err)
{
	if (!IS_ENABLED(CONFIG_HW_OPAL))
		return err_set(err, EOPNOTSUPP, "this agent was built without Opal");
	return revert(run, run->psid, "PSID", opal_psid_revert, err);
}

int method_opal_revert(struct wipe_run *run, struct err *err)
{
	if (!IS_ENABLED(CONFIG_HW_OPAL))
		return err_set(err, EOPNOTSUPP, "this agent was built without Opal");
	return revert(run, run->sid, "password", opal_revert, err);
}
