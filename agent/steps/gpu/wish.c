/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/steps/gpu/wish.h"

#include <string.h>

#include "core/io.h"
#include "core/json.h"

/* NULL: as it is, or as the card's own default is, which it alone knows. A new reference. */
static json_t *switch_json(enum order_gpu_switch s, const char *by_default)
{
	const char *word = s == ORDER_GPU_ON ? "on" : s == ORDER_GPU_OFF ? "off" : NULL;

	if (s == ORDER_GPU_DEFAULT)
		word = by_default;
	return word ? json_string(word) : NULL;
}

static json_t *want_persistence(const struct order_gpu *w)
{
	return switch_json(w->persistence, "off");
}

static json_t *want_ecc(const struct order_gpu *w)
{
	return switch_json(w->ecc, NULL);
}

static json_t *want_mig(const struct order_gpu *w)
{
	return switch_json(w->mig, "off");
}

static json_t *want_profiles(const struct order_gpu *w)
{
	json_t *list;

	if (w->mig != ORDER_GPU_ON)
		return NULL;
	list = json_array();
	for (unsigned i = 0; i < w->n_profiles; i++)
		json_array_append_new(list, json_string(w->profiles[i]));
	return list;
}

static json_t *want_compute(const struct order_gpu *w)
{
	static const char *const words[] = {[ORDER_GPU_SHARED] = "default",
					    [ORDER_GPU_PROHIBITED] = "prohibited",
					    [ORDER_GPU_EXCLUSIVE] = "exclusive"};

	return json_string(words[w->compute]);
}

static json_t *want_power(const struct order_gpu *w)
{
	return w->power_limit ? json_integer(w->power_limit) : NULL;
}

static json_t *want_compute_partition(const struct order_gpu *w)
{
	return json_string(*w->compute_partition ? w->compute_partition : "SPX");
}

static json_t *want_memory_partition(const struct order_gpu *w)
{
	return json_string(*w->memory_partition ? w->memory_partition : "NPS1");
}

static bool asks_persistence(const struct order_gpu *w)
{
	return w->persistence == ORDER_GPU_ON;
}

static bool asks_ecc(const struct order_gpu *w)
{
	return w->ecc == ORDER_GPU_ON || w->ecc == ORDER_GPU_OFF;
}

static bool asks_mig(const struct order_gpu *w)
{
	return w->mig == ORDER_GPU_ON;
}

static bool asks_profiles(const struct order_gpu *w)
{
	return w->n_profiles;
}

static bool asks_compute(const struct order_gpu *w)
{
	return w->compute != ORDER_GPU_SHARED;
}

static bool asks_power(const struct order_gpu *w)
{
	return w->power_limit;
}

static bool asks_compute_partition(const struct order_gpu *w)
{
	return *w->compute_partition;
}

static bool asks_memory_partition(const struct order_gpu *w)
{
	return *w->memory_partition;
}

/* Locked clocks are not among them: no library tells of them what it was given; setting them is proven by its own reading back alone. */
static const struct row {
	const char *name;
	bool (*asks)(const struct order_gpu *wish);    /* for another value than the default */
	json_t *(*want)(const struct order_gpu *wish); /* NULL: any will do */
} rows[] = {
	{"persistence", asks_persistence, want_persistence},
	{"ecc", asks_ecc, want_ecc},
	{"mig", asks_mig, want_mig},
	{"profiles", asks_profiles, want_profiles},
	{"compute_mode", asks_compute, want_compute},
	{"power_limit", asks_power, want_power},
	{"compute_partition", asks_compute_partition, want_compute_partition},
	{"memory_partition", asks_memory_partition, want_memory_partition},
};

#define N_ROWS (sizeof(rows) / sizeof(*rows))

static void say(json_t *to, char *sentence)
{
	json_array_append_new(to, json_string(sentence));
	free(sentence);
}

bool gpu_wish_asks(const struct order_gpu *wish)
{
	bool asks = wish->graphics_clock || wish->memory_clock;

	for (size_t i = 0; i < N_ROWS; i++)
		asks |= rows[i].asks(wish);
	return asks && !wish->leave;
}

void gpu_wish_missing(const struct order_gpu *wish, const json_t *settings, json_t *to)
{
	for (size_t i = 0; !wish->leave && i < N_ROWS; i++)
		if (rows[i].asks(wish) && !json_object_get(settings, rows[i].name) &&
		    strcmp(rows[i].name, "profiles") != 0) /* a card without instances has none to tell of */
			say(to,
			    str_printf("the order asks for %s, which this card does not have, or does not "
				       "tell",
				       rows[i].name));
}

static unsigned how_many(const json_t *list, const json_t *item)
{
	unsigned n = 0;

	for (size_t i = 0; i < json_array_size(list); i++)
		n += json_equal(json_array_get(list, i), item);
	return n;
}

/* Of lists the order does not count: instances are told by where they lie. */
static bool is_same(const json_t *a, const json_t *b)
{
	if (!json_is_array(a) || !json_is_array(b))
		return json_equal(a, b);
	if (json_array_size(a) != json_array_size(b))
		return false;
	for (size_t i = 0; i < json_array_size(a); i++)
		if (how_many(a, json_array_get(a, i)) != how_many(b, json_array_get(a, i)))
			return false;
	return true;
}

static void compare(const struct row *row, const json_t *wanted, const json_t *found, json_t *to)
{
	_cleanup_free_ char *has = json_dumps(found, JSON_ENCODE_ANY | JSON_COMPACT),
			    *wants = json_dumps(wanted, JSON_ENCODE_ANY | JSON_COMPACT);

	if (!is_same(wanted, found))
		say(to, str_printf("%s is %s and should be %s", row->name, has ?: "?", wants ?: "?"));
}

void gpu_wish_unmet(const struct order_gpu *wish, const json_t *settings, json_t *to)
{
	const json_t *pending = json_object_get(settings, "pending");
	const char *name;
	json_t *value;

	if (wish->leave)
		return;
	for (size_t i = 0; i < N_ROWS; i++) {
		const json_t *found = json_object_get(settings, rows[i].name);
		_cleanup_json_ json_t *wanted = rows[i].want(wish);

		if (wanted && found)
			compare(&rows[i], wanted, found, to);
		else if (rows[i].asks(wish) && !found)
			say(to, str_printf("%s cannot be read", rows[i].name));
	}
	json_object_foreach((json_t *)pending, name, value)
		say(to, str_printf("%s waits for a reset", name));
}

bool gpu_wish_for_scrub(const struct order_gpu *wish, struct order_gpu *ret)
{
	if (wish->leave || (wish->mig != ORDER_GPU_ON && wish->compute != ORDER_GPU_PROHIBITED))
		return false;
	*ret = *wish;
	if (ret->mig == ORDER_GPU_ON)
		ret->mig = ORDER_GPU_OFF;
	memset(ret->profiles, 0, sizeof(ret->profiles));
	ret->n_profiles = 0;
	ret->compute = ORDER_GPU_SHARED;
	return true;
}
