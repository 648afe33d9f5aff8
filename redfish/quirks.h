/* SPDX-License-Identifier: Apache-2.0 */
/* What certain BMCs do otherwise, where it cannot be learned from their answers. One table: quirks.c. */
#ifndef REDFISH_QUIRKS_H
#define REDFISH_QUIRKS_H

enum rf_quirk {
	RF_QUIRK_SETTINGS_FIRST = 1 << 0, /* Boot is written to @Redfish.Settings, not to the System */
	RF_QUIRK_NO_HTTP_URI = 1 << 1,    /* HttpBootUri is taken and has no effect */
	RF_QUIRK_RESTART_HANGS = 1 << 2,  /* ForceRestart may never come back: off, wait, on */
	RF_QUIRK_USB_CD = 1 << 3,         /* virtual media are booted as UsbCd */
};

/* Who a BMC says it is; "" where it does not say. */
struct rf_identity {
	const char *vendor, *product; /* of the service root */
	const char *version;          /* RedfishVersion, "1.17.0" */
	const char *model;            /* of the System; "" before it is known */
};

struct rf_quirk_row {
	/* What the texts must contain, in any case; NULL: anything. */
	const char *vendor, *product, *model;
	const char *from, *before; /* RedfishVersion: from <= version < before; NULL: no bound */
	unsigned what;             /* of enum rf_quirk */
	const char *instead;       /* what an operator can do; NULL: the client does it */
	const char *source;        /* where the knowledge is from */
};

/* All that match, together. */
unsigned rf_quirks_of(const struct rf_identity *identity);
/* The row that says so, or NULL. */
const struct rf_quirk_row *rf_quirk_row(const struct rf_identity *identity, enum rf_quirk quirk);

#endif
