/* SPDX-License-Identifier: Apache-2.0 */
/* A thread that accepts, and one for each connection. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/fakes/range_server.h"

struct range_server {
	const uint8_t *buf;
	size_t len;
	int listener;
	pthread_t thread;
	pthread_mutex_t lock;
	struct range_server_faults faults; /* what is left of them */
	unsigned requests, open;
	bool stopping;
	char url[64];
};

struct connection {
	struct range_server *server;
	int fd;
};

static bool use(struct range_server *s, unsigned *fault)
{
	bool there;

	pthread_mutex_lock(&s->lock);
	there = *fault > 0;
	*fault -= there;
	pthread_mutex_unlock(&s->lock);
	return there;
}

static void send_all(int fd, const void *buf, size_t len)
{
	const uint8_t *p = buf;
	ssize_t n;

	while (len > 0 && (n = send(fd, p, len, MSG_NOSIGNAL)) > 0) {
		p += n;
		len -= (size_t)n;
	}
}

static bool stopping(struct range_server *s)
{
	bool stop;

	pthread_mutex_lock(&s->lock);
	stop = s->stopping;
	pthread_mutex_unlock(&s->lock);
	return stop;
}

static void damage(struct range_server *s, uint8_t *copy, size_t first, size_t len)
{
	size_t at = s->faults.corrupt_at, step = s->faults.corrupt_step;

	if (at >= first && at < first + len && use(s, &s->faults.corrupt))
		copy[at - first] ^= 1;
	for (at = step ? (first + step - 1) / step * step : len; step && at < first + len; at += step)
		copy[at - first] ^= 1;
}

static void send_slowly(struct range_server *s, int fd, const uint8_t *buf, size_t len)
{
	size_t n;

	for (; len > 0 && !stopping(s); buf += n, len -= n) {
		n = len < s->faults.drip ? len : s->faults.drip;
		if (send(fd, buf, n, MSG_NOSIGNAL) != (ssize_t)n)
			return;
		usleep(10000);
	}
}

/* Until the other side has had enough. */
static void say_nothing(struct range_server *s, int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLRDHUP};

	while (!stopping(s) && poll(&p, 1, 10) == 0)
		;
}

static void send_bytes(struct range_server *s, int fd, size_t first, size_t len)
{
	uint8_t *copy = malloc(len);

	memcpy(copy, s->buf + first, len);
	damage(s, copy, first, len);
	if (use(s, &s->faults.stall)) {
		send_all(fd, copy, len / 2);
		say_nothing(s, fd);
	} else if (s->faults.drip) {
		send_slowly(s, fd, copy, len);
	} else {
		send_all(fd, copy, use(s, &s->faults.cut) ? len / 2 : len);
	}
	free(copy);
}

static void answer(struct range_server *s, int fd, const char *request)
{
	const char *range = strcasestr(request, "range: bytes=");
	size_t first = 0, last = s->len - 1, shift, len;
	char head[256];

	if (use(s, &s->faults.refuse))
		return;
	if (use(s, &s->faults.missing)) {
		snprintf(head, sizeof(head),
			 "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
		send_all(fd, head, strlen(head));
		return;
	}
	if (!range || sscanf(range + 13, "%zu-%zu", &first, &last) != 2 || last >= s->len ||
	    use(s, &s->faults.ignore_range)) {
		snprintf(head, sizeof(head),
			 "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", s->len);
		send_all(fd, head, strlen(head));
		send_bytes(s, fd, 0, s->len);
		return;
	}
	shift = use(s, &s->faults.shift) && last + 1 < s->len;
	first += shift;
	last += shift;
	len = (last - first + 1) / (use(s, &s->faults.shorten) ? 2 : 1);
	snprintf(head, sizeof(head),
		 "HTTP/1.1 206 Partial Content\r\nContent-Length: %zu\r\nContent-Range: bytes %zu-%zu/%zu\r\n"
		 "Connection: close\r\n\r\n",
		 len, first, last, s->len);
	send_all(fd, head, strlen(head));
	send_bytes(s, fd, first, len);
}

static void *serve(void *data)
{
	struct connection *c = data;
	char request[4096];
	size_t len = 0;
	ssize_t n;

	while (len < sizeof(request) - 1 &&
	       (n = recv(c->fd, request + len, sizeof(request) - 1 - len, 0)) > 0) {
		len += (size_t)n;
		request[len] = '\0';
		if (strstr(request, "\r\n\r\n"))
			break;
	}
	pthread_mutex_lock(&c->server->lock);
	c->server->requests++;
	pthread_mutex_unlock(&c->server->lock);
	answer(c->server, c->fd, request);
	close(c->fd);
	pthread_mutex_lock(&c->server->lock);
	c->server->open--;
	pthread_mutex_unlock(&c->server->lock);
	free(c);
	return NULL;
}

static void *accept_all(void *data)
{
	struct range_server *s = data;
	struct connection *c;
	pthread_t thread;
	int fd;

	while ((fd = accept(s->listener, NULL, NULL)) >= 0) {
		c = malloc(sizeof(*c));
		*c = (struct connection){s, fd};
		pthread_mutex_lock(&s->lock);
		s->open++;
		pthread_mutex_unlock(&s->lock);
		if (pthread_create(&thread, NULL, serve, c) != 0)
			abort();
		pthread_detach(thread);
	}
	return NULL;
}

struct range_server *range_server_start(const void *buf, size_t len, const struct range_server_faults *faults)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct range_server *s = calloc(1, sizeof(*s));
	socklen_t at_len = sizeof(at);

	s->buf = buf;
	s->len = len;
	if (faults)
		s->faults = *faults;
	pthread_mutex_init(&s->lock, NULL);
	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(s->listener, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(s->listener, 64) < 0 ||
	    getsockname(s->listener, (struct sockaddr *)&at, &at_len) < 0 ||
	    pthread_create(&s->thread, NULL, accept_all, s) != 0)
		abort();
	snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%u/payload.zst", ntohs(at.sin_port));
	return s;
}

void range_server_stop(struct range_server *s)
{
	unsigned open = 1;

	shutdown(s->listener, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->listener);
	pthread_mutex_lock(&s->lock);
	s->stopping = true;
	pthread_mutex_unlock(&s->lock);
	while (open > 0) {
		usleep(1000);
		pthread_mutex_lock(&s->lock);
		open = s->open;
		pthread_mutex_unlock(&s->lock);
	}
	free(s);
}

const char *range_server_url(const struct range_server *s)
{
	return s->url;
}

unsigned range_server_requests(struct range_server *s)
{
	unsigned n;

	pthread_mutex_lock(&s->lock);
	n = s->requests;
	pthread_mutex_unlock(&s->lock);
	return n;
}
