/* SPDX-License-Identifier: Apache-2.0 */
/* Identify and Format NVM. */
#include "agent/hw/nvme.h"

#include <endian.h>
#include <string.h>

#include "agent/hw/nvme_spec.h"
#include "agent/hw/nvme_status.h"
#include "agent/hw/sysfs.h"
#include "agent/hw/transport.h"

#define IDENTIFY_TIMEOUT_MS (30 * 1000)
#define LISTS_MAX           64 /* of 1024 namespaces each */

static int identify(int fd, uint8_t cns, uint32_t nsid, void *page, struct err *err)
{
	struct nvme_admin_cmd cmd = {
		.opcode = NVME_ADMIN_IDENTIFY,
		.nsid = nsid,
		.addr = (uint64_t)(uintptr_t)page,
		.data_len = NVME_IDENTIFY_SIZE,
		.cdw10 = cns,
		.timeout_ms = IDENTIFY_TIMEOUT_MS,
	};
	char what[40];
	int status;

	memset(page, 0, NVME_IDENTIFY_SIZE);
	status = device_transport()->nvme_admin(fd, &cmd);
	if (!status)
		return 0;
	snprintf(what, sizeof(what), "NVMe Identify (CNS %02xh)", cns);
	return nvme_status_error(err, status, what);
}

/* CNS 02h lists the active namespaces above the NSID that is asked, in rising order, 1024 at a time
 * (5.17.2.2). */
static int count_active(int fd, uint32_t *ret, struct err *err)
{
	uint32_t list[NVME_NAMESPACE_LIST_N], last = 0, n = 0;

	for (unsigned lists = 0; lists < LISTS_MAX; lists++) {
		unsigned i;
		int r = identify(fd, NVME_CNS_ACTIVE_NAMESPACES, last, list, err);

		if (r < 0)
			return r;
		for (i = 0; i < NVME_NAMESPACE_LIST_N && list[i]; i++, n++) {
			if (le32toh(list[i]) <= last)
				return err_set(err, EBADMSG,
					       "NVMe Identify: the list of active namespaces does not rise");
			last = le32toh(list[i]);
		}
		if (i < NVME_NAMESPACE_LIST_N) {
			*ret = n;
			return 0;
		}
	}
	return err_set(err, EBADMSG, "NVMe Identify: the list of active namespaces does not end");
}

static int read_controller(int fd, struct nvme_caps *caps, struct err *err)
{
	struct nvme_identify_controller id;
	int r = identify(fd, NVME_CNS_CONTROLLER, 0, &id, err);

	if (r < 0)
		return r;
	text_clean(caps->model, sizeof(caps->model), id.mn, sizeof(id.mn));
	text_clean(caps->serial, sizeof(caps->serial), id.sn, sizeof(id.sn));
	text_clean(caps->firmware, sizeof(caps->firmware), id.fr, sizeof(id.fr));
	caps->oacs = le16toh(id.oacs);
	caps->fna = id.fna;
	caps->sanicap = le32toh(id.sanicap);
	caps->n_namespaces = le32toh(id.nn);
	return 0;
}

static int read_namespace(int fd, struct nvme_caps *caps, struct err *err)
{
	struct nvme_identify_namespace id;
	int r = identify(fd, NVME_CNS_NAMESPACE, caps->nsid, &id, err);

	if (r < 0)
		return r;
	/* All zero is the answer for a namespace that is not active (5.17.2.1). */
	if (!id.nsze)
		return err_set(err, ENODEV, "NVMe Identify: namespace %u is not active", caps->nsid);
	caps->flbas = id.flbas;
	caps->dps = id.dps;
	caps->mc = id.mc;
	/* Bits 6:5 count only where there are more than 16 formats (figure 97, FLBAS). */
	caps->lbaf = id.flbas & 0xf;
	if (id.nlbaf > 15)
		caps->lbaf |= (uint8_t)((id.flbas >> 5 & 3) << 4);
	if (caps->lbaf > id.nlbaf)
		return err_set(err, EBADMSG, "NVMe Identify: namespace %u uses LBA format %u of %u",
			       caps->nsid, caps->lbaf, id.nlbaf + 1u);
	return 0;
}

bool nvme_has_format(const struct nvme_caps *caps)
{
	return caps->oacs & NVME_OACS_FORMAT;
}

bool nvme_format_hits_all(const struct nvme_caps *caps)
{
	return caps->fna & NVME_FNA_FORMAT_ALL;
}

bool nvme_erase_hits_all(const struct nvme_caps *caps)
{
	return caps->fna & NVME_FNA_ERASE_ALL;
}

bool nvme_has_crypto_format(const struct nvme_caps *caps)
{
	return caps->fna & NVME_FNA_CRYPTO_ERASE;
}

int nvme_identify(int dev_fd, struct nvme_caps *ret, struct err *err)
{
	struct nvme_caps caps = {.nsid = 0};
	int nsid = device_transport()->nvme_nsid(dev_fd), r;

	if (nsid <= 0)
		return err_sys(err, nsid ? -nsid : ENODEV, "NVMe: ask for the namespace's number");
	caps.nsid = (uint32_t)nsid;
	r = read_controller(dev_fd, &caps, err);
	if (!r)
		r = read_namespace(dev_fd, &caps, err);
	if (!r)
		r = count_active(dev_fd, &caps.n_active, err);
	if (!r)
		*ret = caps;
	return r;
}

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
	int status;

	if (ses != NVME_SES_USER_DATA && ses != NVME_SES_CRYPTO)
		return err_set(err, EINVAL, "NVMe Format: secure erase setting %u erases nothing", ses);
	if (!nvme_has_format(caps))
		return err_set(err, EOPNOTSUPP, "NVMe Format: the drive has no Format (OACS)");
	if (ses == NVME_SES_CRYPTO && !nvme_has_crypto_format(caps))
		return err_set(err, EOPNOTSUPP, "NVMe Format: the drive has no cryptographic erase (FNA)");
	if (!caps->nsid || !timeout_s)
		return err_set(err, EINVAL, "NVMe Format: needs a namespace and a time limit");
	status = device_transport()->nvme_admin(dev_fd, &cmd);
	return status ? nvme_status_error(err, status, "NVMe Format") : 0;
}
