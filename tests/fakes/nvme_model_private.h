/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the NVMe model share. Each command's function returns the status that the drive answers. */
#ifndef TESTS_FAKES_NVME_MODEL_PRIVATE_H
#define TESTS_FAKES_NVME_MODEL_PRIVATE_H

#include "agent/hw/nvme/spec.h"
#include "tests/fakes/nvme_model.h"

/* Status fields: SCT in bits 10:8, SC in bits 7:0, bit 14: do not retry */
enum {
	ANSWER_INVALID_OPCODE = 0x4001,
	ANSWER_INVALID_FIELD = 0x4002,
	ANSWER_INVALID_NAMESPACE = 0x400b,
	ANSWER_SANITIZE_FAILED = 0x001c,
	ANSWER_SANITIZE_IN_PROGRESS = 0x001d,
	ANSWER_WRITE_PROTECTED = 0x0020,
	ANSWER_INVALID_LOG = 0x4109,
	ANSWER_INVALID_FORMAT = 0x410a,
	ANSWER_NOT_CHANGEABLE = 0x410e,
	ANSWER_NO_CAPACITY = 0x4115,
	ANSWER_NO_IDENTIFIER = 0x4116,
	ANSWER_ATTACHED_ALREADY = 0x4118,
	ANSWER_NOT_ATTACHED = 0x411a,
	ANSWER_LIST_INVALID = 0x411c,
	ANSWER_HOST_ABORTED = 0x0371,
};

#define MODEL_CONTROLLER_ID 7

static inline void *model_data(const struct nvme_admin_cmd *cmd)
{
	return (void *)(uintptr_t)cmd->addr;
}

int model_identify(struct nvme_model *m, struct nvme_admin_cmd *cmd);
int model_log(struct nvme_model *m, struct nvme_admin_cmd *cmd);
int model_format(struct nvme_model *m, struct nvme_admin_cmd *cmd);
int model_sanitize(struct nvme_model *m, struct nvme_admin_cmd *cmd);
int model_manage(struct nvme_model *m, struct nvme_admin_cmd *cmd);
int model_attach(struct nvme_model *m, struct nvme_admin_cmd *cmd);
int model_features(struct nvme_model *m, struct nvme_admin_cmd *cmd);

/* Ends a Sanitize whose time has come. */
void model_sanitize_advance(struct nvme_model *m);
void model_sanitize_page(struct nvme_model *m, struct nvme_sanitize_page *page);
/* What a running or failed Sanitize lets nobody do (8.21): the answer, or 0. */
int model_sanitize_refuses(const struct nvme_model *m, const struct nvme_admin_cmd *cmd);
uint64_t model_unallocated(const struct nvme_model *m);

#endif
