/* SPDX-License-Identifier: Apache-2.0 */
/* Values of the firmware's own variables by which a former tenant would still have his way. Each: NULL, or why it goes. */
#ifndef EFI_FOREIGN_STALE_H
#define EFI_FOREIGN_STALE_H

#include "efi/foreign.h"

/* Driver####, SysPrep####: programs that run before anything boots. Those of the firmware's own volumes may. */
const char *stale_program(const struct efi_entries *entries, const uint8_t *value, size_t len);
/* Key####: a key that boots an entry that is not there, or goes. */
const char *stale_key(const struct efi_entries *entries, const uint8_t *value, size_t len);
/* Timeout: a menu that waits for a person. */
const char *stale_timeout(const struct efi_entries *entries, const uint8_t *value, size_t len);
/* OsIndications: what the firmware is to do at its next start. */
const char *stale_request(const struct efi_entries *entries, const uint8_t *value, size_t len);

#endif
