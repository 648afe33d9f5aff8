/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of namespaces (5.17.2.2, 5.17.2.10), Namespace Attachment (5.22) and Namespace Management (5.23). */
#include <endian.h>
#include <inttypes.h>
#include <string.h>

#include "agent/hw/nvme/nvme.h"
#include "agent/hw/nvme/private.h"
#include "agent/hw/nvme/spec.h"
#include "agent/hw/transport.h"
#include "core/io.h"

#define LISTS_MAX         64 /* of 1024 namespaces each */
#define ATTACH_TIMEOUT_MS (60 * 1000)
#define MANAGE_TIMEOUT_MS (600 * 1000) /* some drives erase what they delete */

/* A list holds the namespaces above the NSID that is asked, in rising order, and ends at a zero or when it is full. */
static int list(int fd, uint8_t cns, uint32_t **ret, unsigned *ret_n, struct err *err)
{
	_cleanup_free_ uint32_t *all = xcalloc(LISTS_MAX * NVME_NAMESPACE_LIST_N, sizeof(*all));
	uint32_t page[NVME_NAMESPACE_LIST_N], last = 0;
	unsigned n = 0;

	for (unsigned lists = 0; lists < LISTS_MAX; lists++) {
		unsigned i;
		int r = nvme_identify_page(fd, cns, last, page, err);

		if (r < 0)
			return r;
		for (i = 0; i < NVME_NAMESPACE_LIST_N && page[i]; i++) {
			if (le32toh(page[i]) <= last)
				return err_set(
					err, EBADMSG,
					"NVMe Identify: the list of namespaces (CNS %02xh) does not rise",
					cns);
			all[n++] = last = le32toh(page[i]);
		}
		if (i < NVME_NAMESPACE_LIST_N) {
			*ret = TAKE_PTR(all);
			*ret_n = n;
			return 0;
		}
	}
	return err_set(err, EBADMSG, "NVMe Identify: the list of namespaces (CNS %02xh) does not end", cns);
}

int nvme_list_active(int controller_fd, uint32_t **ret, unsigned *ret_n, struct err *err)
{
	return list(controller_fd, NVME_CNS_ACTIVE_NAMESPACES, ret, ret_n, err);
}

int nvme_list_allocated(int controller_fd, uint32_t **ret, unsigned *ret_n, struct err *err)
{
	return list(controller_fd, NVME_CNS_ALLOCATED_NAMESPACES, ret, ret_n, err);
}

int nvme_attach(int controller_fd, uint32_t nsid, struct err *err)
{
	struct nvme_controller_list to = {.n = htole16(1)};
	struct nvme_identify_controller id;
	struct nvme_admin_cmd cmd = {
		.opcode = NVME_ADMIN_NAMESPACE_ATTACHMENT,
		.nsid = nsid,
		.addr = (uint64_t)(uintptr_t)&to,
		.data_len = sizeof(to),
		.cdw10 = NVME_NAMESPACE_ATTACH,
		.timeout_ms = ATTACH_TIMEOUT_MS,
	};
	int r = nvme_identify_page(controller_fd, NVME_CNS_CONTROLLER, 0, &id, err);

	if (r < 0)
		return r;
	to.id[0] = id.cntlid;
	if ((r = nvme_command(controller_fd, &cmd, "NVMe Namespace Attachment", err)) < 0)
		return r;
	r = device_transport()->nvme_rescan(controller_fd);
	return r < 0 ? err_sys(err, -r, "NVMe: have the kernel look for namespace %u", nsid) : 0;
}

static int delete (int fd, uint32_t nsid, struct err *err)
{
	struct nvme_admin_cmd cmd = {
		.opcode = NVME_ADMIN_NAMESPACE_MANAGEMENT,
		.nsid = nsid,
		.cdw10 = NVME_NAMESPACE_DELETE,
		.timeout_ms = MANAGE_TIMEOUT_MS,
	};

	if (nvme_command(fd, &cmd, "NVMe Namespace Management (delete)", err) < 0)
		return err_prepend(err, "namespace %u", nsid);
	return 0;
}

