/* SPDX-License-Identifier: Apache-2.0 */
/* remint serve: the station in the foreground. docs/operate.md */
#include "cli/args.h"
#include "cli/verbs.h"
#include "core/log.h"
#include "station/station.h"

int verb_serve(int argc, char **argv)
{
	struct station_options station = {};
	struct arg_list addresses = {};
	bool verbose = false;
	const struct arg_option options[] = {
		{"state", ARG_TEXT, &station.state_dir, "DIR",
		 "keys, store and admin.token; made at the first start", true},
		{"address", ARG_MANY, &addresses, "HOST",
		 "name or address by which nodes reach us; the first stands in URLs (default: this host's "
		 "name)"},
		{"images", ARG_TEXT, &station.images_dir, "DIR",
		 "packed images (default: images in the state folder)"},
		{"boot", ARG_TEXT, &station.boot_dir, "DIR",
		 "what 'remint boot build' made (default: boot in the state folder)"},
		{"http", ARG_TEXT, &station.http_listen, "ADDR:PORT",
		 "boot files and images (default: " STATION_HTTP_LISTEN ")"},
		{"https", ARG_TEXT, &station.https_listen, "ADDR:PORT",
		 "all else (default: " STATION_HTTPS_LISTEN ")"},
		{"console", ARG_TEXT, &station.console, "TEXT",
		 "consoles of booting nodes, such as 'ttyS0,115200 tty0'"},
		{"name", ARG_TEXT, &station.name, "TEXT",
		 "this station's name in certificates (default: station)"},
		{"verbose", ARG_FLAG, &verbose, "", "log more"},
		{},
	};
	const struct arg_spec spec = {
		"remint serve",
		"Runs the station until SIGTERM or SIGINT. The first start makes its keys and the\n"
		"administrator's token, STATE/admin.token.",
		options, 0, 0};
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, NULL);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	log_set_name("station");
	if (verbose)
		log_set_level(LOG_DEBUG);
	station.addresses = addresses.n ? addresses.items : NULL;
	if (station_run(&station, &err) < 0) {
		err_prepend(&err, "serve");
		return fail_with(&err);
	}
	return EXIT_SUCCESS;
}
