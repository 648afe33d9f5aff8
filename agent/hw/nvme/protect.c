/* SPDX-License-Identifier: Apache-2.0 */
/* Namespace write protection (8.12), which is feature 84h. */
#include "agent/hw/nvme/nvme.h"
#include "agent/hw/nvme/private.h"
#include "agent/hw/nvme/spec.h"

#define TIMEOUT_MS (60 * 1000)

int nvme_write_protect_get(int dev_fd, uint32_t nsid, enum nvme_write_protect *ret, struct err *err)
{
	struct nvme_admin_cmd cmd = {
		.opcode = NVME_ADMIN_GET_FEATURES,
		.nsid = nsid,
		.cdw10 = NVME_FEATURE_WRITE_PROTECT, /* SEL 0: what holds now */
		.timeout_ms = TIMEOUT_MS,
	};
	int r = nvme_command(dev_fd, &cmd, "NVMe Get Features (write protection)", err);

	if (r < 0)
		return r;
	if (NVME_WPS(cmd.result) > NVME_WP_PERMANENT)
		return err_set(err, EBADMSG,
			       "NVMe: the write protection state %u of namespace %u is reserved",
			       NVME_WPS(cmd.result), nsid);
	*ret = (enum nvme_write_protect)NVME_WPS(cmd.result);
	return 0;
}

static int set_none(int fd, uint32_t nsid, struct err *err)
{
	struct nvme_admin_cmd cmd = {
		.opcode = NVME_ADMIN_SET_FEATURES,
		.nsid = nsid,
		.cdw10 = NVME_FEATURE_WRITE_PROTECT,
		.cdw11 = NVME_WP_NONE,
		.timeout_ms = TIMEOUT_MS,
	};

	return nvme_command(fd, &cmd, "NVMe Set Features (write protection)", err);
}

int nvme_write_protect_clear(int dev_fd, uint32_t nsid, struct err *err)
{
	enum nvme_write_protect state;
	int r = nvme_write_protect_get(dev_fd, nsid, &state, err);

	if (r < 0 || state == NVME_WP_NONE)
		return r;
	if (state == NVME_WP_UNTIL_POWER_CYCLE)
		return err_set(err, EROFS,
			       "NVMe: namespace %u is write protected until a power cycle: switch the "
			       "machine off and on",
			       nsid);
	if (state == NVME_WP_PERMANENT)
		return err_set(err, EROFS,
			       "NVMe: namespace %u is write protected for good; nothing takes that away",
			       nsid);
	if ((r = set_none(dev_fd, nsid, err)) < 0 ||
	    (r = nvme_write_protect_get(dev_fd, nsid, &state, err)) < 0)
		return r;
	if (state != NVME_WP_NONE)
		return err_set(
			err, EROFS,
			"NVMe: namespace %u is still write protected, although the drive said that it is not",
			nsid);
	return 0;
}
