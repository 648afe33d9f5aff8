/* SPDX-License-Identifier: Apache-2.0 */
/* Sanitize (5.24) and the log that tells of it (5.16.1.22). */
#include <endian.h>
#include <string.h>

#include "agent/hw/nvme/nvme.h"
#include "agent/hw/nvme/private.h"
#include "agent/hw/nvme/spec.h"

/* The command only starts the work, but drives have been seen to think it over. */
#define START_TIMEOUT_MS (60 * 1000)

int nvme_sanitize_log(int dev_fd, struct nvme_sanitize_log *ret, struct err *err)
{
	struct nvme_sanitize_page page;
	unsigned sstat, state;
	int r = nvme_log_page(dev_fd, NVME_LOG_SANITIZE, &page, sizeof(page), err);

	if (r < 0)
		return r;
	memset(ret, 0, sizeof(*ret));
	static_assert(sizeof(ret->raw) == sizeof(page), "the whole page");
	memcpy(ret->raw, &page, sizeof(page));
	sstat = le16toh(page.sstat);
	state = NVME_SSTAT_STATE(sstat);
	if (state > NVME_SANITIZE_DONE_DEALLOCATED)
		return err_set(err, EBADMSG, "NVMe Sanitize log: the state %u is reserved", state);
	ret->state = (enum nvme_sanitize_state)state;
	ret->sprog = le16toh(page.sprog);
	ret->global_data_erased = sstat & NVME_SSTAT_GLOBAL_ERASED;
	ret->scdw10 = le32toh(page.scdw10);
	ret->overwrite_s = le32toh(page.eto);
	ret->block_s = le32toh(page.etbe);
	ret->crypto_s = le32toh(page.etce);
	return 0;
}

uint32_t nvme_sanitize_dword10(enum nvme_sanitize action)
{
	return (uint32_t)action | (action == NVME_SANITIZE_OVERWRITE ? NVME_SANITIZE_OWPASS(1) : 0);
}

bool nvme_sanitize_was_unrestricted(const struct nvme_sanitize_log *log)
{
	return log->scdw10 & NVME_SANITIZE_AUSE;
}

int nvme_sanitize_start(int dev_fd, const struct nvme_caps *caps, enum nvme_sanitize action, struct err *err)
{
	struct nvme_admin_cmd cmd = {
		.opcode = NVME_ADMIN_SANITIZE,
		.cdw10 = nvme_sanitize_dword10(action),
		.timeout_ms = START_TIMEOUT_MS,
	};

	if (!nvme_has_sanitize(caps, action))
		return err_set(err, EOPNOTSUPP,
			       "NVMe Sanitize: the drive does not offer this action (SANICAP)");
	return nvme_command(dev_fd, &cmd, "NVMe Sanitize", err);
}
