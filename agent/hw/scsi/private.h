/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of scsi.h share. */
#ifndef AGENT_HW_SCSI_PRIVATE_H
#define AGENT_HW_SCSI_PRIVATE_H

#include <stdint.h>

#include "agent/hw/scsi/sg.h"

/* Seconds for a command that only asks: below what wipe_await() promises for the time between two of its questions. */
#define SCSI_ASK_TIMEOUT_S 15

/* Asks for at most size bytes of data; buf is zeroed first. *ret_len is what came. */
int scsi_ask(int fd, const uint8_t *cdb, unsigned cdb_len, void *buf, uint32_t size, uint32_t *ret_len,
	     const char *what, struct err *err) _must_check_;

#endif
