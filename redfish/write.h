/* SPDX-License-Identifier: Apache-2.0 */
/* Writing: PATCH with tags by a ladder, POST of actions; a task that begins is followed to its end. */
#ifndef REDFISH_WRITE_H
#define REDFISH_WRITE_H

#include "redfish/bmc.h"
#include "redfish/task.h"

/*
 * DSP0266, section 7.6 and 6.5. Reads the resource's tag and sends it: as given, then as a strong one, then none, until a BMC takes it; begins
 * with what it has taken last. A status outside 2xx is an error as rf_answer_refused() says; *ret_status, unless NULL, has it then,
 * and is 0 when no answer came.
 */
int rf_patch(struct rf_bmc *bmc, const char *path, const json_t *body, long *ret_status,
	     struct err *err) _must_check_;

/*
 * DSP0266, section 7.11: an action, without a tag unless the BMC wants one (428): iDRAC 10 answers 412 to a tag there. Statuses as above.
 */
int rf_post(struct rf_bmc *bmc, const char *path, const json_t *body, long *ret_status,
	    struct err *err) _must_check_;

/* DELETE, with a tag only where the BMC wants one, and what it begins to its end. Statuses as above. */
int rf_delete(struct rf_bmc *bmc, const char *path, long *ret_status, struct err *err) _must_check_;
/* The same, with somebody who looks on while its task runs. */
int rf_post_watched(struct rf_bmc *bmc, const char *path, const json_t *body, struct rf_task_watch *watch,
		    long *ret_status, struct err *err) _must_check_;

/* DELETE, tried once, with a tag only where the BMC wants one. 0: an answer of any status, to be cleared in each case. */
int rf_delete_once(struct rf_bmc *bmc, const char *path, struct rf_answer *ret, struct err *err) _must_check_;

/* The strong form of a tag: without W/, and without the -gzip that some servers append. *ret is RF_ETAG_MAX bytes. */
void rf_strong_tag(const char *tag, char *ret);

#endif
