/* SPDX-License-Identifier: Apache-2.0 */
#include "station/routes.h"

#include <stdio.h>
#include <string.h>

#include "core/io.h"
#include "core/log.h"
#include "core/time.h"
#include "protocol/baseline/baseline.h"
#include "protocol/certificate/certificate.h"
#include "protocol/class/class.h"
#include "protocol/standalone.h"
#include "station/audit.h"
#include "station/calls.h"
#include "station/store.h"
#include "station/waits.h"

#define KIB 1024
#define MIB (1024 * KIB)

/* clang-format off */
const struct route routes[] = {
	/* what firmware, iPXE and bulk transfers need */
	{"GET", "/boot.ipxe", PORT_HTTP, AUTH_NONE, .handler = call_boot_script},
	{"GET", "/boot.efi", PORT_HTTP, AUTH_NONE, .handler = call_boot_efi},
	{"GET", "/boot/*", PORT_HTTP, AUTH_NONE, .no_store = true, .handler = call_boot_file},
	{"GET", "/boot/secure-boot/*", PORT_HTTP, AUTH_NONE, .no_store = true, .handler = call_secure_boot_file},
	{"GET", "/images/*/*", PORT_HTTP, AUTH_NONE, .no_store = true, .handler = call_image_file},
	{"POST", "/phone-home/*", PORT_HTTP, AUTH_NONE, 64 * KIB, .body_ignored = true, .handler = call_phone_home},

	/* the agent */
	{"POST", "/v1/agent/boot", PORT_HTTPS, AUTH_NONE, 16 * KIB, .handler = call_boot_hint},
	{"POST", "/v1/agent/checkin", PORT_HTTPS, AUTH_HINT, 3 * MIB, .handler = call_checkin},
	{"PUT", "/v1/agent/inventory", PORT_HTTPS, AUTH_LEASE, 4 * MIB, .handler = call_inventory},
	{"POST", "/v1/agent/events", PORT_HTTPS, AUTH_LEASE, 1 * MIB, .handler = call_events_add},
	{"POST", "/v1/agent/journal", PORT_HTTPS, AUTH_LEASE, 1 * MIB, .handler = call_journal},
	{"POST", "/v1/agent/evidence", PORT_HTTPS, AUTH_LEASE, EVIDENCE_MAX, .handler = call_evidence},
	{"PUT", "/v1/agent/log", PORT_HTTPS, AUTH_LEASE, 4 * MIB, .handler = call_log_put},
	{"POST", "/v1/agent/outcome", PORT_HTTPS, AUTH_LEASE, 1 * MIB, .handler = call_outcome},

	/* operators */
	{"GET", "/v1/whoami", PORT_HTTPS, AUTH_VIEWER, .handler = call_whoami},
	{"GET", "/v1/nodes", PORT_HTTPS, AUTH_VIEWER, .handler = call_nodes},
	{"POST", "/v1/nodes", PORT_HTTPS, AUTH_ADMINISTRATOR, 1 * MIB, .action = "node-add", .handler = call_node_add},
	{"GET", "/v1/nodes/*", PORT_HTTPS, AUTH_VIEWER, .handler = call_node_show},
	{"POST", "/v1/nodes/*/state", PORT_HTTPS, AUTH_OPERATOR, 1 * MIB, .action = "node-state", .handler = call_node_state},
	{"POST", "/v1/nodes/*/trust", PORT_HTTPS, AUTH_ADMINISTRATOR, 1 * MIB, .action = "node-trust", .handler = call_node_trust},
	{"POST", "/v1/nodes/*/tpm", PORT_HTTPS, AUTH_ADMINISTRATOR, 1 * MIB, .action = "node-tpm", .handler = call_node_tpm},
	{"GET", "/v1/nodes/*/tenancy", PORT_HTTPS, AUTH_VIEWER, .handler = call_node_tenancy},
	{"GET", "/v1/nodes/*/bmc", PORT_HTTPS, AUTH_VIEWER, .handler = call_node_bmc},
	{"PUT", "/v1/nodes/*/bmc", PORT_HTTPS, AUTH_ADMINISTRATOR, 128 * KIB, .action = "bmc-set", .handler = call_node_bmc_set},
	{"DELETE", "/v1/nodes/*/bmc", PORT_HTTPS, AUTH_ADMINISTRATOR, .action = "bmc-remove", .handler = call_node_bmc_remove},
	{"POST", "/v1/nodes/*/bmc/rotate", PORT_HTTPS, AUTH_ADMINISTRATOR, 1 * KIB, .body_ignored = true, .action = "bmc-rotate", .handler = call_node_bmc_rotate},
	{"GET", "/v1/seen", PORT_HTTPS, AUTH_VIEWER, .handler = call_seen},
	{"GET", "/v1/seen/*", PORT_HTTPS, AUTH_VIEWER, .handler = call_seen_show},
	{"GET", "/v1/images", PORT_HTTPS, AUTH_VIEWER, .no_store = true, .handler = call_images},
	{"POST", "/v1/orders", PORT_HTTPS, AUTH_OPERATOR, 1 * MIB, .action = "order-create", .handler = call_order_add},
	{"GET", "/v1/orders", PORT_HTTPS, AUTH_VIEWER, .handler = call_orders},
	{"GET", "/v1/orders/*", PORT_HTTPS, AUTH_VIEWER, .handler = call_order_show},
	{"POST", "/v1/orders/*/cancel", PORT_HTTPS, AUTH_OPERATOR, 1 * MIB, .body_ignored = true, .action = "order-cancel", .handler = call_order_cancel},
	{"GET", "/v1/orders/*/certificate", PORT_HTTPS, AUTH_VIEWER, .handler = call_order_certificate},
	{"GET", "/v1/orders/*/certificate.p7s", PORT_HTTPS, AUTH_VIEWER, .handler = call_order_certificate_p7s},
	{"GET", "/v1/orders/*/evidence", PORT_HTTPS, AUTH_VIEWER, .handler = call_order_evidence},
	{"GET", "/v1/orders/*/addendum", PORT_HTTPS, AUTH_VIEWER, .handler = call_order_addendum},
	{"GET", "/v1/orders/*/addendum.p7s", PORT_HTTPS, AUTH_VIEWER, .handler = call_order_addendum_p7s},
	{"GET", "/v1/orders/*/log", PORT_HTTPS, AUTH_VIEWER, .handler = call_order_log},
	{"GET", "/v1/orders/*/bmc-log", PORT_HTTPS, AUTH_VIEWER, .handler = call_order_bmc_log},
	{"POST", "/v1/runs", PORT_HTTPS, AUTH_OPERATOR, 1 * MIB, .action = "run-create", .handler = call_run_add},
	{"GET", "/v1/runs", PORT_HTTPS, AUTH_VIEWER, .handler = call_runs},
	{"GET", "/v1/runs/*", PORT_HTTPS, AUTH_VIEWER, .handler = call_run_show},
	{"POST", "/v1/runs/*/begin", PORT_HTTPS, AUTH_OPERATOR, 1 * MIB, .body_ignored = true, .action = "run-begin", .handler = call_run_begin},
	{"POST", "/v1/runs/*/resume", PORT_HTTPS, AUTH_OPERATOR, 1 * MIB, .action = "run-resume", .handler = call_run_resume},
	{"POST", "/v1/runs/*/cancel", PORT_HTTPS, AUTH_OPERATOR, 1 * MIB, .body_ignored = true, .action = "run-cancel", .handler = call_run_cancel},
	{"POST", "/v1/imports", PORT_HTTPS, AUTH_OPERATOR, 2 * STANDALONE_MAX, .action = "import-add", .handler = call_import_add},
	{"GET", "/v1/imports", PORT_HTTPS, AUTH_VIEWER, .handler = call_imports},
	{"GET", "/v1/imports/*/certificate", PORT_HTTPS, AUTH_VIEWER, .handler = call_import_certificate},
	{"GET", "/v1/imports/*/certificate.p7s", PORT_HTTPS, AUTH_VIEWER, .handler = call_import_certificate_p7s},
	{"GET", "/v1/events", PORT_HTTPS, AUTH_VIEWER, .handler = call_events},
	{"GET", "/v1/baselines", PORT_HTTPS, AUTH_VIEWER, .handler = call_baselines},
	{"GET", "/v1/baselines/*", PORT_HTTPS, AUTH_VIEWER, .handler = call_baseline_show},
	{"PUT", "/v1/baselines/*", PORT_HTTPS, AUTH_ADMINISTRATOR, BASELINE_MAX, .action = "baseline-put", .handler = call_baseline_put},
	{"DELETE", "/v1/baselines/*", PORT_HTTPS, AUTH_ADMINISTRATOR, .action = "baseline-delete", .handler = call_baseline_delete},
	{"GET", "/v1/classes", PORT_HTTPS, AUTH_VIEWER, .handler = call_classes},
	{"GET", "/v1/classes/*", PORT_HTTPS, AUTH_VIEWER, .handler = call_class_show},
	{"PUT", "/v1/classes/*", PORT_HTTPS, AUTH_ADMINISTRATOR, CLASS_FILE_MAX, .action = "class-put", .handler = call_class_put},
	{"DELETE", "/v1/classes/*", PORT_HTTPS, AUTH_ADMINISTRATOR, .action = "class-delete", .handler = call_class_delete},
	{"GET", "/v1/accounts", PORT_HTTPS, AUTH_ADMINISTRATOR, .handler = call_accounts},
	{"POST", "/v1/accounts", PORT_HTTPS, AUTH_ADMINISTRATOR, 1 * MIB, .action = "account-add", .handler = call_account_add},
	{"DELETE", "/v1/accounts/*", PORT_HTTPS, AUTH_ADMINISTRATOR, .action = "account-delete", .handler = call_account_delete},
	{"GET", "/v1/audit", PORT_HTTPS, AUTH_ADMINISTRATOR, .handler = call_audit},
};
/* clang-format on */
const size_t n_routes = sizeof(routes) / sizeof(*routes);

