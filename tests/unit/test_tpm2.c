/* rooms: tests/fakes agent/hw protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's TPM against swtpm, and the station's half of the proof against both. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "agent/hw/tpm/tpm2_private.h"
#include "core/json.h"
#include "protocol/attestation/tpm_credential.h"
#include "protocol/attestation/tpm_quote.h"
#include "tests/fakes/swtpm.h"

#define OWNER_NV 0x01800001u
#define MASK     0x7bffu

static struct swtpm *emulator;
static struct tpm2 *tpm;

static void good(int r, const struct err *err)
{
	if (r)
		fail_msg("%s", err->text);
}

static void connect_again(void)
{
	struct err err = {0};

	tpm2_close(tpm);
	good(tpm2_open_fd(swtpm_connect(emulator), &tpm, &err), &err);
}

static int setup(void **state)
{
	(void)state;
	setenv("TSS2_LOG", "all+none", 1);
	emulator = swtpm_start();
	tpm = NULL;
	connect_again();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tpm2_close(tpm);
	swtpm_stop(emulator);
	return 0;
}

static void set_auth(ESYS_TR hierarchy, const char *password)
{
	TPM2B_AUTH auth = {.size = (UINT16)strlen(password)};

	memcpy(auth.buffer, password, auth.size);
	assert_int_equal(Esys_HierarchyChangeAuth(tpm->esys, hierarchy, ESYS_TR_PASSWORD, ESYS_TR_NONE,
						  ESYS_TR_NONE, &auth),
			 0);
}

static void define_nv(ESYS_TR by, uint32_t index, uint32_t attributes, const uint8_t *data, uint16_t len)
{
	const TPM2B_NV_PUBLIC public = {.nvPublic = {.nvIndex = index,
						     .nameAlg = TPM2_ALG_SHA256,
						     .attributes = attributes,
						     .dataSize = len}};
	const TPM2B_AUTH none = {0};
	TPM2B_MAX_NV_BUFFER buffer = {.size = len};
	ESYS_TR handle;

	memcpy(buffer.buffer, data, len);
	assert_int_equal(Esys_NV_DefineSpace(tpm->esys, by, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
					     &none, &public, &handle),
			 0);
	assert_int_equal(Esys_NV_Write(tpm->esys, by, handle, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
				       &buffer, 0),
			 0);
}

/* Of the maker's: it need not be one that anybody believes. */
static void put_certificate(uint32_t index)
{
	uint8_t data[700] = {0x30, 0x82, 600 >> 8, 600 & 0xff, 1, 2, 3};

	define_nv(ESYS_TR_RH_PLATFORM, index,
		  TPMA_NV_PLATFORMCREATE | TPMA_NV_PPWRITE | TPMA_NV_PPREAD | TPMA_NV_AUTHREAD |
			  TPMA_NV_NO_DA,
		  data, sizeof(data));
}

/* The whole way: keys, their reading, the credential and its activation. */
static void prove(struct tpm2_ek *ek, struct tpm2_ak *ak, struct tpm_key *ret_ak)
{
	_cleanup_tpm_key_ struct tpm_key ek_key = {0};
	const uint8_t hidden[SHA256_SIZE] = "of thirty-two bytes, hidden well";
	struct bytes credential, secret, shown = {0};
	struct err err = {0};

	good(tpm2_ek(tpm, ek, &err), &err);
	good(tpm2_ak_make(tpm, ak, &err), &err);
	good(tpm_ek_read(&ek->public, &ek_key, &err), &err);
	good(tpm_ak_read(&ak->public, ret_ak, &err), &err);
	assert_memory_equal(ret_ak->name, ak->name, sizeof(ak->name));
	good(tpm_credential_make(&ek_key, ret_ak, hidden, &credential, &secret, &err), &err);
	good(tpm2_activate(tpm, &credential, &secret, &shown, &err), &err);
	assert_int_equal(shown.len, sizeof(hidden));
	assert_memory_equal(shown.data, hidden, sizeof(hidden));
	/* Altered anywhere, it reveals nothing. */
	credential.data[credential.len - 1] ^= 1;
	assert_true(tpm2_activate(tpm, &credential, &secret, &shown, &err) < 0);
	credential.data[credential.len - 1] ^= 1;
	secret.data[secret.len - 1] ^= 1;
	assert_true(tpm2_activate(tpm, &credential, &secret, &shown, &err) < 0);
}

static void p256_without_certificate(void **state)
{
	_cleanup_tpm_key_ struct tpm_key key = {0};
	struct tpm2_ek ek;
	struct tpm2_ak ak;
	(void)state;

	prove(&ek, &ak, &key);
	assert_int_equal(ek.certificate_len, 0);
	assert_int_equal(ek.public.data[3], TPM2_ALG_ECC);
}

