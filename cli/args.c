/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"

#include <stdarg.h>
#include <string.h>

#define NUMBER_MAX (1ull << 53) /* the largest that JSON readers keep */

int fail_with(const struct err *err)
{
	fprintf(stderr, "remint: %s\n", err->text);
	return EXIT_FAILURE;
}

static void show_help(const struct arg_spec *spec)
{
	printf("usage: %s [options]\n\n%s\n", spec->usage, spec->purpose);
	for (const struct arg_option *o = spec->options; o->name; o++) {
		char left[64];

		snprintf(left, sizeof(left), "--%s %s", o->name, o->value ? o->value : "");
		printf("%s  %-28s %s%s\n", o == spec->options ? "\n" : "", left, o->help,
		       o->needed ? " (needed)" : "");
	}
	printf("  %-28s %s\n", "--help", "this text");
}

static _printf_(2, 3) enum arg_result misused(const struct arg_spec *spec, const char *fmt, ...)
{
	va_list args;

	fputs("remint: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, "\nusage: %s [options]; --help says more\n", spec->usage);
	return ARG_MISUSED;
}

static bool number_parse(const char *text, uint64_t *ret)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*ret = strtoull(text, &end, 10);
	return !*end && !errno && *ret <= NUMBER_MAX;
}

static bool option_store(const struct arg_option *option, const char *value)
{
	struct arg_list *list;

	switch (option->kind) {
	case ARG_FLAG:
		*(bool *)option->into = true;
		return true;
	case ARG_TEXT:
		*(const char **)option->into = value;
		return *value;
	case ARG_NUMBER:
		return number_parse(value, option->into);
	case ARG_MANY:
		list = option->into;
		if (list->n == ARG_LIST_MAX || !*value)
			return false;
		list->items[list->n++] = value;
		return true;
	}
	return false;
}

static const struct arg_option *option_find(const struct arg_spec *spec, const char *name, size_t len)
{
	for (const struct arg_option *o = spec->options; o->name; o++)
		if (strlen(o->name) == len && !strncmp(o->name, name, len))
			return o;
	return NULL;
}

/* What follows the letter is its value. */
static const struct arg_option *letter_find(const struct arg_spec *spec, const char *letter)
{
	for (const struct arg_option *o = spec->options; o->name; o++)
		if (o->letter && o->letter == letter[0] && (!letter[1] || o->kind != ARG_FLAG))
			return o;
	return NULL;
}

/* One "--name", "--name value", "--name=value", "-n value" or "-nvalue" at argv[*i]. */
static enum arg_result option_parse(const struct arg_spec *spec, int argc, char **argv, int *i, bool *given)
{
	bool is_long = argv[*i][1] == '-';
	const char *name = argv[*i] + 1 + is_long, *value = is_long ? strchr(name, '=') : NULL;
	size_t len = value ? (size_t)(value - name) : strlen(name);
	const struct arg_option *option = is_long ? option_find(spec, name, len) : letter_find(spec, name);

	if (!option || (value && option->kind == ARG_FLAG))
		return misused(spec, "unknown option '%s'", argv[*i]);
	if (value)
		value++;
	else if (!is_long && name[1])
		value = name + 1;
	else if (option->kind != ARG_FLAG && ++*i < argc)
		value = argv[*i];
	if (!value && option->kind != ARG_FLAG)
		return misused(spec, "--%s wants a value", option->name);
	if (!option_store(option, value))
		return misused(spec, "--%s does not take '%s'", option->name, value);
	given[option - spec->options] = true;
	return ARG_GO;
}

enum arg_result args_parse(const struct arg_spec *spec, int argc, char **argv, const char **operands)
{
	bool given[64] = {}, options_end = false;
	unsigned n = 0;

	for (int i = 1; i < argc; i++) {
		if (!options_end && (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))) {
			show_help(spec);
			return ARG_HELP_SHOWN;
		}
		if (!options_end && !strcmp(argv[i], "--")) {
			options_end = true;
		} else if (!options_end && argv[i][0] == '-' && argv[i][1]) {
			if (option_parse(spec, argc, argv, &i, given) != ARG_GO)
				return ARG_MISUSED;
		} else if (n == spec->max_operands) {
			return misused(spec, "'%s' is one word too many", argv[i]);
		} else {
			operands[n++] = argv[i];
		}
	}
	if (n < spec->min_operands)
		return misused(spec, "too few words");
	for (const struct arg_option *o = spec->options; o->name; o++)
		if (o->needed && !given[o - spec->options])
			return misused(spec, "--%s is needed", o->name);
	return ARG_GO;
}

int args_exit(enum arg_result result)
{
	return result == ARG_MISUSED ? EXIT_USAGE : EXIT_SUCCESS;
}

int run_sub_command(const char *verb, const char *purpose, const struct sub_command *table, int argc,
		    char **argv)
{
	bool help = argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"));

	for (const struct sub_command *c = table; argc > 1 && c->name; c++)
		if (!strcmp(argv[1], c->name))
			return c->run(argc - 1, argv + 1);
	if (argc > 1 && !help)
		fprintf(stderr, "remint: unknown command '%s %s'\n", verb, argv[1]);
	fprintf(help ? stdout : stderr, "usage: remint %s COMMAND\n\n%s\n\n", verb, purpose);
	for (const struct sub_command *c = table; c->name; c++)
		fprintf(help ? stdout : stderr, "  %-14s %s\n", c->name, c->help);
	return help ? EXIT_SUCCESS : EXIT_USAGE;
}
