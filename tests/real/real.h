/* SPDX-License-Identifier: Apache-2.0 */
/* A program that asks a drive and prints what it answers: what the models of tests/fakes are held against. */
#ifndef TESTS_REAL_REAL_H
#define TESTS_REAL_REAL_H

#include <jansson.h>
#include <stdint.h>

#include "agent/hw/scsi/sg.h"

#define REAL_DATA_MAX  4096 /* bytes of an answer that are kept */
#define REAL_TIMEOUT_S 30   /* of each command */

extern json_t *answers; /* array of objects: what was sent, what came back */
extern int fd;          /* of the drive */

/* Without the zeros at its end. */
void add_hex(json_t *object, const char *key, const uint8_t *bytes, size_t len);

/* Is an erasure to be seen? fill_ends() writes the first and last 4096 bytes; ends() says "as before", "zeros", "other" or "unreadable". */
void fill_ends(void);
const char *ends(void);

/* One SCSI command; its answer is among `answers`, and is returned, borrowed. */
json_t *scsi(const char *what, const uint8_t *cdb, unsigned cdb_len, enum sg_direction direction, void *data,
	     uint32_t len);

/* Everything that is asked of a drive of that kind. Erases it, or tries to. */
void ask_nvme(void);
void ask_scsi(void);
void ask_ata(void);

#endif
