/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/quirks.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/*
 * Only what has to be known beforehand. What a BMC's answers show is handled for each BMC, whoever has made it: tags that are refused, 406,
 * "busy in POST", Boot that does not change, slots that cannot insert, tasks in three forms (docs/redfish.md has the list).
 * More than one row may match.
 */
static const struct rf_quirk_row table[] = {
	{.vendor = "Dell",
	 .model = "R770",
	 .what = RF_QUIRK_SETTINGS_FIRST,
	 .source = "field reports on iDRAC 10, which this machine has: Boot of the System is read-only; "
		   "iDRAC 7 to 9 want the "
		   "System itself. Other machines with iDRAC 10 are found out by the refusal"},
	{.vendor = "Dell",
	 .what = RF_QUIRK_NO_HTTP_URI,
	 .instead = "set the BIOS attribute HttpDev1Uri, or boot by PXE",
	 .source = "field reports on iDRAC: there is no HttpBootUri, the address is the BIOS attribute "
		   "HttpDev1Uri"},
	{.vendor = "HPE",
	 .product = "Gen11", /* has iLO 6 */
	 .what = RF_QUIRK_NO_HTTP_URI,
	 .instead = "set the BIOS attribute UrlBootFile, or boot by PXE",
	 .source = "field reports on iLO 6: HttpBootUri is ignored, the address is the BIOS attribute "
		   "UrlBootFile"},
	{.vendor = "Lenovo",
	 .model = "SR675 V3",
	 .what = RF_QUIRK_RESTART_HANGS,
	 .source = "field reports on the ThinkSystem SR675 V3: ForceRestart can hang"},
	{.vendor = "Supermicro",
	 .what = RF_QUIRK_USB_CD,
	 .source = "field reports on Supermicro: a virtual CD is the boot source UsbCd"},
};
enum { N_ROWS = sizeof(table) / sizeof(table[0]) };

static bool contains(const char *text, const char *part)
{
	return !part || strcasestr(text, part);
}

/* Numbers of a version, those missing 0. */
static void read_version(const char *text, unsigned number[3])
{
	number[0] = number[1] = number[2] = 0;
	(void)sscanf(text, "%5u.%5u.%5u", &number[0], &number[1], &number[2]);
}

static int compare_versions(const char *a, const char *b)
{
	unsigned x[3], y[3];

	read_version(a, x);
	read_version(b, y);
	for (int i = 0; i < 3; i++)
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	return 0;
}

static bool matches(const struct rf_quirk_row *row, const struct rf_identity *id)
{
	return contains(id->vendor, row->vendor) && contains(id->product, row->product) &&
	       contains(id->model, row->model) &&
	       (!row->from || compare_versions(id->version, row->from) >= 0) &&
	       (!row->before || compare_versions(id->version, row->before) < 0);
}

unsigned rf_quirks_of(const struct rf_identity *identity)
{
	unsigned all = 0;

	for (unsigned i = 0; i < N_ROWS; i++)
		if (matches(&table[i], identity))
			all |= table[i].what;
	return all;
}

const struct rf_quirk_row *rf_quirk_row(const struct rf_identity *identity, enum rf_quirk quirk)
{
	for (unsigned i = 0; i < N_ROWS; i++)
		if ((table[i].what & quirk) && matches(&table[i], identity))
			return &table[i];
	return NULL;
}
