/* SPDX-License-Identifier: Apache-2.0 */
#include "station/drive/lookers.h"

#include "station/out_of_band/look.h"

drive_looker *const drive_lookers[] = {out_of_band_look, NULL};
