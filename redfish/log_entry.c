/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/log_entry.h"

#include <string.h>

#include "core/io.h"
#include "redfish/log.h"
#include "redfish/value.h"

#define DAY_S 86400

/* Two digits, at most `max`. */
static bool two(const char *text, int max, int *ret)
{
	if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
		return false;
	*ret = (text[0] - '0') * 10 + text[1] - '0';
	return *ret <= max;
}

/* "Z", "+01:00", "-0500" or nothing, in seconds east of UTC. */
static bool zone(const char *text, time_t *ret)
{
	int hours, minutes;
	size_t at = 3;

	*ret = 0;
	if (!*text || !strcmp(text, "Z") || !strcmp(text, "z"))
		return true;
	if ((*text != '+' && *text != '-') || !two(text + 1, 14, &hours))
		return false;
	at += text[at] == ':';
	if (!two(text + at, 59, &minutes) || text[at + 2])
		return false;
	*ret = (hours * 60 + minutes) * (time_t)60 * (*text == '-' ? -1 : 1);
	return true;
}

bool rf_log_time(const char *text, char ret[TIME_TEXT_SIZE])
{
	char utc[TIME_TEXT_SIZE];
	size_t n = strlen("2026-11-22T21:00:00");
	time_t t, east;

	if (strlen(text) < n || (text[10] != 'T' && text[10] != ' '))
		return false;
	snprintf(utc, sizeof(utc), "%.*sZ", (int)n, text);
	utc[10] = 'T';
	text += n;
	if (*text == '.' || *text == ',')
		text += 1 + strspn(text + 1, "0123456789");
	if (time_parse(utc, &t) < 0 || !zone(text, &east) || t < DAY_S || t > 253402300799 - DAY_S)
		return false;
	time_format(t - east, ret);
	return true;
}

/* Text of others as one line, cut where no character of UTF-8 is split; null where there is none. */
static json_t *one_line(const char *text)
{
	_cleanup_free_ char *copy = text ? str_printf("%s", text) : NULL;
	size_t len = copy ? strlen(copy) : 0;

	if (!len)
		return json_null();
	if (len > RF_LOG_MESSAGE_MAX) {
		len = RF_LOG_MESSAGE_MAX;
		while (len && ((unsigned char)copy[len] & 0xc0) == 0x80)
			len--;
		copy[len] = '\0';
	}
	for (char *p = copy; *p; p++)
		if ((*p > 0 && *p < 0x20) || *p == 0x7f)
			*p = ' ';
	return json_string(copy);
}

static json_t *severity_of(const char *text)
{
	static const char *const words[] = {"OK", "Warning", "Critical"};

	for (unsigned i = 0; text && i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcasecmp(text, words[i]))
			return json_string(words[i]);
	return json_null();
}

/* The first of the names that is there. */
static int first_str(const json_t *entry, const char *what, const char *const *names, const char **ret,
		     struct err *err)
{
	int r = 0;

	for (*ret = NULL; *names && !*ret && r == 0; names++)
		r = rf_str(entry, what, *names, ret, err);
	return r;
}

int rf_log_entry(const json_t *entry, const char *what, const char *log, json_t **ret, struct err *err)
{
	/* In the order of our keys. EventTimestamp is when it was, Created when it was written down. */
	static const char *const names[][4] = {
		{"EventTimestamp", "Created", NULL},
		{"Severity", NULL},
		{"Message", NULL},
		{"MessageId", NULL},
		{"Links/OriginOfCondition/@odata.id", "OriginOfCondition/@odata.id", "SensorType", NULL},
		{"Id", NULL},
	};
	const char *text[sizeof(names) / sizeof(names[0])] = {0};
	char time[TIME_TEXT_SIZE];
	bool has_time;

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int r = first_str(entry, what, names[i], &text[i], err);

		if (r < 0)
			return r;
	}
	has_time = text[0] && rf_log_time(text[0], time);
	*ret = json_pack("{s:s?, s:o, s:o, s:o, s:o, s:o, s:s}", "time", has_time ? time : NULL, "severity",
			 severity_of(text[1]), "message", one_line(text[2]), "message_id", one_line(text[3]),
			 "source", one_line(text[4]), "id", one_line(text[5]), "log", log);
	return 0;
}
