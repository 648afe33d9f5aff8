/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fakes/sb_site.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/hash.h"
#include "core/io.h"
#include "core/key.h"
#include "core/ossl.h"
#include "core/pki.h"
#include "efi/siglist.h"

const uint8_t sb_site_owner[16] = {1};
const uint8_t sb_site_revoked[32] = {0xab};

static int make_payload(struct sb_site *site, enum sb_var var, struct err *err)
{
	_cleanup_(siglist_clear) struct siglist lists = {0};
	struct authvar wanted = {.name = sb_variables[var].name,
				 .guid = sb_variables[var].guid,
				 .attributes = sb_variables[var].attributes,
				 .time = 1764108061};
	struct sb_payload *payload = &site->bundle->payloads[var];
	uint8_t *bytes;
	size_t len;
	int r = var == SB_DBX
			? siglist_add(&lists, SIG_SHA256, sb_site_owner, sb_site_revoked,
				      sizeof(sb_site_revoked), err)
			: siglist_add(&lists, SIG_X509, sb_site_owner, site->der, (size_t)site->der_len, err);

	wanted.data = lists.bytes;
	wanted.len = lists.len;
	if (r == 0)
		r = authvar_sign(&wanted, site->key, site->cert, &bytes, &len, err);
	if (r < 0)
		return r;
	sha256(bytes, len, payload->sha256);
	return sb_bundle_take(site->bundle, var, bytes, len, err);
}

static int make_pair(struct sb_site *site, struct err *err)
{
	const struct pki_request request = {
		.use = PKI_CODE_SIGNING, .common_name = "site", .days = 10, .rsa = true, .self_signed = true};
	_cleanup_(ossl_certs_freep) STACK_OF(X509) *certs = NULL;
	_cleanup_free_ char *key = path_join(site->folder, "k"), *cert = path_join(site->folder, "c");
	int r = pki_create(&request, key, cert, err);

	if (r == 0)
		r = key_read(key, &site->key, err);
	if (r == 0)
		r = ossl_certs_read_file(cert, &certs, err);
	if (r < 0)
		return r;
	site->cert = sk_X509_shift(certs);
	site->der_len = i2d_X509(site->cert, &site->der);
	return 0;
}

int sb_site_setup(struct sb_site *site, uint64_t generation)
{
	struct err err = {0};
	int r;

	*site = (struct sb_site){.folder = "/tmp/remint-sb-XXXXXX"};
	if (!mkdtemp(site->folder))
		return -1;
	r = make_pair(site, &err);
	site->bundle = xcalloc(1, sizeof(*site->bundle));
	site->bundle->generation = generation;
	for (unsigned i = 0; r == 0 && i < SB_VARS; i++)
		r = make_payload(site, (enum sb_var)i, &err);
	if (r < 0)
		fprintf(stderr, "%s\n", err.text);
	return r < 0 ? -1 : 0;
}

int sb_site_teardown(struct sb_site *site)
{
	_cleanup_free_ char *command = str_printf("rm -rf %s", site->folder);

	sb_bundle_free(site->bundle);
	EVP_PKEY_free(site->key);
	X509_free(site->cert);
	OPENSSL_free(site->der);
	return system(command);
}
