/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/attestation/tcg_log.h"

#include <stdbool.h>
#include <string.h>

#include "protocol/attestation/tcg_log_spec.h"

#define ALGORITHMS_MAX 8u    /* TPMs have two to five banks */
#define DIGEST_MAX     64u   /* bytes; SHA-512 */
#define EVENTS_MAX     4096u /* real logs have 30 to 300 */

struct log {
	const uint8_t *at;
	size_t left; /* bytes from `at` to the log's end */
	struct tcg_algorithm_size algorithms[ALGORITHMS_MAX];
	unsigned n_algorithms;
};

/* The next len bytes; NULL: there are not so many. */
static const uint8_t *take(struct log *log, size_t len)
{
	const uint8_t *at = log->at;

	if (len > log->left)
		return NULL;
	log->at += len;
	log->left -= len;
	return at;
}

static bool take_into(struct log *log, void *buf, size_t len)
{
	const uint8_t *at = take(log, len);

	if (at)
		memcpy(buf, at, len);
	return at;
}

/* Bytes of a digest; 0: the log's header does not name the algorithm. */
static unsigned digest_size(const struct log *log, uint16_t algorithm)
{
	for (unsigned i = 0; i < log->n_algorithms; i++)
		if (log->algorithms[i].algorithmId == algorithm)
			return log->algorithms[i].digestSize;
	return 0;
}

/* Sizes that the log's header gives hold for algorithms that we do not know. */
static int read_algorithms(struct log *log, struct log *header, unsigned n, struct err *err)
{
	if (n == 0 || n > ALGORITHMS_MAX)
		return err_set(err, EBADMSG, "its header names %u hash algorithms", n);
	for (unsigned i = 0; i < n; i++) {
		struct tcg_algorithm_size a;

		if (!take_into(header, &a, sizeof(a)))
			return err_set(err, EBADMSG, "its header is cut off");
		if (a.digestSize == 0 || a.digestSize > DIGEST_MAX || digest_size(log, a.algorithmId))
			return err_set(err, EBADMSG, "its header has hash algorithm 0x%x twice or of no size",
				       a.algorithmId);
		log->algorithms[log->n_algorithms++] = a;
	}
	if (digest_size(log, TPM_ALG_SHA256) != SHA256_SIZE)
		return err_set(
			err, EBADMSG,
			"it has no SHA-256 digests; switch the TPM's SHA-256 bank on in the firmware's "
			"setup");
	return 0;
}

static int read_header(struct log *log, struct err *err)
{
	struct tcg_pcr_event first;
	struct tcg_spec_id_event spec;
	struct log header = {0};
	uint8_t vendor;

	if (!take_into(log, &first, sizeof(first)))
		return err_set(err, EBADMSG, "it has %zu bytes, which is no log", log->left);
	header.left = first.eventDataSize;
	header.at = take(log, header.left);
	if (!header.at)
		return err_set(err, EBADMSG, "its header is cut off");
	if (first.pcrIndex || first.eventType != EV_NO_ACTION || !take_into(&header, &spec, sizeof(spec)) ||
	    memcmp(spec.signature, TCG_SPEC_ID_SIGNATURE, sizeof(spec.signature)) != 0)
		return err_set(err, EBADMSG, "it is not in the crypto-agile form of TPM 2.0");
	if (read_algorithms(log, &header, spec.numberOfAlgorithms, err) < 0)
		return -err->code;
	if (!take_into(&header, &vendor, sizeof(vendor)) || header.left < vendor)
		return err_set(err, EBADMSG, "its header is cut off");
	return 0;
}

/* Each bank once; what is not SHA-256 is passed over. */
static int read_digests(struct log *log, unsigned n, struct tcg_event *event, struct err *err)
{
	uint16_t seen[ALGORITHMS_MAX];
	bool found = false;

	if (n > log->n_algorithms)
		return err_set(err, EBADMSG, "has %u digests, and the log's header names %u algorithms", n,
			       log->n_algorithms);
	for (unsigned i = 0; i < n; i++) {
		const uint8_t *digest;

		if (!take_into(log, &seen[i], sizeof(seen[i])))
			return err_set(err, EBADMSG, "is cut off");
		if (!digest_size(log, seen[i]))
			return err_set(err, EBADMSG, "has a digest of algorithm 0x%x, which the header lacks",
				       seen[i]);
		for (unsigned k = 0; k < i; k++)
			if (seen[k] == seen[i])
				return err_set(err, EBADMSG, "has two digests of algorithm 0x%x", seen[i]);
		digest = take(log, digest_size(log, seen[i]));
		if (!digest)
			return err_set(err, EBADMSG, "is cut off");
		if (seen[i] != TPM_ALG_SHA256)
			continue;
		memcpy(event->sha256, digest, SHA256_SIZE);
		found = true;
	}
	return found ? 0 : err_set(err, EBADMSG, "has no SHA-256 digest");
}