/* Does the path fit? Then param[] points at what the stars stand for, within `path`, which is cut into pieces. */
static bool fits(const char *pattern, char *path, const char *param[2])
{
	unsigned n = 0;

	while (*pattern && *path) {
		char *end;

		if (*pattern != '*') {
			if (*pattern++ != *path++)
				return false;
			continue;
		}
		end = path + strcspn(path, "/");
		if (end == path || n == 2)
			return false;
		param[n++] = path;
		pattern++;
		if (!*pattern != !*end)
			return false;
		if (*end) {
			*end = '\0';
			pattern++; /* the slash that follows each star but the last */
			path = end + 1;
		} else {
			path = end;
		}
	}
	return !*pattern && !*path;
}

static const struct route *lookup(struct request *req, const char *method, bool *ret_path_known)
{
	const char *name = strcmp(method, "HEAD") == 0 ? "GET" : method;

	*ret_path_known = false;
	for (size_t i = 0; i < n_routes; i++) {
		if (routes[i].port != req->port)
			continue;
		free(req->path_copy);
		req->path_copy = xstrdup(req->target.path);
		req->param[0] = req->param[1] = NULL;
		if (!fits(routes[i].path, req->path_copy, req->param))
			continue;
		*ret_path_known = true;
		if (strcmp(routes[i].method, name) == 0)
			return &routes[i];
	}
	return NULL;
}

