/* SPDX-License-Identifier: Apache-2.0 */
/* One boot's work: drivers, network, check-in, the order, the outcome. */
#include "agent/worker.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mount.h>

#include "agent/alone.h"
#include "agent/clock.h"
#include "agent/hw/lldp/lldp.h"
#include "agent/hw/machine.h"
#include "agent/hw/modules.h"
#include "agent/hw/smbios/smbios.h"
#include "agent/introduce.h"
#include "agent/local_disk.h"
#include "agent/net.h"
#include "agent/net_medium.h"
#include "agent/run.h"
#include "agent/steps/identity.h"
#include "agent/steps/neighbours.h"
#include "agent/steps/overlays.h"
#include "agent/steps/quote.h"
#include "agent/supervise.h"
#include "agent/talk.h"
#include "core/io.h"
#include "core/json.h"
#include "core/log.h"
#include "core/secret.h"
#include "core/time.h"
#include "images/boot/site.h"
#include "protocol/cmdline.h"

#define POWER_CUT_S   900           /* as long as the station may try; docs/protocol.md */
#define LOG_RING_SIZE (1024 * 1024) /* bytes that can be uploaded when the order ends */
#define SETTLE_MS     15000         /* for disks and links after their drivers */
#define NET_RETRY_S   10
#define MEDIUM_S      60 /* for a boot medium that is slow to appear */
#define NET_PATIENCE  10 /* tries, where no script has started the agent: else a tenant would wait for ever */
#define EFIVARS       "/sys/firmware/efi/efivars"
#define OOM_SCORE_ADJ "-900" /* children of the worker go first */
#define BEAT_EVERY_NS 500000000ull

struct worker {
	int beat_fd;
	_Atomic uint64_t beat_at;
	struct site_config config;
	struct site site;
	struct cmdline *cmdline; /* in secret memory: it has the hint */
	struct node_identity identity;
	struct talk *talk;
	struct checkin *checkin;
	struct quote_key quote; /* of this boot; used where the check-in asks for it */
	struct lldp *lldp;      /* NULL: cannot be listened to */
};

/* ---- signs of life ---- */

static void send_beat(struct worker *w, char beat)
{
	/* A full pipe is beats enough. */
	if (write(w->beat_fd, &beat, 1) != 1 && errno != EAGAIN)
		log_debug("beat: %s", strerrordesc_np(errno));
}

static void beat(void *data)
{
	struct worker *w = data;
	uint64_t now = monotonic_ns(), last = atomic_load(&w->beat_at);
	if (now - last > BEAT_EVERY_NS && atomic_compare_exchange_strong(&w->beat_at, &last, now))
		send_beat(w, BEAT_ALIVE);
}

/* ---- the machine ---- */

static int read_site(struct worker *w, struct err *err)
{
	int r = site_read(SITE_FOLDER, &w->config, err);
	if (!r)
		r = trust_from_pem(w->config.image_ca, strlen(w->config.image_ca), &w->site.image_trust, err);
	if (r)
		return err_prepend(err, "site part of the boot image");
	w->site.station_url = w->config.station_url;
	w->site.station_ca = w->config.station_ca;
	w->site.serial_floor = w->config.serial_floor;
	w->site.built = w->config.built;
	return 0;
}

static int read_cmdline(struct worker *w, struct err *err)
{
	char *text = NULL;
	int r = file_read("/proc/cmdline", CMDLINE_MAX, &text, NULL, err);
	if (r)
		return r;
	w->cmdline = secret_new(sizeof(*w->cmdline));
	r = cmdline_parse(text, w->cmdline, err);
	wiping_free(text);
	return r;
}

