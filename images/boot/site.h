/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The site part of the boot image: whom the agent trusts and where its station is. A few kilobytes that `remint boot
 * build` puts behind the generic part, so that no compiler is needed for a site. docs/boot-image.md, "Site part".
 */
#ifndef IMAGES_BOOT_SITE_H
#define IMAGES_BOOT_SITE_H

#include <stdint.h>
#include <time.h>

#include "core/err.h"

#define SITE_FOLDER     "/etc/remint" /* in the boot image */
#define SITE_JSON       "site.json"
#define SITE_STATION_CA "station-ca.pem"
#define SITE_IMAGE_CA   "image-ca.pem"

#define SITE_JSON_MAX (64 * 1024)  /* bytes */
#define SITE_PEM_MAX  (256 * 1024) /* bytes */

struct site_config {
	char *station_url;     /* "https://HOST:PORT", no path, no credentials */
	char *station_ca;      /* PEM text of the CAs for the station's certificate */
	char *image_ca;        /* PEM text of the CAs for tenant images */
	uint64_t serial_floor; /* no manifest below it */
	time_t built;          /* the clock's floor */
};

/*
 * Reads the three files in `folder` (SITE_FOLDER on a node) and checks them; the strings are malloc'd and freed by
 * site_clear(). *ret is untouched on failure. -EBADMSG names the file and field.
 */
int site_read(const char *folder, struct site_config *ret, struct err *err) _must_check_;
void site_clear(struct site_config *site);

/* The same checks on a configuration that is about to be written: the URL's form, and that each PEM text holds certificates
 * and no private key. -EINVAL says what is wrong. */
int site_check(const struct site_config *site, struct err *err) _must_check_;

/* The text of site.json, canonical, malloc'd. */
char *site_json(const struct site_config *site, size_t *ret_len) _must_check_;

#endif
