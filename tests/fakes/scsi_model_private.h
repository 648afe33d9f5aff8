/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the SCSI model share. All answers return 0, the ioctl's success. */
#ifndef TESTS_FAKES_SCSI_MODEL_PRIVATE_H
#define TESTS_FAKES_SCSI_MODEL_PRIVATE_H

#include "tests/fakes/scsi_model.h"

int scsi_model_give(struct sg_io_hdr *io, const void *data, uint32_t len, uint32_t allocation);
/* Writes 18 bytes at most, and returns how many. progress: -1 none. */
uint8_t scsi_model_sense(const struct scsi_model *d, uint8_t *sense, uint8_t key, uint8_t asc, uint8_t ascq,
			 int progress);
int scsi_model_check(struct sg_io_hdr *io, const struct scsi_model *d, uint8_t key, uint8_t asc, uint8_t ascq,
		     int progress);
int scsi_model_invalid_field(struct sg_io_hdr *io, const struct scsi_model *d);
int scsi_model_invalid_opcode(struct sg_io_hdr *io, const struct scsi_model *d);

/* Of 65536ths; -1 when it does not tell. */
int scsi_model_progress(const struct scsi_model *d);
bool scsi_model_offers(const struct scsi_model *d, uint8_t action);

/* INQUIRY, READ CAPACITY, MODE SENSE, LOG SENSE, REPORT SUPPORTED OPERATION CODES; others are refused. */
int scsi_model_page(struct model *m, struct sg_io_hdr *io);

#endif
