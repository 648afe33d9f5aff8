/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The conversation with the station (docs/protocol.md, "Agent calls"). The agent calls out; nothing calls in. A station
 * that is away is waited for, with growing pauses: events queue up, the other calls block. What the station answers
 * decides: a revoked lease ends every call with -ESTALE, a cancelled order ends journal entries with -ECANCELED.
 */
#ifndef AGENT_TALK_H
#define AGENT_TALK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "agent/checkin.h"
#include "core/err.h"
#include "protocol/cmdline.h"
#include "protocol/event.h"
#include "protocol/journal.h"
#include "protocol/node.h"

struct talk_options {
	const char *url;       /* the station's, "https://10.0.2.2:8443" */
	const char *ca_pem;    /* CAs for the station's certificate; NULL only where url is http (tests) */
	unsigned pause_min_ms; /* before the first retry; doubles up to the next. 0: 1000 */
	unsigned pause_max_ms; /* 0: 30000 */
	unsigned flush_ms;     /* events wait at most so long for company. 0: 1000 */
	unsigned idle_ms;      /* without events the station is asked so often whether to go on. 0: 10000 */
	unsigned hint_patience_s;  /* a station that gives no hint is waited for so long. 0: 300 */
	unsigned fetch_patience_s; /* an image server that is away is waited for so long. 0: 900 */
	void (*alive)(void *data); /* called while waiting: waiting is no hang. Thread safe; may be NULL */
	void *alive_data;
};

enum talk_state {
	TALK_GOING,
	TALK_CANCELLED, /* an operator has cancelled the order */
	TALK_REVOKED, /* a later boot of this machine has taken the lease, or the station knows it no longer */
};

struct talk;

int talk_new(const struct talk_options *options, struct talk **ret, struct err *err) _must_check_;
void talk_free(struct talk *talk); /* events that have not been sent are lost: talk_flush() first */
DEFINE_CLEANUP(struct talk *, talk_free);

/*
 * Asks for a boot hint, where no boot script has given one (firmware or a boot medium has started the agent), or where the TPM is offered (`tpm`,
 * or NULL): *ret_challenge, a new reference, is then what the station asks of it, or NULL. 0: *ret is the hint; 1: the machine is to start from its
 * disk. -ETIMEDOUT: the station has not answered for as long as it is waited for; -EBADMSG: its answer is neither.
 */
int talk_hint(struct talk *talk, const struct node_identity *identity, const json_t *tpm, char ret[HINT_SIZE],
	      json_t **ret_challenge, struct err *err) _must_check_;

/*
 * Checks in with the hint, which is good once, and what the TPM says (NULL: nothing), and takes the lease. Waits for a station that does not answer. -EACCES,
 * -EPERM and others: the station refused, and so will it again; a new boot script has a new hint.
 */
int talk_checkin(struct talk *talk, const char *hint, const struct node_identity *identity,
		 const json_t *attestation, struct checkin **ret, struct err *err) _must_check_;

/* From here on with this lease; events are sent by a thread of its own. The token is copied. */
int talk_begin(struct talk *talk, const char *token, struct err *err) _must_check_;

/*
 * Copies what the protocol takes as text, one line of UTF-8: control characters, and every byte above 0x7f of a text that is not
 * UTF-8, become '?'; what does not fit is cut at a character's end. Texts quote what disks, firmware and servers say.
 */
void talk_text(char *to, size_t size, const char *from);

/* Cheap. Thread safe. */
enum talk_state talk_state(struct talk *talk);

/* Numbers and queues a copy; never blocks. When the queue is full, the oldest progress is dropped first. Thread safe. */
void talk_event(struct talk *talk, const struct event *event);
/* Waits until the station has every event queued so far. -ESTALE, -ECANCELED: it does not want us to go on. */
int talk_flush(struct talk *talk, struct err *err) _must_check_;

/* Each returns once the station has stored it. Thread safe. */
int talk_journal(struct talk *talk, const struct journal_entry *entry, struct err *err) _must_check_;
int talk_inventory(struct talk *talk, const json_t *inventory, struct err *err) _must_check_;
int talk_evidence(struct talk *talk, const json_t *evidence, char ret_sha256[65],
		  struct err *err) _must_check_;
int talk_log(struct talk *talk, const char *text, size_t len, struct err *err) _must_check_;
/* outcome: "handed-over", "erased", or "held", which alone has step and reason. The reason is sent as talk_text() makes it. */
int talk_outcome(struct talk *talk, const char *outcome, const char *step, const char *reason,
		 struct err *err) _must_check_;

/*
 * A whole document of at most `limit` bytes from any http(s) URL, without the lease token; malloc'd, with a NUL after its
 * *ret_len bytes. An answer other than 200 is an error that names the status. Thread safe.
 */
int talk_fetch(struct talk *talk, const char *url, size_t limit, void **ret, size_t *ret_len,
	       struct err *err) _must_check_;

#endif
