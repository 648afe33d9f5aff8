/* SPDX-License-Identifier: Apache-2.0 */
/* The model's Format NVM (5.14) and Sanitize (5.24), with the state machine of 8.21. */
#include <endian.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/hw/transport.h"
#include "tests/fakes/nvme_model_private.h"

#define SECOND_NS 1000000000ull

static void erase(const struct nvme_model_namespace *ns, enum model_truth truth, enum model_fill fill)
{
	if (ns->model)
		model_erase(ns->model, truth, fill, 0, ns->blocks * ns->block);
}

/* ---- Format ---- */

/* Does a Format of nsid reach this namespace? */
static bool reaches(const struct nvme_model *m, const struct nvme_model_namespace *ns, uint32_t nsid,
		    unsigned ses)
{
	if (!ns->nsid)
		return false;
	if (m->fna & NVME_FNA_FORMAT_ALL || (ses && m->fna & NVME_FNA_ERASE_ALL))
		return true;
	return ns->attached && (nsid == NVME_NSID_ALL || nsid == ns->nsid);
}

static int check_format(struct nvme_model *m, const struct nvme_admin_cmd *cmd, unsigned ses)
{
	const struct nvme_model_namespace *ns = nvme_model_find(m, cmd->nsid);
	unsigned lbaf = (cmd->cdw10 & 0xf) | (cmd->cdw10 >> 12 & 3) << 4;

	if (!(m->oacs & NVME_OACS_FORMAT))
		return ANSWER_INVALID_OPCODE;
	if (ses > NVME_SES_CRYPTO || (ses == NVME_SES_CRYPTO && !(m->fna & NVME_FNA_CRYPTO_ERASE)))
		return ANSWER_INVALID_FIELD;
	if (cmd->nsid != NVME_NSID_ALL && (!ns || !ns->attached))
		return ANSWER_INVALID_NAMESPACE;
	if (ns && lbaf > ns->nlbaf)
		return ANSWER_INVALID_FORMAT;
	for (unsigned i = 0; i < NVME_MODEL_NAMESPACES; i++)
		if (reaches(m, &m->namespaces[i], cmd->nsid, ses) && m->namespaces[i].protect)
			return ANSWER_WRITE_PROTECTED;
	return 0;
}

int model_format(struct nvme_model *m, struct nvme_admin_cmd *cmd)
{
	unsigned ses = cmd->cdw10 >> 9 & 7;
	int status = check_format(m, cmd, ses);

	if (status)
		return status;
	/* The kernel gives up on it, and the drive has not erased yet. */
	if (m->format_s > cmd->timeout_ms / 1000) {
		device_transport()->pause(cmd->timeout_ms);
		return ANSWER_HOST_ABORTED;
	}
	device_transport()->pause(m->format_s * 1000);
	for (unsigned i = 0; ses && i < NVME_MODEL_NAMESPACES; i++)
		if (reaches(m, &m->namespaces[i], cmd->nsid, ses))
			erase(&m->namespaces[i], m->format_truth, m->format_fill);
	return 0;
}

/* ---- Sanitize ---- */

/* A namespace's file bears this time from the end of a Sanitize to the next write: so the drive knows Global Data Erased. */
static const struct timespec untouched[2] = {{.tv_sec = 1}, {.tv_sec = 1}};

static bool is_untouched(const struct nvme_model *m)
{
	struct stat st;

	for (unsigned i = 0; i < NVME_MODEL_NAMESPACES; i++)
		if (m->namespaces[i].nsid && m->namespaces[i].model &&
		    (stat(m->namespaces[i].model->block.path, &st) < 0 ||
		     st.st_mtim.tv_sec != untouched->tv_sec))
			return false;
	return true;
}

static void finish(struct nvme_model *m)
{
	bool overwrites = NVME_SANITIZE_ACTION(m->scdw10) == NVME_SANITIZE_OVERWRITE;

	if (m->sanitize_fails) {
		m->state = NVME_MODEL_FAILURE;
		m->sstat = NVME_SANITIZE_FAILED;
		return;
	}
	for (unsigned i = 0; i < NVME_MODEL_NAMESPACES; i++) {
		struct nvme_model_namespace *ns = &m->namespaces[i];

		if (!ns->nsid || !ns->model)
			continue;
		erase(ns, m->sanitize_truth, overwrites ? MODEL_ZEROS : m->sanitize_fill);
		if (utimensat(AT_FDCWD, ns->model->block.path, untouched, 0) < 0)
			abort();
	}
	m->state = NVME_MODEL_IDLE;
	m->sstat = m->sanitize_deallocates ? NVME_SANITIZE_DONE_DEALLOCATED : NVME_SANITIZE_DONE;
	m->data_erased = true;
}

void model_sanitize_advance(struct nvme_model *m)
{
	if (m->state == NVME_MODEL_PROCESSING && !m->sanitize_endless &&
	    model_now_ns() - m->begun_ns >= m->sanitize_s * SECOND_NS)
		finish(m);
}

