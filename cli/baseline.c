/* SPDX-License-Identifier: Apache-2.0 */
/* remint baseline put | list | show | remove; capture and compare stand in baseline_bmc.c. docs/baseline.md */
#include "cli/baseline.h"

#include "cli/args.h"
#include "cli/stored.h"
#include "cli/verbs.h"
#include "core/io.h"
#include "core/json.h"
#include "protocol/baseline/baseline.h"

int baseline_open(const char *path, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *baseline = NULL;
	int r = json_read_file(path, BASELINE_MAX, &baseline, err);

	if (r < 0)
		return r;
	r = baseline_check(baseline, err);
	if (r < 0)
		return err_prepend(err, "%s", path);
	*ret = TAKE_PTR(baseline);
	return 0;
}

static const struct stored_kind kind = {"baseline", "baselines", baseline_open};

static int put(int argc, char **argv)
{
	return stored_put(&kind, argc, argv);
}

static int list(int argc, char **argv)
{
	return stored_list(&kind, argc, argv);
}

static int show(int argc, char **argv)
{
	return stored_show(&kind, argc, argv);
}

static int forget(int argc, char **argv)
{
	return stored_remove(&kind, argc, argv);
}

int verb_baseline(int argc, char **argv)
{
	static const struct sub_command table[] = {
		{"capture", "make one of a machine that is as it should be", baseline_capture},
		{"compare", "compare machines with one", baseline_compare_command},
		{"put", "store one at the station", put},
		{"list", "list those of the station", list},
		{"show", "print one of the station", show},
		{"remove", "remove one from the station", forget},
		{},
	};

	return run_sub_command("baseline",
			       "What machines are to be like, as their management controllers tell it.",
			       table, argc, argv);
}
