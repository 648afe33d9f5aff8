/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/steps/payload.h"

#include <assert.h>

#include "core/io.h"

#define PIPELINE_LEAST (20ull << 20) /* bytes */

static_assert(PIPELINE_SOURCES_MAX > ORDER_MIRRORS_MAX && PIPELINE_TARGETS_MAX >= ORDER_ROOTS_MAX,
	      "an order must fit");

static size_t memory_for(const struct order *order, uint64_t others)
{
	if (!order->memory)
		return 0;
	return order->memory < others + PIPELINE_LEAST ? PIPELINE_LEAST : order->memory - others;
}

struct pipeline_job payload_job(const struct job *job, uint64_t others, struct payload_sources *sources)
{
	static const enum pipeline_verify verifies[] = {[ORDER_VERIFY_FULL] = PIPELINE_VERIFY_FULL,
							[ORDER_VERIFY_SAMPLED] = PIPELINE_VERIFY_SAMPLED,
							[ORDER_VERIFY_NONE] = PIPELINE_VERIFY_NONE};
	const struct order *order = job->order;
	const char *file = job->facts.manifest->payload_file;

	sources->list[0] = (struct pipeline_source){job->facts.payload_url, job->site->station_ca};
	for (unsigned i = 0; i < order->n_mirrors; i++) {
		sources->mirrors[i] = str_printf("%s%s", order->mirrors[i], file);
		sources->list[i + 1] = (struct pipeline_source){sources->mirrors[i], job->site->station_ca};
	}
	return (struct pipeline_job){
		.index = job->facts.index,
		.sources = sources->list,
		.n_sources = 1 + order->n_mirrors,
		.verify = verifies[order->verify],
		.memory = memory_for(order, others),
	};
}

void payload_sources_clear(struct payload_sources *sources)
{
	for (unsigned i = 0; i < ORDER_MIRRORS_MAX; i++)
		free(sources->mirrors[i]);
}
