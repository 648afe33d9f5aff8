/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of `remint node` share. */
#ifndef CLI_NODE_H
#define CLI_NODE_H

#include <jansson.h>

#include "cli/client.h"

/* POSTs one change of a node (takes it) and shows the node that comes back; the exit status. */
int node_change(const struct client_options *client, const char *name, const char *what, json_t *change,
		bool json);

/* Sets body's attest and ek_sha256 from what was given on the command line; NULL: not given. */
int node_tpm_add(json_t *body, const char *attest, const char *ek, struct err *err) _must_check_;
void node_tpm_show(const json_t *node);

int node_tpm(int argc, char **argv);     /* remint node tpm */
int node_bmc(int argc, char **argv);     /* remint node bmc */
int node_tenancy(int argc, char **argv); /* remint node tenancy */

#endif
