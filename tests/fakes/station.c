/* SPDX-License-Identifier: Apache-2.0 */
/* One thread of libmicrohttpd; bodies are collected whole. */
#include "tests/fakes/station.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fake_station {
	struct MHD_Daemon *daemon;
	fake_handler handler;
	void *data;
	unsigned port;
	char url[64];
};

struct collected {
	char *buf;
	size_t len;
};

struct fake_answer fake_text(unsigned status, const char *text)
{
	return (struct fake_answer){.status = status, .body = text ? strdup(text) : NULL};
}

static enum MHD_Result send_answer(struct MHD_Connection *connection, struct fake_answer answer)
{
	size_t len = answer.len ? answer.len : answer.body ? strlen(answer.body) : 0;
	struct MHD_Response *response =
		MHD_create_response_from_buffer(len, answer.body, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result r = MHD_queue_response(connection, answer.status, response);
	MHD_destroy_response(response);
	free(answer.body);
	return r;
}

static enum MHD_Result on_request(void *data, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_len, void **state)
{
	struct fake_station *station = data;
	struct collected *body = *state;

	(void)version;
	if (!body) {
		*state = calloc(1, sizeof(*body));
		return *state ? MHD_YES : MHD_NO;
	}
	if (*upload_len) {
		body->buf = realloc(body->buf, body->len + *upload_len + 1);
		memcpy(body->buf + body->len, upload, *upload_len);
		body->len += *upload_len;
		body->buf[body->len] = '\0';
		*upload_len = 0;
		return MHD_YES;
	}
	const char *authorization = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization");
	const struct fake_request request = {
		.method = method,
		.path = url,
		.token = authorization && !strncmp(authorization, "Bearer ", 7) ? authorization + 7 : "",
		.body = body->buf ? body->buf : "",
		.len = body->len,
	};
	return send_answer(connection, station->handler(station->data, &request));
}

static void on_done(void *data, struct MHD_Connection *connection, void **state,
		    enum MHD_RequestTerminationCode code)
{
	struct collected *body = *state;
	(void)data;
	(void)connection;
	(void)code;
	if (body)
		free(body->buf);
	free(body);
}

struct fake_station *fake_station_start(unsigned port, fake_handler handler, void *data)
{
	struct fake_station *station = calloc(1, sizeof(*station));
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

	if (!station)
		abort();
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	station->handler = handler;
	station->data = data;
	station->daemon =
		MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, on_request, station,
				 MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u,
				 MHD_OPTION_NOTIFY_COMPLETED, on_done, NULL, MHD_OPTION_END);
	if (!station->daemon)
		abort();
	station->port = MHD_get_daemon_info(station->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
	snprintf(station->url, sizeof(station->url), "http://127.0.0.1:%u", station->port);
	return station;
}

void fake_station_stop(struct fake_station *station)
{
	if (!station)
		return;
	MHD_stop_daemon(station->daemon);
	free(station);
}

unsigned fake_station_port(const struct fake_station *station)
{
	return station->port;
}

const char *fake_station_url(const struct fake_station *station)
{
	return station->url;
}
