/* SPDX-License-Identifier: Apache-2.0 */
/* The end of the facts, in one place, because each has another owner. */
#include "agent/step.h"

void job_facts_clear(struct facts *facts)
{
	json_decref(facts->inventory);
	free(facts->disks);
	json_decref(facts->revealed);
	json_decref(facts->overlays);
	for (char **folder = facts->libraries; folder && *folder; folder++)
		free(*folder);
	free(facts->libraries);
	manifest_free(facts->manifest);
	index_free(facts->index);
	free(facts->payload_url);
	json_decref(facts->wiped);
	json_decref(facts->untouched);
	for (unsigned i = 0; i < facts->n_roots; i++)
		free(facts->roots[i].first_chunk);
	json_decref(facts->written);
	json_decref(facts->personalised);
	json_decref(facts->firmware);
	json_decref(facts->efi);
	json_decref(facts->memory);
	json_decref(facts->option_roms);
	json_decref(facts->secure_boot);
	json_decref(facts->tpm);
	json_decref(facts->handover);
	json_decref(facts->gate);
	json_decref(facts->gpus);
	json_decref(facts->nics);
	json_decref(facts->network);
	json_decref(facts->committed);
	*facts = (struct facts){0};
}
