/* SPDX-License-Identifier: Apache-2.0 */
/* The model's Namespace Management and Attachment (5.22, 5.23, 8.11) and write protection (8.12). */
#include <endian.h>
#include <string.h>

#include "tests/fakes/nvme_model_private.h"

static int create(struct nvme_model *m, struct nvme_admin_cmd *cmd)
{
	struct nvme_identify_namespace data;
	struct nvme_model_namespace *ns;
	uint32_t nsid = 1, block;

	if (cmd->data_len != sizeof(data) || cmd->nsid)
		return ANSWER_INVALID_FIELD;
	memcpy(&data, model_data(cmd), sizeof(data));
	block = (data.flbas & 0xf) == 1 ? 4096 : 512;
	if (!data.nsze || data.ncap != data.nsze)
		return ANSWER_INVALID_FIELD;
	if (le64toh(data.nsze) > model_unallocated(m) / block)
		return ANSWER_NO_CAPACITY;
	while (nvme_model_find(m, nsid))
		nsid++;
	if (nsid > m->nn || !(ns = nvme_model_add_empty(m, nsid, le64toh(data.nsze), block)))
		return ANSWER_NO_IDENTIFIER;
	ns->attached = false;
	ns->flbas = data.flbas;
	ns->dps = data.dps;
	cmd->result = nsid;
	return 0;
}

static int delete (struct nvme_model *m, uint32_t nsid)
{
	struct nvme_model_namespace *ns = nvme_model_find(m, nsid);

	if (m->delete_refused)
		return ANSWER_INVALID_OPCODE;
	if (!ns)
		return ANSWER_INVALID_NAMESPACE;
	if (ns->protect)
		return ANSWER_WRITE_PROTECTED;
	memset(ns, 0, sizeof(*ns));
	return 0;
}

int model_manage(struct nvme_model *m, struct nvme_admin_cmd *cmd)
{
	if (!(m->oacs & NVME_OACS_NAMESPACES))
		return ANSWER_INVALID_OPCODE;
	if ((cmd->cdw10 & 0xf) == NVME_NAMESPACE_CREATE)
		return create(m, cmd);
	if ((cmd->cdw10 & 0xf) == NVME_NAMESPACE_DELETE)
		return delete (m, cmd->nsid);
	return ANSWER_INVALID_FIELD;
}

int model_attach(struct nvme_model *m, struct nvme_admin_cmd *cmd)
{
	struct nvme_model_namespace *ns = nvme_model_find(m, cmd->nsid);
	bool attach = (cmd->cdw10 & 0xf) == NVME_NAMESPACE_ATTACH;
	struct nvme_controller_list to;

	if (!(m->oacs & NVME_OACS_NAMESPACES))
		return ANSWER_INVALID_OPCODE;
	if (cmd->data_len != sizeof(to) || (cmd->cdw10 & 0xf) > 1)
		return ANSWER_INVALID_FIELD;
	memcpy(&to, model_data(cmd), sizeof(to));
	if (le16toh(to.n) != 1 || le16toh(to.id[0]) != MODEL_CONTROLLER_ID)
		return ANSWER_LIST_INVALID;
	if (!ns)
		return ANSWER_INVALID_NAMESPACE;
	if (ns->attached == attach)
		return attach ? ANSWER_ATTACHED_ALREADY : ANSWER_NOT_ATTACHED;
	ns->attached = attach;
	return 0;
}

int model_features(struct nvme_model *m, struct nvme_admin_cmd *cmd)
{
	struct nvme_model_namespace *ns = nvme_model_find(m, cmd->nsid);
	uint8_t wanted = NVME_WPS(cmd->cdw11);

	if (cmd->cdw10 != NVME_FEATURE_WRITE_PROTECT || !(m->nwpc & NVME_NWPC_PROTECT))
		return ANSWER_INVALID_FIELD;
	if (!ns)
		return ANSWER_INVALID_NAMESPACE;
	if (cmd->opcode == NVME_ADMIN_GET_FEATURES) {
		cmd->result = ns->protect;
		return 0;
	}
	if (wanted > NVME_WP_PERMANENT)
		return ANSWER_INVALID_FIELD;
	if (ns->protect > NVME_WP_PROTECTED && ns->protect != wanted)
		return ANSWER_NOT_CHANGEABLE;
	if (!m->protect_sticks)
		ns->protect = wanted;
	return 0;
}
