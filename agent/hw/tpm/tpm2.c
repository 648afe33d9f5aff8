/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and closing, and the TPM's codes in words. */
#include "agent/hw/tpm/tpm2.h"

#include <fcntl.h>
#include <string.h>

#include "agent/hw/sysfs.h"
#include "agent/hw/tpm/tpm2_private.h"
#include "core/io.h"

#define DEVICE "/dev/tpmrm0"

bool tpm2_present(const char *root)
{
	return sysfs_number(0, "%s/sys/class/tpm/tpm0/tpm_version_major", root) == 2;
}

TSS2_RC tpm2_code(TSS2_RC rc)
{
	rc &= 0xffff; /* the layer says only who has passed it on */
	if (rc & TPM2_RC_FMT1)
		return rc & (TPM2_RC_FMT1 | 0x3f);
	return rc & 0xfff;
}

/* TPM 2.0 Library, Part 2, 6.6.3: what a former owner, the firmware or a fault leaves, and what to do. */
static const struct {
	TSS2_RC rc;
	int code;
	const char *words;
} words[] = {
	{TPM2_RC_BAD_AUTH, EACCES,
	 "a former owner has set an authorisation: clear the TPM in the firmware's setup"},
	{TPM2_RC_AUTH_FAIL, EACCES,
	 "a former owner has set an authorisation: clear the TPM in the firmware's setup"},
	{TPM2_RC_LOCKOUT, EBUSY,
	 "it is in lockout after wrong passwords: wait, or clear it in the firmware's setup"},
	{TPM2_RC_DISABLED, EPERM, "this command has been disabled: clear the TPM in the firmware's setup"},
	{TPM2_RC_HIERARCHY, EPERM, "the hierarchy is disabled: enable the TPM in the firmware's setup"},
	{TPM2_RC_INITIALIZE, EIO, "the firmware has not started it: enable the TPM in the firmware's setup"},
	{TPM2_RC_FAILURE, EIO,
	 "it has failed its self-test: switch the machine off and on, else replace the TPM"},
	{TPM2_RC_UPGRADE, EBUSY, "it waits for a firmware upgrade to be completed"},
};

static int wire_said(const struct tpm2 *tpm, const char *doing, struct err *err)
{
	int code = tpm->wire.failed;

	if (code == ETIMEDOUT || code == ETIME)
		return err_set(err, ETIMEDOUT, "TPM: %s: it does not answer: switch the machine off and on",
			       doing);
	return err_sys(err, code, "TPM: %s", doing);
}

int tpm2_said(const struct tpm2 *tpm, TSS2_RC rc, const char *doing, struct err *err)
{
	if (rc == TSS2_RC_SUCCESS)
		return 0;
	if (tpm->wire.failed)
		return wire_said(tpm, doing, err);
	/* The library's own complaints, of a response that is not sound. */
	if ((rc & TSS2_RC_LAYER_MASK) && (rc & TSS2_RC_LAYER_MASK) != TSS2_RESMGR_TPM_RC_LAYER)
		return err_set(err, EBADMSG, "TPM: %s: its answer is not sound (0x%x)", doing, rc);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].rc == tpm2_code(rc))
			return err_set(err, words[i].code, "TPM: %s: %s", doing, words[i].words);
	return err_set(err, EIO, "TPM: %s: it answered 0x%x", doing, rc);
}

int tpm2_open_fd(int fd, struct tpm2 **ret, struct err *err)
{
	struct tpm2 *tpm = xcalloc(1, sizeof(*tpm));
	TSS2_RC rc;

	tpm->ek = tpm->ak = ESYS_TR_NONE;
	tpm2_wire_init(&tpm->wire, fd);
	rc = Esys_Initialize(&tpm->esys, (TSS2_TCTI_CONTEXT *)&tpm->wire, NULL);
	if (rc != TSS2_RC_SUCCESS) {
		int r = tpm2_said(tpm, rc, "opening it", err);

		tpm->esys = NULL;
		tpm2_close(tpm);
		return r;
	}
	*ret = tpm;
	return 0;
}

int tpm2_open(struct tpm2 **ret, struct err *err)
{
	int fd = open(DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? err_set(err, ENODEV,
						 "there is no %s: no TPM 2.0, or it is switched off in the "
						 "firmware's setup",
						 DEVICE)
				       : err_sys(err, errno, "%s", DEVICE);
	return tpm2_open_fd(fd, ret, err);
}

void tpm2_drop(struct tpm2 *tpm, ESYS_TR *handle)
{
	if (*handle != ESYS_TR_NONE)
		(void)Esys_FlushContext(tpm->esys, *handle); /* TPM2_Clear may have done so */
	*handle = ESYS_TR_NONE;
}

void tpm2_close(struct tpm2 *tpm)
{
	if (!tpm)
		return;
	if (tpm->esys) {
		tpm2_drop(tpm, &tpm->ek);
		tpm2_drop(tpm, &tpm->ak);
		Esys_Finalize(&tpm->esys);
	}
	close_fdp(&tpm->wire.fd);
	free(tpm);
}
