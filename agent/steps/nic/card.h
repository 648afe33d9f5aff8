/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of step nic: the cards that the order speaks of, and what was done with each. docs/nic.md */
#ifndef AGENT_STEPS_NIC_CARD_H
#define AGENT_STEPS_NIC_CARD_H

#include "agent/hw/mst/mst.h"
#include "agent/hw/net/genl.h"
#include "agent/step.h"

enum nic_mode {
	NIC_CHECK,  /* could it be done? Nothing is changed */
	NIC_CHANGE, /* it is done, and read back */
	NIC_VERIFY, /* is it still so? Nothing is changed */
};

/* What all cards of one look share. */
struct nic_work {
	struct job *job;
	enum nic_mode mode;
	const char *root;    /* in front of /sys and /lib; "" */
	struct genl devlink; /* fd -EBADF: this kernel has none */
	json_t *info;        /* devlink_inventory(), fresh; NULL: none */
	unsigned limit_s;    /* in which a driver has to come back from what it is asked */
	struct mst mst;
	char **overlays; /* for mst.roots; n_overlays of them */
	unsigned n_overlays;
};

/* One PCI function that an entry of the order matches. */
struct nic_card {
	const struct order_nic *wish;
	unsigned entry; /* of order.nic */
	char pci[16];
	const json_t *function;  /* the inventory's: "pci" */
	const json_t *interface; /* the inventory's: "nics", its first; NULL: none */
	const json_t *earlier;   /* this card's record of an earlier boot of the order; NULL: none */
	json_t *record;          /* docs/certificate.md, "Network cards" */
	bool needs_reset;        /* what was set is in force after the card's next reset alone */
};

#define NIC_CARDS_MAX 128 /* functions */

struct nic_cards {
	struct nic_card *at; /* n of them */
	unsigned n;
	json_t *unmatched; /* records of entries that match no card */
};

void nic_work_open(struct nic_work *work, struct job *job, enum nic_mode mode);
void nic_work_close(struct nic_work *work);

/* Of the inventory; with records in which nothing is said yet. -ENODEV: a required entry matches none; -EBADMSG: two entries speak of one card. */
int nic_cards_find(const struct nic_work *work, struct nic_cards *ret, struct err *err) _must_check_;
void nic_cards_clear(struct nic_cards *cards);

/* What could not be done, and why: into the record. */
void nic_not_done(struct nic_card *card, const char *what, const char *why);

/*
 * Each takes one part of the card's wish, as the mode says. What it cannot do is told by nic_not_done(); only a cancelled order is an error, and -ETIMEDOUT: a driver that
 * does not come back, and may still be at work.
 */
int nic_firmware(struct nic_work *work, struct nic_card *card, struct err *err) _must_check_;
int nic_devlink(struct nic_work *work, struct nic_card *card, struct err *err) _must_check_;
int nic_config(struct nic_work *work, struct nic_card *card, struct err *err) _must_check_;
int nic_sriov(struct nic_work *work, struct nic_card *card, struct err *err) _must_check_;

/* Something that is asked of a card's driver. */
struct nic_task {
	const char *what; /* for the error of one that does not come back */
	const struct nic_work *work;
	const struct nic_card *card;
	const char *name; /* of a parameter */
	const json_t *wanted;
	/* Runs in the child, which sees all that the parent has, and whose changes the parent does not. *ret: an object. */
	int (*run)(const struct nic_task *task, json_t **ret, struct err *err);
};

/*
 * Runs it in a child process. *ret: its object, a new reference. -ETIMEDOUT: the driver has not come back within work->limit_s; all else that such a card is asked in this boot may
 * hang too. Else what the task itself returned.
 */
int nic_child(struct nic_work *work, const struct nic_task *task, json_t **ret, struct err *err) _must_check_;

/* Is it a card of the maker for whose cards there is mstconfig? */
bool nic_has_mst(const struct nic_card *card);
/* The board's PSID, or "". */
const char *nic_psid(const struct nic_work *work, const char *pci, const json_t *inventory);

/* A setting in the record; before and after are new references or NULL, which becomes null. What an earlier boot has found before it changed it counts. */
void nic_add_setting(struct nic_card *card, const char *by, const char *name, const json_t *wanted,
		     json_t *before, json_t *after);

#endif
