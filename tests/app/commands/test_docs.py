"""What is written can be followed: commands and options exist, links and their anchors lead somewhere."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, get_args

import pytest
from pydantic import BaseModel

from app.settings.station import Settings
from tests.app.commands.command_tree import all_commands

ROOT = Path(__file__).parents[3]
PAGES = [
    ROOT / "README.md",
    *sorted(ROOT.glob("docs/**/*.md")),
    *sorted(ROOT.glob("findings/*.md")),
    *sorted(ROOT.glob("models/checkpoints/*.md")),
    *sorted(ROOT.glob("plc/structured_text/**/*.md")),
]
INSTALLED = [path for path in sorted((ROOT / "docs/installing").iterdir()) if path.is_file()]
SOURCES = [
    path
    for house in ("app", "inspection", "models", "plc", "reports")
    for path in (ROOT / house).rglob("*.py")
]
COMMANDS = {command.words: command for command in all_commands()}
GROUPS = {words[:length] for words in COMMANDS for length in range(1, len(words))}
OPTIONS = {option for command in COMMANDS.values() for option in command.options} | {"--version"}
FOREIGN = {"--extra-index-url", "--no-deps", "--nproc-per-node"}
"""Options of other programs (pip, torchrun) that the pages name by themselves."""


class Named(NamedTuple):
    """A command line that a text names."""

    line: int
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}"


def relative(path: Path) -> str:
    """For the names of tests."""
    return str(path.relative_to(ROOT))


def code_of(page: Path) -> Iterator[Named]:
    """Every line of a fenced block, continued ones joined, and every span of code in the text."""
    fenced, kept = False, ""
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("```"):
            fenced = not fenced
        elif fenced:
            kept += line
            if not line.endswith("\\"):
                yield Named(number, kept)
                kept = ""
            else:
                kept = kept[:-1]
        else:
            for span in re.findall(r"`([^`]+)`", line):
                yield Named(number, span.replace(r"\|", "|"))


def command_lines(page: Path) -> Iterator[Named]:
    """The lines that call ``passgate``, without root's prompt and remarks."""
    for number, text in code_of(page):
        plain = re.sub(r"^[#$] ", "", text.strip())
        if tuple(plain.split()[:2]) in COMMANDS:
            plain = f"passgate {plain}"  # as sentences name them
        if re.match(r"(\S+/)?passgate [\w<]|python -m app ", plain):
            yield Named(number, re.sub(r"\s#\s.*", "", plain).replace("python -m app", "passgate"))


def names_of(words: list[str]) -> list[tuple[str, ...]]:
    """The commands that a line's words name; ``a|b`` are alternatives. None where it ends with a noun."""
    nouns: tuple[str, ...] = ()
    for word in words:
        if (*nouns, word) not in GROUPS:
            return [(*nouns, verb) for verb in word.split("|")]
        nouns = (*nouns, word)
    return []


def wrong(text: str) -> str:
    """What of a command line does not exist; empty where all does. ``a|b`` are alternatives."""
    words = re.sub(r"[\[\]…]", " ", text).split()[1:]
    if not words or words[0].startswith("<"):
        return ""
    if words[0].startswith("--"):
        return "" if words[0] in ("--version", "--help") else f"no option {words[0]}"
    names = names_of(words)
    if missing := [name for name in names if name not in COMMANDS]:
        return f"no command {' '.join(missing[0])}"
    known = set().union(*(COMMANDS[name].options for name in names))
    asked = {word.partition("=")[0].rstrip(",;:.") for word in words if word.startswith("--")}
    return "".join(f"{' '.join(names[0])} has no {option}; " for option in sorted(asked - known))


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_commands_and_options_that_a_page_names_exist(page: Path) -> None:
    faults = [f"{named}: {fault}" for named in command_lines(page) if (fault := wrong(named.text))]
    faults += [
        f"{named}: no command has it"
        for named in code_of(page)
        if re.fullmatch(r"--[a-z][\w-]*.*", named.text)
        and re.split(r"[\s=]", named.text)[0] not in OPTIONS | FOREIGN
    ]
    assert not faults


def test_the_readme_names_every_command() -> None:
    named = set()
    for _, text in command_lines(ROOT / "README.md"):
        named |= set(names_of(re.sub(r"[\[\],…]", " ", text).split()[1:]))
    assert COMMANDS.keys() - named == set()


def test_commands_are_found_in_the_pages() -> None:
    assert sum(1 for page in PAGES for _ in command_lines(page)) > 80


