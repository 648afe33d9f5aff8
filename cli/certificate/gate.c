/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/certificate/gate.h"

#include <string.h>

#include "cli/certificate/words.h"
#include "cli/client.h"
#include "core/io.h"

static void say(json_t *list, char *sentence)
{
	json_array_append_new(list, json_string(sentence));
	free(sentence);
}

static void say_comparison(json_t *list, const char *when, const json_t *comparison)
{
	const json_t *differences = json_object_get(comparison, "differences"), *difference;
	json_int_t more = json_integer_value(json_object_get(comparison, "more"));
	_cleanup_free_ char *at = words_time(json_text(comparison, "at"));
	size_t i;

	if (!json_array_size(differences)) {
		say(list, str_printf("%s (%s): no difference.", when, at));
		return;
	}
	say(list, str_printf("%s (%s): all that is required is there; recorded differences: %lld.", when, at,
			     (long long)json_array_size(differences) + (long long)more));
	json_array_foreach(differences, i, difference)
		say(list, str_printf("%s.", json_text(difference, "text")));
	if (more)
		say(list, str_printf("And %lld more.", (long long)more));
}

json_t *words_gate(const json_t *certificate)
{
	const json_t *gate = json_object_get(certificate, "gate"), *class = json_object_get(gate, "class");
	json_t *list = json_array();

	if (!json_is_object(gate))
		return list;
	say(list, str_printf("The machine was compared with the class %s (SHA-256 %s).",
			     json_text(class, "name"), json_text(class, "sha256")));
	say_comparison(list, "Before anything was erased", json_object_get(gate, "before"));
	say_comparison(list, "Before the handover", json_object_get(gate, "after"));
	return list;
}

void words_gate_not_done(const json_t *certificate, json_t *list,
			 void (*add)(json_t *list, const char *what, const char *where, const char *reason))
{
	if (json_is_null(json_object_get(certificate, "gate"))) /* missing: of an older station */
		add(list, "comparing the machine with its class", json_text(certificate, "node"),
		    "the order named none");
}
