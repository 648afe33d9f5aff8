/* SPDX-License-Identifier: Apache-2.0 */
/* Health and firmware slots (5.16.1.3, 5.16.1.4), for the certificate. */
#include <endian.h>

#include "agent/hw/nvme/nvme.h"
#include "agent/hw/nvme/private.h"
#include "agent/hw/nvme/spec.h"
#include "agent/hw/sysfs.h"
#include "core/json.h"

/* A counter of 128 bits; the highest number where it does not fit. */
static json_t *counter(uint64_t low, uint64_t high)
{
	low = le64toh(low);
	return json_integer(high || low > INT64_MAX ? INT64_MAX : (json_int_t)low);
}

static json_t *health_json(const struct nvme_health_page *p)
{
	return json_pack("{s:i, s:i, s:i, s:i, s:o, s:o, s:o, s:o}", "critical_warning", p->critical_warning,
			 "temperature_k", (int)le16toh(p->temperature), "available_spare", p->available_spare,
			 "percentage_used", p->percentage_used, "data_units_written",
			 counter(p->data_units_written[0], p->data_units_written[1]), "power_on_hours",
			 counter(p->power_on_hours[0], p->power_on_hours[1]), "unsafe_shutdowns",
			 counter(p->unsafe_shutdowns[0], p->unsafe_shutdowns[1]), "media_errors",
			 counter(p->media_errors[0], p->media_errors[1]));
}

/* The revision in each slot, "" in an empty one; empty ones at the end are left out. */
static json_t *slots_json(const struct nvme_firmware_page *p)
{
	json_t *slots = json_array();
	unsigned used = 0;

	for (unsigned i = 0; i < NVME_FIRMWARE_SLOTS; i++) {
		char text[sizeof(p->frs[i]) + 1];

		text_clean(text, sizeof(text), p->frs[i], sizeof(p->frs[i]));
		json_array_append_new(slots, json_string(text));
		if (*text)
			used = i + 1;
	}
	while (json_array_size(slots) > used)
		json_array_remove(slots, used);
	return slots;
}

int nvme_health(int dev_fd, json_t **ret, struct err *err)
{
	struct nvme_firmware_page firmware;
	struct nvme_health_page health;
	int r;

	if ((r = nvme_log_page(dev_fd, NVME_LOG_HEALTH, &health, sizeof(health), err)) < 0 ||
	    (r = nvme_log_page(dev_fd, NVME_LOG_FIRMWARE, &firmware, sizeof(firmware), err)) < 0)
		return r;
	*ret = health_json(&health);
	json_object_set_new(*ret, "firmware_active_slot", json_integer(firmware.afi & 7));
	json_object_set_new(*ret, "firmware_slots", slots_json(&firmware));
	return 0;
}
