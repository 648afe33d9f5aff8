/* SPDX-License-Identifier: Apache-2.0 */
/* The parent of the drives' children: starts them, hears them, journals for them, and ends those that hang. */
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "agent/pipeline/memory.h"
#include "agent/steps/wipe/evidence.h"
#include "agent/steps/wipe/fleet.h"
#include "agent/steps/wipe/order.h"
#include "agent/wipe/child.h"
#include "core/hash.h"
#include "core/io.h"
#include "core/json.h"
#include "core/time.h"

enum {
	POLL_MS = 250,
	EXIT_S = 60,        /* for a child that has told its results to close the drive */
	KILL_S = 5,         /* for a killed one to go */
	BASE_S = 2 * 86400, /* a drive's whole time: this, for what a device does by itself, ... */
	BYTES_S = 2 << 20,  /* ... and a second for each of these in each pass */
	PASSES = 24,
	START_PATIENCE_S = 300, /* to the first word */
	PATIENCE_MAX_S = 7 * 86400,
};
#define CHILD_MEMORY \
	(24ull       \
	 << 20) /* bytes: two requests of 4 MiB and what they are compared with, samples, and what a fork copies */
#define SECOND_NS 1000000000ull

/* A drive and its process. */
struct child {
	struct wipe_drive *drive; /* owned */
	pid_t pid;                /* 0: not started */
	int fd;                   /* -EBADF: not started, or ended */
	bool ended;
	char *line;                          /* WIPE_LINE_MAX bytes, owned, while it lives */
	size_t len;                          /* bytes of an unfinished line */
	uint64_t done, total;                /* bytes */
	uint64_t patient_until, ends_latest; /* monotonic, nanoseconds */
	time_t begun;
	unsigned told;     /* units whose results have come */
	json_t **evidence; /* one a unit, owned */
};

struct fleet {
	struct job *job;
	struct wipe_policy policy;
	struct child *children;
	unsigned n, started, running, at_once;
};

/* A unit is done: with the result that the child told, or without one for the reason given. */
static int unit_done(struct fleet *f, struct child *c, unsigned unit, const json_t *result,
		     const char *reason, struct err *err)
{
	const struct block *block = c->drive->units[unit].block;
	struct journal_entry entry = {.step = "wipe", .state = JOURNAL_FAILED};
	json_t *evidence = wipe_evidence_make(block, result, reason, c->begun, time(NULL));

	c->evidence[unit] = evidence;
	snprintf(entry.drive, sizeof(entry.drive), "%s", block->name);
	snprintf(entry.method, sizeof(entry.method), "%s",
		 json_string_value(json_object_get(evidence, "method")));
	if (wipe_evidence_is_proven(evidence)) {
		entry.state = JOURNAL_PROVEN;
		entry.proof = evidence;
	}
	return f->job->ops->journal(f->job, &entry, err);
}

/* The drive's process has ended; the units of which it told nothing have failed for this reason. */
static int child_done(struct fleet *f, struct child *c, const char *reason, struct err *err)
{
	int r = 0;

	c->ended = true;
	f->running--;
	close_fdp(&c->fd);
	c->fd = -EBADF;
	free(c->line);
	c->line = NULL;
	c->done = c->total;
	for (unsigned i = 0; r == 0 && i < c->drive->n; i++)
		if (!c->evidence[i])
			r = unit_done(f, c, i, NULL, reason, err);
	return r;
}

static int child_kill(struct fleet *f, struct child *c, const char *reason, struct err *err)
{
	char text[256];
	int status;

	snprintf(text, sizeof(text), "%s%s", reason,
		 wipe_child_end(c->pid, true, KILL_S, &status) < 0 ? "; its process is stuck in the kernel"
								   : "");
	return child_done(f, c, text, err);
}

/* The unit that a line speaks of; false: there is no such one. */
static bool read_unit(const struct child *c, const json_t *line, unsigned *ret)
{
	const json_t *value = json_object_get(line, "unit");

	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    json_integer_value(value) >= (json_int_t)c->drive->n)
		return false;
	*ret = (unsigned)json_integer_value(value);
	return true;
}