static int read_event(struct log *log, struct tcg_event *event, struct err *err)
{
	struct tcg_pcr_event2 head;
	int r;

	if (!take_into(log, &head, sizeof(head)))
		return err_set(err, EBADMSG, "is cut off");
	event->pcr = head.pcrIndex;
	event->type = head.eventType;
	if (event->pcr >= TCG_PCRS && event->type != EV_NO_ACTION)
		return err_set(err, EBADMSG, "is of PCR %u, which no TPM has", event->pcr);
	r = read_digests(log, head.digestsCount, event, err);
	if (r < 0)
		return r;
	if (!take_into(log, &event->len, sizeof(event->len)))
		return err_set(err, EBADMSG, "is cut off");
	event->data = take(log, event->len);
	return event->data ? 0
			   : err_set(err, EBADMSG, "has %u bytes of data, and the log ends after %zu",
				     event->len, log->left);
}

int tcg_log_walk(const void *bytes, size_t len, int (*fn)(const struct tcg_event *event, void *data),
		 void *data, struct err *err)
{
	struct log log = {.at = bytes, .left = len};

	if (len > TCG_LOG_MAX)
		return err_set(err, EBADMSG, "event log: it has %zu bytes, and %u are the most", len,
			       TCG_LOG_MAX);
	if (read_header(&log, err) < 0)
		return err_prepend(err, "event log");
	for (unsigned n = 1; log.left; n++) {
		struct tcg_event event = {0};
		int r;

		if (n > EVENTS_MAX)
			return err_set(err, EBADMSG, "event log: it has more than %u events", EVENTS_MAX);
		if (read_event(&log, &event, err) < 0)
			return err_prepend(err, "event log: event %u", n);
		r = fn(&event, data);
		if (r < 0)
			return r;
	}
	return 0;
}

struct replay {
	uint8_t pcrs[TCG_PCRS][SHA256_SIZE];
	uint32_t extended; /* a bit for each PCR that has been */
	bool locality_known;
	struct err *err;
};

/* 10.4.5.3: PCR 0 begins with the locality from which the TPM was started. */
static int start_from_locality(struct replay *replay, const struct tcg_event *event)
{
	uint8_t locality;

	if (event->pcr != 0 || event->len != sizeof(TCG_STARTUP_LOCALITY) + 1 ||
	    memcmp(event->data, TCG_STARTUP_LOCALITY, sizeof(TCG_STARTUP_LOCALITY)) != 0)
		return 0;
	locality = event->data[sizeof(TCG_STARTUP_LOCALITY)];
	if (replay->locality_known || replay->extended & 1 || locality > 4)
		return err_set(replay->err, EBADMSG,
			       "event log: it names a startup locality twice, too late, or one that is none");
	replay->locality_known = true;
	replay->pcrs[0][SHA256_SIZE - 1] = locality;
	return 0;
}

static int extend(const struct tcg_event *event, void *data)
{
	struct replay *replay = data;
	uint8_t both[2 * SHA256_SIZE];

	if (event->type == EV_NO_ACTION)
		return start_from_locality(replay, event);
	memcpy(both, replay->pcrs[event->pcr], SHA256_SIZE);
	memcpy(both + SHA256_SIZE, event->sha256, SHA256_SIZE);
	sha256(both, sizeof(both), replay->pcrs[event->pcr]);
	replay->extended |= 1u << event->pcr;
	return 0;
}

int tcg_log_replay(const void *log, size_t len, uint8_t ret_pcrs[TCG_PCRS][SHA256_SIZE], struct err *err)
{
	struct replay replay = {.err = err};
	int r;

	for (unsigned pcr = 17; pcr <= 22; pcr++)
		memset(replay.pcrs[pcr], 0xff, SHA256_SIZE);
	r = tcg_log_walk(log, len, extend, &replay, err);
	if (r < 0)
		return r;
	memcpy(ret_pcrs, replay.pcrs, sizeof(replay.pcrs));
	return 0;
}