static void mount_efivars(void)
{
	struct err err = {0};
	if (!firmware_is_uefi(""))
		return;
	if (module_load("efivarfs", &err))
		log_warn("%s", err.text);
	if (mount("efivarfs", EFIVARS, "efivarfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) && errno != EBUSY)
		log_warn("mounting %s: %s", EFIVARS, strerrordesc_np(errno));
}

static void load_drivers(struct worker *w)
{
	struct err err = {0};
	beat(w);
	if (modules_load_all("", SETTLE_MS, &err))
		log_warn("drivers: %s", err.text);
	mount_efivars();
	beat(w);
}

/* Before the links come up: most switches speak at once then, and again after half a minute. */
static void listen_for_neighbours(struct worker *w)
{
	struct err err = {0};
	if (lldp_open(&w->lldp, &err))
		log_warn("%s", err.text);
}

/* A switch may need its time, and a DHCP server may come back. After a script the station has something for this machine, and there is nothing else to do than to
 * try again. */
static int bring_network_up(struct worker *w)
{
	char interface[32];
	for (unsigned tries = 1;; tries++) {
		struct err err = {0};
		beat(w);
		if (!net_up(&w->cmdline->net, interface, &err)) {
			log_info("network: %s is up", interface);
			return 0;
		}
		if (!w->cmdline->hint[0] && tries == NET_PATIENCE) {
			log_error("%s", err.text);
			return -ENETUNREACH;
		}
		log_warn("%s; trying again in %d s", err.text, NET_RETRY_S);
		sleep(NET_RETRY_S);
	}
}

static int find_identity(struct worker *w, struct err *err)
{
	_cleanup_json_ json_t *smbios = NULL, *nics = NULL;
	struct err none = {0};
	if (smbios_read("", &smbios, &none))
		log_warn("SMBIOS: %s", none.text);
	int r = netif_inventory("", &nics, err);
	return r ? r : identity_make(smbios, nics, &w->identity, err);
}

/* What its file says replaces what the command line says of the network; there it can only be the card that booted. */
static int read_medium(struct worker *w, struct err *err)
{
	const struct net_medium from = {
		.machine = &w->identity,
		.patience_s = MEDIUM_S,
		.alive = beat,
		.alive_data = w,
	};
	int r = find_identity(w, err);
	return r ? r : net_medium_read(&from, &w->cmdline->net, err);
}

/* ---- the station ---- */

static void hint_spent(void *data)
{
	send_beat(data, BEAT_HINT);
}

/* 1: as introduce(). */
static int check_in(struct worker *w, struct err *err)
{
	const struct talk_options options = {
		.url = w->site.station_url,
		.ca_pem = w->site.station_ca,
		.alive = beat,
		.alive_data = w,
	};
	int r = talk_new(&options, &w->talk, err);
	if (r)
		return r;
	log_info("checking in at %s", w->site.station_url);
	const struct introduction in = {.talk = w->talk,
					.identity = &w->identity,
					.hint = w->cmdline->hint,
					.alive = beat,
					.hint_spent = hint_spent,
					.data = w};
	r = introduce(&in, &w->checkin, &w->quote, err);
	if (r)
		return r;
	struct err clock = {0};
	if (clock_set(w->checkin->time, &clock))
		log_warn("clock: %s", clock.text);
	return talk_begin(w->talk, w->checkin->token, err);
}

static void say_order(const struct checkin *c)
{
	if (c->order)
		log_info("%s: order %s, %u journal entries", c->node, c->order->id, c->n_journal);
	else
		log_info("no order: %s", c->why_no_order);
}

static int exit_of(enum run_outcome outcome, const struct order *order)
{
	switch (outcome) {
	case RUN_HANDED_OVER:
		return order->kexec ? WORKER_KEXEC : WORKER_HANDED_OVER;
	case RUN_ERASED:
		return WORKER_ERASED;
	case RUN_RESET:
	case RUN_POWER_CYCLE: /* which has not come: the row will say so */
		return WORKER_RESET;
	case RUN_LEFT:
		return WORKER_LEFT;
	case RUN_HELD:
		return WORKER_HELD;
	case RUN_IDLE:
		break;
	}
	return WORKER_IDLE;
}

/* The station switches the machine off: nothing is left to be done until then. */
static void await_power_cut(struct worker *w)
{
	const struct timespec second = {.tv_sec = 1};

	log_info("waiting for the station to switch this machine off and on");
	for (unsigned i = 0; i < POWER_CUT_S; i++) {
		beat(w);
		nanosleep(&second, NULL);
	}
	log_error("the station has not switched this machine off in %d s: it is reset", POWER_CUT_S);
}

/* Without an order there is time to hear every switch out. */
static void complete_inventory(struct worker *w, struct job *job)
{
	struct err err = {0};
	neighbours_await(job, beat, w);
	if (job->facts.inventory_newer && talk_inventory(w->talk, job->facts.inventory, &err))
		log_warn("%s", err.text);
}

static int work(struct worker *w)
{
	struct job job = {
		.lldp = w->lldp,
		.order = w->checkin->order,
		.site = &w->site,
		.now = w->checkin->time > w->site.built ? w->checkin->time : w->site.built,
		.journal = w->checkin->journal,
		.n_journal = w->checkin->n_journal,
		.quote = w->checkin->has_quote ? &w->quote : NULL,
		.power_cycle = w->checkin->power_cycle,
	};
	const struct run_options options = {
		.rows = run_table,
		.n_rows = run_table_len,
		.station = &run_station_talk,
		.station_data = w->talk,
		.let_go = overlays_let_go,
		.alive = beat,
		.alive_data = w,
	};
	say_order(w->checkin);
	enum run_outcome outcome = run_order(&job, &options);
	if (outcome == RUN_POWER_CYCLE)
		await_power_cut(w);
	if (outcome == RUN_IDLE && job.facts.inventory)
		complete_inventory(w, &job);
	job_facts_clear(&job.facts);
	json_decref(job.steps);
	return exit_of(outcome, job.order);
}

static int work_alone(struct worker *w)
{
	const struct alone_options options = {
		.site = &w->site,
		.site_folder = SITE_FOLDER,
		.machine = &w->identity,
		.alive = beat,
		.alive_data = w,
	};
	struct err err = {0};

	if (!IS_ENABLED(CONFIG_ALONE)) {
		log_error("this agent was built without stand-alone use");
		return WORKER_STOPPED;
	}
	if (find_identity(w, &err)) { /* without one the medium could not tell this machine from another */
		log_error("nothing was erased: %s", err.text);
		return WORKER_STOPPED;
	}
	return alone_work(&options);
}

static int leave_to_disk(void)
{
	log_info("nothing is to be done with this machine");
	return local_disk_next() ? WORKER_LOCAL : WORKER_IDLE;
}

static int boot_work(struct worker *w)
{
	struct err err = {0};

	if (read_site(w, &err)) {
		log_error("%s", err.text);
		return 1;
	}
	if (clock_floor(w->site.built, &err))
		log_warn("clock: %s", err.text);
	err = (struct err){0};
	if (read_cmdline(w, &err)) {
		log_error("%s; nothing is done", err.text);
		return WORKER_IDLE;
	}
	load_drivers(w);
	if (w->cmdline->alone)
		return work_alone(w);
	listen_for_neighbours(w);
	if (w->cmdline->net_medium && read_medium(w, &err)) {
		log_error("%s; nothing is done", err.text);
		return WORKER_IDLE;
	}
	if (bring_network_up(w))
		return leave_to_disk();
	if (find_identity(w, &err)) {
		log_error("%s", err.text);
		return 1;
	}
	int r = check_in(w, &err);
	if (r > 0)
		return leave_to_disk();
	if (r) { /* a hint that was spent needs a new boot script at once; what the station refuses for good, later */
		log_error("%s", err.text);
		return r == -EACCES ? WORKER_LEFT : WORKER_IDLE;
	}
	return work(w);
}

static void protect_from_oom(void)
{
	_cleanup_close_ int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, OOM_SCORE_ADJ, strlen(OOM_SCORE_ADJ)) < 0)
		log_debug("oom_score_adj: %s", strerrordesc_np(errno));
}

int worker_run(int beat_fd)
{
	struct worker w = {.beat_fd = beat_fd};

	signal(SIGPIPE, SIG_IGN);
	secret_process();
	protect_from_oom();
	if (log_ring_enable(LOG_RING_SIZE))
		log_warn("no memory for the log that is uploaded");
	int status = boot_work(&w);
	lldp_free(w.lldp);
	talk_free(w.talk);
	checkin_free(w.checkin);
	secret_free(w.cmdline);
	trust_free(w.site.image_trust);
	site_clear(&w.config);
	return status;
}
