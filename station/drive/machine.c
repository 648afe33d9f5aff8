/* SPDX-License-Identifier: Apache-2.0 */
/* Is the machine behind a BMC the order's node? A wrong address would start, and erase, somebody's machine. */
#include <string.h>

#include "redfish/call.h"
#include "redfish/collection.h"
#include "redfish/value.h"
#include "station/drive/job.h"
#include "station/nodes.h"

#define NICS_MAX 64 /* that are looked at */

static int read_node(struct drive_job *job, struct node *ret, struct err *err)
{
	struct store *store = job->station->store;
	int r = store_begin(store, err);

	if (r < 0)
		return r;
	r = node_by_id(store, job->row.node, ret, err);
	store_rollback(store);
	return r;
}

/* What the BMC says, without makers' placeholders, which reading from JSON drops. */
static int read_seen(const struct rf_system *system, struct node_identity *ret, struct err *err)
{
	_cleanup_json_ json_t *json = json_pack("{s:[]}", "macs");
	const char *uuid = NULL, *serial = NULL;
	char plain[37];
	struct err ignored;
	int r = rf_str(system->json, system->path, "UUID", &uuid, err);

	if (r == 0)
		r = rf_str(system->json, system->path, "SerialNumber", &serial, err);
	if (r < 0)
		return r;
	if (uuid && node_uuid_normalise(uuid, plain) == 0)
		json_object_set_new(json, "uuid", json_string(plain));
	if (serial && *serial)
		json_object_set_new(json, "serial", json_string(serial));
	if (node_identity_from_json(json, ret, &ignored) < 0)
		*ret = (struct node_identity){0};
	return 0;
}

/* The first three fields with their bytes the other way round: SMBIOS keeps them so (DSP0134, 7.2.1), and some BMCs pass them on as they lie there. */
static bool same_uuid(const char *a, const char *b)
{
	static const unsigned char swapped[] = {6,  7, 4,  5,  2,  3,  0,  1,  8, 11,
						12, 9, 10, 13, 16, 17, 14, 15, 18};

	if (!strcmp(a, b))
		return true;
	for (unsigned i = 0; i < sizeof(swapped); i++)
		if (a[swapped[i]] != b[i])
			return false;
	return !strcmp(a + sizeof(swapped), b + sizeof(swapped));
}

static bool has_mac(const struct node_identity *identity, const char *text)
{
	char mac[18];

	if (!text || node_mac_normalise(text, mac) < 0)
		return false;
	for (unsigned i = 0; i < identity->n_macs; i++)
		if (!strcmp(identity->macs[i], mac))
			return true;
	return false;
}

/* 1: one of its cards is the node's. */
static int look_for_mac(struct drive_job *job, const struct node_identity *known, struct err *err)
{
	_cleanup_(rf_members_clear) struct rf_members members = {0};
	int r = rf_members_at(job->bmc, job->system.json, job->system.path, "EthernetInterfaces", &members,
			      err);

	for (unsigned i = 0; r == 0 && i < members.n && i < NICS_MAX; i++) {
		_cleanup_json_ json_t *nic = NULL;
		const char *mac = NULL, *permanent = NULL;

		r = rf_get(job->bmc, members.paths[i], &nic, NULL, err);
		if (r == 0)
			r = rf_str(nic, members.paths[i], "MACAddress", &mac, err);
		if (r == 0)
			r = rf_str(nic, members.paths[i], "PermanentMACAddress", &permanent, err);
		if (r == 0 && (has_mac(known, mac) || has_mac(known, permanent)))
			return 1;
	}
	return r;
}

static int another(const struct node *node, const char *what, const char *seen, const char *known,
		   struct err *err)
{
	return err_set(err, EPERM,
		       "the BMC of node %s drives another machine: its %s is %.128s, and the node's is %s; "
		       "give the node "
		       "its own BMC (remint node bmc), or order with --no-bmc",
		       node->name, what, seen, known);
}

int drive_check_machine(struct drive_job *job, struct err *err)
{
	struct node_identity seen = {0};
	const struct node_identity *known;
	struct node node;
	int r = read_node(job, &node, err);

	if (r == 0)
		r = read_seen(&job->system, &seen, err);
	if (r < 0)
		return r;
	known = &node.identity;
	/* The UUID decides where both have one: a serial may be the chassis' on one side and the board's on the other. */
	if (known->uuid[0] && seen.uuid[0])
		return same_uuid(seen.uuid, known->uuid)
			       ? 0
			       : another(&node, "UUID", seen.uuid, known->uuid, err);
	if (known->serial[0] && seen.serial[0])
		return !strcmp(seen.serial, known->serial)
			       ? 0
			       : another(&node, "serial number", seen.serial, known->serial, err);
	r = known->n_macs ? look_for_mac(job, known, err) : 0;
	if (r == 0)
		r = err_set(err, EPERM,
			    "nothing says that the BMC of node %s drives that machine: it tells no UUID, "
			    "serial number or "
			    "MAC that the node was enrolled with; enrol the node with more, or order with "
			    "--no-bmc",
			    node.name);
	return r < 0 ? r : 0;
}
