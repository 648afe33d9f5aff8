/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "agent/overlay/service.h"
#include "agent/overlay/services.h"

static const char *const ready_words[] = {
	[OVERLAY_RUNS] = "runs",
	[OVERLAY_EXITS] = "exits",
	[OVERLAY_PATH] = "path",
	[OVERLAY_NOTIFY] = "notify",
};

static json_t *end_json(const struct service *s)
{
	char text[32];

	if (!s->ended || !s->has_end)
		return json_null();
	if (WIFEXITED(s->status))
		snprintf(text, sizeof(text), "exit status %d", WEXITSTATUS(s->status));
	else
		snprintf(text, sizeof(text), "signal %d", WTERMSIG(s->status));
	return json_string(text);
}

static json_t *service_json(const struct service *s)
{
	json_int_t ready_ms = (json_int_t)((s->ready_at - s->started_at) / 1000000);

	return json_pack("{ss ss so so ss?}", "name", s->name, "ready", ready_words[s->ready_by],
			 "ready_after", s->ready_at ? json_integer(ready_ms) : json_null(), "ended",
			 end_json(s), "stopped",
			 s->killed     ? "SIGKILL"
			 : s->stopping ? "SIGTERM"
				       : NULL);
}

json_t *overlay_services_json(struct overlay_services *all, const char *name)
{
	json_t *array = json_array();

	pthread_mutex_lock(&all->lock);
	for (unsigned i = 0; i < all->n; i++)
		if (!strcmp(all->list[i]->overlay, name))
			json_array_append_new(array, service_json(all->list[i]));
	pthread_mutex_unlock(&all->lock);
	return array;
}
