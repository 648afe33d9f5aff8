/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/ref.h"

#include <string.h>

#include "core/http_easy.h"
#include "core/io.h"
#include "redfish/value.h"

static bool visible_ascii(const char *text)
{
	for (; *text; text++)
		if (*text <= 0x20 || *text > 0x7e || *text == '\\')
			return false;
	return true;
}

/* Does an absolute URL name a user? */
static bool has_user(const char *url)
{
	const char *host = strstr(url, "://") + 3;

	return memchr(host, '@', strcspn(host, "/?#")) != NULL;
}

int rf_ref(const char *origin, const char *reference, char path[RF_PATH_MAX], struct err *err)
{
	const char *local = reference;
	size_t len;

	if (!visible_ascii(reference))
		return err_set(err, EBADMSG, "a reference with bytes that no URL has");
	if (strstr(reference, "://") && reference[0] != '/') {
		if (!http_same_origin(origin, reference) || has_user(reference))
			return err_set(err, EPERM, "a reference to another place than the BMC: %.200s",
				       reference);
		local = strstr(reference, "://") + 3;
		local += strcspn(local, "/?#");
	}
	if (local[0] != '/' || local[1] == '/')
		return err_set(err, local[0] == '/' ? EPERM : EBADMSG,
			       "not a reference to a resource of the BMC: '%.200s'", reference);
	len = strcspn(local, "#");
	if (len >= RF_PATH_MAX)
		return err_set(err, EBADMSG, "a reference of %zu bytes", len);
	memcpy(path, local, len);
	path[len] = '\0';
	return 0;
}

int rf_ref_at(const json_t *json, const char *what, const char *at, const char *origin,
	      char path[RF_PATH_MAX], struct err *err)
{
	const char *text = NULL;
	int r = rf_str(json, what, at, &text, err);

	if (r < 0)
		return r;
	if (!text) {
		path[0] = '\0';
		return 0;
	}
	r = rf_ref(origin, text, path, err);
	return r < 0 ? err_prepend(err, "%s: '%s'", what, at) : 0;
}

/* scheme, host and port of a URL that libcurl has taken apart */
static int write_origin(CURLU *url, const char *address, char **ret, struct err *err)
{
	char *host = NULL, *port = NULL, *path = NULL, *user = NULL, *scheme = NULL;
	int r = 0;

	(void)curl_url_get(url, CURLUPART_SCHEME, &scheme, 0);
	(void)curl_url_get(url, CURLUPART_HOST, &host, 0);
	(void)curl_url_get(url, CURLUPART_PORT, &port, 0);
	(void)curl_url_get(url, CURLUPART_PATH, &path, 0);
	if (!scheme || strcmp(scheme, "https") != 0)
		r = err_set(err, EINVAL, "%s: a BMC is spoken to by https alone", address);
	else if (!curl_url_get(url, CURLUPART_USER, &user, 0) || !host || (path && strcmp(path, "/") != 0))
		r = err_set(err, EINVAL, "%s: must be HOST, HOST:PORT or https://HOST[:PORT]", address);
	else
		*ret = str_printf("https://%s%s%s", host, port ? ":" : "", port ? port : "");
	curl_free(host);
	curl_free(port);
	curl_free(path);
	curl_free(user);
	curl_free(scheme);
	return r;
}

int rf_origin(const char *address, char **ret, struct err *err)
{
	_cleanup_free_ char *text = str_printf("%s%s", strstr(address, "://") ? "" : "https://", address);
	CURLU *url = curl_url();
	int r;

	if (!url)
		return err_sys(err, ENOMEM, "%s", address);
	if (!visible_ascii(address) || curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME))
		r = err_set(err, EINVAL, "'%s' is not the address of a BMC", address);
	else
		r = write_origin(url, address, ret, err);
	curl_url_cleanup(url);
	return r;
}

const char *rf_last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}
