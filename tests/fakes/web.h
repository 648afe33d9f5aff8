/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A web server on loopback, plain and TLS, that behaves as its path says:
 *   /echo               {"method", "auth", "type", "body"} of the request, as JSON
 *   /status/N           status N with {"error": "because"}; /plain-500 without; /redirect to /echo
 *   /slow               answers after web_release(true) alone
 *   anything else       web_data; a range by 206, and then
 *   /ignores            all of it with 200            /other-range       another Content-Range
 *   /no-content-range   none                          /short, /long      half of it, one byte more
 *   /dropped            closes in the middle
 */
#ifndef FAKES_WEB_H
#define FAKES_WEB_H

#include <stdbool.h>

#define WEB_SIZE (256 * 1024)

extern char web_data[WEB_SIZE];

struct web_ports {
	unsigned plain, tls;
};

struct web_ports web_start(const char *key_pem, const char *cert_pem); /* PEM texts that outlive it */
void web_stop(void);
void web_release(bool now);

#endif