static void rsa_where_its_certificate_lies(void **state)
{
	_cleanup_tpm_key_ struct tpm_key key = {0};
	struct tpm2_ek ek;
	struct tpm2_ak ak;
	(void)state;

	put_certificate(TPM2_EK_CERT_RSA);
	prove(&ek, &ak, &key);
	assert_int_equal(ek.certificate_len, 604);
	assert_int_equal(ek.certificate[4], 1);
	assert_int_equal(ek.public.data[3], TPM2_ALG_RSA);
}

static void p256_where_both_lie(void **state)
{
	struct tpm2_ek ek;
	struct err err = {0};
	(void)state;

	put_certificate(TPM2_EK_CERT_RSA);
	put_certificate(TPM2_EK_CERT_ECC);
	good(tpm2_ek(tpm, &ek, &err), &err);
	assert_int_equal(ek.public.data[3], TPM2_ALG_ECC);
}

/* A credential for another attestation key, or another TPM, is of no use. */
static void another_key_activates_nothing(void **state)
{
	_cleanup_tpm_key_ struct tpm_key ek_key = {0}, ak_key = {0};
	struct bytes credential, secret, shown = {0};
	const uint8_t hidden[SHA256_SIZE] = {7};
	struct tpm2_ak ak, other;
	struct tpm2_ek ek;
	struct err err = {0};
	(void)state;

	prove(&ek, &ak, &ak_key);
	good(tpm_ek_read(&ek.public, &ek_key, &err), &err);
	good(tpm_credential_make(&ek_key, &ak_key, hidden, &credential, &secret, &err), &err);
	good(tpm2_ak_make(tpm, &other, &err), &err);
	assert_memory_not_equal(other.name, ak.name, sizeof(ak.name));
	assert_true(tpm2_activate(tpm, &credential, &secret, &shown, &err) < 0);
	good(tpm2_ak_again(tpm, &ak, &err), &err);
	good(tpm2_activate(tpm, &credential, &secret, &shown, &err), &err);
}

static void a_quote_is_checked_in_every_part(void **state)
{
	_cleanup_tpm_key_ struct tpm_key key = {0}, other_key = {0};
	uint8_t pcrs[TPM2_PCRS][SHA256_SIZE], digest[SHA256_SIZE], nonce[SHA256_SIZE] = {1, 2, 3};
	struct bytes quote, signature;
	struct tpm_quote found;
	struct tpm2_ek ek;
	struct tpm2_ak ak, other;
	struct err err = {0};
	(void)state;

	prove(&ek, &ak, &key);
	good(tpm2_pcrs(tpm, MASK, pcrs, &err), &err);
	good(tpm2_quote(tpm, MASK, nonce, &quote, &signature, &err), &err);
	good(tpm_quote_verify(&quote, &signature, &key, nonce, &found, &err), &err);
	assert_int_equal(found.mask, MASK);
	tpm_quote_digest(MASK, pcrs, digest);
	assert_memory_equal(found.pcr_digest, digest, sizeof(digest));
	nonce[31] ^= 1;
	assert_int_equal(tpm_quote_verify(&quote, &signature, &key, nonce, &found, &err), -ESTALE);
	nonce[31] ^= 1;
	for (unsigned i = 0; i < quote.len; i++) {
		quote.data[i] ^= 0x10;
		assert_true(tpm_quote_verify(&quote, &signature, &key, nonce, &found, &err) < 0);
		quote.data[i] ^= 0x10;
	}
	for (unsigned i = 0; i < signature.len; i++) {
		signature.data[i] ^= 1;
		assert_true(tpm_quote_verify(&quote, &signature, &key, nonce, &found, &err) < 0);
		signature.data[i] ^= 1;
	}
	quote.len--;
	assert_int_equal(tpm_quote_verify(&quote, &signature, &key, nonce, &found, &err), -EBADMSG);
	quote.len++;
	good(tpm2_ak_make(tpm, &other, &err), &err);
	good(tpm_ak_read(&other.public, &other_key, &err), &err);
	assert_int_equal(tpm_quote_verify(&quote, &signature, &other_key, nonce, &found, &err),
			 -EKEYREJECTED);
}

