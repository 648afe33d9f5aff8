/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of the store. */
#ifndef STATION_SCHEMA_H
#define STATION_SCHEMA_H

/* Statements that bring an empty store, or one of version i, to version i + 1; NULL-terminated. */
extern const char *const schema_steps[];

#endif
