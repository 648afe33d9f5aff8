/* SPDX-License-Identifier: Apache-2.0 */
/* What comes next for an order that is driven. Pure. */
#include "station/drive/row.h"

static enum drive_phase next_phase(const struct drive_row *row)
{
	if (row->phase >= DRIVE_RETURN)
		return row->phase;
	if (row->state != ORDER_PENDING && row->state != ORDER_RUNNING)
		return DRIVE_RETURN;
	/* An agent that has come, whoever has started its machine, is not disturbed. */
	if (row->newest > row->lease)
		return DRIVE_SETTLE;
	if (row->phase != DRIVE_WORK || row->wanted_by != row->newest)
		return row->phase;
	return row->wants == DRIVE_WANTS_RESET         ? DRIVE_AGAIN
	       : row->wants == DRIVE_WANTS_POWER_CYCLE ? DRIVE_CYCLE
						       : DRIVE_WORK;
}

bool drive_row_advance(struct drive_row *row)
{
	enum drive_phase next = next_phase(row);

	if (next == row->phase && !(next == DRIVE_SETTLE && row->newest > row->lease))
		return false;
	if (next == DRIVE_SETTLE)
		row->lease = row->newest;
	row->phase = next;
	row->fails = row->until = 0;
	return true;
}

bool drive_row_due(const struct drive_row *row, int64_t now)
{
	switch (row->phase) {
	case DRIVE_WORK:
	case DRIVE_DONE:
		return false;
	case DRIVE_FINAL: /* a failure has its own pause */
		return now >= row->until || (row->state == ORDER_LIVE && !row->fails);
	default:
		return now >= row->until;
	}
}
