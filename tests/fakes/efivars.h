/* SPDX-License-Identifier: Apache-2.0 */
/* A folder of UEFI variables in the place of efivarfs, each a file as that one shows it. */
#ifndef TESTS_FAKES_EFIVARS_H
#define TESTS_FAKES_EFIVARS_H

/*
 * Runs the tests with EFIVARFS_PATH in the environment, an empty folder that is gone afterwards. libefivar chooses where it reads when it is loaded,
 * so this program starts itself once more.
 */
int efivars_run(char **argv, int (*tests)(void));

/* Copies each variable of the folder `from` into it; NULL: empties it. */
void efivars_fill(const char *from);

#endif
