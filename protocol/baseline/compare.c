/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/baseline/compare.h"

#include "protocol/baseline/part.h"
#include "protocol/baseline/result.h"

json_t *baseline_compare(const json_t *baseline, enum baseline_part part, const json_t *read,
			 const char *reason)
{
	static void (*const parts[])(const json_t *baseline, const json_t *read, json_t *result) = {
		baseline_firmware_compare, baseline_bios_compare, baseline_accounts_compare};
	json_t *result = baseline_result_new(baseline_holds(baseline, part));

	if (read)
		parts[part](baseline, read, result);
	baseline_result_end(result, read ? NULL : reason ?: "it was not read");
	return result;
}
