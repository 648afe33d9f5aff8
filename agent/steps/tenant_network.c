/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/steps/tenant_network.h"

#include "core/hash.h"
#include "core/io.h"
#include "core/json.h"
#include "protocol/network/network.h"

static const char *text_at(const json_t *json, const char *key)
{
	return json_string_value(json_object_get(json, key)) ?: "no PCI address";
}

/* The cable may come later, and whether it must be there is the class's to say. */
static void note_dark(struct job *job, const json_t *port)
{
	_cleanup_free_ char *line = NULL;

	if (json_is_true(json_object_get(port, "link")))
		return;
	line = str_printf("network: %s (%s, %s) has no link", text_at(port, "name"), text_at(port, "mac"),
			  text_at(port, "pci"));
	job->ops->note(job, line);
}

int tenant_network_check(struct job *job, struct err *err)
{
	_cleanup_json_ json_t *ports = NULL;
	const json_t *port;
	size_t i;
	int r;

	if (!job->order->network)
		return 0;
	r = network_ports_find(job->order->network, job->facts.inventory, &ports, err);
	json_array_foreach(ports, i, port)
		note_dark(job, port);
	return r;
}

/* What lasts of a port: the kernel's name and the link are of this boot. */
static void keep_what_lasts(json_t *ports)
{
	json_t *port;
	size_t i;

	json_array_foreach(ports, i, port) {
		json_object_del(port, "kernel_name");
		json_object_del(port, "link");
	}
}

int tenant_network_text(struct job *job, char **ret, struct err *err)
{
	const struct network *network = job->order->network;
	char sha256[SHA256_HEX_SIZE];
	json_t *ports = NULL;
	size_t len = 0;
	int r;

	if (!network)
		return 0;
	r = network_ports_find(network, job->facts.inventory, &ports, err);
	if (r < 0)
		return r;
	keep_what_lasts(ports);
	r = network_render(network, ret, &len, err);
	if (r < 0) {
		json_decref(ports);
		return r;
	}
	sha256_hex(*ret, len, sha256);
	json_decref(job->facts.network);
	job->facts.network =
		json_pack("{ss sI so}", "sha256", sha256, "size", (json_int_t)len, "ports", ports);
	return 0;
}
