/* SPDX-License-Identifier: Apache-2.0 */
/* The ways of erasing by their names, as orders, evidence and certificates speak of them. docs/wipe.md, "Methods and levels". */
#ifndef PROTOCOL_ERASURE_H
#define PROTOCOL_ERASURE_H

#include <stdbool.h>

struct erasure {
	const char *name;      /* "nvme-sanitize-block" */
	const char *technique; /* "block erase": the word that goes with it, and no other */
	bool cryptographic; /* a key is forgotten: what is read afterwards tells only that it has changed */
	bool by_host;       /* written by the host; all others are run by the device */
	bool purge_on_flash, purge_on_magnetic; /* may it claim more than clear there? */
};

/* NULL: there is no such method; "none" is not one. */
const struct erasure *erasure_find(const char *name);
/* May this method claim this level ("purge", "clear") on a medium of this kind ("flash", "magnetic", "unknown")? */
bool erasure_reaches(const struct erasure *erasure, const char *medium, const char *level);

#endif
