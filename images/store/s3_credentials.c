/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <string.h>

#include "core/io.h"
#include "images/store/s3_credentials.h"

#define FILE_MAX (64u << 10)

static void forget(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

void s3_credentials_clear(struct s3_credentials *c)
{
	forget(c->key_id);
	forget(c->secret);
	forget(c->session);
	*c = (struct s3_credentials){0};
}

static char *trim(char *text)
{
	size_t n;

	text += strspn(text, " \t");
	n = strlen(text);
	while (n && strchr(" \t\r", text[n - 1]))
		n--;
	text[n] = '\0';
	return text;
}

static void take_line(char *line, struct s3_credentials *c)
{
	char *equals = strchr(line, '=');
	const char *key;
	char **into;

	if (!equals)
		return;
	*equals = '\0';
	key = trim(line);
	into = !strcmp(key, "aws_access_key_id")       ? &c->key_id
	       : !strcmp(key, "aws_secret_access_key") ? &c->secret
	       : !strcmp(key, "aws_session_token")     ? &c->session
						       : NULL;
	if (!into)
		return;
	forget(*into);
	*into = xstrdup(trim(equals + 1));
}

static int from_file(const char *file, struct s3_credentials *c, struct err *err)
{
	char *text = NULL, *rest, *line;
	bool ours = true;
	int r = file_read(file, FILE_MAX, &text, NULL, err);

	if (r < 0)
		return r;
	for (rest = text; (line = strsep(&rest, "\n"));) {
		line = trim(line);
		if (*line == '[')
			ours = !strcmp(line, "[default]");
		else if (ours && *line != '#')
			take_line(line, c);
	}
	forget(text);
	return 0;
}

static char *from_environment(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? xstrdup(value) : NULL;
}

int s3_credentials_read(const char *file, struct s3_credentials *ret, struct err *err)
{
	_cleanup_(s3_credentials_clear) struct s3_credentials c = {0};
	int r;

	if (file) {
		if ((r = from_file(file, &c, err)) < 0)
			return r;
	} else {
		c.key_id = from_environment("AWS_ACCESS_KEY_ID");
		c.secret = from_environment("AWS_SECRET_ACCESS_KEY");
		c.session = from_environment("AWS_SESSION_TOKEN");
	}
	if (!c.key_id || !c.secret || !*c.key_id || !*c.secret)
		return err_set(err, EINVAL, "no credentials: %s%s",
			       file ? file
				    : "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give "
				      "--credentials-file",
			       file ? " holds no aws_access_key_id and aws_secret_access_key in [default]"
				    : "");
	*ret = c;
	c = (struct s3_credentials){0};
	return 0;
}
