"""Runs the PLC's Structured Text itself: parses the subset that our blocks use and compiles it to Python.

No IEC 61131-3 compiler can be had from Debian or PyPI, so that what is tested here is the text of the ``.st``
files by a compiler of our own, which is stricter than any PLC's: an identifier must be spelled as declared,
operands of one type, AND and OR evaluate both sides, an input or a constant cannot be assigned, and a value
that leaves its type's range, on the way or at the end, is an error: nothing depends on how a PLC overflows.
What it does not know it refuses. It shares no line with ``plc``.
"""

import re
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

RANGES: Final = {
    "INT": (-(1 << 15), (1 << 15) - 1),
    "UINT": (0, (1 << 16) - 1),
    "UDINT": (0, (1 << 32) - 1),
    "TIME": (0, (1 << 31) * 1_000_000 - 1),
}
"""What all three dialects can hold; TIME in ns here, at most what TIA Portal's 32 bits of ms hold."""

TON_PINS: Final = {"IN": "BOOL", "PT": "TIME", "Q": "BOOL", "ET": "TIME"}

_TOKEN = re.compile(
    r"(?P<space>\s+|\(\*.*?\*\))"
    r"|(?P<time>[Tt]#[0-9]+(?:ms|s))"
    r"|(?P<number>(?:UDINT\#|UINT\#)?(?:16\#[0-9A-Fa-f]+|[0-9]+))"
    r"|(?P<place>%[QMI][WX][0-9]+(?:\.[0-9]+)?)"
    r"|(?P<name>[A-Za-z][A-Za-z0-9_]*)"
    r"|(?P<sign>:=|<>|<=|>=|\.\.|[-+/*=<>()\[\];:,.])",
    re.DOTALL,
)
_WORD = re.compile(
    "FUNCTION_BLOCK|END_FUNCTION_BLOCK|PROGRAM|END_PROGRAM|VAR|VAR_INPUT|VAR_OUTPUT|CONSTANT|END_VAR|ARRAY|OF|AT"
    "|IF|THEN|ELSIF|ELSE|END_IF|FOR|TO|DO|END_FOR|AND|OR|NOT|MOD|TRUE|FALSE"
)


class StructuredTextError(Exception):
    """The text is not what all our dialects understand alike, or it did what they do differently."""


class Token(NamedTuple):
    """One word of the text."""

    kind: str
    text: str
    line: int


class Clock:
    """The PLC's time, set by the test."""

    def __init__(self) -> None:
        self.now_ns = 0


