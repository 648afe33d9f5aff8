/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an event's data mean, by its type. The data are what the log says, and the digest is what was measured: where the digest is that of
 * the data, tcg_event_is_of_data() tells whether the log speaks the truth; where it is that of a file or program, nothing does.
 */
#ifndef PROTOCOL_TCG_EVENT_H
#define PROTOCOL_TCG_EVENT_H

#include <stdbool.h>

#include "protocol/attestation/tcg_log.h"

/* "EV_IPL"; "an event of unknown type" where it is none of the specification. */
const char *tcg_event_type(uint32_t type);

/* Whether the digest is the SHA-256 of the data. */
bool tcg_event_is_of_data(const struct tcg_event *event);

/* EV_EFI_VARIABLE_...: UEFI_VARIABLE_DATA. Borrowed from the event. */
struct tcg_variable {
	uint8_t guid[16];
	char name[64]; /* a byte that is not printable ASCII is '?'; cut where it is longer */
	const uint8_t *data;
	size_t len;
};
int tcg_event_variable(const struct tcg_event *event, struct tcg_variable *ret) _must_check_; /* -EBADMSG */

/* EV_EFI_BOOT_SERVICES_APPLICATION and the like: where the program came from, in words. Device paths of which it knows nothing to say, and
 * such as are not sound, are "an unknown place". */
void tcg_event_image_words(const struct tcg_event *event, char *words, size_t size);

/* EV_EVENT_TAG: the event's number; -EBADMSG. */
int tcg_event_tag(const struct tcg_event *event, uint32_t *ret) _must_check_;

/* UTF-16 that ends with its only NUL, of printable ASCII; -EBADMSG: it is not so, or longer than the room. */
int tcg_event_text(const struct tcg_event *event, char *text, size_t size) _must_check_;

/* The bytes of such a text: UTF-16 with a NUL. malloc'd. */
uint8_t *tcg_text_bytes(const char *text, size_t *ret_len) _must_check_;

#endif
