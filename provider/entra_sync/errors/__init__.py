"""Everything that can go wrong, as one tree.

EntraSyncError
├── ArgumentError                                  a program's arguments that do not fit; in `errors.argument`
│   └── UnknownName                                a name that does not exist, e.g. a misspelled method
├── ConfigurationError                             a tenant, credential or setting that cannot be used
│   └── NoSuchPerson                               a question about a user that fits no user, or several
├── BadArgument             .property              an argument that the model alone could not refuse
├── ExpressionError         .text .span .hint      a mapping expression that does not parse
│   └── EvaluationError                            a mapping expression that has no value for a user
├── RegexRefused            .pattern .position     a pattern that .NET rejects, or that is not supported here
├── RegexTooSlow                                   a pattern that takes too many steps on a value
└── GraphError              .status .code .request_id
    ├── Ambiguous                                  no answer to a write: it may have been carried out
    ├── NotFound                                   404, or the service's own "object not found" codes
    ├── PermissionMissing   .needed .held          403, or a token without the role that a call needs
    ├── Conflict                                   409, the object exists already
    ├── Throttled           .retry_after           429 that outlasted the retries
    └── CredentialsRejected                        validateCredentials said no; the text carries the remedy

While a program runs, each mistake in a call of this package is an ``ArgumentError``: see `entra_sync.errors.mistakes`.
``ArgumentError`` is also an error of Pulumi's, which takes a second to import, so it has a module of its own.

Each message is one line that names the tenant, what was attempted and the way out, and never holds a secret.
"""

from __future__ import annotations

from entra_sync.errors.visible import visible, visible_lines

__all__ = [
    "Ambiguous",
    "BadArgument",
    "ConfigurationError",
    "Conflict",
    "CredentialsRejected",
    "EntraSyncError",
    "EvaluationError",
    "ExpressionError",
    "GraphError",
    "NoSuchPerson",
    "NotFound",
    "PermissionMissing",
    "RegexRefused",
    "RegexTooSlow",
    "Throttled",
]


class EntraSyncError(Exception):
    """Base of every error that this package raises on purpose.

    What a message quotes from a tenant is made visible: no terminal, log or pipeline obeys it.

    Attributes:
        reason: What happened, without the remedy and without the line of a program.
        remedy: What to do, as a sentence of its own; empty if the message has it inside.
        about: The call that the message begins with, as a program writes it; empty if the caller has to name it.
    """

    reason = ""
    remedy = ""
    about = ""

    def __init__(self, message: str = "", *, remedy: str = "", about: str = "") -> None:
        self.reason, self.remedy = visible_lines(f"{about}: {message}" if about else message), visible_lines(remedy)
        self.about = about
        super().__init__(f"{self.reason}. {self.remedy}." if remedy else self.reason)

    @property
    def below(self) -> str:
        """Lines that point into what the message is about, each indented; empty if none do."""
        return ""


class ConfigurationError(EntraSyncError):
    """A tenant, credential or setting that cannot be used as it stands."""


class NoSuchPerson(ConfigurationError):
    """No user, or more than one, is meant."""


class BadArgument(EntraSyncError):
    """An argument of a resource that does not fit what the tenant holds, e.g. a group that does not exist.

    Attributes:
        property: Path of the argument as in the program's state, e.g. ``principals[1]``.
    """

    def __init__(self, property: str, reason: str) -> None:
        self.property = property
        super().__init__(reason)


class ExpressionError(EntraSyncError):
    """A mapping expression that cannot be parsed, or that has no value for a given person.

    Attributes:
        text: The whole expression.
        span: Half-open range of characters ``(start, end)`` that the message is about.
        problem: What is wrong there, as one clause.
        hint: What to do about it; may be empty.
    """

    def __init__(self, text: str, span: tuple[int, int], problem: str, hint: str = "") -> None:
        self.text, self.span, self.problem, self.hint = text, span, problem, hint
        super().__init__(f"{problem}; {hint}" if hint else problem)

    def pointed(self) -> str:
        """The line that the problem is on with carets below it, then the problem."""
        text, carets = self.marked()
        return f"{text}\n{carets} {self}"

    @property
    def below(self) -> str:
        """The line that the problem is on with carets below it, each indented."""
        text, carets = self.marked()
        return f"    {text}\n    {carets}"

    def marked(self) -> tuple[str, str]:
        """The line that the problem is on, and the line with carets below it.

        An expression may span lines and be long; a window of at most 100 characters around the span is shown.
        """
        start, end = self.span
        line_start = self.text.rfind("\n", 0, start) + 1
        line_end = self.text.find("\n", start)
        line_end = len(self.text) if line_end < 0 else line_end
        window_start = max(line_start, start - 60)
        window_end = min(line_end, max(window_start + 100, start + 1))
        before, after = self.text[window_start:start], self.text[start:window_end]
        marked = after[: max(0, end - start)]
        # Each part by itself, so that the carets stay below it although characters become visible.
        shown = [visible(part.replace("\t", " ")) for part in (before, marked, after[len(marked) :])]
        return "".join(shown), f"{' ' * len(shown[0])}{'^' * max(1, len(shown[1]))}"


class EvaluationError(ExpressionError):
    """An expression has no value for a person; `span` is the part that failed."""


class RegexRefused(EntraSyncError):
    """A pattern that .NET rejects, or that uses a construct this package does not give .NET's meaning.

    Attributes:
        pattern: The whole pattern.
        construct: What is refused, by name.
        position: Index of the character in the pattern where it starts.
    """

    def __init__(self, pattern: str, construct: str, position: int) -> None:
        self.pattern, self.construct, self.position = pattern, construct, position
        super().__init__(f"regular expression {pattern!r}, character {position + 1}: {construct}")


class RegexTooSlow(EntraSyncError):
    """A pattern takes more than `MAX_STEPS` steps on a value."""


class GraphError(EntraSyncError):
    """An answer of Microsoft Graph that is not a success.

    Attributes:
        status: HTTP status, or 0 where no answer came.
        code: Graph's ``error.code``.
        said: What Graph says, without the words of this package around it: the names in those could be anything.
        request_id: Graph's request id, for a support case; may be empty.
        sent: False if the request never left, so that it cannot have changed anything.
    """

    sent = True

    def __init__(self, message: str, *, status: int = 0, code: str = "", said: str = "", request_id: str = "") -> None:
        self.status, self.code, self.said, self.request_id = status, code, said, request_id
        super().__init__(visible(message))


class NotFound(GraphError):
    """The object does not exist in the tenant."""


class Conflict(GraphError):
    """The object exists already, or it was changed elsewhere."""


class Ambiguous(GraphError):
    """No answer came to a write that is not safe to repeat: it may or may not have been carried out."""


class Throttled(GraphError):
    """Graph still refused after the retries; ``retry_after`` is in seconds."""

    retry_after: float = 0.0


class CredentialsRejected(GraphError):
    """validateCredentials refused the link; the message says which side has to allow what."""


class PermissionMissing(GraphError):
    """Graph answered 403, or the application's token lacks a permission.

    Attributes:
        needed: The least privileged permissions, each of which would do.
        held: The application permissions of the token that was refused. None if the token does not tell.
    """

    needed: tuple[str, ...] = ()
    held: frozenset[str] | None = None

    @property
    def is_contradicted(self) -> bool:
        """Whether the token has a permission of the kind that is needed, so that a later request may be answered."""
        kinds = {name.split(".")[0] for name in self.needed}
        return any(name.split(".")[0] in kinds for name in self.held or ())
