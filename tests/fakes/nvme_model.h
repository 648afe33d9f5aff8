/* SPDX-License-Identifier: Apache-2.0 */
/* A model of an NVMe drive behind agent/hw/transport.h: Identify and Format NVM as the
 * specification has them, and ways to lie. */
#ifndef TESTS_FAKES_NVME_MODEL_H
#define TESTS_FAKES_NVME_MODEL_H

#include <stdbool.h>
#include <stdint.h>

struct nvme_model {
	uint16_t oacs;
	uint8_t fna;
	uint32_t nn;
	uint32_t active[2048];
	unsigned n_active;
	uint8_t nlbaf, flbas, dps;
	uint32_t nsid;
	int format_status; /* what Format answers: 0, NVMe status, or a negative errno */
	bool endless_list; /* the list of namespaces never ends */
	bool falling_list; /* or does not rise */
	/* what was seen */
	unsigned n_formats;
	uint32_t format_cdw10, format_nsid, format_timeout_ms;
};

/* From now on every NVMe command goes to this model; NULL: to the kernel again. */
void nvme_model_use(struct nvme_model *model);

#endif