static int identify(struct request *req, const char *authorization, struct err *err)
{
	struct store *store = req->station->store;
	int r = store_begin(store, err);

	if (r < 0)
		return r;
	r = auth_identify(store, authorization, &req->caller, err);
	store_rollback(store);
	return r;
}

int route_find(struct request *req, const char *method, const char *authorization, struct err *err)
{
	const struct route *route;
	bool path_known;
	int r = 0;

	snprintf(req->caller.name, sizeof(req->caller.name), "stranger");
	route = lookup(req, method, &path_known);
	if (req->port == PORT_HTTPS) {
		r = identify(req, authorization, err);
		/* Before anything is said about the path. */
		if (r == 0 && req->caller.kind == CALLER_STRANGER && !(route && route->auth == AUTH_NONE))
			r = auth_allows(AUTH_VIEWER, &req->caller, err);
		if (r < 0)
			return r;
	}
	if (!route && path_known)
		return err_set(err, ENOTSUP, "this path does not take this method");
	if (!route)
		return err_set(err, ENOENT, "there is nothing here");
	req->route = route;
	return auth_allows(route->auth, &req->caller, err);
}

static int run_in_store(struct request *req, const char *authorization, struct err *err)
{
	const struct route *route = req->route;
	struct store *store = req->station->store;
	int r = store_begin(store, err);

	if (r < 0)
		return r;
	/* Once more: while the body was coming a lease may have been revoked, or an account deleted. */
	if (route->auth != AUTH_NONE)
		r = auth_identify(store, authorization, &req->caller, err);
	if (r == 0)
		r = auth_allows(route->auth, &req->caller, err);
	if (r == 0)
		r = route->handler(req, err);
	if (r == 0 && route->action)
		r = audit_add(store, req->caller.name, route->action,
			      req->object[0] ? req->object : req->param[0] ?: "", "done", err);
	if (r < 0) {
		store_rollback(store);
		return r;
	}
	return store_commit(store, err);
}

int route_run(struct request *req, const char *authorization, struct err *err)
{
	const struct route *route = req->route;
	int r;

	req->wait = false;
	req->wait_seen = waits_generation(req->station->waits);
	if (route->no_store)
		r = route->handler(req, err);
	else
		r = run_in_store(req, authorization, err);
	if (r == 0 && req->wake)
		waits_wake(req->station->waits);
	return r;
}

void route_audit_refusal(const struct request *req, const char *method, const struct err *why)
{
	struct store *store = req->station->store;
	const struct route *route = req->route;
	unsigned long more = 0;
	struct err err = {0};
	char result[600], action[128];
	bool write = why->code == EPERM || (route && route->action);

	if (why->code == EACCES)
		write = audit_stranger(&more);
	if (!write)
		return;
	if (more)
		snprintf(result, sizeof(result),
			 "refused: %.400s (and %lu more were refused and not written down)", why->text, more);
	else
		snprintf(result, sizeof(result), "refused: %.500s", why->text);
	if (route && route->action)
		snprintf(action, sizeof(action), "%s", route->action);
	else
		snprintf(action, sizeof(action), "%.16s", method);
	if (store_begin(store, &err) < 0) {
		log_error("audit: %s", err.text);
		return;
	}
	if (audit_add(store, req->caller.name, action, req->object[0] ? req->object : req->target.path,
		      result, &err) < 0) {
		log_error("audit: %s", err.text);
		store_rollback(store);
		return;
	}
	if (store_commit(store, &err) < 0)
		log_error("audit: %s", err.text);
}
