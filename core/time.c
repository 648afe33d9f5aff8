/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 3339 in UTC. */
#include "core/time.h"

#include <string.h>

uint64_t monotonic_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

struct timespec monotonic_in_ns(uint64_t ns)
{
	uint64_t at = monotonic_ns() + ns;

	return (struct timespec){.tv_sec = (time_t)(at / 1000000000u), .tv_nsec = (long)(at % 1000000000u)};
}

void cond_init_monotonic(pthread_cond_t *cond)
{
	pthread_condattr_t clock;

	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &clock);
	pthread_condattr_destroy(&clock);
}

/* A time outside of 1970 to 9999 has no such form and is shown as 1970. */
void time_format(time_t t, char text[TIME_TEXT_SIZE])
{
	struct tm tm;

	if (!gmtime_r(&t, &tm) || tm.tm_year < 70 || tm.tm_year > 9999 - 1900)
		tm = (struct tm){.tm_year = 70, .tm_mday = 1};
	strftime(text, TIME_TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* The form first, digit by digit: strptime() would take spaces, signs and fewer digits. */
static int has_form(const char *text)
{
	static const char form[] = "0000-00-00T00:00:00Z";

	for (size_t i = 0; i < sizeof(form); i++) {
		if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
			return 0;
	}
	return 1;
}

static int number(const char *text, unsigned digits)
{
	int n = 0;

	while (digits--)
		n = n * 10 + *text++ - '0';
	return n;
}

int time_parse(const char *text, time_t *ret)
{
	struct tm tm = {0}, back;
	time_t t;

	if (!has_form(text))
		return -EBADMSG;
	tm.tm_year = number(text, 4) - 1900;
	tm.tm_mon = number(text + 5, 2) - 1;
	tm.tm_mday = number(text + 8, 2);
	tm.tm_hour = number(text + 11, 2);
	tm.tm_min = number(text + 14, 2);
	tm.tm_sec = number(text + 17, 2);
	back = tm;
	t = timegm(&back); /* normalises: what is not a date comes back changed */
	if (tm.tm_year < 70 || back.tm_mon != tm.tm_mon || back.tm_mday != tm.tm_mday ||
	    back.tm_hour != tm.tm_hour || back.tm_min != tm.tm_min || back.tm_sec != tm.tm_sec)
		return -EBADMSG;
	*ret = t;
	return 0;
}
