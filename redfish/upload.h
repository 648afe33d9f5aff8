/* SPDX-License-Identifier: Apache-2.0 */
/* A request's body that comes from a file: streamed, not held in memory, and not slower than it may be. */
#ifndef REDFISH_UPLOAD_H
#define REDFISH_UPLOAD_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

#define RF_UPLOAD_RATE_MIN 1024u /* bytes a second, over each span of the exchange's timeout */

struct rf_upload {
	int fd;                 /* read with pread() from its beginning; stays the caller's */
	uint64_t size;          /* bytes; not 0 */
	const char *name;       /* of the file, as the BMC is told */
	const char *parameters; /* JSON: a multipart push (DSP0266, 12.6.2); NULL: the file is the body */
	void (*progress)(void *data, uint64_t done, uint64_t total); /* bytes; NULL: nobody looks on */
	void *data;
};

/* One exchange's sending. All zero before. */
struct rf_sending {
	const struct rf_upload *what;
	curl_mime *mime;
	uint64_t at;           /* bytes of the file that libcurl has taken */
	uint64_t since, until; /* ms: of the span that is looked at */
	uint64_t before;       /* bytes that were sent when it began */
	unsigned span_ms;
	int failed; /* positive errno of reading the file; 0: none */
	bool slow, unanswered;
};

/* On a handle on which all else is set; the headers bring the Content-Type of a plain body. */
int rf_sending_set_up(struct rf_sending *s, CURL *curl, const struct rf_upload *what, unsigned span_ms,
		      struct err *err) _must_check_;
/* Why it was ended from here, or 0. */
int rf_sending_why(const struct rf_sending *s, struct err *err) _must_check_;
void rf_sending_clear(struct rf_sending *s);

#endif
