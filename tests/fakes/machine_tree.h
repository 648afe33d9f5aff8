/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine's sysfs and procfs as one text file (tests/machines/), unpacked into a temporary folder. A
 * line a file:
 *   /sys/class/block/sda -> ../../devices/...     a symbolic link
 *   /sys/.../size = 131072                         text and a newline
 *   /sys/.../vpd_pg80 : 00800008...                bytes in hexadecimal
 * Lines that begin with # are comments. Whatever goes wrong ends the test program.
 */
#ifndef TESTS_FAKES_MACHINE_TREE_H
#define TESTS_FAKES_MACHINE_TREE_H

char *machine_tree_new(void);                              /* an empty root; machine_tree_free() */
void machine_tree_add(const char *root, const char *text); /* lines as above */
void machine_tree_add_file(const char *root, const char *path);
void machine_tree_free(char *root);

#endif
