/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of opal.h share. */
#ifndef AGENT_HW_OPAL_PRIVATE_H
#define AGENT_HW_OPAL_PRIVATE_H

#include "agent/hw/opal/opal.h"

/* An answer to Level 0 Discovery of len bytes, whatever they are: -EOPNOTSUPP when it is empty, -EBADMSG when its lengths cannot be. */
int opal_parse(const uint8_t *answer, size_t len, struct opal_caps *ret, struct err *err) _must_check_;

/* OPAL_DISCOVERY_MAX zeroed bytes for an answer; *ret_len is what came. */
int opal_receive(int fd, enum block_transport transport, uint8_t *buf, size_t *ret_len,
		 struct err *err) _must_check_;

#endif
