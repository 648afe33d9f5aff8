/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A folder with programs mstconfig and mstflint that play a card: shell scripts, whose state lies beside them as files. What they print follows the layout that the
 * tools of Debian 12 (mstflint 4.21) have; docs/nic.md says how far that is known.
 */
#ifndef TESTS_FAKES_MST_TOOL_H
#define TESTS_FAKES_MST_TOOL_H

/* SRIOV_EN False(0), NUM_OF_VFS 0, LINK_TYPE_P1 ETH(2), an array; firmware 22.31.1014, PSID MT_0000000359. mst_tool_free() it. */
char *mst_tool_new(void);
void mst_tool_free(char *folder);
/*
 * What it does from now on: "" as it should; "refuses" (set fails, in the tool's words), "lies" (set succeeds and changes nothing), "garbage" (a query prints something else),
 * "endless" (it prints without end), "hangs", "dies" (by a signal).
 */
void mst_tool_mode(const char *folder, const char *mode);
/* The card's reset: what was set is in force. */
void mst_tool_reset(const char *folder);

#endif
