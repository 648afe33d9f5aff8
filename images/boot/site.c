/* SPDX-License-Identifier: Apache-2.0 */
#include "images/boot/site.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "core/cms.h"
#include "core/io.h"
#include "core/json.h"
#include "core/time.h"

#define SITE_FORMAT  1
#define SITE_URL_MAX 300 /* bytes */

/* Host: a name, an IPv4 address, or an IPv6 address in brackets. Its length; 0: none of these. */
static size_t host_len(const char *host)
{
	static const char name[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
	size_t len;

	if (host[0] != '[')
		return strspn(host, name);
	len = strspn(host + 1, "0123456789abcdefABCDEF:.");
	return len && host[1 + len] == ']' ? len + 2 : 0;
}

static bool port_valid(const char *port)
{
	size_t digits = strspn(port, "0123456789");

	return digits && digits <= 5 && !port[digits] && atoi(port) >= 1 && atoi(port) <= 65535;
}

static int check_url(const char *url, struct err *err)
{
	static const char scheme[] = "https://";
	const char *host = url + strlen(scheme), *rest;

	if (strlen(url) > SITE_URL_MAX || strncmp(url, scheme, strlen(scheme)) != 0 || !host_len(host))
		return err_set(err, EINVAL, "station: \"%.64s\" is not https://HOST:PORT", url);
	rest = host + host_len(host);
	if (*rest && (*rest != ':' || !port_valid(rest + 1)))
		return err_set(err, EINVAL, "station: \"%.64s\" is not https://HOST:PORT, without a path",
			       url);
	return 0;
}

static int check_pem(const char *what, const char *pem, struct err *err)
{
	_cleanup_(trust_freep) struct trust *trust = NULL;

	if (strstr(pem, "PRIVATE KEY"))
		return err_set(err, EINVAL, "%s: it holds a private key, which must not leave its place",
			       what);
	if (strlen(pem) > SITE_PEM_MAX)
		return err_set(err, EINVAL, "%s: more than %d bytes", what, SITE_PEM_MAX);
	if (trust_from_pem(pem, strlen(pem), &trust, err) < 0) {
		err_prepend(err, "%s", what);
		err->code = EINVAL;
		return -EINVAL;
	}
	return 0;
}

int site_check(const struct site_config *site, struct err *err)
{
	int r = check_url(site->station_url, err);

	if (r == 0)
		r = check_pem(SITE_STATION_CA, site->station_ca, err);
	if (r == 0)
		r = check_pem(SITE_IMAGE_CA, site->image_ca, err);
	return r;
}

char *site_json(const struct site_config *site, size_t *ret_len)
{
	_cleanup_json_ json_t *json = NULL;
	char built[TIME_TEXT_SIZE];

	time_format(site->built, built);
	json = json_pack("{s:i, s:s, s:I, s:s}", "site", SITE_FORMAT, "station", site->station_url,
			 "serial_floor", (json_int_t)site->serial_floor, "built", built);
	if (!json)
		abort();
	return json_canonical(json, ret_len);
}

static int parse(const json_t *json, struct site_config *site, struct err *err)
{
	static const char *const keys[] = {"site", "station", "serial_floor", "built", NULL};
	const char *station = NULL, *built = NULL;
	uint64_t format;
	int r = json_get_u64(json, SITE_JSON, "site", SITE_FORMAT, SITE_FORMAT, &format, err);

	if (r == 0)
		r = json_only_keys(json, SITE_JSON, keys, err);
	if (r == 0)
		r = json_get_str(json, SITE_JSON, "station", SITE_URL_MAX, &station, err);
	if (r == 0)
		r = json_get_u64(json, SITE_JSON, "serial_floor", 0, INT64_MAX, &site->serial_floor, err);
	if (r == 0)
		r = json_get_str(json, SITE_JSON, "built", TIME_TEXT_SIZE, &built, err);
	if (r < 0 || !station || !built)
		return r;
	if (time_parse(built, &site->built) < 0)
		return err_set(err, EBADMSG, SITE_JSON ": built is not a time such as 2026-11-22T21:00:00Z");
	site->station_url = xstrdup(station);
	return 0;
}

static int read_pem(const char *folder, const char *name, char **ret, struct err *err)
{
	_cleanup_free_ char *path = path_join(folder, name), *text = NULL;
	size_t len;
	int r = file_read(path, SITE_PEM_MAX, &text, &len, err);

	if (r < 0)
		return r;
	if (strlen(text) != len)
		return err_set(err, EBADMSG, "%s: not a text", path);
	*ret = TAKE_PTR(text);
	return 0;
}

int site_read(const char *folder, struct site_config *ret, struct err *err)
{
	_cleanup_(site_clear) struct site_config site = {0};
	_cleanup_free_ char *path = path_join(folder, SITE_JSON);
	_cleanup_json_ json_t *json = NULL;
	int r = json_read_file(path, SITE_JSON_MAX, &json, err);

	if (r == 0)
		r = parse(json, &site, err);
	if (r == 0)
		r = read_pem(folder, SITE_STATION_CA, &site.station_ca, err);
	if (r == 0)
		r = read_pem(folder, SITE_IMAGE_CA, &site.image_ca, err);
	if (r == 0 && site_check(&site, err) < 0) {
		err->code = EBADMSG;
		r = -EBADMSG;
	}
	if (r < 0)
		return r;
	*ret = site;
	site = (struct site_config){0};
	return 0;
}

void site_clear(struct site_config *site)
{
	free(site->station_url);
	free(site->station_ca);
	free(site->image_ca);
	*site = (struct site_config){0};
}
