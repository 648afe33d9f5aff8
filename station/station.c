/* SPDX-License-Identifier: Apache-2.0 */
/* The station from start to stop. */
#include "station/station.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "core/cms.h"
#include "core/io.h"
#include "core/log.h"
#include "protocol/attestation/ek_certificate.h"
#include "station/accounts.h"
#include "station/bmc/rotate.h"
#include "station/connections.h"
#include "station/context.h"
#include "station/dhcp/dhcp.h"
#include "station/drive/drive.h"
#include "station/listen.h"
#include "station/overdue.h"
#include "station/server.h"
#include "station/state.h"
#include "station/store.h"
#include "station/waits.h"

#define NAMES_MAX 64
#define FILES     1536 /* descriptors beside those of connections; some connections beyond the limit among them */
#define FILES_OF \
	3 /* descriptors for one connection of each port: two sockets, and the file that HTTP sends */

struct run {
	const struct station_options *options;
	struct connection_limits limits;
	struct station station;
	struct listening http, https;
	struct server http_server, https_server;
	struct dhcp *dhcp; /* NULL: none was asked for */
	struct overdue *overdue;
	struct drive *drive;
	int lock;
};

static bool host_plain(const char *host)
{
	return *host && strlen(host) <= 253 &&
	       host[strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:")] ==
		       '\0';
}

static bool console_plain(const char *console)
{
	return console[strspn(console,
			      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789,._:- ")] ==
	       '\0';
}

/* The names that stand in the TLS certificate: what was asked for, or this host's name, and this host itself. */
static int collect_names(const struct station_options *options, char hostname[256],
			 const char *names[NAMES_MAX + 4], struct err *err)
{
	unsigned n = 0;

	for (; options->addresses && options->addresses[n]; n++) {
		if (n == NAMES_MAX || !host_plain(options->addresses[n]))
			return err_set(err, EINVAL,
				       "address %.80s: not a host name or address, or one too many",
				       options->addresses[n]);
		names[n] = options->addresses[n];
	}
	if (n == 0) {
		if (gethostname(hostname, 256) < 0 || !memchr(hostname, '\0', 256) || !host_plain(hostname))
			return err_set(err, EINVAL, "this host has no usable name: give --address");
		names[n++] = hostname;
	}
	names[n++] = "localhost";
	names[n++] = "127.0.0.1";
	names[n++] = "::1";
	names[n] = NULL;
	return 0;
}

/* Plain text that can stand in a JSON string and in front of "/NAME/manifest.json". */
static bool url_plain(const char *url)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:/[]%";
	size_t len = strlen(url), scheme = strncmp(url, "https://", 8) == 0 ? 8 : 7;

	return (scheme == 8 || strncmp(url, "http://", 7) == 0) && len > scheme && len <= 1024 &&
	       url[len - 1] != '/' && url[strspn(url, plain)] == '\0';
}

static char *make_url(const char *scheme, const char *host, uint16_t port)
{
	bool v6 = strchr(host, ':');

	return str_printf("%s://%s%s%s:%u", scheme, v6 ? "[" : "", host, v6 ? "]" : "", port);
}

/* A folder that was named must be there; the one in the state folder is made. */
static int open_folder(const char *given, const char *state, const char *name, int *ret, struct err *err)
{
	_cleanup_free_ char *path = given ? xstrdup(given) : path_join(state, name);
	int r = given ? 0 : make_dirs(path, 0755, err);

	if (r < 0)
		return r;
	*ret = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*ret < 0 && errno == ENOENT)
		return err_set(
			err, ENOENT,
			"there is no folder %s: make it, or leave out --%s for the one in the state folder",
			path, name);
	return *ret < 0 ? err_sys(err, errno, "cannot open the folder %s", path) : 0;
}

static int write_admin(const char *dir, struct store *store, struct err *err)
{
	_cleanup_free_ char *path = path_join(dir, "admin.token");
	char token[TOKEN_SIZE + 1];
	int r = account_add(store, "admin", ROLE_ADMINISTRATOR, token, err);

	if (r < 0)
		return r;
	token[TOKEN_SIZE - 1] = '\n';
	return file_write_atomic(path, token, TOKEN_SIZE, 0600, err);
}

/* The first start makes an administrator. */
static int first_account(const char *dir, struct store *store, struct err *err)
{
	int64_t accounts = 0;
	int r = store_begin(store, err);

	if (r < 0)
		return r;
	r = store_int(store, err, 0, &accounts, "SELECT count(*) FROM accounts", "");
	if (r == 0 && accounts == 0)
		r = write_admin(dir, store, err);
	if (r < 0) {
		store_rollback(store);
		return r;
	}
	return store_commit(store, err);
}

static int open_state(struct run *run, const char *const *names, struct err *err)
{
	const char *dir = run->options->state_dir;
	_cleanup_free_ char *path = path_join(dir, "station.db");
	struct station *station = &run->station;
	int r = state_lock(dir, &run->lock, err);

	if (r == 0)
		r = state_keys(dir, names, err);
	if (r == 0)
		r = open_folder(run->options->images_dir, dir, "images", &station->images_fd, err);
	if (r == 0)
		r = open_folder(run->options->boot_dir, dir, "boot", &station->boot_fd, err);
	if (r == 0)
		r = store_open(path, &station->store, err);
	if (r == 0)
		r = secrets_start(station->store, dir, &run->options->secrets, &station->secrets, err);
	if (r == 0)
		r = first_account(dir, station->store, err);
	if (r == 0 && run->options->order_ca)
		r = trust_from_file(run->options->order_ca, &station->order_trust, err);
	if (r == 0 && run->options->ek_ca)
		r = ek_trust_from_file(run->options->ek_ca, &station->ek_trust, err);
	if (r == 0)
		r = state_text(dir, "place", run->options->place, &station->place, err);
	if (r == 0)
		r = state_text(dir, "contact", run->options->contact, &station->contact, err);
	station->sign_key = path_join(dir, "sign.key");
	station->sign_cert = path_join(dir, "sign.pem");
	station->name = xstrdup(run->options->name ?: "station");
	station->console = run->options->console ? xstrdup(run->options->console) : NULL;
	return r;
}

static int start_servers(struct run *run, struct err *err)
{
	_cleanup_free_ char *key_path = path_join(run->options->state_dir, "tls.key");
	_cleanup_free_ char *cert_path = path_join(run->options->state_dir, "tls.pem");
	_cleanup_free_ char *key = NULL, *cert = NULL;
	struct station *station = &run->station;
	int r = file_read(key_path, 64 * 1024, &key, NULL, err);

	if (r == 0)
		r = file_read(cert_path, 64 * 1024, &cert, NULL, err);
	if (r < 0)
		return r;
	station->connections = connections_new(&run->limits);
	r = waits_new(station->connections, &station->waits, err);
	if (r < 0)
		return r;
	run->http_server = (struct server){.station = station, .port = PORT_HTTP};
	run->https_server = (struct server){.station = station, .port = PORT_HTTPS};
	r = server_start(&run->http_server, TAKE_FD(run->http.fd), &run->limits, NULL, NULL, err);
	if (r == 0)
		r = server_start(&run->https_server, TAKE_FD(run->https.fd), &run->limits, key, cert, err);
	return r;
}

static int listen_both(struct run *run, const char *host, struct err *err)
{
	const struct station_options *options = run->options;
	unsigned idle_s = run->limits.idle_s;
	int r = listen_open(options->http_listen ?: STATION_HTTP_LISTEN, idle_s, &run->http, err);

	if (r == 0)
		r = listen_open(options->https_listen ?: STATION_HTTPS_LISTEN, idle_s, &run->https, err);
	if (r < 0)
		return r;
	run->station.http_url = make_url("http", host, run->http.port);
	run->station.https_url = make_url("https", host, run->https.port);
	run->station.images_elsewhere = options->images_url;
	run->station.images_url = options->images_url ? xstrdup(options->images_url)
						      : str_printf("%s/images", run->station.http_url);
	return 0;
}

static int start_dhcp(struct run *run, struct err *err)
{
	const struct station_options *options = run->options;
	_cleanup_free_ char *boot =
		options->boot_dir ? xstrdup(options->boot_dir) : path_join(options->state_dir, "boot");

	if (!options->dhcp.interface)
		return 0;
	return dhcp_start(&options->dhcp, options->state_dir, options->dhcp.tftp ?: boot,
			  run->station.http_url, &run->dhcp, err);
}

static int start_drive(struct run *run, struct err *err)
{
	const struct station_options *options = run->options;
	const struct drive_options drive = {
		.boot_within_s = options->bmc_boot_within_s ?: STATION_BMC_BOOT_S,
		.tries = options->bmc_tries ?: STATION_BMC_TRIES,
	};

	return drive_start(&run->station, &drive, &run->drive, err);
}

static int start(struct run *run, struct err *err)
{
	const struct station_options *options = run->options;
	struct state_port http, https;
	const char *names[NAMES_MAX + 4];
	char hostname[256];
	int r;

	if (!options->state_dir)
		return err_set(err, EINVAL, "the state folder must be given");
	if (options->console && !console_plain(options->console))
		return err_set(err, EINVAL,
			       "console: only letters, digits, ',', '.', '_', ':', '-' and spaces");
	if (options->images_url && !url_plain(options->images_url))
		return err_set(err, EINVAL,
			       "%.80s: not the http or https URL of a folder, without a slash at the end",
			       options->images_url);
	r = collect_names(options, hostname, names, err);
	if (r == 0)
		r = open_state(run, names, err);
	if (r == 0)
		r = listen_both(run, names[0], err);
	if (r == 0)
		r = bmc_rotate_start(&run->station, &run->station.bmc_rotate, err);
	if (r == 0)
		r = start_servers(run, err);
	if (r == 0)
		r = overdue_start(&run->station, options->checkin_s ?: STATION_CHECKIN_S, &run->overdue, err);
	if (r == 0)
		r = start_drive(run, err);
	if (r == 0)
		r = start_dhcp(run, err);
	if (r < 0)
		return r;
	http = (struct state_port){run->http.address, run->http.port, run->station.http_url};
	https = (struct state_port){run->https.address, run->https.port, run->station.https_url};
	return state_listening(options->state_dir, &http, &https, err);
}

/* In the opposite order of start(); takes a half-built one. */
static void stop(struct run *run)
{
	struct station *station = &run->station;

	dhcp_stop(run->dhcp);
	drive_stop(run->drive);
	overdue_stop(run->overdue);
	if (station->waits)
		waits_stop(station->waits);
	server_stop(&run->https_server);
	server_stop(&run->http_server);
	waits_free(station->waits);
	bmc_rotate_stop(station->bmc_rotate);
	connections_free(station->connections);
	close_fdp(&run->http.fd);
	close_fdp(&run->https.fd);
	store_close(station->store);
	secrets_free(station->secrets);
	close_fdp(&station->images_fd);
	close_fdp(&station->boot_fd);
	free(station->http_url);
	free(station->https_url);
	free(station->images_url);
	free(station->name);
	free(station->place);
	free(station->contact);
	free(station->console);
	free(station->sign_key);
	free(station->sign_cert);
	trust_free(station->order_trust);
	ek_trust_free(station->ek_trust);
	close_fdp(&run->lock);
}

/* Each connection takes descriptors: as many as this process can get, and no more connections than those suffice for. */
static void allow_files(struct connection_limits *limits)
{
	uint64_t wanted = FILES + FILES_OF * (uint64_t)limits->max;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	if (limit.rlim_cur < wanted) {
		limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
		if (setrlimit(RLIMIT_NOFILE, &limit) < 0 && getrlimit(RLIMIT_NOFILE, &limit) < 0)
			return;
	}
	if (limit.rlim_cur >= wanted)
		return;
	limits->max = limit.rlim_cur > 2 * FILES ? (unsigned)(limit.rlim_cur - FILES) / FILES_OF
						 : (unsigned)limit.rlim_cur / (2 * FILES_OF);
	if (limits->max_per_address > limits->max)
		limits->max_per_address = limits->max;
	log_warn("at most %u connections a port: the system allows this process %llu open files", limits->max,
		 (unsigned long long)limit.rlim_cur);
}

static int take_limits(const struct station_options *options, struct connection_limits *ret, struct err *err)
{
	struct connection_limits limits = {
		.max = options->max_connections ?: STATION_CONNECTIONS,
		.max_per_address = options->max_per_address ?: STATION_PER_ADDRESS,
		.idle_s = options->idle_s ?: STATION_IDLE_S,
	};

	if (limits.max > STATION_CONNECTIONS_MAX || limits.idle_s > STATION_IDLE_MAX_S)
		return err_set(err, EINVAL, "at most %u connections, and %u seconds without a byte",
			       STATION_CONNECTIONS_MAX, STATION_IDLE_MAX_S);
	if (limits.max_per_address > limits.max)
		limits.max_per_address = limits.max;
	*ret = limits;
	return 0;
}

int station_run(const struct station_options *options, struct err *err)
{
	struct run run = {
		.options = options,
		.station = {.images_fd = -EBADF, .boot_fd = -EBADF},
		.http.fd = -EBADF,
		.https.fd = -EBADF,
		.lock = -EBADF,
	};
	sigset_t stop_signals, before;
	int r, signal_seen = 0;

	sigemptyset(&stop_signals);
	sigaddset(&stop_signals, SIGTERM);
	sigaddset(&stop_signals, SIGINT);
	r = take_limits(options, &run.limits, err);
	if (r < 0)
		return r;
	r = pthread_sigmask(SIG_BLOCK, &stop_signals, &before);
	if (r)
		return err_sys(err, r, "cannot block signals");
	signal(SIGPIPE, SIG_IGN);
	allow_files(&run.limits);
	r = start(&run, err);
	if (r == 0) {
		log_info("HTTP %s, HTTPS %s", run.station.http_url, run.station.https_url);
		while (sigwait(&stop_signals, &signal_seen) != 0)
			continue;
		log_info("stopping");
		state_listening_ends(options->state_dir);
	}
	stop(&run);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r;
}
