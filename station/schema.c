/* SPDX-License-Identifier: Apache-2.0 */
/* The tables. A change is a further step at the end: a step that has been released never changes. */
#include "station/schema.h"

#include <stddef.h>

/*
 * Times are seconds since the epoch. A token stands here as the hexadecimal SHA-256 of its text.
 * orders.image is "" for an order that only erases.
 * nodes.identity, nodes.inventory, seen.*, orders.body, journal.entry, events.event: JSON texts.
 */
static const char version_1[] =
	"CREATE TABLE accounts (name TEXT PRIMARY KEY, role TEXT NOT NULL, token TEXT NOT NULL UNIQUE,"
	" created INTEGER NOT NULL) WITHOUT ROWID;"

	"CREATE TABLE nodes (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, state TEXT NOT NULL,"
	" location_trusted INTEGER NOT NULL, identity TEXT NOT NULL, inventory TEXT, created INTEGER NOT "
	"NULL,"
	" seen INTEGER);"
	/* What a node may be found by: "uuid:...", "serial:...", "mac:...". */
	"CREATE TABLE node_keys (key TEXT NOT NULL, node INTEGER NOT NULL REFERENCES nodes, PRIMARY KEY "
	"(key, node))"
	" WITHOUT ROWID;"

	/* Machines that checked in and are no node of ours. */
	"CREATE TABLE seen (id INTEGER PRIMARY KEY, identity TEXT NOT NULL UNIQUE, inventory TEXT,"
	" seen INTEGER NOT NULL);"

	"CREATE TABLE orders (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, node INTEGER NOT NULL "
	"REFERENCES nodes,"
	" image TEXT NOT NULL, state TEXT NOT NULL, step TEXT, reason TEXT, requested_by TEXT NOT NULL,"
	" created INTEGER NOT NULL, updated INTEGER NOT NULL, body TEXT NOT NULL, phone_home TEXT UNIQUE,"
	" evidence TEXT, certificate TEXT, certificate_p7s BLOB, certificate_lease INTEGER,"
	" addendum TEXT, addendum_p7s BLOB);"
	"CREATE INDEX orders_of_node ON orders (node, state);"
	/* The rule "one open order a node", kept by the store itself. */
	"CREATE UNIQUE INDEX one_open_order ON orders (node)"
	" WHERE state IN ('pending', 'running', 'handed-over');"

	/* Hints of boot scripts. node is null for a machine that is no node. nonce: of the check-in that used it. */
	"CREATE TABLE hints (id INTEGER PRIMARY KEY, token TEXT NOT NULL UNIQUE, node INTEGER REFERENCES "
	"nodes,"
	" created INTEGER NOT NULL, nonce TEXT);"
	"CREATE INDEX hints_of_node ON hints (node, id);"

	/* One of node and seen is set. */
	"CREATE TABLE leases (id INTEGER PRIMARY KEY AUTOINCREMENT, token TEXT NOT NULL UNIQUE,"
	" node INTEGER REFERENCES nodes, seen INTEGER REFERENCES seen ON DELETE CASCADE, order_seq INTEGER "
	"REFERENCES orders,"
	" created INTEGER NOT NULL, revoked INTEGER NOT NULL DEFAULT 0, log BLOB);"
	"CREATE INDEX leases_of_node ON leases (node, id);"
	"CREATE INDEX leases_of_seen ON leases (seen, id);"
	"CREATE INDEX leases_of_order ON leases (order_seq, id);"

	/* void: a script other than the agent's was handed to the node since. */
	"CREATE TABLE journal (id INTEGER PRIMARY KEY, order_seq INTEGER NOT NULL REFERENCES orders,"
	" lease INTEGER NOT NULL, time INTEGER NOT NULL, entry TEXT NOT NULL, void INTEGER NOT NULL DEFAULT "
	"0);"
	"CREATE INDEX journal_of_order ON journal (order_seq, id);"

	"CREATE TABLE events (id INTEGER PRIMARY KEY AUTOINCREMENT, lease INTEGER NOT NULL, seq INTEGER NOT "
	"NULL,"
	" order_seq INTEGER, kind TEXT NOT NULL, event TEXT NOT NULL, UNIQUE (lease, seq));"
	"CREATE INDEX events_of_order ON events (order_seq, id);"

	"CREATE TABLE audit (id INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, account TEXT NOT "
	"NULL,"
	" action TEXT NOT NULL, object TEXT NOT NULL, result TEXT NOT NULL);";