class Ton:
    """The standard's on-delay timer: Q once IN has been TRUE for PT."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since_ns: int | None = None
        self.Q = False
        self.ET = 0

    def run(self, *, IN: bool, PT: int) -> None:  # noqa: N803  (the standard's names)
        if not IN:
            self._since_ns = None
        elif self._since_ns is None:
            self._since_ns = self._clock.now_ns
        self.ET = 0 if self._since_ns is None else min(self._clock.now_ns - self._since_ns, PT)
        self.Q = IN and self.ET >= PT


@dataclass
class Variable:
    """One declared variable."""

    section: str
    type: str
    size: int = 0
    """Elements of an array; 0 for none."""
    initial: str = ""
    place: str = ""


@dataclass
class Block:
    """One compiled FUNCTION_BLOCK or PROGRAM."""

    name: str
    variables: dict[str, Variable] = field(default_factory=dict)
    python: str = ""
    """The body as Python: the same for two texts that do the same."""
    run: Callable[["Instance"], None] = lambda _: None


class Instance:
    """One instance of a block: its variables as attributes."""

    def __init__(self, block: Block, blocks: dict[str, Block], clock: Clock) -> None:
        self._block = block
        for name, variable in block.variables.items():
            setattr(self, name, _fresh(variable, blocks, clock))

    def __call__(self, **inputs: Any) -> None:
        """Set the named inputs, then run once."""
        for name, value in inputs.items():
            variable = self._block.variables.get(name)
            if variable is None or variable.section != "VAR_INPUT":
                raise StructuredTextError(f"{self._block.name} has no input {name}")
            setattr(self, name, _checked(variable.type, value))
        self._block.run(self)

    def __getattr__(self, name: str) -> Any:
        raise StructuredTextError(f"{self._block.name} has no variable {name}")


def _fresh(variable: Variable, blocks: dict[str, Block], clock: Clock) -> Any:
    if variable.type == "TON":
        return Ton(clock)
    if variable.type in blocks:
        return Instance(blocks[variable.type], blocks, clock)
    zero: Any = False if variable.type == "BOOL" else 0
    if variable.size:
        return [zero] * variable.size
    return eval(variable.initial) if variable.initial else zero


def _checked(kind: str, value: Any) -> Any:
    if kind == "BOOL":
        if value is not True and value is not False:
            raise StructuredTextError(f"{value!r} is no BOOL")
    else:
        low, high = RANGES[kind]
        if not low <= value <= high:
            raise StructuredTextError(f"{value} is beyond {kind}: the dialects differ here")
    return value


def _divided(kind: str, one: int, other: int) -> int:
    if other <= 0 or one < 0:
        raise StructuredTextError(f"{one} / {other}: the dialects differ here")
    return int(_checked(kind, one // other))


def _remainder(kind: str, one: int, other: int) -> int:
    if other <= 0 or one < 0:
        raise StructuredTextError(f"{one} MOD {other}: the dialects differ here")
    return int(_checked(kind, one % other))


def _element(values: list[Any], index: int) -> int:
    if not 0 <= index < len(values):
        raise StructuredTextError(f"index {index} of an array of {len(values)}")
    return index


def tokens(text: str) -> Iterator[Token]:
    """The words of ``text`` without comments. Raises StructuredTextError."""
    at, line = 0, 1
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise StructuredTextError(f"line {line}: cannot read {text[at : at + 20]!r}")
        kind = str(match.lastgroup)
        if kind != "space":
            yield Token("word" if _WORD.fullmatch(match[0]) else kind, match[0], line)
        line += match[0].count("\n")
        at = match.end()


def compile_text(text: str) -> dict[str, Block]:
    """All blocks of ``text``, by name; a block may use those before it. Raises StructuredTextError."""
    return _Parser(list(tokens(text))).blocks()


def instance(blocks: dict[str, Block], name: str, clock: Clock) -> Any:
    """A fresh ``Instance`` of a block, as after the PLC's start; its attributes are the text's variables."""
    return Instance(blocks[name], blocks, clock)


def copy_of(one: Any) -> Any:
    """Another instance in the same state; runs on the same clock."""
    other = object.__new__(Instance)
    for name, value in one.__dict__.items():
        if isinstance(value, list):
            value = value.copy()
        elif isinstance(value, Ton):
            value = copy(value)
        elif isinstance(value, Instance):
            value = copy_of(value)
        other.__dict__[name] = value
    return other


class _Parser:
    """Recursive descent; each expression comes back as Python and its type."""

    def __init__(self, words: list[Token]) -> None:
        self._words = [*words, Token("end", "", words[-1].line if words else 0)]
        self._at = 0
        self._known: dict[str, Block] = {}
        self._block = Block("")

    def blocks(self) -> dict[str, Block]:
        while self._now.kind != "end":
            self._pou()
        return self._known

    # --- words ----------------------------------------------------------------------------------------------

    @property
    def _now(self) -> Token:
        return self._words[self._at]

    def _next(self) -> Token:
        self._at += 1
        return self._words[self._at - 1]

    def _skip(self, text: str) -> bool:
        if self._now.text == text:
            self._at += 1
            return True
        return False

    def _expect(self, text: str) -> None:
        if not self._skip(text):
            raise self._wrong(f"expected {text}")

    def _name(self) -> str:
        if self._now.kind != "name":
            raise self._wrong("expected a name")
        return self._next().text

    def _wrong(self, what: str) -> StructuredTextError:
        return StructuredTextError(f"line {self._now.line}, at {self._now.text!r}: {what}")

    # --- declarations ---------------------------------------------------------------------------------------

    def _pou(self) -> None:
        kind = self._next().text
        if kind == "CONFIGURATION":  # tasks and instances: nothing that could be run here
            while self._next().text != "END_CONFIGURATION":
                pass
            return
        if kind not in ("FUNCTION_BLOCK", "PROGRAM"):
            raise self._wrong(f"cannot compile {kind}")
        self._block = Block(self._name())
        while self._now.text.startswith("VAR"):
            self._section()
        body = self._statements({f"END_{kind}"})
        self._expect(f"END_{kind}")
        self._block.python = "\n".join(["def run(self):", *(f"    {line}" for line in body or ["pass"])])
        scope: dict[str, Any] = {
            "_checked": _checked,
            "_divided": _divided,
            "_remainder": _remainder,
            "_element": _element,
        }
        exec(compile(self._block.python, self._block.name, "exec"), scope)
        self._block.run = scope["run"]
        self._known[self._block.name] = self._block

    def _section(self) -> None:
        section = self._next().text
        if self._skip("CONSTANT"):
            section = "CONSTANT"
        while not self._skip("END_VAR"):
            name = self._name()
            if name.lower() in {known.lower() for known in self._block.variables}:
                raise self._wrong(f"{name} is declared twice")
            variable = Variable(section, "")
            if self._skip("AT"):
                variable.place = self._next().text
            self._expect(":")
            if self._skip("ARRAY"):
                self._expect("[")
                self._expect("0")
                self._expect("..")
                variable.size = int(self._next().text) + 1
                self._expect("]")
                self._expect("OF")
            variable.type = self._name()
            if variable.type not in {*RANGES, "BOOL", "TON", *self._known}:
                raise self._wrong(f"unknown type {variable.type}")
            if self._skip(":="):
                variable.initial, kind = self._expression()
                self._same(variable.type, kind)
            elif section == "CONSTANT":
                raise self._wrong("a constant needs a value")
            self._expect(";")
            self._block.variables[name] = variable

    # --- statements -----------------------------------------------------------------------------------------

    def _statements(self, until: set[str]) -> list[str]:
        lines: list[str] = []
        while self._now.text not in until:
            if self._skip("IF"):
                lines += self._if()
            elif self._skip("FOR"):
                lines += self._for()
            else:
                lines += self._assignment_or_call()
            self._expect(";")
        return lines

    def _if(self) -> list[str]:
        lines: list[str] = []
        keyword = "if"
        while True:
            lines.append(f"{keyword} {self._condition()}:")
            self._expect("THEN")
            lines += self._inner({"ELSIF", "ELSE", "END_IF"})
            if self._skip("ELSIF"):
                keyword = "elif"
                continue
            if self._skip("ELSE"):
                lines += ["else:", *self._inner({"END_IF"})]
            self._expect("END_IF")
            return lines

    def _for(self) -> list[str]:
        name = self._name()
        kind = self._variable(name).type
        self._expect(":=")
        first = self._of(kind)
        self._expect("TO")
        last = self._of(kind)
        self._expect("DO")
        lines = [f"for self.{name} in range({first}, ({last}) + 1):", *self._inner({"END_FOR"})]
        self._expect("END_FOR")
        return lines

    def _inner(self, until: set[str]) -> list[str]:
        return [f"    {line}" for line in self._statements(until) or ["pass"]]

    def _assignment_or_call(self) -> list[str]:
        name = self._name()
        variable = self._variable(name)
        if variable.type == "TON" or variable.type in self._known:
            return [self._call(name, variable.type)]
        if variable.section in ("VAR_INPUT", "CONSTANT"):
            raise self._wrong(f"{name} must not be assigned")
        target = f"self.{name}{self._index(name, variable)}"
        self._expect(":=")
        return [f"{target} = _checked({variable.type!r}, {self._of(variable.type)})"]

    def _call(self, name: str, kind: str) -> str:
        self._expect("(")
        arguments = []
        while not self._skip(")"):
            pin = self._name()
            self._expect(":=")
            arguments.append(f"{pin}={self._of(self._pin(kind, pin, reading=False))}")
            if self._now.text != ")":
                self._expect(",")
        if kind == "TON" and sorted(argument[:3] for argument in arguments) != ["IN=", "PT="]:
            raise self._wrong("a TON is always called with IN and PT")
        return f"self.{name}{'.run' if kind == 'TON' else ''}({', '.join(arguments)})"

    # --- expressions ----------------------------------------------------------------------------------------

    def _condition(self) -> str:
        return self._of("BOOL")

    def _of(self, kind: str) -> str:
        code, found = self._expression()
        self._same(kind, found)
        return code

    def _same(self, one: str, other: str) -> str:
        """The common type; an untyped number takes the other's."""
        if one == other or other == "number":
            if other == "number" and one == "BOOL":
                raise self._wrong("a number is no BOOL")
            return one
        if one == "number":
            return self._same(other, one)
        raise self._wrong(f"{one} and {other} do not mix")

    def _expression(self) -> tuple[str, str]:
        return self._logic("OR", "|", lambda: self._logic("AND", "&", self._comparison))

    def _logic(self, word: str, sign: str, inner: Callable[[], tuple[str, str]]) -> tuple[str, str]:
        code, kind = inner()
        while self._skip(word):
            self._same("BOOL", kind)
            other, other_kind = inner()
            self._same("BOOL", other_kind)
            code = f"({code} {sign} {other})"
        return code, kind

    def _comparison(self) -> tuple[str, str]:
        code, kind = self._sum()
        signs = {"=": "==", "<>": "!=", "<": "<", ">": ">", "<=": "<=", ">=": ">="}
        if self._now.text in signs:
            sign = signs[self._next().text]
            other, other_kind = self._sum()
            self._same(kind, other_kind)
            return f"({code} {sign} {other})", "BOOL"
        return code, kind

    def _sum(self) -> tuple[str, str]:
        code, kind = self._product()
        while self._now.text in ("+", "-"):
            sign = self._next().text
            other, other_kind = self._product()
            kind = self._arithmetic(kind, other_kind)
            code = f"_checked({kind!r}, {code} {sign} {other})"
        return code, kind

    def _product(self) -> tuple[str, str]:
        code, kind = self._unary()
        while self._now.text in ("/", "MOD"):
            function = "_divided" if self._next().text == "/" else "_remainder"
            other, other_kind = self._unary()
            kind = self._arithmetic(kind, other_kind)
            code = f"{function}({kind!r}, {code}, {other})"
        return code, kind

    def _arithmetic(self, one: str, other: str) -> str:
        kind = self._same(one, other)
        if kind not in ("INT", "UINT", "UDINT"):
            raise self._wrong(f"no arithmetic with {kind}")
        return kind

    def _unary(self) -> tuple[str, str]:
        if self._skip("NOT"):
            code, kind = self._unary()
            self._same("BOOL", kind)
            return f"(not {code})", "BOOL"
        if self._skip("-"):
            return f"-{self._next().text}", "INT"
        return self._primary()

    def _primary(self) -> tuple[str, str]:
        word = self._next()
        if word.text == "(":
            code, kind = self._expression()
            self._expect(")")
            return f"({code})", kind
        if word.text in ("TRUE", "FALSE"):
            return word.text.capitalize(), "BOOL"
        if word.kind == "time":
            time = re.fullmatch(r"[Tt]#([0-9]+)(ms|s)", word.text)
            assert time is not None
            amount, unit = time.groups()
            return str(int(amount) * (1_000_000 if unit == "ms" else 1_000_000_000)), "TIME"
        if word.kind == "number":
            *prefix, digits = word.text.replace("16#", "0x").split("#")
            return str(int(digits, 0)), prefix[0] if prefix else "number"
        if word.text == "UDINT_TO_UINT":
            self._expect("(")
            code = self._of("UDINT")
            self._expect(")")
            return f"_checked('UINT', {code})", "UINT"
        if word.kind != "name":
            raise self._wrong(f"cannot compile {word.text!r}")
        variable = self._variable(word.text)
        if self._skip("."):
            pin = self._name()
            return f"self.{word.text}.{pin}", self._pin(variable.type, pin, reading=True)
        return f"self.{word.text}{self._index(word.text, variable)}", variable.type

    def _variable(self, name: str) -> Variable:
        if name not in self._block.variables:
            raise self._wrong(f"{name} is not declared (spelled just so)")
        return self._block.variables[name]

    def _index(self, name: str, variable: Variable) -> str:
        if bool(variable.size) != (self._now.text == "["):
            raise self._wrong(f"{name} and its index do not fit")
        if not variable.size:
            return ""
        self._expect("[")
        code = self._of("INT")
        self._expect("]")
        return f"[_element(self.{name}, {code})]"

    def _pin(self, kind: str, pin: str, *, reading: bool) -> str:
        if kind == "TON":
            if pin in TON_PINS:
                return TON_PINS[pin]
        elif kind in self._known:
            variable = self._known[kind].variables.get(pin)
            if variable is not None and variable.section == ("VAR_OUTPUT" if reading else "VAR_INPUT"):
                return variable.type
        raise self._wrong(f"{kind} has no such pin {pin}")
