/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings and firmware of NVIDIA's (Mellanox's) cards, which have no kernel interface: by mstconfig and mstflint, whose output for people is read by a strict grammar.
 * Their exit status is not believed: what lasts is what the next query says.
 */
#ifndef AGENT_HW_MST_H
#define AGENT_HW_MST_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

#define MST_VENDOR     "15b3"
#define MST_NAME_MAX   63 /* bytes of a parameter's name */
#define MST_VALUE_MAX  63
#define MST_PARAMS_MAX 1024

/* Where the tools are, and how long one run may take. */
struct mst {
	const char *const *folders; /* that are searched first; NULL-terminated; NULL: the system's */
	const char *const *
		roots; /* trees of overlays, searched after them: a tool out of one runs with it as its root. NULL-terminated; may be NULL */
	unsigned limit_s;          /* 0: MST_LIMIT_S */
	bool (*alive)(void *data); /* tool.h; may be NULL */
	void *data;
};
#define MST_LIMIT_S 120

/* Values as shown: "True(1)", "16". */
struct mst_param {
	char name[MST_NAME_MAX + 1];
	char standard[MST_VALUE_MAX + 1]; /* the maker's */
	char current[MST_VALUE_MAX + 1];  /* in force */
	char next[MST_VALUE_MAX + 1];     /* after the card's next reset */
};

struct mst_config {
	struct mst_param *params; /* n of them, as they came; mst_config_clear() */
	unsigned n;
};

struct mst_firmware {
	char psid[32];    /* "" where the card has none */
	char version[32]; /* what lies in the card */
	char running[32]; /* the same, or what runs until the card's next reset */
};

/* Is there such a program ("mstconfig")? -ENOENT. */
int mst_find(const struct mst *mst, const char *program, struct err *err) _must_check_;
/*
 * Can the tools reach a card at all? They write its configuration space through sysfs, which a locked down kernel forbids, or use their own module (mstflint_access), which
 * makes /dev/<address>_mstconf. -EPERM.
 */
int mst_reaches(const char *root, const char *pci, struct err *err) _must_check_;

/* pci: "0000:3b:00.0". All parameters of the card, which its functions share. */
int mst_config_query(const struct mst *mst, const char *pci, struct mst_config *ret,
		     struct err *err) _must_check_;
/* The tool's word that it was taken is no more than that: query afterwards. */
int mst_config_set(const struct mst *mst, const char *pci, const char *name, const char *value,
		   struct err *err) _must_check_;
int mst_firmware_query(const struct mst *mst, const char *pci, struct mst_firmware *ret,
		       struct err *err) _must_check_;

/* What `mstconfig -e query` and `mstflint query` print. -EBADMSG: it is not that, and on which line; -EIO: the tool says so itself. Pure. */
int mst_config_parse(const char *text, size_t len, struct mst_config *ret, struct err *err) _must_check_;
int mst_firmware_parse(const char *text, size_t len, struct mst_firmware *ret, struct err *err) _must_check_;

const struct mst_param *mst_config_find(const struct mst_config *config, const char *name);
void mst_config_clear(struct mst_config *config);
/* Is `shown` what `wanted` means? "True(1)" is wanted as "True(1)", "True" or "1"; numbers are compared as numbers. */
bool mst_value_is(const char *wanted, const char *shown);

#endif
