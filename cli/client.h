/* SPDX-License-Identifier: Apache-2.0 */
/* How a verb reaches the station: where it is, whom to trust, and as whom. */
#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

#include "cli/args.h"
#include "core/http.h"

struct client_options {
	const char *station, *token_file, *ca, *state;
	bool (*cancelled)(void *data); /* ends a call that waits; NULL: nothing does (core/http.h) */
	void *cancelled_data;
};

/* Rows for a verb's option table. */
#define CLIENT_ARGS(o)                                                                                  \
	{"station", ARG_TEXT, &(o)->station, "URL", "the station, https://HOST:PORT (REMINT_STATION)"}, \
		{"token-file", ARG_TEXT, &(o)->token_file, "FILE",                                      \
		 "holds the account's token (REMINT_TOKEN_FILE)"},                                      \
		{"ca", ARG_TEXT, &(o)->ca, "FILE", "the station's CA, PEM (REMINT_CA)"},                \
	{                                                                                               \
		"state", ARG_TEXT, &(o)->state, "DIR",                                                  \
			"a station's state folder on this machine, for the three above (REMINT_STATE)"  \
	}

/* Options win over the environment, which wins over the state folder's url, admin.token and ca.pem. */
int client_open(const struct client_options *options, struct http **ret, struct err *err) _must_check_;

/* http_json(), with what a person can do when token, CA or name are not right. */
int client_json(struct http *http, const char *method, const char *target, const json_t *body, json_t **ret,
		struct err *err) _must_check_;

/* One call; *ret is a new reference or NULL after an empty answer. */
int client_call(const struct client_options *options, const char *method, const char *target,
		const json_t *body, json_t **ret, struct err *err) _must_check_;

/* A document as it is stored (certificate, signature, log), at most 16 MiB; malloc'd. */
int client_fetch(const struct client_options *options, const char *target, char **ret, size_t *ret_len,
		 struct err *err) _must_check_;

/* What the node's agent told of its machine last, a new reference; -ENOENT before it has. */
int client_inventory(const struct client_options *options, const char *node, json_t **ret,
		     struct err *err) _must_check_;

/* Prints json indented. */
void print_json(const json_t *json);

/* obj[key] as text for people: "-" where it is missing or null. */
const char *json_text(const json_t *obj, const char *key);

#endif
