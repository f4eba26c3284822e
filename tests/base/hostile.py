"""Names that could hide or break what is printed."""

from __future__ import annotations

import unicodedata

HOSTILE = [
    "\x1b[2J\x1b[31mred",
    "Sales\n  removed         0",
    "Sales\r\nX: y",
    "\x00\x07\x08\x7f\x85\x9b",
    "\u202etxt.exe\u2066\u2069\u200b\ufeff\u2028\u2029\U000e0041",
    "##vso[task.setvariable variable=a]b",
    "x ##vso[task.logissue type=error]y",
    "##[group]z",
    "###vso[a]b",
    "::add-mask::secret",
    "  ::error file=a::b",
    ":::::",
    "##teamcity[buildStatus status='SUCCESS']",
]

HARMFUL = {
    "quotes": "a\"b'c",
    "docstring": '"""\nimport os; os.system("id")\n"""',
    "line breaks": "x\nimport os\rimport os\x85import os\u2028import os\x0cimport os",
    "backslash": 'x\\"',
    "end of the call": '"), open("/tmp/x", "w")  # ',
    "comma and comment": "A,  # B",
    "expression": "{__import__('os').system('id')} ${x} %s",
    "YAML": "!!python/object/apply:os.system ['id']",
    "hidden": "x\u202ey\u200bz\x00",
    "half of a pair": "x\ud800y",
    "terminal": "\x1b[31mred\x1b]0;title\x07",
    "pipeline": "##vso[task.setvariable variable=x]y ::set-env name=x::y",
    "Markdown": "[x](http://evil.example) ![x](http://evil.example/x.png) <script>x</script> `id` @admin #1 # x",
}
"""Names of a tenant that would do harm in what is made of them: programs, pages, projects."""


def is_plain(text: str) -> bool:
    """Whether a terminal shows the text as it stands and no build service finds a command in it."""
    unseen = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    seen = all(unicodedata.category(character) not in unseen for character in text)
    return seen and "##vso[" not in text and "##[" not in text and "::" not in text
