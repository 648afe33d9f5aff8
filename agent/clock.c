/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/clock.h"

#include "core/log.h"
#include "core/time.h"

#define TOLERANCE_S 2

static time_t floor_time;

static int set(time_t t, struct err *err)
{
	const struct timespec ts = {.tv_sec = t};
	char before[TIME_TEXT_SIZE], after[TIME_TEXT_SIZE];

	time_format(time(NULL), before);
	time_format(t, after);
	if (clock_settime(CLOCK_REALTIME, &ts) < 0)
		return err_sys(err, errno, "set the clock from %s to %s", before, after);
	log_info("clock: %s was %s", after, before);
	return 0;
}

int clock_floor(time_t built, struct err *err)
{
	floor_time = built;
	return time(NULL) < built ? set(built, err) : 0;
}

int clock_set(time_t now, struct err *err)
{
	time_t off = now - time(NULL);
	char text[TIME_TEXT_SIZE];

	if (now < floor_time) {
		time_format(floor_time, text);
		return err_set(err, EINVAL,
			       "the station's clock is wrong: it is behind %s, when the boot image was built",
			       text);
	}
	return off > -TOLERANCE_S && off < TOLERANCE_S ? 0 : set(now, err);
}
