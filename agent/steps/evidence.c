/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The evidence: what the steps have proven, as one document (protocol/certificate/certificate.h). The station makes the certificate of
 * it and signs; only then may the commit begin.
 */
#include "agent/step.h"
#include "agent/steps/attest.h"

static int evidence_run(struct job *job, struct err *err)
{
	int r = attest(job, err);

	return r < 0 ? r : STEP_DONE;
}

const struct step step_evidence = {
	.name = "evidence",
	.effect = STEP_READS,
	.run = evidence_run,
};
