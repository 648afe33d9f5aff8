/* SPDX-License-Identifier: Apache-2.0 */
/* Format NVM (5.14). */
#include "agent/hw/nvme/nvme.h"
#include "agent/hw/nvme/private.h"
#include "agent/hw/nvme/spec.h"

/* All that a Format must not change: LBA format, metadata and protection stay as they were. */
static uint32_t format_dword(const struct nvme_caps *caps, unsigned ses)
{
	return NVME_FORMAT_LBAFL(caps->lbaf) | NVME_FORMAT_LBAFU(caps->lbaf) | NVME_FORMAT_MSET(caps->flbas) |
	       NVME_FORMAT_PI(caps->dps) | NVME_FORMAT_PIL(caps->dps) | NVME_FORMAT_SES(ses);
}

int nvme_format(int dev_fd, const struct nvme_caps *caps, unsigned ses, unsigned timeout_s, struct err *err)
{
	struct nvme_admin_cmd cmd = {
		.opcode = NVME_ADMIN_FORMAT_NVM,
		.nsid = caps->nsid,
		.cdw10 = format_dword(caps, ses),
		.timeout_ms = timeout_s < UINT32_MAX / 1000 ? timeout_s * 1000 : UINT32_MAX,
	};

	if (ses != NVME_SES_USER_DATA && ses != NVME_SES_CRYPTO)
		return err_set(err, EINVAL, "NVMe Format: secure erase setting %u erases nothing", ses);
	if (!nvme_has_format(caps))
		return err_set(err, EOPNOTSUPP, "NVMe Format: the drive has no Format (OACS)");
	if (ses == NVME_SES_CRYPTO && !nvme_has_crypto_format(caps))
		return err_set(err, EOPNOTSUPP, "NVMe Format: the drive has no cryptographic erase (FNA)");
	if (!caps->nsid || !timeout_s)
		return err_set(err, EINVAL, "NVMe Format: needs a namespace and a time limit");
	return nvme_command(dev_fd, &cmd, "NVMe Format", err);
}