static uint32_t offered(uint32_t sanicap, unsigned action)
{
	return action == NVME_SANITIZE_BLOCK       ? sanicap & NVME_SANICAP_BLOCK
	       : action == NVME_SANITIZE_OVERWRITE ? sanicap & NVME_SANICAP_OVERWRITE
	       : action == NVME_SANITIZE_CRYPTO    ? sanicap & NVME_SANICAP_CRYPTO
						   : 0;
}

static int leave_failure(struct nvme_model *m)
{
	if (m->state == NVME_MODEL_FAILURE && !m->unrestricted)
		return ANSWER_SANITIZE_FAILED;
	m->state = NVME_MODEL_IDLE; /* the log goes on to tell of the failure */
	return 0;
}

int model_sanitize(struct nvme_model *m, struct nvme_admin_cmd *cmd)
{
	unsigned action = NVME_SANITIZE_ACTION(cmd->cdw10);

	if (!(m->sanicap & (NVME_SANICAP_BLOCK | NVME_SANICAP_OVERWRITE | NVME_SANICAP_CRYPTO)))
		return ANSWER_INVALID_OPCODE;
	for (unsigned i = 0; i < NVME_MODEL_NAMESPACES; i++)
		if (m->namespaces[i].nsid && m->namespaces[i].protect)
			return ANSWER_WRITE_PROTECTED;
	if (action == NVME_SANITIZE_EXIT_FAILURE)
		return leave_failure(m);
	if (!offered(m->sanicap, action))
		return ANSWER_INVALID_FIELD;
	if (m->state == NVME_MODEL_FAILURE && !m->unrestricted && cmd->cdw10 & NVME_SANITIZE_AUSE)
		return ANSWER_SANITIZE_FAILED;
	m->state = NVME_MODEL_PROCESSING;
	m->unrestricted = cmd->cdw10 & NVME_SANITIZE_AUSE;
	m->sstat = NVME_SANITIZE_RUNNING;
	m->scdw10 = cmd->cdw10;
	m->begun_ns = model_now_ns();
	m->data_erased = false;
	m->n_begun++;
	return 0;
}

/* Figure 139, "Sanitize Operations": Identify, some logs and the features go on. */
int model_sanitize_refuses(const struct nvme_model *m, const struct nvme_admin_cmd *cmd)
{
	uint8_t lid = cmd->cdw10 & 0xff;

	if (m->state == NVME_MODEL_IDLE || cmd->opcode == NVME_ADMIN_IDENTIFY ||
	    cmd->opcode == NVME_ADMIN_GET_FEATURES || cmd->opcode == NVME_ADMIN_SET_FEATURES)
		return 0;
	if (cmd->opcode == NVME_ADMIN_GET_LOG_PAGE && (lid == NVME_LOG_HEALTH || lid == NVME_LOG_SANITIZE))
		return 0;
	if (m->state == NVME_MODEL_PROCESSING)
		return ANSWER_SANITIZE_IN_PROGRESS;
	return cmd->opcode == NVME_ADMIN_SANITIZE ? 0 : ANSWER_SANITIZE_FAILED;
}

/* Of 65536ths; all ones when none runs. */
static uint16_t progress(const struct nvme_model *m)
{
	uint64_t done_ns = model_now_ns() - m->begun_ns, all_ns = m->sanitize_s * SECOND_NS;
	uint16_t sprog;

	if (m->state != NVME_MODEL_PROCESSING)
		return UINT16_MAX;
	if (m->log == NVME_MODEL_LOG_STUCK)
		return 0x2000;
	sprog = done_ns < all_ns ? (uint16_t)(done_ns / SECOND_NS * 65536 / m->sanitize_s) : UINT16_MAX;
	return m->log == NVME_MODEL_LOG_BACKWARDS ? (uint16_t)(UINT16_MAX - sprog) : sprog;
}

void model_sanitize_page(struct nvme_model *m, struct nvme_sanitize_page *page)
{
	unsigned erased = m->data_erased && is_untouched(m) ? NVME_SSTAT_GLOBAL_ERASED : 0;
	struct nvme_sanitize_page p = {
		.sprog = htole16(progress(m)),
		.sstat = htole16((uint16_t)(m->sstat | erased)),
		.scdw10 = htole32(m->scdw10),
		.eto = htole32(m->overwrite_s),
		.etbe = htole32(m->block_s),
		.etce = htole32(m->crypto_s),
	};

	if (m->log == NVME_MODEL_LOG_RESERVED)
		p.sstat = htole16(5);
	if (m->log == NVME_MODEL_LOG_OTHER)
		p.scdw10 ^= htole32(1);
	if (m->log == NVME_MODEL_LOG_ZEROS)
		memset(&p, 0, sizeof(p));
	memcpy(page, &p, sizeof(p));
}
