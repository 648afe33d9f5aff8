/* SPDX-License-Identifier: Apache-2.0 */
/* Between the thread that decodes and the one that unpacks: one block at a time is handed over, without a copy. */
#ifndef AGENT_STEPS_TREE_FEED_H
#define AGENT_STEPS_TREE_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/err.h"

struct tree_feed;
struct tree_feed *tree_feed_new(void) _must_check_;
void tree_feed_free(struct tree_feed *feed); /* when nobody waits in it */
DEFINE_CLEANUP(struct tree_feed *, tree_feed_free);

/* Returns when the reader is done with the bytes. *err is the reader's when it has failed. */
int tree_feed_put(struct tree_feed *feed, const void *data, size_t len, struct err *err) _must_check_;
/* Nothing more comes; `whole`: that was all of it. Without it the reader gets -ECANCELED. */
void tree_feed_end(struct tree_feed *feed, bool whole);

/* Waits for the next bytes, valid until the next call; 0 at the end, -ECANCELED. */
ssize_t tree_feed_get(struct tree_feed *feed, const void **ret) _must_check_;
/* The reader takes no more, because of *err, or with code 0 because it is done: what still comes must be zeros. */
void tree_feed_leave(struct tree_feed *feed, const struct err *err);
/* Has it been ended without being whole? */
bool tree_feed_is_cut(struct tree_feed *feed);

#endif
