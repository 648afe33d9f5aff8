/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fakes/web.h"

#include <microhttpd.h>
#include <pthread.h>
#include <string.h>

#include "core/io.h"
#include "core/json.h"

char web_data[WEB_SIZE];

static struct MHD_Daemon *plain, *tls;

/* /slow answers when this is posted, so that no test depends on time. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t released = PTHREAD_COND_INITIALIZER;
static bool may_answer;

static void wait_for_release(void)
{
	pthread_mutex_lock(&lock);
	while (!may_answer)
		pthread_cond_wait(&released, &lock);
	pthread_mutex_unlock(&lock);
}

void web_release(bool now)
{
	pthread_mutex_lock(&lock);
	may_answer = now;
	pthread_cond_broadcast(&released);
	pthread_mutex_unlock(&lock);
}

struct upload {
	char body[4096];
	size_t len;
};

static struct MHD_Response *text_response(const char *text)
{
	return MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_MUST_COPY);
}

static struct MHD_Response *echo(struct MHD_Connection *c, const char *method, const struct upload *upload)
{
	const char *auth = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Authorization");
	const char *type = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Content-Type");
	_cleanup_json_ json_t *json = json_pack("{ss ss? ss? ss}", "method", method, "auth", auth, "type",
						type, "body", upload->body);
	_cleanup_free_ char *text = json_canonical(json, NULL);

	return text_response(text);
}

static ssize_t half_then_fail(void *cls, uint64_t pos, char *buf, size_t max)
{
	size_t half = *(size_t *)cls / 2;

	if (pos >= half)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (max > half - pos)
		max = half - pos;
	memcpy(buf, web_data + pos, max);
	return (ssize_t)max;
}

/* 206 in several honest and dishonest ways. */
static struct MHD_Response *ranged(const char *kind, unsigned long from, unsigned long to)
{
	static size_t whole;
	struct MHD_Response *response;
	size_t len = to - from + 1;
	char text[64];

	whole = len;
	if (!strcmp(kind, "/dropped"))
		response = MHD_create_response_from_callback(len, 4096, half_then_fail, &whole, NULL);
	else if (!strcmp(kind, "/short"))
		response = MHD_create_response_from_buffer(len / 2, web_data + from, MHD_RESPMEM_PERSISTENT);
	else if (!strcmp(kind, "/long"))
		response = MHD_create_response_from_buffer(len + 1, web_data + from, MHD_RESPMEM_PERSISTENT);
	else
		response = MHD_create_response_from_buffer(len, web_data + from, MHD_RESPMEM_PERSISTENT);
	if (!strcmp(kind, "/other-range"))
		from++;
	snprintf(text, sizeof(text), "bytes %lu-%lu/%d", from, to, WEB_SIZE);
	if (strcmp(kind, "/no-content-range") != 0)
		MHD_add_response_header(response, "Content-Range", text);
	return response;
}

static struct MHD_Response *answer_for(struct MHD_Connection *c, const char *url, const char *method,
				       const struct upload *upload, unsigned *status)
{
	const char *range = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Range");
	struct MHD_Response *response;
	unsigned long from, to;

	if (!strcmp(url, "/echo"))
		return echo(c, method, upload);
	if (!strcmp(url, "/slow"))
		wait_for_release();
	if (!strncmp(url, "/status/", 8)) {
		*status = (unsigned)atoi(url + 8);
		return text_response(*status == 204 ? "" : "{\"error\": \"because\"}");
	}
	if (!strcmp(url, "/plain-500")) {
		*status = 500;
		return text_response("<html>");
	}
	if (!strcmp(url, "/redirect")) {
		*status = 302;
		response = text_response("");
		MHD_add_response_header(response, "Location", "/echo");
		return response;
	}
	if (range && strcmp(url, "/ignores") != 0 && sscanf(range, "bytes=%lu-%lu", &from, &to) == 2 &&
	    to < WEB_SIZE) {
		*status = 206;
		return ranged(url, from, to);
	}
	return MHD_create_response_from_buffer(WEB_SIZE, web_data, MHD_RESPMEM_PERSISTENT);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *c, const char *url, const char *method,
				  const char *version, const char *body, size_t *body_len, void **state)
{
	struct upload *upload = *state;
	struct MHD_Response *response;
	enum MHD_Result result;
	unsigned status = 200;

	(void)cls;
	(void)version;
	if (!upload) {
		*state = xcalloc(1, sizeof(*upload));
		return MHD_YES;
	}
	if (*body_len) {
		if (upload->len + *body_len >= sizeof(upload->body))
			return MHD_NO;
		memcpy(upload->body + upload->len, body, *body_len);
		upload->len += *body_len;
		*body_len = 0;
		return MHD_YES;
	}
	response = answer_for(c, url, method, upload, &status);
	result = MHD_queue_response(c, status, response);
	MHD_destroy_response(response);
	return result;
}

static void on_done(void *cls, struct MHD_Connection *c, void **state, enum MHD_RequestTerminationCode code)
{
	(void)cls;
	(void)c;
	(void)code;
	free(*state);
	*state = NULL;
}

static unsigned port_of(struct MHD_Daemon *daemon)
{
	return MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

struct web_ports web_start(const char *key_pem, const char *cert_pem)
{
	const unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION;

	for (size_t i = 0; i < WEB_SIZE; i++)
		web_data[i] = (char)(i * 31 + i / 251);
	plain = MHD_start_daemon(flags, 0, NULL, NULL, on_request, NULL, MHD_OPTION_NOTIFY_COMPLETED, on_done,
				 NULL, MHD_OPTION_END);
	tls = MHD_start_daemon(flags | MHD_USE_TLS, 0, NULL, NULL, on_request, NULL,
			       MHD_OPTION_NOTIFY_COMPLETED, on_done, NULL, MHD_OPTION_HTTPS_MEM_KEY, key_pem,
			       MHD_OPTION_HTTPS_MEM_CERT, cert_pem, MHD_OPTION_END);
	if (!plain || !tls)
		abort();
	return (struct web_ports){port_of(plain), port_of(tls)};
}

void web_stop(void)
{
	web_release(true);
	MHD_stop_daemon(plain);
	MHD_stop_daemon(tls);
}
