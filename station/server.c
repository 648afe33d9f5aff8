/* SPDX-License-Identifier: Apache-2.0 */
#include "station/server.h"

#include <microhttpd.h>
#include <stdio.h>
#include <string.h>

#include "core/io.h"
#include "core/log.h"
#include "core/secret.h"
#include "core/time.h"
#include "station/connections.h"
#include "station/routes.h"
#include "station/waits.h"

#define THREADS_MIN       2
#define THREADS_MAX       16
#define BEYOND            512 /* connections of a port beyond its limit: each is told so, and ends */
#define RETRY_AFTER_S     5   /* that they are told to wait, and up to as much again */
#define HEAD_MAX          (32 * 1024)
#define BODY_KEEP_READING (8ull << 20) /* of a body that nobody wants: then the connection is closed */
#define TLS_PRIORITIES    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

static const char *header(const struct request *req, const char *name)
{
	return MHD_lookup_connection_value(req->connection, MHD_HEADER_KIND, name);
}

static struct connection *connection_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

static void limit(struct request *req, unsigned seconds)
{
	struct connection *connection = connection_of(req->connection);

	if (connection)
		connection_limit(req->station->connections, connection, seconds);
}

static void await_head(struct request *req)
{
	struct connection *connection = connection_of(req->connection);

	if (connection)
		connection_await_head(req->station->connections, connection);
}

static void refuse(struct request *req, const struct err *why)
{
	req->refused = why->code;
	snprintf(req->why, sizeof(req->why), "%.255s", why->text);
}

/* A request begins: its first line has been read. */
static void *begin(void *cls, const char *uri, struct MHD_Connection *connection)
{
	struct server *server = cls;
	struct request *req = xcalloc(1, sizeof(*req));

	req->station = server->station;
	req->port = server->port;
	req->connection = connection;
	target_parse(uri, &req->target);
	return req;
}

static void end(void *cls, struct MHD_Connection *connection, void **context,
		enum MHD_RequestTerminationCode why)
{
	struct request *req = *context;

	(void)cls;
	(void)connection;
	(void)why;
	if (!req)
		return;
	await_head(req);
	request_free(req);
	*context = NULL;
}

static void connected(void *cls, struct MHD_Connection *connection, void **context,
		      enum MHD_ConnectionNotificationCode what)
{
	struct server *server = cls;
	struct connections *connections = server->station->connections;
	const union MHD_ConnectionInfo *info;
	const struct sockaddr *peer;
	int fd;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (*context)
			connection_end(connections, *context);
		*context = NULL;
		return;
	}
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	if (!info)
		return;
	fd = info->connect_fd;
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	peer = info ? info->client_addr : NULL;
	*context = connection_begin(connections, server->port, fd, peer);
}

static enum MHD_Result queue(struct request *req)
{
	enum MHD_Result r = MHD_queue_response(req->connection, req->status, req->reply);

	MHD_destroy_response(req->reply);
	req->reply = NULL;
	limit(req, 0); /* how long a download takes is bounded by its standing still alone */
	return r;
}

/* Those who are sent away at once do not come back at once: a hall of nodes spreads itself. */
static int send_away(struct request *req, struct err *err)
{
	char seconds[16];
	int r;

	snprintf(seconds, sizeof(seconds), "%u",
		 RETRY_AFTER_S + (unsigned)(monotonic_ns() / 1000 % (RETRY_AFTER_S + 1)));
	r = reply_header(req, MHD_HTTP_HEADER_RETRY_AFTER, seconds, err);
	return r < 0 ? r : reply_header(req, MHD_HTTP_HEADER_CONNECTION, "close", err);
}

static enum MHD_Result fail(struct request *req, const char *method, const struct err *why)
{
	unsigned status = reply_status(why->code);
	struct err err = {0};

	route_audit_refusal(req, method, why);
	if (status == MHD_HTTP_INTERNAL_SERVER_ERROR)
		log_error("%s %s: %s", method, req->target.path, why->text);
	if (reply_error(req, status,
			status == MHD_HTTP_INTERNAL_SERVER_ERROR ? "the station failed; its log says why"
								 : why->text,
			&err) < 0)
		return MHD_NO;
	if (status == MHD_HTTP_SERVICE_UNAVAILABLE && send_away(req, &err) < 0)
		return MHD_NO;
	return queue(req);
}

/* The head is there: who asks for what, and may it send its body? */
static enum MHD_Result judge_head(struct request *req, const char *method)
{
	const char *length = header(req, MHD_HTTP_HEADER_CONTENT_LENGTH);
	const char *expect = header(req, MHD_HTTP_HEADER_EXPECT);
	uint64_t announced = length ? strtoull(length, NULL, 10) : 0;
	const struct connection *connection = connection_of(req->connection);
	struct err err = {0};

	req->started = true;
	limit(req, CONNECTION_BODY_S);
	if (connection && connection_beyond(connection)) {
		err_set(&err, EUSERS, "too many connections, in all or from one address: try again later");
		refuse(req, &err);
	} else if (route_find(req, method, header(req, MHD_HTTP_HEADER_AUTHORIZATION), &err) < 0) {
		refuse(req, &err);
	} else if (announced > req->route->body_limit) {
		err_set(&err, EFBIG, "the body may have at most %zu bytes here", req->route->body_limit);
		refuse(req, &err);
	}
	/* A small body of a refused request is read nevertheless: closing at once would reset the connection, and the
	 * client might never see the answer. */
	if (req->refused && (expect || announced > BODY_KEEP_READING))
		return fail(req, method, &err);
	return MHD_YES;
}

