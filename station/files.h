/* SPDX-License-Identifier: Apache-2.0 */
/* Files as replies. */
#ifndef STATION_FILES_H
#define STATION_FILES_H

#include "station/request.h"

/* A file of the boot folder, whole or the range that was asked for. -ENOENT: it is not there, or none of those that are served. */
int reply_boot_file(struct request *req, const char *file, struct err *err) _must_check_;

#endif
