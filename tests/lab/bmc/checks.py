# SPDX-License-Identifier: Apache-2.0
"""What a property or a parameter may be, and what is said when it is not.

Unknown and read-only properties are left out and told of; a value of the wrong type or outside the allowed ones refuses
the whole request (DSP0266, "PATCH (update)").
"""
from .errors import Refusal, message

MISSING = object()


class Notes:
    """What has been found wrong: `soft` leaves a property out, `hard` refuses the request. action: these are its parameters."""

    def __init__(self, action=None):
        self.soft, self.hard, self.action = [], [], action

    def _say(self, where, kind, name, *args):
        related = [f"/{name}"] if name else []
        where.append(message(kind, *args, related=related))

    def wrong_type(self, value, name):
        self._value("ValueTypeError", value, name)

    def not_in_list(self, value, name):
        self._value("ValueNotInList", value, name)

    def bad(self, kind, value, name):
        """kind: FormatError or OutOfRange."""
        if self.action:
            self._say(self.hard, "ActionParameterValueError", name, name, self.action)
        else:
            self._say(self.hard, f"PropertyValue{kind}", name, value, name)

    def _value(self, kind, value, name):
        if self.action:
            self._say(self.hard, f"ActionParameter{kind}", name, value, name, self.action)
        else:
            self._say(self.hard, f"Property{kind}", name, value, name)

    def unknown(self, name):
        if self.action:
            self._say(self.hard, "ActionParameterUnknown", name, self.action, name)
        else:
            self._say(self.soft, "PropertyUnknown", name, name)

    def not_writable(self, name):
        self._say(self.soft, "PropertyNotWritable", name, name)

    def missing(self, name):
        if self.action:
            self._say(self.hard, "ActionParameterMissing", name, self.action, name)
        else:
            self._say(self.hard, "CreateFailedMissingReqProperties", name, name)


class Text:
    def __init__(self, nullable=False, longest=1024, shortest=0, needed=False):
        self.nullable, self.longest, self.shortest, self.needed = nullable, longest, shortest, needed

    def clean(self, value, name, notes):
        if not (isinstance(value, str) or (value is None and self.nullable)):
            notes.wrong_type(value, name)
        elif value is not None and not self.shortest <= len(value) <= self.longest:
            notes.bad("OutOfRange", value, name)
        return value


class Choice:
    """values may be a function, for what differs from time to time."""

    def __init__(self, values, nullable=False, needed=False):
        self._values, self.nullable, self.needed = values, nullable, needed

    @property
    def values(self):
        return list(self._values() if callable(self._values) else self._values)

    def clean(self, value, name, notes):
        if value is None and self.nullable:
            return value
        if not isinstance(value, str):
            notes.wrong_type(value, name)
        elif value not in self.values:
            notes.not_in_list(value, name)
        return value


class Flag:
    needed = False

    def clean(self, value, name, notes):
        if not isinstance(value, bool):
            notes.wrong_type(value, name)
        return value


class Number:
    def __init__(self, low, high, needed=False):
        self.low, self.high, self.needed = low, high, needed

    def clean(self, value, name, notes):
        if not isinstance(value, int) or isinstance(value, bool):
            notes.wrong_type(value, name)
        elif not self.low <= value <= self.high:
            notes.bad("OutOfRange", value, name)
        return value


class Many:
    """An array. DSP0266, "PATCH on array properties": null takes an element out, {} leaves it as it is."""

    def __init__(self, of, longest=256, needed=False):
        self.of, self.longest, self.needed = of, longest, needed

    def clean(self, value, name, notes, now=None):
        if not isinstance(value, list):
            notes.wrong_type(value, name)
            return value
        if len(value) > self.longest:
            notes.bad("OutOfRange", value, name)
        now = now if isinstance(now, list) else []
        kept = [now[n] if v == {} and n < len(now) else v for n, v in enumerate(value)]
        return [self.of.clean(v, f"{name}/{n}", notes) for n, v in enumerate(kept) if v is not None]


class Parts:
    """An object. `now` is what the resource says at present: what stands there and cannot be written is read-only, else unknown."""

    def __init__(self, parts, needed=False):
        self.parts, self.needed = parts, needed

    def clean(self, value, name, notes, now=None):
        if not isinstance(value, dict):
            notes.wrong_type(value, name)
            return value
        now, made = now if isinstance(now, dict) else {}, {}
        for key, inner in value.items():
            path = f"{name}/{key}" if name else key
            if key.startswith("@odata."):
                continue
            check = self.parts.get(key)
            if check is None:
                (notes.not_writable if key in now else notes.unknown)(path)
            elif isinstance(check, (Parts, Many)):
                made[key] = check.clean(inner, path, notes, now.get(key))
            else:
                made[key] = check.clean(inner, path, notes)
        return made

    def need(self, value, notes):
        for key, check in self.parts.items():
            if check.needed and key not in value:
                notes.missing(key)


def _empty(value):
    """Whether there is nothing in it that could be done."""
    return isinstance(value, dict) and all(_empty(v) for v in value.values())


def changes(writes, body, now):
    """(what to change, messages about what is left out) of a PATCH's body. DSP0266: nothing left to do is an error, else it is told."""
    if not body:
        raise Refusal(400, "EmptyJSON")
    notes = Notes()
    good = Parts(writes).clean(body, "", notes, now)
    if notes.hard or (notes.soft and _empty(good)):
        raise Refusal(400, "GeneralError", messages=notes.hard + notes.soft)
    return good, notes.soft


def parameters(checks, body, action=None):
    """The parameters of an action, or with no action the properties of what is to be created."""
    notes = Notes(action)
    parts = Parts(checks)
    good = parts.clean(body, "", notes)
    parts.need(body, notes)
    if notes.hard or notes.soft:
        raise Refusal(400, "GeneralError", messages=notes.hard + notes.soft)
    return good
