/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the modelled ATA drive share. */
#ifndef TESTS_FAKES_ATA_MODEL_PRIVATE_H
#define TESTS_FAKES_ATA_MODEL_PRIVATE_H

#include "agent/hw/ata/spec.h"
#include "tests/fakes/ata_model.h"

/* One command, in and out. */
struct ata_model_registers {
	uint8_t command;
	uint16_t feature, count;
	uint64_t lba;
	bool ext;
	uint8_t *data; /* ATA_BLOCK bytes, or NULL */
	uint32_t timeout_ms;
	uint8_t status, error; /* out; count and lba are out too */
	bool timed_out;        /* the adapter gives up */
};

/* Each puts the outcome into the registers. */
void ata_model_abort(struct ata_model_registers *r);
void ata_model_identify(struct model *model, struct ata_model_registers *r);
void ata_model_security(struct model *model, struct ata_model_registers *r);
void ata_model_sanitize(struct model *model, struct ata_model_registers *r);
void ata_model_max(struct model *model, struct ata_model_registers *r);

/* The registers as the adapter of this drive hands them back. */
void ata_model_answer(const struct ata_model *a, struct sg_io_hdr *io, const struct ata_model_registers *r);
/* The same for a fault; the transport's return value. */
int ata_model_fail(const struct ata_model *a, const struct ata_fault *f, struct sg_io_hdr *io,
		   struct ata_model_registers *r);
/* ILLEGAL REQUEST of the adapter itself. */
void ata_model_refuse(struct sg_io_hdr *io, uint8_t asc);

/* What has come to pass by the model's clock. */
void ata_model_sanitize_tick(struct model *model);
void ata_model_sign(uint16_t words[256]); /* the integrity word */

#endif