static int on_begin(struct fleet *f, struct child *c, const json_t *line, struct err *err)
{
	struct journal_entry entry = {.step = "wipe"};
	const char *method = json_string_value(json_object_get(line, "begin"));
	const char *key = json_string_value(json_object_get(line, "key"));
	struct err gone = {0};
	unsigned unit;

	if (!method || !key || strlen(key) >= sizeof(entry.marker_key) || !read_unit(c, line, &unit))
		return child_kill(f, c, "its process did not say what it begins", err);
	entry.state = json_is_true(json_object_get(line, "marked")) ? JOURNAL_MARKED : JOURNAL_BEGUN;
	snprintf(entry.drive, sizeof(entry.drive), "%s", c->drive->units[unit].block->name);
	snprintf(entry.method, sizeof(entry.method), "%s", method);
	snprintf(entry.marker_key, sizeof(entry.marker_key), "%s", key);
	if (f->job->ops->journal(f->job, &entry, err) < 0)
		return err_prepend(err, "journal");
	if (wipe_child_go(c->fd, &gone) < 0)
		return child_kill(f, c, gone.text, err);
	return 0;
}

static void on_progress(struct child *c, const json_t *list)
{
	json_int_t patience = json_integer_value(json_array_get(list, 2));

	c->done = (uint64_t)json_integer_value(json_array_get(list, 0));
	c->total = (uint64_t)json_integer_value(json_array_get(list, 1));
	if (patience < 1 || patience > PATIENCE_MAX_S)
		patience = START_PATIENCE_S;
	c->patient_until = monotonic_ns() + (uint64_t)patience * SECOND_NS;
}

/* After its last result the child has yet to close the drive, or the next step finds it in use. */
static int on_result(struct fleet *f, struct child *c, const json_t *line, const json_t *result,
		     struct err *err)
{
	int status = 0, r;
	unsigned unit;

	if (!read_unit(c, line, &unit) || c->evidence[unit])
		return child_kill(f, c, "its process did not say what its result is of", err);
	if ((r = unit_done(f, c, unit, result, NULL, err)) < 0 || ++c->told < c->drive->n)
		return r;
	if (wipe_child_end(c->pid, false, EXIT_S, &status) < 0)
		return child_kill(f, c, "the drive cannot be closed", err);
	return child_done(f, c, NULL, err);
}

static int on_line(struct fleet *f, struct child *c, const char *text, size_t len, struct err *err)
{
	_cleanup_json_ json_t *line = NULL;
	struct err bad = {0};
	json_t *value;

	if (json_parse(text, len, &line, &bad) < 0)
		return child_kill(f, c, "its process spoke nonsense", err);
	c->patient_until = monotonic_ns() + START_PATIENCE_S * SECOND_NS;
	if ((value = json_object_get(line, "progress"))) {
		on_progress(c, value);
		return 0;
	}
	if ((value = json_object_get(line, "result")) && json_is_object(value))
		return on_result(f, c, line, value, err);
	return on_begin(f, c, line, err);
}

static int on_end(struct fleet *f, struct child *c, struct err *err)
{
	char reason[128];
	int status = 0;

	if (wipe_child_end(c->pid, false, KILL_S, &status) < 0)
		return child_kill(f, c, "its process fell silent", err);
	if (WIFSIGNALED(status))
		snprintf(reason, sizeof(reason), "its process was ended by signal %d", WTERMSIG(status));
	else
		snprintf(reason, sizeof(reason), "its process left with status %d and no result",
			 WEXITSTATUS(status));
	return child_done(f, c, reason, err);
}

static int hear(struct fleet *f, struct child *c, struct err *err)
{
	ssize_t n = recv(c->fd, c->line + c->len, WIPE_LINE_MAX - c->len, MSG_DONTWAIT);
	char *newline;
	size_t used;
	int r;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return on_end(f, c, err);
	c->len += (size_t)n;
	/* A line may be the child's last: then there is no buffer any more. */
	while (c->line && (newline = memchr(c->line, '\n', c->len)) != NULL) {
		used = (size_t)(newline - c->line) + 1;
		if ((r = on_line(f, c, c->line, used - 1, err)) < 0 || !c->line)
			return r;
		c->len -= used;
		memmove(c->line, c->line + used, c->len);
	}
	if (!c->ended && c->len == WIPE_LINE_MAX)
		return child_kill(f, c, "its process spoke a line without end", err);
	return 0;
}

static uint64_t size_of(const struct wipe_drive *drive)
{
	uint64_t size = 0;

	for (unsigned i = 0; i < drive->n; i++)
		size += drive->units[i].block->size;
	return size;
}

static int start_one(struct fleet *f, struct child *c, struct err *err)
{
	uint64_t now = monotonic_ns();
	struct err failed = {0};

	c->begun = time(NULL);
	c->patient_until = now + START_PATIENCE_S * SECOND_NS;
	c->ends_latest = now + (BASE_S + PASSES * (size_of(c->drive) / BYTES_S)) * SECOND_NS;
	c->line = xcalloc(1, WIPE_LINE_MAX);
	f->started++;
	f->running++;
	if (wipe_child_start(c->drive, &c->pid, &c->fd, &failed) < 0)
		return child_done(f, c, failed.text, err);
	return 0;
}

