/* SPDX-License-Identifier: Apache-2.0 */
/* What every part of the running station may use; set up once by station_run(), then constant. */
#ifndef STATION_CONTEXT_H
#define STATION_CONTEXT_H

#include <stdbool.h>

struct audit_limit;
struct bmc_rotate;
struct ek_trust;
struct connections;
struct secrets;
struct store;
struct trust;
struct waits;

struct station {
	struct store *store;
	struct secrets *secrets;         /* the key to what is sealed in it */
	struct bmc_rotate *bmc_rotate;   /* changes of BMCs' passwords that are under way */
	struct waits *waits;             /* requests that wait for events */
	struct connections *connections; /* and how long each may still take */
	int images_fd, boot_fd;          /* folders */
	char *http_url, *https_url;      /* without a slash at the end */
	char *images_url;                /* the same: the folder with the images, where nodes fetch them */
	bool images_elsewhere;           /* images_url is not our own */
	char *name;
	char *place, *contact; /* of certificates; NULL: not told */
	char *console;         /* words separated by spaces, or NULL */
	char *sign_key;        /* PEM files, see core/cms.h */
	char *sign_cert;
	struct trust
		*order_trust; /* CAs of those who sign orders for boot media; NULL: nobody is trusted to */
	struct ek_trust *ek_trust; /* CAs of makers of TPMs; NULL: their certificates prove nothing */
};

#endif
