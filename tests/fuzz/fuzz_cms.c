/* rooms: core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures of "remint\n"; the corpus was made with this CA's signer, whose key is thrown away. */
#include <stdint.h>
#include <string.h>

#include "core/cms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char ca[] = "-----BEGIN CERTIFICATE-----\n"
			 "MIIBiDCCAS2gAwIBAgIQa5oXyOHF0zFmowJ80kf46zAKBggqhkjOPQQDAjASMRAw\n"
			 "DgYDVQQDDAdmdXp6IENBMCAXDTI2MTEyMjIyMzIxNloYDzIxMjUwNjE2MjMzMjE2\n"
			 "WjASMRAwDgYDVQQDDAdmdXp6IENBMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n"
			 "oi6YUcj/c9Up0qgdITAFcMvriv1lTjmN+MtnTzn4Nxqmi6FKiX7YH2SBxj2qDdXq\n"
			 "VXlSles4BxTFZaC7Idg5UqNjMGEwDwYDVR0TAQH/BAUwAwEB/zAOBgNVHQ8BAf8E\n"
			 "BAMCAQYwHQYDVR0OBBYEFJ+86ATGAUbtkRMHx+np4+hNaSu8MB8GA1UdIwQYMBaA\n"
			 "FJ+86ATGAUbtkRMHx+np4+hNaSu8MAoGCCqGSM49BAMCA0kAMEYCIQCmPIeLTCKB\n"
			 "rYjGf0eKx7W/py+kYOSLhb7/Wjkr+BPBSwIhAKRrL9tlGDlSHkH2/1HCcdgSaWOX\n"
			 "VQni1lyraUGk3npH\n"
			 "-----END CERTIFICATE-----\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct trust *trust;
	struct cms_signer signer;
	struct err err = {0};

	if (!trust && trust_from_pem(ca, sizeof(ca) - 1, &trust, &err) < 0)
		__builtin_trap();
	if (cms_verify("remint\n", 7, data, size, trust, 1795381261, &signer, &err) < 0) {
		if (!err.text[0])
			__builtin_trap();
	} else if (strcmp(signer.subject, "CN=fuzz signer") != 0) {
		__builtin_trap();
	}
	return 0;
}
