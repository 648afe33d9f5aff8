/* SPDX-License-Identifier: Apache-2.0 */
/* Between http.c and http_range.c: one exchange on the client's libcurl handle. */
#ifndef CORE_HTTP_EASY_H
#define CORE_HTTP_EASY_H

#include <curl/curl.h>

#include "core/http.h"

/* The URL of a target; malloc'd. */
char *http_url(const struct http *http, const char *target) _must_check_;

/* The client's handle, reset, with everything set that all exchanges have in common; url must outlive it. */
CURL *http_begin(struct http *http, const char *url, struct curl_slist **headers) _must_check_;

/* Performs it. Transport errors as http_request() says; CURLE_WRITE_ERROR leaves *err to the sink (-EIO). */
int http_perform(struct http *http, const char *url, CURLcode *ret_code, struct err *err) _must_check_;

/* The negative errno that stands for a status outside of 2xx. */
int http_status_code(long status);

/* The URL as messages show it: without user, query and fragment; malloc'd. */
char *http_shown_url(const char *url) _must_check_;

#endif
