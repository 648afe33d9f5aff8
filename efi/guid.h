/* SPDX-License-Identifier: Apache-2.0 */
/* A GUID as it lies on disks and in device paths (UEFI 2.10, appendix A): its text form. */
#ifndef EFI_GUID_H
#define EFI_GUID_H

#include <stdint.h>

#define GUID_TEXT_SIZE 37 /* with the NUL */

extern const uint8_t guid_global[16]; /* EFI_GLOBAL_VARIABLE (3.3) */

/* Lower case: "c12a7328-f81f-11d2-ba4b-00a0c93ec93b". */
void guid_text(const uint8_t guid[16], char text[GUID_TEXT_SIZE]);

#endif
