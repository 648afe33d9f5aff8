/* SPDX-License-Identifier: Apache-2.0 */
/* A real TPM 2.0, emulated by swtpm, with a state of its own that is forgotten at the end. */
#ifndef TESTS_FAKES_SWTPM_H
#define TESTS_FAKES_SWTPM_H

struct swtpm;

/* As after a reset, with the platform hierarchy open: no firmware has been there. Aborts the test when it does not start. */
struct swtpm *swtpm_start(void);
/* A connection, which takes commands and gives responses: one at a time. */
int swtpm_connect(const struct swtpm *swtpm);
void swtpm_kill(struct swtpm *swtpm); /* as a TPM that dies */
void swtpm_stop(struct swtpm *swtpm);

#endif