/* Records of stand-alone use, and the certificates made of them. The order need not be one of this station's. */
static const char version_2[] =
	"CREATE TABLE imports (id INTEGER PRIMARY KEY, record_sha256 TEXT NOT NULL UNIQUE,"
	" order_sha256 TEXT NOT NULL, nonce TEXT NOT NULL, order_id TEXT NOT NULL, node TEXT NOT NULL,"
	" imported INTEGER NOT NULL, imported_by TEXT NOT NULL, order_text BLOB NOT NULL, order_p7s BLOB NOT "
	"NULL,"
	" record BLOB NOT NULL, record_p7s BLOB NOT NULL, certificate TEXT NOT NULL,"
	" certificate_p7s BLOB NOT NULL, UNIQUE (order_sha256, nonce));";

/*
 * Who a node's TPM is, and what it said. nodes.ek_sha256: of its endorsement key; ek_basis: how it came to be known. hints.challenge,
 * leases.attestation, nodes.attestation (the newest): JSON texts of station/attest/attest.h.
 */
static const char version_3[] =
	"ALTER TABLE nodes ADD COLUMN attest TEXT NOT NULL DEFAULT 'record';"
	"ALTER TABLE nodes ADD COLUMN ek_sha256 TEXT;"
	"ALTER TABLE nodes ADD COLUMN ek_basis TEXT;"
	"ALTER TABLE nodes ADD COLUMN tpm_first_use INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE nodes ADD COLUMN attestation TEXT;"
	/* A TPM is one node's. */
	"CREATE UNIQUE INDEX node_of_ek ON nodes (ek_sha256) WHERE ek_sha256 IS NOT NULL;"
	"ALTER TABLE hints ADD COLUMN challenge TEXT;"
	"ALTER TABLE leases ADD COLUMN attestation TEXT;";

/*
 * given: when the boot image went to the order's machine for the first time since its agent was last heard of. begin_by: when a pending order is
 * to be running.
 */
static const char version_4[] = "ALTER TABLE orders ADD COLUMN given INTEGER;"
				"ALTER TABLE orders ADD COLUMN begin_by INTEGER;";

/* A node's BMC. pin: "", or ca is there; system: null, when it is found out. password and candidate are sealed, about all the rest. */
static const char version_5[] =
	"CREATE TABLE bmcs (node INTEGER PRIMARY KEY REFERENCES nodes, origin TEXT NOT NULL, pin TEXT NOT "
	"NULL,"
	" ca TEXT, user TEXT NOT NULL, system TEXT, basic INTEGER NOT NULL, password BLOB NOT NULL,"
	" candidate BLOB, changed INTEGER NOT NULL);"
	"CREATE INDEX bmcs_of_origin ON bmcs (origin);";

/*
 * Orders that are driven through a BMC. phase: station/drive/row.h; record: JSON text of station/drive/record.h; wants: of the agent of the lease
 * wanted_by.
 */
static const char version_6[] =
	"CREATE TABLE driven (order_seq INTEGER PRIMARY KEY REFERENCES orders, phase TEXT NOT NULL,"
	" tries INTEGER NOT NULL DEFAULT 0, fails INTEGER NOT NULL DEFAULT 0, until INTEGER NOT NULL DEFAULT "
	"0,"
	" lease INTEGER NOT NULL DEFAULT 0, wants INTEGER NOT NULL DEFAULT 0, wanted_by INTEGER NOT NULL "
	"DEFAULT 0,"
	" record TEXT NOT NULL);"
	"CREATE INDEX driven_now ON driven (order_seq) WHERE phase != 'done';";

