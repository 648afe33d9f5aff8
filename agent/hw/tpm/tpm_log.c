/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/hw/tpm/tpm_log.h"

#include <string.h>
#include <sys/mount.h>

#include "core/io.h"
#include "core/log.h"

#define SECURITYFS "/sys/kernel/security"
#define LOG        SECURITYFS "/tpm0/binary_bios_measurements"

int tpm_log_read(const char *root, size_t limit, uint8_t **ret, size_t *ret_len, struct err *err)
{
	_cleanup_free_ char *path = str_printf("%s%s", root, LOG);
	char *text = NULL;
	int r;

	if (!*root &&
	    mount("securityfs", SECURITYFS, "securityfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0 &&
	    errno != EBUSY)
		log_warn("mounting %s: %s", SECURITYFS, strerrordesc_np(errno));
	r = file_read(path, limit, &text, ret_len, err);
	if (r == -ENOENT)
		return err_set(err, ENOENT,
			       "the firmware has left no log of what it measured: it does not use the TPM, "
			       "or it booted by BIOS");
	if (r == 0)
		*ret = (uint8_t *)text;
	return r;
}
