/* SPDX-License-Identifier: Apache-2.0 */
/* The model's Identify and log pages. */
#include <endian.h>
#include <string.h>

#include "tests/fakes/nvme_model_private.h"

uint64_t model_unallocated(const struct nvme_model *m)
{
	uint64_t used = 0;

	for (unsigned i = 0; i < NVME_MODEL_NAMESPACES; i++)
		if (m->namespaces[i].nsid)
			used += m->namespaces[i].blocks * m->namespaces[i].block;
	return used < m->tnvmcap ? m->tnvmcap - used : 0;
}

static void controller(const struct nvme_model *m, void *page)
{
	struct nvme_identify_controller id = {
		.cmic = m->cmic,
		.cntlid = htole16(MODEL_CONTROLLER_ID),
		.bpcap = m->bpcap,
		.oacs = htole16(m->oacs),
		.tnvmcap = {htole64(m->tnvmcap)},
		.unvmcap = {htole64(model_unallocated(m))},
		.rpmbs = htole32(m->rpmbs),
		.sanicap = htole32(m->sanicap),
		.nn = htole32(m->nn),
		.fna = m->fna,
		.nwpc = m->nwpc,
	};

	memcpy(id.sn, "MODEL1              ", sizeof(id.sn));
	memcpy(id.mn, "A model\x01 of a drive                       ", sizeof(id.mn));
	memcpy(id.fr, "1.0     ", sizeof(id.fr));
	memcpy(id.subnqn, m->subnqn, sizeof(m->subnqn));
	memcpy(page, &id, sizeof(id));
}

/* Zeros for what is not active (5.17.2.1); for NSID ffffffffh what all have in common. */
static void namespace(struct nvme_model *m, uint32_t nsid, void *page)
{
	const struct nvme_model_namespace *ns = nvme_model_find(m, nsid);
	struct nvme_identify_namespace id = {.nlbaf = 1};

	if (nsid != NVME_NSID_ALL && (!ns || !ns->attached)) {
		memset(page, 0, sizeof(id));
		return;
	}
	for (unsigned i = 0; i < 64; i++)
		id.lbaf[i] = htole32((i == 1 ? 12u : 9u) << 16);
	if (ns) {
		id.nsze = id.ncap = id.nuse = htole64(ns->blocks);
		id.nlbaf = ns->nlbaf;
		id.flbas = ns->flbas;
		id.dps = ns->dps;
		id.nsattr = ns->protect != NVME_WP_NONE;
	}
	memcpy(page, &id, sizeof(id));
}

static bool is_listed(const struct nvme_model_namespace *ns, uint32_t above, bool detached_too)
{
	return ns->nsid > above && (detached_too || ns->attached);
}

/* In rising order, whatever the order in which they were made. */
static void list(const struct nvme_model *m, uint32_t above, bool detached_too, uint32_t *page)
{
	uint32_t next;

	memset(page, 0, NVME_IDENTIFY_SIZE);
	for (unsigned n = 0; n < NVME_NAMESPACE_LIST_N; n++) {
		next = UINT32_MAX;
		for (unsigned i = 0; i < NVME_MODEL_NAMESPACES; i++)
			if (is_listed(&m->namespaces[i], above, detached_too) && m->namespaces[i].nsid < next)
				next = m->namespaces[i].nsid;
		if (next == UINT32_MAX)
			return;
		page[n] = htole32(next);
		above = next;
	}
}

static void namespaces(const struct nvme_model *m, uint32_t above, bool detached_too, uint32_t *page)
{
	list(m, above, detached_too, page);
	if (m->endless_list)
		for (unsigned n = 0; n < NVME_NAMESPACE_LIST_N; n++)
			page[n] = htole32(above + 1 + n);
	if (m->falling_list)
		page[0] = htole32(2), page[1] = htole32(1);
}

/* What is left of the hostile bytes, zeros after them. False: there are none. */
static bool hostile(struct nvme_model *m, void *page, size_t size)
{
	size_t n = m->hostile_left < size ? m->hostile_left : size;

	if (!m->hostile)
		return false;
	memset(page, 0, size);
	memcpy(page, m->hostile, n);
	m->hostile += n;
	m->hostile_left -= n;
	return true;
}

int model_identify(struct nvme_model *m, struct nvme_admin_cmd *cmd)
{
	void *page = model_data(cmd);

	if (cmd->data_len != NVME_IDENTIFY_SIZE)
		return ANSWER_INVALID_FIELD;
	if (hostile(m, page, NVME_IDENTIFY_SIZE))
		return 0;
	switch (cmd->cdw10 & 0xff) {
	case NVME_CNS_CONTROLLER:
		controller(m, page);
		return 0;
	case NVME_CNS_NAMESPACE:
		namespace
		(m, cmd->nsid, page);
		return 0;
	case NVME_CNS_ACTIVE_NAMESPACES:
		namespaces(m, cmd->nsid, false, page);
		return 0;
	case NVME_CNS_ALLOCATED_NAMESPACES:
		if (m->no_allocated_list || !(m->oacs & NVME_OACS_NAMESPACES))
			return ANSWER_INVALID_FIELD;
		namespaces(m, cmd->nsid, true, page);
		return 0;
	}
	return ANSWER_INVALID_FIELD;
}

static void health(void *page)
{
	struct nvme_health_page p = {
		.temperature = htole16(310),
		.available_spare = 100,
		.percentage_used = 3,
		.data_units_written = {htole64(12345)},
		.power_on_hours = {htole64(1000)},
		.unsafe_shutdowns = {htole64(7)},
		.media_errors = {htole64(1), htole64(1)}, /* more than 64 bits hold */
	};

	memcpy(page, &p, sizeof(p));
}

static void firmware(void *page)
{
	struct nvme_firmware_page p = {.afi = 0x13}; /* slot 3 runs, slot 1 will */

	memcpy(p.frs[0], "1.1     ", 8);
	memcpy(p.frs[2], "1.0     ", 8);
	memcpy(page, &p, sizeof(p));
}

int model_log(struct nvme_model *m, struct nvme_admin_cmd *cmd)
{
	uint32_t len = ((cmd->cdw10 >> 16) + 1) * 4;
	void *page = model_data(cmd);

	if (len != 512 || cmd->data_len != len || cmd->cdw11)
		return ANSWER_INVALID_FIELD;
	if (hostile(m, page, len))
		return 0;
	switch (cmd->cdw10 & 0xff) {
	case NVME_LOG_HEALTH:
		health(page);
		return 0;
	case NVME_LOG_FIRMWARE:
		firmware(page);
		return 0;
	case NVME_LOG_SANITIZE:
		if (!m->sanicap)
			return ANSWER_INVALID_LOG;
		model_sanitize_page(m, page);
		return 0;
	}
	return ANSWER_INVALID_LOG;
}
