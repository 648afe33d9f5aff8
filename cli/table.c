/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table.h"

#include <stdarg.h>
#include <string.h>

#include "cli/plain.h"
#include "core/io.h"

struct table {
	unsigned n_columns, n_rows;
	int width[TABLE_COLUMNS_MAX]; /* bytes */
	char *(*rows)[TABLE_COLUMNS_MAX];
};

static char *copy_clean(const char *text)
{
	char *copy = xstrdup(text ? text : "-");

	plain_text(copy);
	for (char *c = copy; *c; c++)
		if (*c == '\n')
			*c = '?';
	return copy;
}

static void put(struct table *table, unsigned column, const char *text)
{
	char *copy = copy_clean(text);
	int width = (int)strlen(copy);

	if (width > table->width[column])
		table->width[column] = width;
	table->rows[table->n_rows - 1][column] = copy;
}

static void grow(struct table *table)
{
	void *rows = reallocarray(table->rows, table->n_rows + 1, sizeof(table->rows[0]));

	if (!rows)
		abort();
	table->rows = rows;
	table->n_rows++;
}

struct table *table_new(const char *const *headings)
{
	struct table *table = xcalloc(1, sizeof(*table));

	grow(table);
	for (; headings[table->n_columns]; table->n_columns++)
		put(table, table->n_columns, headings[table->n_columns]);
	return table;
}

void table_row(struct table *table, ...)
{
	va_list args;

	grow(table);
	va_start(args, table);
	for (unsigned i = 0; i < table->n_columns; i++)
		put(table, i, va_arg(args, const char *));
	va_end(args);
}

void table_print(struct table *table)
{
	for (unsigned r = 0; r < table->n_rows; r++) {
		for (unsigned c = 0; c < table->n_columns; c++) {
			printf("%-*s%s", c + 1 < table->n_columns ? table->width[c] : 0, table->rows[r][c],
			       c + 1 < table->n_columns ? "  " : "\n");
			free(table->rows[r][c]);
		}
	}
	free(table->rows);
	free(table);
}