static int check_time(struct fleet *f, struct child *c, struct err *err)
{
	uint64_t now = monotonic_ns();

	if (now > c->ends_latest)
		return child_kill(f, c, "the drive is too slow: its time is over", err);
	if (now > c->patient_until)
		return child_kill(f, c, "the drive hangs: no progress within its time", err);
	return 0;
}

static void tell_progress(const struct fleet *f)
{
	uint64_t done = 0, total = 0;

	for (unsigned i = 0; i < f->n; i++) {
		done += f->children[i].done;
		total += f->children[i].total;
	}
	f->job->ops->progress(f->job, done, total);
}

static bool is_live(const struct child *c)
{
	return c->fd >= 0 && !c->ended;
}

/* One round: starts, hears, ends. What a child has said is heard before its time is judged: we may have been away. */
static int turn(struct fleet *f, struct pollfd *polls, struct err *err)
{
	unsigned i;
	int r;

	while (f->started < f->n && f->running < f->at_once)
		if ((r = start_one(f, &f->children[f->started], err)) < 0)
			return r;
	for (i = 0; i < f->n; i++)
		polls[i] = (struct pollfd){.fd = is_live(&f->children[i]) ? f->children[i].fd : -1,
					   .events = POLLIN};
	if (poll(polls, f->n, POLL_MS) < 0 && errno != EINTR)
		return err_sys(err, errno, "waiting for the drives");
	for (i = 0; i < f->n; i++)
		if (polls[i].revents && (r = hear(f, &f->children[i], err)) < 0)
			return r;
	for (i = 0; i < f->n; i++)
		if (is_live(&f->children[i]) && !polls[i].revents &&
		    (r = check_time(f, &f->children[i], err)) < 0)
			return r;
	tell_progress(f);
	if (f->job->ops->cancelled(f->job))
		return err_set(err, ECANCELED, "cancelled while drives were being wiped");
	return 0;
}

static void child_free(struct child *c)
{
	int status;

	if (is_live(c))
		(void)!wipe_child_end(c->pid, true, KILL_S, &status);
	close_fdp(&c->fd);
	free(c->line);
	for (unsigned i = 0; c->evidence && i < c->drive->n; i++)
		json_decref(c->evidence[i]);
	free(c->evidence);
	wipe_drive_free(c->drive);
}

static void fleet_free(struct fleet *f)
{
	for (unsigned i = 0; i < f->n; i++)
		child_free(&f->children[i]);
	free(f->children);
}

static unsigned how_many_at_once(void)
{
	uint64_t fit = memory_available() / 2 / CHILD_MEMORY;

	return fit < 1 ? 1 : fit > 4096 ? 4096 : (unsigned)fit;
}

static int make_children(struct fleet *f, const struct block *const *blocks, unsigned n, struct err *err)
{
	_cleanup_free_ struct wipe_drive **drives = NULL;
	unsigned n_drives = 0;
	int r = wipe_policy_of_order(f->job->order, &f->policy, err);

	if (r == 0)
		r = wipe_drives_make(f->job->order, &f->policy, blocks, n, f->job->journal, f->job->n_journal,
				     &drives, &n_drives, err);
	if (r < 0)
		return r;
	f->children = xcalloc(n_drives ? n_drives : 1, sizeof(*f->children));
	f->n = n_drives;
	for (unsigned i = 0; i < n_drives; i++)
		f->children[i] = (struct child){
			.drive = drives[i],
			.fd = -EBADF,
			.total = size_of(drives[i]),
			.evidence = xcalloc(drives[i]->n, sizeof(json_t *)),
		};
	return 0;
}

static json_t *evidence_of(const struct fleet *f, const struct block *block)
{
	for (unsigned i = 0; i < f->n; i++)
		for (unsigned k = 0; k < f->children[i].drive->n; k++)
			if (f->children[i].drive->units[k].block == block)
				return f->children[i].evidence[k];
	return NULL;
}

int wipe_fleet_run(struct job *job, const struct block *const *blocks, unsigned n, json_t *wiped,
		   struct err *err)
{
	_cleanup_free_ struct pollfd *polls = xcalloc(n ? n : 1, sizeof(*polls));
	_cleanup_(fleet_free) struct fleet f = {.job = job, .at_once = how_many_at_once()};
	int r = make_children(&f, blocks, n, err);

	while (r == 0 && (f.started < f.n || f.running > 0))
		r = turn(&f, polls, err);
	for (unsigned i = 0; r == 0 && i < n; i++)
		json_array_append(wiped, evidence_of(&f, blocks[i]));
	return r;
}
