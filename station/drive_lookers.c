/* SPDX-License-Identifier: Apache-2.0 */
#include "station/drive_lookers.h"

drive_looker *const drive_lookers[] = {NULL};
