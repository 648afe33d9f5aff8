/* SPDX-License-Identifier: Apache-2.0 */
/* remint lab: hands over to the lab, which is Python and lies in the libexec folder. docs/ci.md */
#include <libgen.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "cli/args.h"
#include "cli/verbs.h"
#include "core/io.h"

#ifndef REMINT_LIBEXECDIR
#define REMINT_LIBEXECDIR "/usr/local/libexec/remint"
#endif

/* The lab's folder: REMINT_LIBEXEC, else beside the program (installed or in a build tree), else as configured. malloc'd. */
static char *lab_folder(void)
{
	static const char *const beside[] = {"../libexec/remint/lab", "../tests/lab"};
	const char *named = getenv("REMINT_LIBEXEC");
	char program[PATH_MAX] = "";

	if (named)
		return path_join(named, "lab");
	if (readlink("/proc/self/exe", program, sizeof(program) - 1) > 0) {
		const char *folder = dirname(program);

		for (unsigned i = 0; i < 2; i++) {
			_cleanup_free_ char *lab = path_join(folder, beside[i]);
			_cleanup_free_ char *entry = path_join(lab, "__main__.py");

			if (access(entry, R_OK) == 0)
				return TAKE_PTR(lab);
		}
	}
	return xstrdup(REMINT_LIBEXECDIR "/lab");
}

int verb_lab(int argc, char **argv)
{
	_cleanup_free_ char *folder = lab_folder();
	_cleanup_free_ const char **args = xcalloc((size_t)argc + 2, sizeof(*args));
	struct err err;

	args[0] = "/usr/bin/python3"; /* by a bare name Python would take the libraries of another in PATH */
	args[1] = folder;
	for (int i = 1; i < argc; i++)
		args[i + 1] = argv[i];
	execv("/usr/bin/python3", (char **)args);
	err_sys(&err, errno, "lab: cannot start /usr/bin/python3 with %s", folder);
	return fail_with(&err);
}
