/* SPDX-License-Identifier: Apache-2.0 */
/* Identify: what a controller and one of its namespaces are and can do. */
#include <endian.h>

#include "agent/hw/nvme/nvme.h"
#include "agent/hw/nvme/private.h"
#include "agent/hw/nvme/spec.h"
#include "agent/hw/sysfs.h"
#include "agent/hw/transport.h"

/* A capacity that no signed 64-bit number holds is nothing that a drive has: not told. */
static uint64_t capacity(const uint64_t bytes[2])
{
	uint64_t low = le64toh(bytes[0]);

	return !bytes[1] && low <= INT64_MAX ? low : 0;
}

static int read_controller(int fd, struct nvme_caps *caps, struct err *err)
{
	struct nvme_identify_controller id;
	int r = nvme_identify_page(fd, NVME_CNS_CONTROLLER, 0, &id, err);

	if (r < 0)
		return r;
	text_clean(caps->model, sizeof(caps->model), id.mn, sizeof(id.mn));
	text_clean(caps->serial, sizeof(caps->serial), id.sn, sizeof(id.sn));
	text_clean(caps->firmware, sizeof(caps->firmware), id.fr, sizeof(id.fr));
	text_clean(caps->subnqn, sizeof(caps->subnqn), id.subnqn, sizeof(id.subnqn));
	caps->oacs = le16toh(id.oacs);
	caps->fna = id.fna;
	caps->sanicap = le32toh(id.sanicap);
	caps->rpmbs = le32toh(id.rpmbs);
	caps->bpcap = id.bpcap;
	caps->nwpc = id.nwpc;
	caps->cmic = id.cmic;
	caps->tnvmcap = capacity((uint64_t[2]){id.tnvmcap[0], id.tnvmcap[1]});
	caps->unvmcap = capacity((uint64_t[2]){id.unvmcap[0], id.unvmcap[1]});
	caps->n_namespaces = le32toh(id.nn);
	return 0;
}

static int read_namespace(int fd, struct nvme_caps *caps, struct err *err)
{
	struct nvme_identify_namespace id;
	int r = nvme_identify_page(fd, NVME_CNS_NAMESPACE, caps->nsid, &id, err);

	if (r < 0)
		return r;
	/* All zero is the answer for a namespace that is not active (5.17.2.1). */
	if (!id.nsze)
		return err_set(err, ENODEV, "NVMe Identify: namespace %u is not active", caps->nsid);
	caps->flbas = id.flbas;
	caps->dps = id.dps;
	caps->mc = id.mc;
	caps->nsattr = id.nsattr;
	/* Bits 6:5 count only where there are more than 16 formats (figure 97, FLBAS). */
	caps->lbaf = id.flbas & 0xf;
	if (id.nlbaf > 15)
		caps->lbaf |= (uint8_t)((id.flbas >> 5 & 3) << 4);
	if (caps->lbaf > id.nlbaf)
		return err_set(err, EBADMSG, "NVMe Identify: namespace %u uses LBA format %u of %u",
			       caps->nsid, caps->lbaf, id.nlbaf + 1u);
	return 0;
}

static int count_namespaces(int fd, struct nvme_caps *caps, struct err *err)
{
	_cleanup_free_ uint32_t *active = NULL, *allocated = NULL;
	int r = nvme_list_active(fd, &active, &caps->n_active, err);

	/* Controllers without namespace management need not know the list of all, and old ones have hung at it. */
	if (r < 0 || !nvme_has_namespaces(caps))
		return r;
	r = nvme_list_allocated(fd, &allocated, &caps->n_allocated, err);
	return r == -EOPNOTSUPP ? 0 : r;
}

int nvme_identify(int dev_fd, struct nvme_caps *ret, struct err *err)
{
	struct nvme_caps caps = {.nsid = 0};
	int nsid = device_transport()->nvme_nsid(dev_fd), r;

	/* ENOTTY: a controller's node, which has no number. */
	if (nsid == 0 || (nsid < 0 && nsid != -ENOTTY))
		return err_sys(err, nsid ? -nsid : ENODEV, "NVMe: ask for the namespace's number");
	caps.nsid = nsid > 0 ? (uint32_t)nsid : 0;
	r = read_controller(dev_fd, &caps, err);
	if (!r && caps.nsid)
		r = read_namespace(dev_fd, &caps, err);
	if (!r)
		r = count_namespaces(dev_fd, &caps, err);
	if (!r)
		*ret = caps;
	return r;
}
