/* SPDX-License-Identifier: Apache-2.0 */
/* Aligned columns for people. */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#define TABLE_COLUMNS_MAX 10

struct table;
/* Headings are static strings, NULL-terminated, at most TABLE_COLUMNS_MAX. Aborts when out of memory. */
struct table *table_new(const char *const *headings);
/* As many texts as there are headings; copied, control characters shown as '?'. */
void table_row(struct table *table, ...);
/* Prints to standard output, and frees. */
void table_print(struct table *table);

#endif
