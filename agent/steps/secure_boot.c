/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The site's Secure Boot keys: put there where the order asks for it, and in force before a disk is touched. A machine on which somebody
 * else's platform key stands is held before anything is changed: from inside nothing can be done about it. docs/secure-boot.md
 */
#include "agent/hw/machine.h"
#include "agent/steps/sb_fetch.h"
#include "agent/steps/sb_roms.h"
#include "core/io.h"

static int somebody_elses(const struct secureboot *sb, struct err *err)
{
	_cleanup_free_ char *name = secureboot_platform_key(sb);

	return err_set(
		err, EPERM,
		"somebody else's Secure Boot keys stand in this machine: its platform key is %s, not the "
		"site's. "
		"They cannot be replaced from inside: reset them in the firmware's setup or by the BMC "
		"(to the factory's, then to setup mode), and order again",
		name);
}

static int check_factory(const struct secureboot *sb, struct err *err)
{
	_cleanup_free_ char *name = secureboot_platform_key(sb);
	bool factory = false;
	int r = secureboot_is_factory(sb, &factory, err);

	if (r < 0)
		return r;
	if (!factory)
		return err_set(
			err, EPERM,
			"the order wants the maker's Secure Boot keys at the handover, and others stand "
			"there (platform key: %s): "
			"reset them in the firmware's setup or by the BMC, and order again",
			name);
	return 0;
}

/* In setup mode it is nobody's. One that the site has had is good for an order that brings the keys up to date, and for no other. */
static int check_platform_key(const struct order_secure_boot *wish, const struct secureboot *sb,
			      const struct sb_bundle *bundle, struct err *err)
{
	_cleanup_free_ char *name = NULL;

	if (sb->setup_mode == 1 || secureboot_is_ours(sb, bundle))
		return 0;
	if (secureboot_former(sb, bundle) < 0)
		return somebody_elses(sb, err);
	if (wish->enrol)
		return 0;
	name = secureboot_platform_key(sb);
	return err_set(err, EPERM,
		       "a former platform key of the site stands in this machine, %s, and the order does not "
		       "replace it: order it with --secure-boot enrol",
		       name);
}

/* Whose keys may stand there for what the order wants? */
static int check_keys(struct job *job, const struct secureboot *sb, struct err *err)
{
	const struct order_secure_boot *wish = &job->order->secure_boot;
	const struct sb_bundle *bundle = NULL;
	int r = sb_fetch(job, &bundle, err);

	if (r == 0)
		r = check_platform_key(wish, sb, bundle, err);
	if (r < 0)
		return r;
	if (wish->handover == ORDER_SB_SETUP && !wish->clear)
		return err_set(err, EINVAL,
			       "the station has no payload that takes the platform key out, which handover "
			       "\"setup\" needs");
	if (wish->enrol)
		return sb_roms_check(job, bundle, err);
	return wish->handover == ORDER_SB_SITE ? sb_check_in_force(sb, bundle, err) : 0;
}

static int secure_boot_check(struct job *job, struct err *err)
{
	const struct order_secure_boot *wish = &job->order->secure_boot;
	_cleanup_(secureboot_freep) struct secureboot *sb = NULL;
	int r;

	if (!order_secure_boot_acts(wish))
		return 0;
	if (!firmware_is_uefi(""))
		return err_set(err, EINVAL,
			       "this machine booted by BIOS, which has no Secure Boot; the order wants it");
	r = secureboot_read(&sb, err);
	if (r < 0)
		return r;
	if (!secureboot_is_there(sb))
		return err_set(
			err, ENODEV,
			"this firmware has no Secure Boot (no variable SetupMode); the order wants it");
	return wish->handover == ORDER_SB_FACTORY ? check_factory(sb, err) : check_keys(job, sb, err);
}

/* What is written now is in force after a reset, which also shows that this boot image starts with it. */
static int put_keys(struct job *job, const struct sb_bundle *bundle, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	bool changed = false;
	int r = secureboot_enrol(bundle, &changed, err);

	if (r < 0 || !changed)
		return r < 0 ? r : STEP_DONE;
	text = str_printf("the site's Secure Boot keys, generation %llu, are in the firmware",
			  (unsigned long long)bundle->generation);
	job->ops->note(job, text);
	return STEP_NEEDS_RESET;
}

static int secure_boot_run(struct job *job, struct err *err)
{
	_cleanup_(secureboot_freep) struct secureboot *sb = NULL;
	const struct sb_bundle *bundle = NULL;
	int r;

	if (!job->order->secure_boot.enrol)
		return STEP_SKIPPED;
	r = sb_fetch(job, &bundle, err);
	if (r == 0)
		r = put_keys(job, bundle, err);
	if (r != STEP_DONE)
		return r;
	r = secureboot_read(&sb, err);
	if (r == 0)
		r = sb_check_in_force(sb, bundle, err);
	return r < 0 ? r : STEP_DONE;
}

/* What the handover has changed since is for its own row to read back. */
static int secure_boot_verify(struct job *job, struct err *err)
{
	const struct order_secure_boot *wish = &job->order->secure_boot;
	_cleanup_(secureboot_freep) struct secureboot *sb = NULL;
	const struct sb_bundle *bundle = NULL;
	int r;

	if (!wish->enrol || wish->handover == ORDER_SB_SETUP)
		return 0;
	r = sb_fetch(job, &bundle, err);
	if (r == 0)
		r = secureboot_read(&sb, err);
	return r < 0 ? r : sb_check_in_force(sb, bundle, err);
}

const struct step step_secure_boot = {
	.name = "secure-boot",
	.effect = STEP_CHANGES,
	.check = secure_boot_check,
	.run = secure_boot_run,
	.verify = secure_boot_verify,
};
