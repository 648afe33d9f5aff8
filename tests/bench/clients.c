/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many ranged clients in one process, as a hall of nodes is to the server of a payload:
 *
 *	clients ADDRESS PORT PATH FILE-SIZE CLIENTS RANGE-SIZE SECONDS
 *
 * Each client keeps one HTTP/1.1 connection and asks for one range after the other, beginning at a place of its own. Bytes are
 * counted and thrown away by the kernel (MSG_TRUNC), so that nearly all of the machine is left to the server. Prints one line
 * of JSON; a client that is answered wrongly is counted as an error and asks no more.
 */
#define _GNU_SOURCE 1
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define HEAD_MAX 4096
#define GULP     (1 << 20) /* bytes at most that one turn of a client throws away */
#define BATCH    256

struct client {
	int fd;
	uint64_t at;   /* where its next range begins */
	uint64_t left; /* of the body that is coming */
	uint64_t asked;
	uint64_t bytes; /* of all bodies */
	uint64_t ranges;
	bool in_head;
	size_t head_len;
	char head[HEAD_MAX];
};

static struct {
	struct sockaddr_in address;
	const char *path;
	uint64_t size, range;
	unsigned n;
	double seconds;
	unsigned errors;
	char why[200]; /* of the first error */
} all;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void give_up(struct client *c, const char *why)
{
	if (all.errors++ == 0)
		snprintf(all.why, sizeof(all.why), "%.150s", why);
	close(c->fd);
	c->fd = -1;
}

static void ask(struct client *c)
{
	char text[1024];
	int len;

	if (c->at >= all.size)
		c->at = 0;
	c->asked = all.size - c->at < all.range ? all.size - c->at : all.range;
	len = snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: bench\r\nRange: bytes=%llu-%llu\r\n\r\n",
		       all.path, (unsigned long long)c->at, (unsigned long long)(c->at + c->asked - 1));
	c->in_head = true;
	c->head_len = 0;
	if (send(c->fd, text, (size_t)len, MSG_NOSIGNAL) != len)
		give_up(c, "a request could not be sent");
}

/* The head is whole: is it the answer to what was asked? */
static bool judge(struct client *c)
{
	unsigned long long from = 0, to = 0;
	char *at;

	if (strncmp(c->head, "HTTP/1.1 206", 12) != 0) {
		c->head[strcspn(c->head, "\r\n")] = '\0';
		return false;
	}
	at = strcasestr(c->head, "\r\nContent-Range: bytes ");
	return at && sscanf(at + 23, "%llu-%llu", &from, &to) == 2 && from == c->at &&
	       to - from + 1 == c->asked;
}

/* Reads no further than the head's end: the body is for the kernel to throw away. */
static void take_head(struct client *c)
{
	ssize_t n = recv(c->fd, c->head + c->head_len, HEAD_MAX - 1 - c->head_len, MSG_PEEK);
	size_t before = c->head_len;
	char *end;

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		give_up(c, n ? strerror(errno) : "closed before an answer");
		return;
	}
	c->head[before + (size_t)n] = '\0';
	end = strstr(c->head, "\r\n\r\n");
	c->head_len = end ? (size_t)(end - c->head) + 4 : before + (size_t)n;
	if (recv(c->fd, c->head + before, c->head_len - before, 0) != (ssize_t)(c->head_len - before) ||
	    (!end && c->head_len == HEAD_MAX - 1)) {
		give_up(c, "an answer's head cannot be read");
		return;
	}
	c->head[c->head_len] = '\0';
	if (!end)
		return;
	if (!judge(c)) {
		give_up(c, c->head);
		return;
	}
	c->left = c->asked;
	c->in_head = false;
}

static void take_body(struct client *c)
{
	ssize_t n = recv(c->fd, NULL, c->left < GULP ? c->left : GULP, MSG_TRUNC);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		give_up(c, n ? strerror(errno) : "closed within an answer");
		return;
	}
	c->bytes += (uint64_t)n;
	c->left -= (uint64_t)n;
	if (c->left)
		return;
	c->at += c->asked;
	c->ranges++;
	ask(c);
}

static int add(int epoll, struct client *c, unsigned i)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};

	c->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&all.address, sizeof(all.address)) < 0 ||
	    epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event) < 0)
		return -1;
	c->at = (all.size / all.n) * i;
	ask(c);
	return 0;
}

static int by_bytes(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void tell(const struct client *clients, double seconds)
{
	uint64_t *bytes = calloc(all.n, sizeof(*bytes)), total = 0, ranges = 0;

	if (!bytes)
		exit(1);
	for (unsigned i = 0; i < all.n; i++) {
		bytes[i] = clients[i].bytes;
		total += bytes[i];
		ranges += clients[i].ranges;
	}
	qsort(bytes, all.n, sizeof(*bytes), by_bytes);
	printf("{\"clients\": %u, \"seconds\": %.3f, \"bytes\": %llu, \"ranges\": %llu, \"min\": %llu, "
	       "\"median\": %llu, "
	       "\"max\": %llu, \"errors\": %u, \"why\": \"",
	       all.n, seconds, (unsigned long long)total, (unsigned long long)ranges,
	       (unsigned long long)bytes[0], (unsigned long long)bytes[all.n / 2],
	       (unsigned long long)bytes[all.n - 1], all.errors);
	for (const char *p = all.why; *p; p++)
		putchar(*p == '"' || *p == '\\' || (unsigned char)*p < 0x20 ? ' ' : *p);
	printf("\"}\n");
	free(bytes);
}

static void run(int epoll, struct client *clients)
{
	struct epoll_event events[BATCH];
	double end = now() + all.seconds;

	while (all.errors < all.n && now() < end) {
		int n = epoll_wait(epoll, events, BATCH, 100);

		for (int i = 0; i < n; i++) {
			struct client *c = &clients[events[i].data.u32];

			if (c->fd < 0)
				continue;
			if (c->in_head)
				take_head(c);
			else
				take_body(c);
		}
	}
}

static int parse(char **argv)
{
	all.address.sin_family = AF_INET;
	all.address.sin_port = htons((uint16_t)atoi(argv[2]));
	all.path = argv[3];
	all.size = strtoull(argv[4], NULL, 10);
	all.n = (unsigned)strtoul(argv[5], NULL, 10);
	all.range = strtoull(argv[6], NULL, 10);
	all.seconds = strtod(argv[7], NULL);
	return inet_pton(AF_INET, argv[1], &all.address.sin_addr) == 1 && all.size && all.range && all.n &&
			       all.n <= 100000 && all.seconds > 0
		       ? 0
		       : -1;
}

int main(int argc, char **argv)
{
	struct rlimit files;
	struct client *clients;
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	double begun;

	if (argc != 8 || parse(argv) < 0) {
		fprintf(stderr, "usage: clients ADDRESS PORT PATH FILE-SIZE CLIENTS RANGE-SIZE SECONDS\n");
		return 2;
	}
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	clients = calloc(all.n, sizeof(*clients));
	if (!clients || epoll < 0)
		return 1;
	for (unsigned i = 0; i < all.n; i++) {
		if (add(epoll, &clients[i], i) < 0) {
			fprintf(stderr, "client %u: %s\n", i, strerror(errno));
			return 1;
		}
	}
	begun = now();
	run(epoll, clients);
	tell(clients, now() - begun);
	return 0;
}
