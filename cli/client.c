/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/client.h"

#include <string.h>
#include <strings.h>

#include "core/io.h"

#define TOKEN_MAX    4096
#define DOCUMENT_MAX (16u << 20)

static const char *or_environment(const char *option, const char *name)
{
	const char *value = getenv(name);

	return option ? option : value && *value ? value : NULL;
}

/* The first line of a small file, malloc'd. */
static int read_line(const char *path, char **ret, struct err *err)
{
	int r = file_read(path, TOKEN_MAX, ret, NULL, err);

	if (r == 0)
		(*ret)[strcspn(*ret, "\r\n")] = '\0';
	return r;
}

/* A file that was named, or its default in the state folder; malloc'd, or NULL when neither is known. */
static char *named_or_in_state(const char *named, const char *state, const char *file)
{
	if (named)
		return xstrdup(named);
	return state ? path_join(state, file) : NULL;
}

/* The token goes to that address, so nothing but TLS will do; malloc'd. */
static int station_url(const char *station, const char *state, char **ret, struct err *err)
{
	_cleanup_free_ char *url = station ? xstrdup(station) : NULL;
	_cleanup_free_ char *file = station ? NULL : path_join(state, "url");
	int r = station ? 0 : read_line(file, &url, err);

	if (r == -ENOENT)
		return err_set(err, ENOENT, "no %s: has 'remint serve --state %s' been started?", file,
			       state);
	if (r < 0)
		return r;
	if (strncasecmp(url, "https://", 8) != 0)
		return err_set(err, EINVAL, "%.200s: not https://HOST:PORT", url);
	*ret = TAKE_PTR(url);
	return 0;
}

int client_open(const struct client_options *options, struct http **ret, struct err *err)
{
	const char *state = or_environment(options->state, "REMINT_STATE");
	const char *station = or_environment(options->station, "REMINT_STATION");
	_cleanup_free_ char *ca =
		named_or_in_state(or_environment(options->ca, "REMINT_CA"), state, "ca.pem");
	_cleanup_free_ char *token_file = named_or_in_state(
		or_environment(options->token_file, "REMINT_TOKEN_FILE"), state, "admin.token");
	_cleanup_free_ char *url = NULL, *token = NULL;
	int r;

	if ((!station && !state) || !ca || !token_file)
		return err_set(
			err, EINVAL,
			"which station? give --station, --ca and --token-file, or --state of a station on "
			"this machine (or their environment variables)");
	r = station_url(station, state, &url, err);
	if (r < 0)
		return err_prepend(err, "the station's address");
	r = read_line(token_file, &token, err);
	if (r < 0)
		return err_prepend(err, "the account's token");
	return http_new(&(struct http_options){.ca_file = ca,
					       .token = token,
					       .base = url,
					       .cancelled = options->cancelled,
					       .cancelled_data = options->cancelled_data},
			ret, err);
}

/* What a person can do about it. */
static int explain(int r, struct err *err)
{
	if (r == -EACCES)
		return err_prepend(err, "the station has no account with this token (--token-file)");
	if (r == -EKEYREJECTED)
		return err_prepend(err,
				   "TLS: --ca must be the station's ca.pem, and the name one that 'remint "
				   "serve --address' was given");
	return r;
}

int client_json(struct http *http, const char *method, const char *target, const json_t *body, json_t **ret,
		struct err *err)
{
	return explain(http_json(http, method, target, body, ret, err), err);
}

int client_call(const struct client_options *options, const char *method, const char *target,
		const json_t *body, json_t **ret, struct err *err)
{
	_cleanup_(http_freep) struct http *http = NULL;
	int r = client_open(options, &http, err);

	return r < 0 ? r : client_json(http, method, target, body, ret, err);
}

int client_fetch(const struct client_options *options, const char *target, char **ret, size_t *ret_len,
		 struct err *err)
{
	_cleanup_(http_freep) struct http *http = NULL;
	_cleanup_(http_response_clear) struct http_response response = {};
	int r = client_open(options, &http, err);

	if (r < 0)
		return r;
	r = http_request(http, "GET", target, NULL, NULL, 0, DOCUMENT_MAX, &response, err);
	if (r < 0)
		return explain(r, err);
	if (response.status != 200)
		return explain(http_refused("GET", target, &response, err), err);
	*ret = TAKE_PTR(response.body);
	*ret_len = response.len;
	return 0;
}

int client_inventory(const struct client_options *options, const char *node, json_t **ret, struct err *err)
{
	_cleanup_free_ char *path = str_printf("/v1/nodes/%s", node);
	_cleanup_json_ json_t *json = NULL;
	json_t *inventory;
	int r = client_call(options, "GET", path, NULL, &json, err);

	if (r < 0)
		return r;
	inventory = json_object_get(json, "inventory");
	if (!json_is_object(inventory))
		return err_set(
			err, ENOENT,
			"the station has no inventory of %s yet: it comes when the node boots the agent",
			node);
	*ret = json_incref(inventory);
	return 0;
}

void print_json(const json_t *json)
{
	_cleanup_free_ char *text = json_pretty(json, NULL);

	fputs(text, stdout);
}

const char *json_text(const json_t *obj, const char *key)
{
	const char *text = json_string_value(json_object_get(obj, key));

	return text && *text ? text : "-";
}