@pytest.mark.parametrize("file", INSTALLED, ids=relative)
def test_commands_in_units_and_scripts_exist(file: Path) -> None:
    lines = [
        re.sub(r".*?((\S*/)?passgate (?=[a-z]))", r"\1", line)
        for line in file.read_text("utf-8").splitlines()
    ]
    called = [line for line in lines if re.match(r"(\S*/)?passgate (run|console|[a-z]+ )", line)]
    assert not [
        fault
        for line in called
        if line.split()[1] in {words[0] for words in COMMANDS} and (fault := wrong(line))
    ]


def test_commands_that_messages_and_help_name_exist() -> None:
    """What a program says is to be done can be done."""
    nouns = "|".join(sorted({words[0] for words in COMMANDS}))
    faults = []
    for source in SOURCES:
        text = re.sub(r'"\s*\n\s*f?"', "", source.read_text(encoding="utf-8"))
        for found in re.findall(rf"\bpassgate (?:{nouns})\b[^\n\"'`.;)]*", text):
            if fault := wrong(re.sub(r"\{[^}]*\}", "X", found)):
                faults.append(f"{relative(source)}: {found}: {fault}")
    assert not faults


def keys(model: type[BaseModel]) -> Iterator[str]:
    """All keys of settings, down to the last table."""
    for name, field in model.model_fields.items():
        yield name
        pending = [field.annotation]
        while pending:
            one = pending.pop()
            if isinstance(one, type) and issubclass(one, BaseModel):
                yield from keys(one)
            pending += get_args(one)


def test_the_integrator_finds_every_key_of_the_settings() -> None:
    """Where a wrong file is refused, that page is said to list the keys."""
    text = (ROOT / "docs/integrator.md").read_text(encoding="utf-8")
    of_one_moment = {"diverter_angle_deg", "diverter_speed_deg_s"}
    """Of a chunk of motion, where the line's description is used as well; nobody sets them."""
    missing = [key for key in keys(Settings) if not re.search(rf"(`|^|\[|\.){key}\b", text, re.MULTILINE)]
    assert set(missing) <= of_one_moment


# --- links ----------------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    found: dict[str, int] = {}
    made = set()
    fenced = False
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            fenced = not fenced
        heading = None if fenced else re.match(r"#+ +(.*)", line)
        if heading:
            plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1]).lower()
            name = re.sub(r"[^\w\- ]", "", plain).strip().replace(" ", "-")
            made.add(name if name not in found else f"{name}-{found[name]}")
            found[name] = found.get(name, 0) + 1
    return made


def links(page: Path) -> Iterator[Named]:
    """Links and pictures of a page that lead into this repository."""
    fenced = False
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("```"):
            fenced = not fenced
        for target in [] if fenced else re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", line)):
            if not re.match(r"[a-z]+:", target):
                yield Named(number, target)


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_links_and_anchors_lead_somewhere(page: Path) -> None:
    faults = []
    for link in links(page):
        file, _, anchor = link.text.partition("#")
        target = (page.parent / file).resolve() if file else page
        if not target.exists():
            faults.append(f"{link}: no such file")
        elif anchor and anchor not in anchors(target):
            faults.append(f"{link}: no such heading")
    assert not faults


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_files_that_a_page_names_exist(page: Path) -> None:
    """Paths from the root of the repository, as code: ``plc/simulator/program/handshake.py``."""
    houses = r"(?:app|inspection|models|plc|reports|tests|docs|findings)"
    named = [one for one in code_of(page) if re.fullmatch(rf"{houses}/[\w./*-]+", one.text)]
    assert not [str(one) for one in named if not any(ROOT.glob(one.text.rstrip("/"))) and "*" not in one.text]


@pytest.mark.parametrize(
    "name", ["README.md", "operator.md", "quality.md", "integrator.md", "model.md", "installing.md"]
)
def test_a_page_for_people_links_the_glossary_before_its_second_heading(name: str) -> None:
    page = ROOT / name if name == "README.md" else ROOT / "docs" / name
    text = page.read_text(encoding="utf-8")
    begin = text.split("\n## ", 1)[0]
    assert "glossary.md" in (text if name == "README.md" else begin)


def test_the_glossary_is_in_order_and_explains_each_word_once() -> None:
    rows = re.findall(
        r"^\| \*\*(.+?)\*\*", (ROOT / "docs/glossary.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert rows == sorted(set(rows), key=str.lower)
