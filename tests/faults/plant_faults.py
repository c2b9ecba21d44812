#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plant a fault at each condition of the validator's sources.

    plant_faults.py OUT_FOLDER source.c...

Writes a copy of each source to OUT_FOLDER in which every condition that leads to a refusal can be
left out: kl_planted(N, condition) of planted.h. OUT_FOLDER/places.inc names the place of each
number: {"function", "condition"}.
"""
import os
import re
import sys

REFUSALS = r"(?:false|0|UINT32_MAX|KL_PACK_ERROR_\w+)"
CONDITIONAL_RETURN = re.compile(r"\breturn\b((?:[^;{}])*);")
CONDITION = re.compile(r"\bif (\()")
FUNCTION = re.compile(r"^(?:static )?((?:\w+ )+\*?)(\w+)\([^;{}]*\)\s*\{", re.M)


def without_comments(text):
    """The same text with blanks for comments, so that places stay."""
    blank = lambda match: re.sub(r"[^\n]", " ", match.group(0))
    return re.sub(r"/\*.*?\*/|//[^\n]*", blank, text, flags=re.S)


def closing(text, start):
    """Place of the parenthesis that closes the one at `start`."""
    depth = 0
    for place in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return place
    raise ValueError("unbalanced: " + text[start : start + 80])


def split(text, separator):
    """Parts between separators outside of parentheses."""
    parts, depth, begin = [], 0, 0
    for place, letter in enumerate(text):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(letter, 0)
        if depth == 0 and text.startswith(separator, place):
            parts.append(text[begin:place])
            begin = place + len(separator)
    return parts + [text[begin:]]


class Planter:
    def __init__(self):
        self.places = []

    def leaf(self, function, text, holds):
        bare = text.strip()
        if bare in ("true", "false"):
            return text
        if bare == "names_all(&check)":
            return " (names_all(&check) || kl_planted_any())"
        self.places.append((function, re.sub(r"\s+", " ", bare)))
        number = len(self.places)
        if holds:
            return f" kl_planted({number}, ({bare}))"
        return f" !kl_planted({number}, !({bare}))"

    def condition(self, function, text, holds):
        """Plant at each part; `holds`: the pack is refused unless the text is true."""
        choice = split(text, "?")
        if len(choice) == 2 and len(split(choice[1], ":")) == 2:
            yes, no = split(choice[1], ":")
            return (f"{choice[0]}?{self.condition(function, yes, holds)}"
                    f":{self.condition(function, no, holds)}")
        for separator in ("||", "&&"):
            parts = split(text, separator)
            if len(parts) > 1:
                return separator.join(self.condition(function, part, holds) for part in parts)
        bare = text.strip()
        inner = bare[1:] if bare.startswith("!(") else bare
        if inner.startswith("(") and closing(inner, 0) == len(inner) - 1:
            negated = inner is not bare
            planted = self.condition(function, inner[1:-1], holds != negated)
            return f" {'!' if negated else ''}({planted})"
        return self.leaf(function, text, holds)

    def returned(self, function, is_bool, text):
        """The expression of a return statement."""
        choice = split(text, "?")
        if is_bool:
            return self.condition(function, text, True)
        if len(choice) == 2 and re.fullmatch(REFUSALS, split(choice[1], ":")[-1].strip()):
            return f"{self.condition(function, choice[0], True)} ?{choice[1]}"
        return text

    def body(self, function, is_bool, text):
        """A function's body with all its faults."""
        out, at = [], 0
        while at < len(text):
            found_if = CONDITION.search(text, at)
            found_return = CONDITIONAL_RETURN.search(text, at)
            first = min((m for m in (found_if, found_return) if m), key=lambda m: m.start(),
                        default=None)
            if first is None:
                break
            if first is found_return:
                out += [text[at : first.start(1)],
                        self.returned(function, is_bool, first.group(1)), ";"]
                at = first.end()
                continue
            begin, end = first.start(1), closing(text, first.start(1))
            inside = text[begin + 1 : end]
            refuses = re.match(r"\)\s*\{\s*return " + REFUSALS + r"\s*;", text[end:])
            out += [text[at : begin + 1],
                    self.condition(function, inside, False) if refuses else inside]
            at = end
        return "".join(out) + text[at:]

    def source(self, text):
        text = without_comments(text)
        out, at = [], 0
        for match in FUNCTION.finditer(text):
            if match.start() < at:
                continue
            begin = match.end()
            end = text.index("\n}", begin)
            is_bool = match.group(1).strip().endswith("bool")
            out += [text[at:begin], self.body(match.group(2), is_bool, text[begin:end])]
            at = end
        return "".join(out) + text[at:]


def main():
    folder, planter = sys.argv[1], Planter()
    os.makedirs(folder, exist_ok=True)
    for path in sys.argv[2:]:
        with open(path, encoding="utf-8") as file:
            planted = planter.source(file.read())
        with open(os.path.join(folder, os.path.basename(path)), "w", encoding="utf-8") as file:
            file.write('#include "planted.h"\n' + planted)
    with open(os.path.join(folder, "places.inc"), "w", encoding="utf-8") as file:
        for function, condition in planter.places:
            escaped = condition.replace("\\", "\\\\").replace('"', '\\"')
            file.write(f'{{"{function}", "{escaped}"}},\n')


main()
