/* SPDX-License-Identifier: Apache-2.0 */
/* Bounds of a manifest's fields: docs/image-format.md, "Manifest". */
#ifndef IMAGES_MANIFEST_SPEC_H
#define IMAGES_MANIFEST_SPEC_H

#define MANIFEST_FORMAT 1
#define SERIAL_MAX      ((1ull << 53) - 1) /* what every JSON reader keeps exact */
#define VERSION_LEN_MAX 64                 /* bytes */
#define FILE_LEN_MAX    128                /* bytes */
#define LOADER_LEN_MAX  256                /* bytes */

#endif
