/* SPDX-License-Identifier: Apache-2.0 */
/* The health of the card's memory: rows that were remapped (Ampere and later), pages that were retired (before), ECC, repairs. */
#include "agent/gpu/nvml_report.h"

#define FEW (1u << 24) /* more rows, pages: absurd */

static void read_rows(struct nvml_report *report)
{
	unsigned correctable = 0, uncorrectable = 0, pending = 0, failure = 0;
	const struct nvml *nvml = report->nvml;
	json_t *rows;

	if (!nvml_has(report, nvml->DeviceGetRemappedRows, "remapped rows") ||
	    !nvml_told(report,
		       nvml->DeviceGetRemappedRows(report->device, &correctable, &uncorrectable, &pending,
						   &failure),
		       "remapped rows"))
		return;
	rows = json_pack("{s:b, s:b}", "pending", pending != 0, "failed", failure != 0);
	nvml_add(report, rows, "correctable", correctable, FEW);
	nvml_add(report, rows, "uncorrectable", uncorrectable, FEW);
	json_object_set_new(report->health, "remapped_rows", rows);
	if (failure)
		nvml_fault(
			report, "row_remap_failed",
			"a memory row could not be remapped: no spare row is left for it; replace the card");
	if (pending)
		nvml_fault(report, "row_remap_pending",
			   "a memory row waits to be remapped, which a reset does; one that still waits "
			   "after the reset: replace the card");
}

/* False where the card has no such thing. */
static bool count_pages(struct nvml_report *report, unsigned cause, unsigned *count)
{
	/* Without room for addresses NVML tells how many there are, in either of two ways. */
	int result = report->nvml->DeviceGetRetiredPages(report->device, cause, count, NULL);

	return result == NVML_ERROR_INSUFFICIENT_SIZE || nvml_told(report, result, "retired pages");
}

static void read_pages(struct nvml_report *report)
{
	const struct nvml *nvml = report->nvml;
	unsigned single = 0, twofold = 0, pending = 0;
	json_t *pages;

	if (!nvml->DeviceGetRetiredPages ||
	    !count_pages(report, NVML_PAGE_RETIREMENT_CAUSE_MULTIPLE_SINGLE_BIT_ECC_ERRORS, &single) ||
	    !count_pages(report, NVML_PAGE_RETIREMENT_CAUSE_DOUBLE_BIT_ECC_ERROR, &twofold))
		return;
	pages = json_object();
	nvml_add(report, pages, "single_bit", single, FEW);
	nvml_add(report, pages, "double_bit", twofold, FEW);
	json_object_set_new(report->health, "retired_pages", pages);
	if (!nvml_has(report, nvml->DeviceGetRetiredPagesPendingStatus, "pages that wait to be retired") ||
	    !nvml_told(report, nvml->DeviceGetRetiredPagesPendingStatus(report->device, &pending),
		       "pages that wait to be retired"))
		return;
	json_object_set_new(pages, "pending", json_boolean(pending));
	if (pending)
		nvml_fault(report, "page_retirement_pending",
			   "a memory page waits to be retired, which a reset does; one that still waits "
			   "after the reset: replace the card");
}

/* ---- ECC ---- */

/* False where it is not told: *count is then untouched. */
static bool read_count(struct nvml_report *report, json_t *to, const char *key, unsigned type,
		       unsigned counter, unsigned long long *count)
{
	unsigned long long value = 0;

	if (!nvml_told(report, report->nvml->DeviceGetTotalEccErrors(report->device, type, counter, &value),
		       "ECC error counters") ||
	    !nvml_add(report, to, key, value, NVML_COUNT_MAX))
		return false;
	*count = value;
	return true;
}

static void read_sram(struct nvml_report *report, json_t *ecc)
{
	struct nvmlEccSramErrorStatus_v1_st sram = {.version = nvmlEccSramErrorStatus_v1};
	const struct nvml *nvml = report->nvml;

	/* Hopper and later tell it; an older NVML has no such call, nor do older cards. */
	if (!nvml->DeviceGetSramEccErrorStatus ||
	    !nvml_told(report, nvml->DeviceGetSramEccErrorStatus(report->device, &sram), "SRAM's ECC errors"))
		return;
	json_object_set_new(ecc, "sram_threshold_exceeded", json_boolean(sram.bThresholdExceeded));
	if (sram.bThresholdExceeded)
		nvml_fault(report, "sram_errors",
			   "the card's SRAM has had more uncorrectable errors than its maker allows; replace "
			   "the card");
}

static void read_ecc(struct nvml_report *report)
{
	unsigned long long now = 0, ignored;
	json_t *ecc;

	if (!nvml_has(report, report->nvml->DeviceGetTotalEccErrors, "ECC error counters"))
		return;
	ecc = json_object();
	if (read_count(report, ecc, "uncorrected", NVML_MEMORY_ERROR_TYPE_UNCORRECTED, NVML_VOLATILE_ECC,
		       &now)) {
		read_count(report, ecc, "corrected", NVML_MEMORY_ERROR_TYPE_CORRECTED, NVML_VOLATILE_ECC,
			   &ignored);
		read_count(report, ecc, "uncorrected_ever", NVML_MEMORY_ERROR_TYPE_UNCORRECTED,
			   NVML_AGGREGATE_ECC, &ignored);
		read_count(report, ecc, "corrected_ever", NVML_MEMORY_ERROR_TYPE_CORRECTED,
			   NVML_AGGREGATE_ECC, &ignored);
	}
	read_sram(report, ecc);
	if (json_object_size(ecc))
		json_object_set(report->health, "ecc", ecc);
	json_decref(ecc);
	if (now)
		nvml_fault(report, "ecc_uncorrected",
			   "%llu uncorrectable memory errors since the driver was loaded; reset the card and "
			   "test its memory, "
			   "replace it when they come back",
			   now);
}

/* Hopper and later put spare channels and processors in the place of bad ones. */
static void read_repairs(struct nvml_report *report)
{
	struct nvmlRepairStatus_v1_st status = {.version = nvmlRepairStatus_v1};
	const struct nvml *nvml = report->nvml;

	if (!nvml->DeviceGetRepairStatus ||
	    !nvml_told(report, nvml->DeviceGetRepairStatus(report->device, &status), "pending repairs"))
		return;
	json_object_set_new(report->health, "repairs_pending",
			    json_pack("{s:b, s:b}", "memory_channel", status.bChannelRepairPending != 0,
				      "tpc", status.bTpcRepairPending != 0));
	if (status.bChannelRepairPending || status.bTpcRepairPending)
		nvml_fault(report, "repair_pending",
			   "a %s waits to be replaced by a spare one, which a reset does; one that still "
			   "waits after the "
			   "reset: replace the card",
			   status.bChannelRepairPending ? "memory channel" : "cluster of processors (TPC)");
}

void nvml_memory_health(struct nvml_report *report)
{
	read_rows(report);
	read_pages(report);
	read_ecc(report);
	read_repairs(report);
}
