/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net.json of a boot medium: the networks of the machines that are started from it. It is not signed: it can say where packets go and nothing
 * else, because the station is authenticated by the CA in the boot image. docs/boot-media.md
 */
#ifndef PROTOCOL_NET_FILE_H
#define PROTOCOL_NET_FILE_H

#include <stdbool.h>

#include "core/err.h"
#include "protocol/network/net_config.h"
#include "protocol/node.h"

#define NET_FILE_MAX     (1024 * 1024) /* bytes */
#define NET_MACHINES_MAX 4096

struct net_machine {
	char mac[18];     /* of the port that is configured; "": whichever has a link */
	char serial[128]; /* SMBIOS system serial; "": any */
	struct net_config config;
};

struct net_file {
	struct net_machine
		*machines; /* one without mac and serial stands alone: for whatever machine it is */
	unsigned n;
	bool others_dhcp; /* a machine that is not among them asks by DHCP; else it stops */
};

/* Hostile input. -EBADMSG names the machine and field. *ret is cleared by net_file_clear(). */
int net_file_parse(const void *text, size_t len, struct net_file *ret, struct err *err) _must_check_;
void net_file_clear(struct net_file *file);

/* This machine's, borrowed; NULL where it is to ask by DHCP. -ENOENT: it is not among them; -ENOTUNIQ: it is there twice. */
int net_file_choose(const struct net_file *file, const struct node_identity *machine,
		    const struct net_machine **ret, struct err *err) _must_check_;

#endif