/* What is allocated for a body of so many bytes and a NUL. */
static size_t capacity_of(size_t len)
{
	size_t capacity = 4096;

	while (capacity < len + 1)
		capacity *= 2;
	return capacity;
}

static bool keep(struct request *req, const char *data, size_t size)
{
	size_t capacity = capacity_of(req->body_len + size);
	char *grown;

	if (!req->body || capacity != capacity_of(req->body_len)) {
		grown = wiping_realloc(req->body, capacity);
		if (!grown)
			return false;
		req->body = grown;
	}
	memcpy(req->body + req->body_len, data, size);
	req->body_len += size;
	req->body[req->body_len] = '\0';
	return true;
}

static enum MHD_Result take_body(struct request *req, const char *data, size_t *size)
{
	struct err err = {0};

	req->body_seen += *size;
	if (req->body_seen > BODY_KEEP_READING)
		return MHD_NO;
	if (!req->refused && req->body_seen > req->route->body_limit) {
		err_set(&err, EFBIG, "the body may have at most %zu bytes here", req->route->body_limit);
		refuse(req, &err);
	}
	if (!req->refused && !req->route->body_ignored && !keep(req, data, *size))
		return MHD_NO;
	*size = 0;
	return MHD_YES;
}

static enum MHD_Result answer(void *cls, struct MHD_Connection *connection, const char *url,
			      const char *method, const char *version, const char *data, size_t *size,
			      void **context)
{
	struct request *req = *context;
	struct err err = {0};

	(void)cls;
	(void)connection;
	(void)url;
	(void)version;
	if (!req->started)
		return judge_head(req, method);
	if (*size)
		return take_body(req, data, size);
	if (req->refused) {
		err.code = req->refused;
		snprintf(err.text, sizeof(err.text), "%s", req->why);
		return fail(req, method, &err);
	}
	for (;;) {
		if (route_run(req, header(req, MHD_HTTP_HEADER_AUTHORIZATION), &err) < 0)
			return fail(req, method, &err);
		if (!req->wait)
			return queue(req);
		limit(req, 0);
		/* When it is resumed this function is called again. */
		if (waits_suspend(req->station->waits, req->connection, req->wait_seen, req->wait_until))
			return MHD_YES;
		req->wait_until = 1; /* something is there, or the station stops: no further wait */
	}
}

static size_t keep_encoded(void *cls, struct MHD_Connection *connection, char *text)
{
	(void)cls;
	(void)connection;
	return strlen(text); /* target_parse() decodes */
}

static _printf_(2, 0) void log_server(void *cls, const char *fmt, va_list args)
{
	char line[512];

	(void)cls;
	vsnprintf(line, sizeof(line), fmt, args);
	line[strcspn(line, "\n")] = '\0';
	log_debug("http: %s", line);
}

static unsigned threads(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	return cpus < THREADS_MIN ? THREADS_MIN : cpus > THREADS_MAX ? THREADS_MAX : (unsigned)cpus;
}

int server_start(struct server *server, int listen_fd, const struct connection_limits *limits,
		 const char *key_pem, const char *cert_pem, struct err *err)
{
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
	struct MHD_OptionItem tls[] = {
		{MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)key_pem},
		{MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)cert_pem},
		{MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)TLS_PRIORITIES},
		{MHD_OPTION_END, 0, NULL},
	};
	struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};

	if (server->port == PORT_HTTPS)
		flags |= MHD_USE_TLS;
	server->daemon = MHD_start_daemon(
		flags, 0, NULL, NULL, answer, server, MHD_OPTION_EXTERNAL_LOGGER, log_server, NULL,
		MHD_OPTION_LISTEN_SOCKET, listen_fd, MHD_OPTION_URI_LOG_CALLBACK, begin, server,
		MHD_OPTION_NOTIFY_COMPLETED, end, server, MHD_OPTION_NOTIFY_CONNECTION, connected, server,
		MHD_OPTION_UNESCAPE_CALLBACK, keep_encoded, server, MHD_OPTION_THREAD_POOL_SIZE, threads(),
		MHD_OPTION_CONNECTION_LIMIT, limits->max + BEYOND, MHD_OPTION_CONNECTION_TIMEOUT,
		limits->idle_s, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_MAX, MHD_OPTION_ARRAY,
		server->port == PORT_HTTPS ? tls : none, MHD_OPTION_END);
	if (!server->daemon) {
		close(listen_fd);
		return err_set(err, EIO, "the %s server does not start%s",
			       server->port == PORT_HTTPS ? "HTTPS" : "HTTP",
			       server->port == PORT_HTTPS ? ": are tls.key and tls.pem in order?" : "");
	}
	return 0;
}

void server_stop(struct server *server)
{
	if (server->daemon)
		MHD_stop_daemon(server->daemon);
	server->daemon = NULL;
}