/*
 * Runs: many nodes, one order for each, so many at once. image: as of orders. wish: JSON, an order as it is asked for, without node. manifest_sha256: of
 * the image when the run was made. max_failures 0: none. run_nodes.refused: why the node got no order.
 */
static const char version_7[] =
	"CREATE TABLE runs (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, image TEXT NOT NULL,"
	" requested_by TEXT NOT NULL, created INTEGER NOT NULL, concurrency INTEGER NOT NULL,"
	" max_failures INTEGER NOT NULL, until TEXT NOT NULL, return_leased INTEGER NOT NULL,"
	" cancelled INTEGER NOT NULL DEFAULT 0, manifest_sha256 TEXT, wish TEXT NOT NULL);"
	"CREATE TABLE run_nodes (run INTEGER NOT NULL REFERENCES runs, node INTEGER NOT NULL REFERENCES "
	"nodes,"
	" place INTEGER NOT NULL, refused TEXT, PRIMARY KEY (run, node)) WITHOUT ROWID;"
	"ALTER TABLE orders ADD COLUMN run INTEGER REFERENCES runs;"
	/* A run orders a node once, kept by the store itself. */
	"CREATE UNIQUE INDEX order_of_run ON orders (run, node) WHERE run IS NOT NULL;";

/*
 * What machines are to be like, as their BMCs tell it (protocol/baseline/baseline.h). orders.baseline: the document that the order was made with, by its
 * digest; out_of_band: what came of comparing, JSON (protocol/baseline/out_of_band.h).
 */
static const char version_8[] =
	"CREATE TABLE baseline_texts (sha256 TEXT PRIMARY KEY, name TEXT NOT NULL, text TEXT NOT NULL)"
	" WITHOUT ROWID;"
	"CREATE TABLE baselines (name TEXT PRIMARY KEY, sha256 TEXT NOT NULL REFERENCES baseline_texts,"
	" changed INTEGER NOT NULL, changed_by TEXT NOT NULL) WITHOUT ROWID;"
	"ALTER TABLE orders ADD COLUMN baseline TEXT REFERENCES baseline_texts;"
	"ALTER TABLE orders ADD COLUMN out_of_band TEXT;"
	"CREATE INDEX orders_of_baseline ON orders (baseline) WHERE baseline IS NOT NULL;"
	/* Event logs of BMCs, as they were when the orders began. */
	"CREATE TABLE bmc_logs (order_seq INTEGER PRIMARY KEY REFERENCES orders, log TEXT NOT NULL);";

/* Machine classes (protocol/class/class.h), as the baselines of version 8. */
static const char version_9[] =
	"CREATE TABLE class_texts (sha256 TEXT PRIMARY KEY, name TEXT NOT NULL, text TEXT NOT NULL)"
	" WITHOUT ROWID;"
	"CREATE TABLE classes (name TEXT PRIMARY KEY, sha256 TEXT NOT NULL REFERENCES class_texts,"
	" changed INTEGER NOT NULL, changed_by TEXT NOT NULL) WITHOUT ROWID;"
	"ALTER TABLE orders ADD COLUMN class TEXT REFERENCES class_texts;"
	"CREATE INDEX orders_of_class ON orders (class) WHERE class IS NOT NULL;";

/* What nodes were under their newest orders: the first inventory that an agent told, and the newest. station/tenancy.h */
static const char version_10[] = "CREATE TABLE inventories (order_seq INTEGER PRIMARY KEY REFERENCES orders,"
				 " first TEXT NOT NULL, newest TEXT NOT NULL);";

const char *const schema_steps[] = {version_1, version_2, version_3, version_4,  version_5, version_6,
				    version_7, version_8, version_9, version_10, NULL};
