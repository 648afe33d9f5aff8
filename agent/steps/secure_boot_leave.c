/* SPDX-License-Identifier: Apache-2.0 */
/* What stands of Secure Boot's keys when the machine is handed over, by the order's wish, and the record of it. docs/secure-boot.md */
#include "agent/hw/machine.h"
#include "agent/steps/sb_fetch.h"
#include "core/io.h"

static int take_platform_key_out(struct job *job, struct secureboot **sb, struct err *err)
{
	const struct order_secure_boot *wish = &job->order->secure_boot;
	int r;

	if ((*sb)->setup_mode == 1)
		return 0;
	r = secureboot_clear(wish->clear, wish->clear_len, err);
	if (r < 0)
		return r;
	secureboot_free(*sb);
	*sb = NULL;
	return secureboot_read(sb, err);
}

static int leave_run(struct job *job, struct err *err)
{
	const struct order_secure_boot *wish = &job->order->secure_boot;
	_cleanup_(secureboot_freep) struct secureboot *sb = NULL;
	int r;

	if (!firmware_is_uefi(""))
		return STEP_SKIPPED;
	r = secureboot_read(&sb, err);
	if (r == 0 && wish->handover == ORDER_SB_SETUP)
		r = take_platform_key_out(job, &sb, err);
	if (r < 0 || !sb)
		return r;
	json_decref(job->facts.secure_boot);
	job->facts.secure_boot =
		json_pack("{ss ss so}", "keys", wish->enrol ? "enrol" : "keep", "handover",
			  order_sb_handover_name(wish->handover), "state", secureboot_to_json(sb));
	if (job->facts.option_roms)
		json_object_set(job->facts.secure_boot, "option_roms", job->facts.option_roms);
	return STEP_DONE;
}

static int check_setup(const struct secureboot *sb, struct err *err)
{
	_cleanup_free_ char *name = secureboot_platform_key(sb);

	if (sb->setup_mode != 1 || sb->lists[SB_PK].len)
		return err_set(err, EIO,
			       "the firmware is not in setup mode, although the platform key was taken out "
			       "(there is: %s)",
			       name);
	return 0;
}

static int check_factory(const struct secureboot *sb, struct err *err)
{
	bool factory = false;
	int r = secureboot_is_factory(sb, &factory, err);

	if (r == 0 && !factory)
		r = err_set(err, EIO, "the maker's Secure Boot keys stood there, and do no longer");
	return r;
}

static int leave_verify(struct job *job, struct err *err)
{
	const struct order_secure_boot *wish = &job->order->secure_boot;
	_cleanup_(secureboot_freep) struct secureboot *sb = NULL;
	const struct sb_bundle *bundle = NULL;
	int r;

	if (wish->handover == ORDER_SB_AS_IS || !firmware_is_uefi(""))
		return 0;
	r = secureboot_read(&sb, err);
	if (r < 0)
		return r;
	if (wish->handover == ORDER_SB_SETUP)
		return check_setup(sb, err);
	if (wish->handover == ORDER_SB_FACTORY)
		return check_factory(sb, err);
	r = sb_fetch(job, &bundle, err);
	return r < 0 ? r : sb_check_in_force(sb, bundle, err);
}

const struct step step_secure_boot_leave = {
	.name = "secure-boot-leave",
	.effect = STEP_CHANGES,
	.run = leave_run,
	.verify = leave_verify,
};
