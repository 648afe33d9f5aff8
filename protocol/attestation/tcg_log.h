/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The firmware's log of what it measured into the TPM's PCRs: the crypto-agile event log (TCG PC Client Platform Firmware
 * Profile 1.05, section 10), as Linux gives it in /sys/kernel/security/tpm0/binary_bios_measurements. It comes from a machine that
 * nobody trusts yet: only what leads to the quoted PCRs is true, and of an event only its digest.
 */
#ifndef PROTOCOL_TCG_LOG_H
#define PROTOCOL_TCG_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/hash.h"

#define TCG_LOG_MAX 1048576u /* bytes of a log */
#define TCG_PCRS    24u

struct tcg_event {
	uint32_t pcr;                /* below TCG_PCRS, but for EV_NO_ACTION, which extends nothing */
	uint32_t type;               /* EV_..., tcg_log_spec.h; said by the log, covered by no digest */
	uint8_t sha256[SHA256_SIZE]; /* what the PCR was extended with */
	const uint8_t *data;         /* within the log; said by the log, see tcg_event_is_of_data() */
	uint32_t len;                /* bytes of data */
};

/*
 * Calls fn for every event behind the first, which describes the log; a result below 0 ends the walk and is returned. -EBADMSG: not such
 * a log, without a SHA-256 bank, cut off, or an event that reaches beyond the end; the event's number is named.
 */
int tcg_log_walk(const void *log, size_t len, int (*fn)(const struct tcg_event *event, void *data),
		 void *data, struct err *err) _must_check_;

/* The PCRs' SHA-256 bank as the log says, from the values after a reset (17 to 22 are all ones) and, for PCR 0, the startup
 * locality that the log names. ret_pcrs is untouched on failure. */
int tcg_log_replay(const void *log, size_t len, uint8_t ret_pcrs[TCG_PCRS][SHA256_SIZE],
		   struct err *err) _must_check_;

#endif
