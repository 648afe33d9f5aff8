/* SPDX-License-Identifier: Apache-2.0 */
/* The evidence as one document, handed in for a certificate. */
#ifndef AGENT_STEPS_ATTEST_H
#define AGENT_STEPS_ATTEST_H

#include "agent/step.h"

/* Made of the facts as they are now. Handing it in once more replaces the certificate. Tells the operator its digest. */
int attest(struct job *job, struct err *err) _must_check_;

#endif
