/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fakes/nvme_model.h"

#include <errno.h>
#include <string.h>

#include "tests/fakes/nvme_model_private.h"

#define CONTROLLER_FILE 4096 /* bytes; nothing is in it */

/* The state of a namespace's model, and the beginning of a controller's. */
struct place {
	struct nvme_model *subsystem;
	uint32_t nsid; /* 0: the controller */
};

struct controller {
	struct place place;
	struct nvme_model m;
};

struct nvme_model_namespace *nvme_model_find(struct nvme_model *m, uint32_t nsid)
{
	for (unsigned i = 0; nsid && i < NVME_MODEL_NAMESPACES; i++)
		if (m->namespaces[i].nsid == nsid)
			return &m->namespaces[i];
	return NULL;
}

/* Never to be sent, whatever a drive claims to be able to: an erasure that erases nothing, or more than was meant. */
static bool is_forbidden(const struct nvme_admin_cmd *cmd)
{
	unsigned action = NVME_SANITIZE_ACTION(cmd->cdw10), ses = cmd->cdw10 >> 9 & 7;

	if (cmd->opcode == NVME_ADMIN_FORMAT_NVM)
		return ses < 1 || ses > 2 || !cmd->nsid || cmd->nsid == NVME_NSID_ALL;
	if (cmd->opcode == NVME_ADMIN_SANITIZE)
		return action < NVME_SANITIZE_EXIT_FAILURE || action > NVME_SANITIZE_CRYPTO || cmd->nsid ||
		       cmd->cdw10 & NVME_SANITIZE_AUSE || cmd->cdw10 >> 8 || cmd->cdw11 ||
		       (action == NVME_SANITIZE_OVERWRITE && (cmd->cdw10 >> 4 & 0xf) != 1);
	return false;
}

static int carry_out(struct nvme_model *m, struct nvme_admin_cmd *cmd)
{
	switch (cmd->opcode) {
	case NVME_ADMIN_GET_LOG_PAGE:
		return model_log(m, cmd);
	case NVME_ADMIN_IDENTIFY:
		return model_identify(m, cmd);
	case NVME_ADMIN_SET_FEATURES:
	case NVME_ADMIN_GET_FEATURES:
		return model_features(m, cmd);
	case NVME_ADMIN_NAMESPACE_MANAGEMENT:
		return model_manage(m, cmd);
	case NVME_ADMIN_NAMESPACE_ATTACHMENT:
		return model_attach(m, cmd);
	case NVME_ADMIN_FORMAT_NVM:
		return model_format(m, cmd);
	case NVME_ADMIN_SANITIZE:
		return model_sanitize(m, cmd);
	}
	return ANSWER_INVALID_OPCODE;
}

static int on_admin(struct model *model, struct nvme_admin_cmd *cmd)
{
	struct place *place = model->state;
	struct nvme_model *m = place->subsystem;
	int refused;

	if (place->nsid && !nvme_model_find(m, place->nsid))
		return -ENODEV;
	model_sanitize_advance(m);
	m->n[cmd->opcode]++;
	m->last[cmd->opcode] = *cmd;
	m->n_forbidden += is_forbidden(cmd);
	if (m->answer[cmd->opcode] && m->n[cmd->opcode] > m->answer_after[cmd->opcode])
		return m->answer[cmd->opcode];
	refused = model_sanitize_refuses(m, cmd);
	return refused ? refused : carry_out(m, cmd);
}

static int on_nsid(struct model *model)
{
	struct place *place = model->state;

	if (!place->nsid)
		return -ENOTTY;
	return nvme_model_find(place->subsystem, place->nsid) ? (int)place->nsid : -ENODEV;
}

static int on_rescan(struct model *model)
{
	nvme_model_of(model)->n_rescans++;
	return 0;
}

/* A Sanitize goes on (8.21); of the states of write protection one ends (8.12). */
static void on_power_cycle(struct model *model)
{
	struct nvme_model *m = nvme_model_of(model);

	model_sanitize_advance(m);
	for (unsigned i = 0; i < NVME_MODEL_NAMESPACES; i++)
		if (m->namespaces[i].protect == NVME_WP_UNTIL_POWER_CYCLE)
			m->namespaces[i].protect = NVME_WP_NONE;
}

static const struct model_kind kind = {
	.nvme_nsid = on_nsid,
	.nvme_admin = on_admin,
	.power_cycle = on_power_cycle,
	.nvme_rescan = on_rescan,
};

struct nvme_model *nvme_model_of(struct model *any)
{
	return ((struct place *)any->state)->subsystem;
}

struct model *nvme_model_new(const char *serial)
{
	struct model *model = model_new(&kind, serial, CONTROLLER_FILE, 512, sizeof(struct controller));
	struct controller *c = model->state;

	c->place.subsystem = &c->m;
	c->m = (struct nvme_model){
		.oacs = NVME_OACS_FORMAT | NVME_OACS_NAMESPACES,
		.fna = NVME_FNA_CRYPTO_ERASE,
		.nwpc = NVME_NWPC_PROTECT,
		.sanicap = NVME_SANICAP_BLOCK | NVME_SANICAP_CRYPTO | NVME_SANICAP_OVERWRITE,
		.nn = 256,
		.format_s = 5,
		.sanitize_s = 100,
		.overwrite_s = 1600,
		.block_s = 100,
		.crypto_s = 10,
	};
	snprintf(c->m.subnqn, sizeof(c->m.subnqn), "nqn.2014-08.org.example:%s", serial);
	model->block.transport = BLOCK_NVME;
	return model;
}

struct nvme_model_namespace *nvme_model_add_empty(struct nvme_model *m, uint32_t nsid, uint64_t blocks,
						  uint32_t block)
{
	for (unsigned i = 0; i < NVME_MODEL_NAMESPACES; i++)
		if (!m->namespaces[i].nsid) {
			m->namespaces[i] = (struct nvme_model_namespace){
				.nsid = nsid,
				.blocks = blocks,
				.block = block,
				.attached = true,
				.nlbaf = 1,
				.flbas = block == 4096,
			};
			return &m->namespaces[i];
		}
	return NULL;
}

struct model *nvme_model_add(struct model *controller, uint32_t nsid, uint64_t size, uint32_t block)
{
	struct model *model = model_new(&kind, controller->block.serial, size, block, sizeof(struct place));
	struct nvme_model *m = nvme_model_of(controller);
	struct nvme_model_namespace *ns = nvme_model_add_empty(m, nsid, size / block, block);

	if (!ns)
		abort();
	ns->model = model;
	m->tnvmcap += size;
	*(struct place *)model->state = (struct place){m, nsid};
	model->block.transport = BLOCK_NVME;
	snprintf(model->block.firmware, sizeof(model->block.firmware), "1.0");
	if (nsid > 1) /* as agent/hw/block/name.c has it */
		snprintf(model->block.name, sizeof(model->block.name), "serial:%s-ns%u",
			 controller->block.serial, nsid);
	return model;
}
