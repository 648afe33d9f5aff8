/* SPDX-License-Identifier: Apache-2.0 */
/* The runner's view of a struct talk. */
#include "agent/run.h"

static enum talk_state do_state(void *data)
{
	return talk_state(data);
}

static void do_event(void *data, const struct event *event)
{
	talk_event(data, event);
}

static int do_flush(void *data, struct err *err)
{
	return talk_flush(data, err);
}

static int do_journal(void *data, const struct journal_entry *entry, struct err *err)
{
	return talk_journal(data, entry, err);
}

static int do_inventory(void *data, const json_t *inventory, struct err *err)
{
	return talk_inventory(data, inventory, err);
}

static int do_evidence(void *data, const json_t *evidence, char ret_sha256[65], struct err *err)
{
	return talk_evidence(data, evidence, ret_sha256, err);
}

static int do_log(void *data, const char *text, size_t len, struct err *err)
{
	return talk_log(data, text, len, err);
}

static int do_outcome(void *data, const char *outcome, const char *step, const char *reason, struct err *err)
{
	return talk_outcome(data, outcome, step, reason, err);
}

static int do_fetch(void *data, const char *url, size_t limit, void **ret, size_t *ret_len, struct err *err)
{
	return talk_fetch(data, url, limit, ret, ret_len, err);
}

const struct run_station run_station_talk = {
	.state = do_state,
	.event = do_event,
	.flush = do_flush,
	.journal = do_journal,
	.inventory = do_inventory,
	.evidence = do_evidence,
	.log = do_log,
	.outcome = do_outcome,
	.fetch = do_fetch,
};
