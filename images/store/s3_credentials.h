/* SPDX-License-Identifier: Apache-2.0 */
/* The key that S3 requests are signed with. */
#ifndef IMAGES_STORE_S3_CREDENTIALS_H
#define IMAGES_STORE_S3_CREDENTIALS_H

#include "core/err.h"

struct s3_credentials {
	char *key_id, *secret, *session; /* session: NULL when there is none */
};

/*
 * file: lines "aws_access_key_id = ...", "aws_secret_access_key = ...", "aws_session_token = ..." of its section [default], or without
 * sections. NULL: from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN in the environment.
 */
int s3_credentials_read(const char *file, struct s3_credentials *ret, struct err *err) _must_check_;
/* Overwrites what was secret. */
void s3_credentials_clear(struct s3_credentials *credentials);

#endif
