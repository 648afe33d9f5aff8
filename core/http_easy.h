/* SPDX-License-Identifier: Apache-2.0 */
/* What the HTTP client's files share: one exchange on a libcurl handle. */
#ifndef CORE_HTTP_EASY_H
#define CORE_HTTP_EASY_H

#include <curl/curl.h>

#include "core/http.h"

/* libcurl, once a process. */
void http_init(void);

/* What every exchange needs, whoever drives it. All but the URL must outlive the exchange; that is copied. */
struct http_setup {
	const char *url;
	const char *ca_file, *ca_pem; /* as in struct http_options */
	/* "sha256//BASE64" of the one public key (SubjectPublicKeyInfo) that the server may have, instead of a CA; NULL: none */
	const char *pin;
	const char *interface; /* NULL: any */
	unsigned connect_timeout_s;
	char *reason; /* CURL_ERROR_SIZE bytes: why it failed, in libcurl's words */
};
/* On a handle that is new or reset: TLS is verified, http and https alone, no proxies, no redirects. */
void http_set_up(CURL *curl, const struct http_setup *setup);

/* The positive errno for a transfer that failed. */
int http_errno(CURL *curl, CURLcode code);

/* The URL of a target; malloc'd. */
char *http_url(const struct http *http, const char *target) _must_check_;

/* The client's handle, reset, with everything set that all exchanges have in common; url must outlive it. */
CURL *http_begin(struct http *http, const char *url, struct curl_slist **headers) _must_check_;

/* Performs it. Transport errors as http_request() says; CURLE_WRITE_ERROR leaves *err to the sink (-EIO). */
int http_perform(struct http *http, const char *url, CURLcode *ret_code, struct err *err) _must_check_;

/* RFC 6454: scheme, host and port are the same. */
bool http_same_origin(const char *a, const char *b);

/* The negative errno that stands for a status outside of 2xx. */
int http_status_code(long status);

/* The URL as messages show it: without user, query and fragment; malloc'd. */
char *http_shown_url(const char *url) _must_check_;

#endif