static void keys_of_another_kind_are_refused(void **state)
{
	_cleanup_tpm_key_ struct tpm_key key = {0};
	struct tpm2_ek ek;
	struct tpm2_ak ak;
	struct err err = {0};
	(void)state;

	good(tpm2_ek(tpm, &ek, &err), &err);
	good(tpm2_ak_make(tpm, &ak, &err), &err);
	assert_int_equal(tpm_ek_read(&ak.public, &key, &err), -EBADMSG);
	assert_int_equal(tpm_ak_read(&ek.public, &key, &err), -EBADMSG);
	for (unsigned i = 0; i < 70; i++) { /* sizes, algorithms, attributes, policy */
		ek.public.data[i] ^= 2;
		assert_int_equal(tpm_ek_read(&ek.public, &key, &err), -EBADMSG);
		ek.public.data[i] ^= 2;
	}
	ek.public.data[ek.public.len - 1] ^= 1;
	assert_int_equal(tpm_ek_read(&ek.public, &key, &err), -EBADMSG); /* no point of the curve */
	ak.public.len++;
	ak.public.data[ak.public.len - 1] = 0;
	assert_int_equal(tpm_ak_read(&ak.public, &key, &err), -EBADMSG);
}

static void what_an_owner_left_is_cleared_by_lockout(void **state)
{
	_cleanup_json_ json_t *nv = NULL, *persistent = NULL;
	_cleanup_tpm_key_ struct tpm_key key = {0};
	const uint8_t data[4] = {1};
	struct tpm2_state found;
	struct tpm2_ek ek;
	struct tpm2_ak ak;
	struct err err = {0};
	(void)state;

	put_certificate(TPM2_EK_CERT_ECC);
	define_nv(ESYS_TR_RH_OWNER, OWNER_NV, TPMA_NV_OWNERWRITE | TPMA_NV_OWNERREAD, data, sizeof(data));
	prove(&ek, &ak, &key);
	set_auth(ESYS_TR_RH_OWNER, "secret");
	set_auth(ESYS_TR_RH_PLATFORM, "firmware's");
	connect_again(); /* the library would remember the passwords */
	good(tpm2_state(tpm, &found, &err), &err);
	assert_true(found.owner_auth && !found.lockout_auth && !found.platform_open && !found.clear_disabled);
	good(tpm2_contents(tpm, &nv, &persistent, &err), &err);
	assert_int_equal(json_array_size(nv), 2);
	json_decref(nv);
	json_decref(persistent);
	good(tpm2_clear(tpm, TPM2_BY_LOCKOUT, &err), &err);
	good(tpm2_state(tpm, &found, &err), &err);
	assert_false(found.owner_auth || found.endorsement_auth || found.lockout_auth);
	good(tpm2_contents(tpm, &nv, &persistent, &err), &err);
	assert_int_equal(json_array_size(nv), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(nv, 0), "index")), "01c0000a");
	assert_true(json_is_true(json_object_get(json_array_get(nv, 0), "platform_created")));
	connect_again();
	good(tpm2_ak_again(tpm, &ak, &err), &err); /* and so the evidence's quote is by the check-in's key */
}

static void a_locked_tpm_is_cleared_by_the_platform(void **state)
{
	struct tpm2_state found;
	struct err err = {0};
	(void)state;

	set_auth(ESYS_TR_RH_LOCKOUT, "secret");
	set_auth(ESYS_TR_RH_ENDORSEMENT, "secret");
	assert_int_equal(Esys_ClearControl(tpm->esys, ESYS_TR_RH_PLATFORM, ESYS_TR_PASSWORD, ESYS_TR_NONE,
					   ESYS_TR_NONE, TPM2_YES),
			 0);
	good(tpm2_state(tpm, &found, &err), &err);
	assert_true(found.endorsement_auth && found.lockout_auth && found.clear_disabled &&
		    found.platform_open);
	good(tpm2_clear(tpm, TPM2_BY_PLATFORM, &err), &err);
	good(tpm2_state(tpm, &found, &err), &err);
	assert_false(found.endorsement_auth || found.lockout_auth || found.clear_disabled);
}

static void a_former_owners_password_is_told_in_words(void **state)
{
	struct tpm2_ek ek;
	struct err err = {0};
	(void)state;

	set_auth(ESYS_TR_RH_ENDORSEMENT, "secret");
	connect_again();
	assert_int_equal(tpm2_ek(tpm, &ek, &err), -EACCES);
	assert_non_null(strstr(err.text, "former owner"));
}

static void a_tpm_that_dies_is_an_error(void **state)
{
	struct tpm2_state found;
	struct err err = {0};
	(void)state;

	swtpm_kill(emulator);
	signal(SIGPIPE, SIG_IGN);
	assert_true(tpm2_state(tpm, &found, &err) < 0);
	assert_non_null(strstr(err.text, "TPM: "));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(p256_without_certificate),
		T(rsa_where_its_certificate_lies),
		T(p256_where_both_lie),
		T(another_key_activates_nothing),
		T(a_quote_is_checked_in_every_part),
		T(keys_of_another_kind_are_refused),
		T(what_an_owner_left_is_cleared_by_lockout),
		T(a_locked_tpm_is_cleared_by_the_platform),
		T(a_former_owners_password_is_told_in_words),
		T(a_tpm_that_dies_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
