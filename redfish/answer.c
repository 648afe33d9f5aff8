/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/answer.h"

#include <string.h>

#include "core/http_body.h"
#include "core/http_easy.h"
#include "core/io.h"
#include "core/json.h"
#include "core/secret.h"

#define MESSAGES_MAX 32  /* looked at; the rest says nothing new */
#define OBJECT_COST  320 /* bytes that jansson takes, about */
#define VALUE_COST   64
#define SHOWN_MAX    300 /* bytes of a BMC's message in ours */

void rf_answer_clear(struct rf_answer *answer)
{
	wiping_free(answer->body); /* an answer may repeat what was sent */
	explicit_bzero(answer->token, sizeof(answer->token));
	*answer = (struct rf_answer){0};
}

void rf_answer_header(struct rf_answer *answer, const char *line, size_t len)
{
	if (len >= 5 && !strncasecmp(line, "HTTP/", 5)) /* of a new answer */
		answer->etag[0] = answer->location[0] = answer->token[0] = '\0';
	(void)http_header_value(line, len, "ETag", answer->etag, sizeof(answer->etag));
	(void)http_header_value(line, len, "Location", answer->location, sizeof(answer->location));
	(void)http_header_value(line, len, "X-Auth-Token", answer->token, sizeof(answer->token));
}

static void make_plain(char *text)
{
	for (; *text; text++)
		if (*text < 0x20 || *text > 0x7e)
			*text = '?';
}

char *rf_plain(const char *text)
{
	char *copy = str_printf("%.*s", SHOWN_MAX, text);

	make_plain(copy);
	return copy;
}

/* Values cost memory many times their bytes: "{}," is 3, and 300 once it is read. */
static bool too_costly(const char *buf, size_t len)
{
	size_t cost = 0;
	bool in_string = false;

	for (size_t i = 0; i < len; i++) {
		if (in_string && buf[i] == '\\')
			i++;
		else if (buf[i] == '"')
			in_string = !in_string;
		else if (!in_string && buf[i] == '{')
			cost += OBJECT_COST;
		else if (!in_string && (buf[i] == ',' || buf[i] == '['))
			cost += VALUE_COST;
	}
	return cost > RF_COST_MAX;
}

int rf_answer_json(const struct rf_answer *answer, const char *what, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *json = NULL;
	int r;

	if (answer->len > RF_BODY_MAX)
		return err_set(err, EFBIG, "%s: an answer of %zu bytes", what, answer->len);
	if (too_costly(answer->body, answer->len))
		return err_set(err, EFBIG, "%s: an answer of more values than are read", what);
	r = json_parse(answer->body, answer->len, &json, err);
	if (r < 0) {
		make_plain(err->text); /* it quotes what it could not read */
		return err_prepend(err, "%s", what);
	}
	if (!json_is_object(json))
		return err_set(err, EBADMSG, "%s: the answer must be an object", what);
	*ret = TAKE_PTR(json);
	return 0;
}

/* Where messages stand: in an error (DSP0266, 8.6), or beside what was done. NULL: none. */
static json_t *messages(const json_t *json)
{
	json_t *list = json_object_get(json_object_get(json, "error"), "@Message.ExtendedInfo");

	return list ? list : json_object_get(json, "@Message.ExtendedInfo");
}

/* "Base.1.8.PropertyNotWritable" is PropertyNotWritable. */
static bool named(const json_t *id, const char *name)
{
	const char *text = json_string_value(id), *dot = text ? strrchr(text, '.') : NULL;

	return text && !strcmp(dot ? dot + 1 : text, name);
}

static json_t *parsed(const struct rf_answer *answer)
{
	struct err ignored;
	json_t *json = NULL;

	return rf_answer_json(answer, "answer", &json, &ignored) == 0 ? json : NULL;
}

bool rf_answer_says(const struct rf_answer *answer, const char *name)
{
	_cleanup_json_ json_t *json = parsed(answer);
	const json_t *list = messages(json), *message;
	size_t i;

	if (named(json_object_get(json_object_get(json, "error"), "code"), name))
		return true;
	json_array_foreach((json_t *)list, i, message) {
		if (i == MESSAGES_MAX)
			break;
		if (named(json_object_get(message, "MessageId"), name))
			return true;
	}
	return false;
}

char *rf_answer_message(const struct rf_answer *answer)
{
	_cleanup_json_ json_t *json = parsed(answer);
	const json_t *first = json_array_get(messages(json), 0), *error = json_object_get(json, "error");
	const char *text = json_string_value(json_object_get(first, "Message"));

	if (!text || !*text)
		text = json_string_value(json_object_get(first, "MessageId"));
	if (!text || !*text)
		text = json_string_value(json_object_get(error, "message"));
	return text && *text ? rf_plain(text) : NULL;
}

int rf_answer_refused(const struct rf_answer *answer, const char *method, const char *path, struct err *err)
{
	_cleanup_free_ char *message = rf_answer_message(answer);

	return err_set(err, -http_status_code(answer->status), "%s %s: HTTP status %ld%s%s", method, path,
		       answer->status, message ? ": " : "", message ? message : "");
}
