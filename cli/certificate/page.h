/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of a certificate's page, and what they share. */
#ifndef CLI_CERTIFICATE_PAGE_H
#define CLI_CERTIFICATE_PAGE_H

#include <jansson.h>
#include <stdio.h>

/* The table of drives, which numbers them from 1, and the table of what was not done. */
void page_drives(FILE *out, const json_t *certificate);
void page_not_done(FILE *out, const json_t *certificate);
/* Names of drives, by their number in the table: "drive 3", "drives 1, 2, 5-8"; what is not in it by its name. */
void page_places(FILE *out, const json_t *certificate, const json_t *names);
/* The tag of an object's "claim". */
const char *page_claim_look(const json_t *drive);

#endif
