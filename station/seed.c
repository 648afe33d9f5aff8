/* SPDX-License-Identifier: Apache-2.0 */
#include "station/seed.h"

#include <string.h>
#include <strings.h>

#include "core/hash.h"
#include "core/io.h"

char *seed_meta_data(const char *order_id, const char *node)
{
	return str_printf("instance-id: \"%s\"\nlocal-hostname: \"%s\"\n", order_id, node);
}

static bool begins(const char *text, const char *with)
{
	return strncasecmp(text, with, strlen(with)) == 0;
}

/*
 * The headers of the operator's part. cloud-init tells the kinds of a text/plain part apart by its first line
 * ("#cloud-config", "#!", "#include", "## template: jinja", ...), so that need not be done here. What is a MIME
 * message already brings its own headers and becomes a nested part.
 */
static int part_headers(const char *given, const char **ret, struct err *err)
{
	*ret = "Content-Type: text/plain; charset=\"utf-8\"\nMIME-Version: 1.0\n\n";
	if (begins(given, "Content-Type:") || begins(given, "MIME-Version:"))
		*ret = "";
	else if (given[0] != '#')
		return err_set(
			err, EINVAL,
			"user_data: neither begins with '#' (\"#cloud-config\", \"#!\", ...) nor is a MIME "
			"message");
	return 0;
}

/* A line that no text of the operator's contains: 128 random bits. */
static void make_boundary(char boundary[48])
{
	uint8_t bytes[16];

	random_bytes(bytes, sizeof(bytes));
	snprintf(boundary, 48, "remint-");
	hex_encode(bytes, sizeof(bytes), boundary + strlen(boundary));
}

int seed_user_data(const char *url, const char *given, char **ret, struct err *err)
{
	_cleanup_free_ char *ours = str_printf("#cloud-config\n"
					       "phone_home:\n"
					       "  url: \"%s\"\n"
					       "  post: [instance_id]\n"
					       "  tries: 20\n",
					       url);
	const char *headers = NULL;
	char boundary[48];
	int r;

	if (!given || !*given) {
		*ret = TAKE_PTR(ours);
		return 0;
	}
	r = part_headers(given, &headers, err);
	if (r < 0)
		return r;
	make_boundary(boundary);
	*ret = str_printf("Content-Type: multipart/mixed; boundary=\"%s\"\n"
			  "MIME-Version: 1.0\n\n"
			  "--%s\n%s%s%s"
			  "--%s\nContent-Type: text/cloud-config; charset=\"utf-8\"\nMIME-Version: 1.0\n\n%s"
			  "--%s--\n",
			  boundary, boundary, headers, given, given[strlen(given) - 1] == '\n' ? "" : "\n",
			  boundary, ours, boundary);
	return 0;
}
