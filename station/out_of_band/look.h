/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STATION_OUT_OF_BAND_LOOK_H
#define STATION_OUT_OF_BAND_LOOK_H

#include "station/drive/lookers.h"

/* A looker (drive_lookers.h): what the BMC tells is compared with the order's baseline, and kept with the event log. 1: the order is to be held. */
drive_looker out_of_band_look;

#endif
