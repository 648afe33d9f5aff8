/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many BMCs on one thread. A procedure is written from top to bottom and waits where it has to; the others go on meanwhile. The loop
 * is libcurl's multi interface and a list of who waits until when.
 */
#ifndef REDFISH_LOOP_H
#define REDFISH_LOOP_H

#include <curl/curl.h>
#include <stdbool.h>

#include "core/err.h"

struct rf_loop;

struct rf_loop_options {
	bool (*cancelled)(void *data); /* asked ten times a second; NULL: never */
	void *data;
};
int rf_loop_new(const struct rf_loop_options *options, struct rf_loop **ret, struct err *err) _must_check_;
/* Not while it runs. */
void rf_loop_free(struct rf_loop *loop);
DEFINE_CLEANUP(struct rf_loop *, rf_loop_free);

/* One more procedure, which begins when the loop runs. It may spawn others. */
int rf_spawn(struct rf_loop *loop, void (*run)(void *data), void *data, struct err *err) _must_check_;

/* Until all procedures have returned. When libcurl fails every wait fails, and so each procedure comes to its end. */
int rf_loop_run(struct rf_loop *loop, struct err *err) _must_check_;

/* What follows is for procedures alone. */

/* -ECANCELED: it was asked to stop; -ETIMEDOUT: the procedure's time is over. */
int rf_sleep(struct rf_loop *loop, unsigned ms, struct err *err) _must_check_;

/* Performs what has been set up on the handle; its CURLOPT_PRIVATE is the loop's. Errors as rf_sleep(), and -EIO of libcurl's. */
int rf_transfer(struct rf_loop *loop, CURL *curl, CURLcode *ret_code, struct err *err) _must_check_;

/* All that the procedure does from now on has to be over in so many ms. */
void rf_deadline(struct rf_loop *loop, unsigned ms);
unsigned rf_time_left(const struct rf_loop *loop); /* ms; UINT_MAX: no deadline */

/* From now on the procedure is also stopped when asked() says so, ten times a second: as if all were, but for itself alone. */
void rf_stop_when(struct rf_loop *loop, bool (*asked)(void *data), void *data);

/*
 * What must be done even after a stop or a deadline, such as logging out: from shield to unshield neither ends a wait, but all of it
 * is over in so many ms. Not nested.
 */
void rf_shield(struct rf_loop *loop, unsigned ms);
void rf_unshield(struct rf_loop *loop);

#endif