static int delete_all(int fd, struct err *err)
{
	_cleanup_free_ uint32_t *before = NULL, *after = NULL;
	unsigned n;
	int r = nvme_list_allocated(fd, &before, &n, err);

	for (unsigned i = 0; r == 0 && i < n; i++)
		r = delete (fd, before[i], err);
	if (r < 0 || (r = nvme_list_allocated(fd, &after, &n, err)) < 0)
		return r;
	if (n > 0)
		return err_set(err, EIO, "NVMe: %u namespaces are still there after their deletion", n);
	return 0;
}

/* Bytes that a block of the format takes; what all namespaces have in common is told for NSID ffffffffh (5.17.2.1). */
static int block_bytes(int fd, uint8_t lbaf, uint32_t *ret, struct err *err)
{
	struct nvme_identify_namespace id;
	uint32_t format, shift;
	int r = nvme_identify_page(fd, NVME_CNS_NAMESPACE, NVME_NSID_ALL, &id, err);

	if (r < 0)
		return r;
	if (lbaf > id.nlbaf || lbaf >= sizeof(id.lbaf) / sizeof(*id.lbaf))
		return err_set(err, EBADMSG, "NVMe: the drive no longer tells of LBA format %u", lbaf);
	format = le32toh(id.lbaf[lbaf]);
	shift = NVME_LBAF_LBADS(format);
	if (shift < 9 || shift > 16)
		return err_set(err, EBADMSG, "NVMe: LBA format %u has blocks of 2^%u bytes", lbaf, shift);
	*ret = (1u << shift) + NVME_LBAF_MS(format);
	return 0;
}

static int unallocated(int fd, uint64_t *ret, struct err *err)
{
	struct nvme_identify_controller id;
	int r = nvme_identify_page(fd, NVME_CNS_CONTROLLER, 0, &id, err);

	if (r < 0)
		return r;
	*ret = le64toh(id.unvmcap[0]);
	if (!*ret || id.unvmcap[1])
		return err_set(err, EBADMSG, "NVMe: the drive does not tell its unallocated capacity");
	return 0;
}

static int create(int fd, const struct nvme_caps *caps, uint64_t blocks, uint32_t *ret_nsid, struct err *err)
{
	struct nvme_identify_namespace data = {
		.nsze = htole64(blocks),
		.ncap = htole64(blocks),
		.flbas = caps->flbas,
		.dps = caps->dps,
		/* Where there may be other controllers, so that they can be given it later. */
		.nmic = !!(caps->cmic & NVME_CMIC_CONTROLLERS),
	};
	struct nvme_admin_cmd cmd = {
		.opcode = NVME_ADMIN_NAMESPACE_MANAGEMENT,
		.addr = (uint64_t)(uintptr_t)&data,
		.data_len = sizeof(data),
		.cdw10 = NVME_NAMESPACE_CREATE,
		.timeout_ms = MANAGE_TIMEOUT_MS,
	};
	int r = nvme_command(fd, &cmd, "NVMe Namespace Management (create)", err);

	if (r < 0)
		return err_prepend(err, "the drive has no namespace now; one of %" PRIu64 " blocks", blocks);
	if (!cmd.result || cmd.result == NVME_NSID_ALL)
		return err_set(err, EBADMSG, "NVMe: the new namespace has the number %u", cmd.result);
	*ret_nsid = cmd.result;
	return 0;
}

int nvme_recreate_single(int controller_fd, const struct nvme_caps *caps, uint32_t *ret_nsid, struct err *err)
{
	struct nvme_identify_namespace id;
	uint64_t bytes;
	uint32_t nsid = 0, block = 1;
	int r;

	if (!nvme_has_namespaces(caps))
		return err_set(err, EOPNOTSUPP, "NVMe: the drive has no namespace management (OACS)");
	if ((r = block_bytes(controller_fd, caps->lbaf, &block, err)) < 0 ||
	    (r = delete_all(controller_fd, err)) < 0 || (r = unallocated(controller_fd, &bytes, err)) < 0 ||
	    (r = create(controller_fd, caps, bytes / block, &nsid, err)) < 0 ||
	    (r = nvme_attach(controller_fd, nsid, err)) < 0 ||
	    (r = nvme_identify_page(controller_fd, NVME_CNS_NAMESPACE, nsid, &id, err)) < 0)
		return r;
	if (le64toh(id.nsze) != bytes / block)
		return err_set(err, EIO, "NVMe: the new namespace has %" PRIu64 " blocks instead of %" PRIu64,
			       le64toh(id.nsze), bytes / block);
	*ret_nsid = nsid;
	return 0;
}
