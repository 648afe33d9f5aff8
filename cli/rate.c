/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/rate.h"

#include <stdio.h>

#define RATE_WAIT_NS 1000000000ull /* before a rate is believed */
#define LEFT_MAX_S   (99 * 3600)   /* more is not worth a number */

void rate_report(struct rate *rate, uint64_t done, uint64_t total, uint64_t now_ns)
{
	rate->done = done;
	rate->total = total;
	if (!rate->from_ns || done < rate->from_done) {
		rate->from_ns = now_ns;
		rate->from_done = done;
	} else if (now_ns - rate->from_ns > RATE_WAIT_NS) {
		rate->bytes_s = (double)(done - rate->from_done) * 1e9 / (double)(now_ns - rate->from_ns);
	}
}

unsigned rate_percent(const struct rate *rate)
{
	if (!rate->total)
		return 0;
	return rate->done < rate->total ? (unsigned)((double)rate->done * 100 / (double)rate->total) : 100;
}

void duration_text(int64_t seconds, char text[DURATION_TEXT_SIZE])
{
	unsigned long long s = seconds > 0 ? (unsigned long long)seconds : 0;

	if (s < 3600)
		snprintf(text, DURATION_TEXT_SIZE, "%llu:%02llu", s / 60, s % 60);
	else
		snprintf(text, DURATION_TEXT_SIZE, "%llu:%02llu:%02llu", s / 3600, s / 60 % 60, s % 60);
}

void rate_text(const struct rate *rate, char text[RATE_TEXT_SIZE])
{
	char left[DURATION_TEXT_SIZE];
	double seconds;

	text[0] = '\0';
	if (rate->bytes_s <= 0 || rate->done > rate->total)
		return;
	seconds = (double)(rate->total - rate->done) / rate->bytes_s;
	duration_text(seconds < LEFT_MAX_S ? (int64_t)seconds : LEFT_MAX_S, left);
	snprintf(text, RATE_TEXT_SIZE, "%.1f MB/s, %s left", rate->bytes_s / 1e6, left);
}
