#!/usr/bin/env bash
# A saved tokenizer's prompt lies in a file of its own, and silently rules over the one that the settings name.
#
# Seen with     transformers 5.23.0 (PyPI), Python 3.11, Linux, November 2026.
# The question  A tokenizer is saved twice; the two differ in the chat template alone, the words that stand around
#               what a vision-language model is asked. Then the first folder's tokenizer_config.json is given the
#               other template, as folders of earlier versions carry theirs.
# Behaviour     Of the files that are saved, chat_template.jinja alone differs; tokenizer.json and
#               tokenizer_config.json are the same to the byte. Where both a template in tokenizer_config.json and
#               the file are there, the file is used, without a word that they disagree.
# Why it hurts  A digest over weights, config and tokenizer, which most people would take for the whole model, does
#               not tell two models apart that are asked in other words and answer otherwise: a certificate issued
#               for one would hold for the other. And who mends the template where it used to stand changes nothing.
# What we do    models/weights/local_folder.py: the digest of a folder covers whatever transformers reads there, the
#               template too, so another prompt is another model.
#
# Output seen:
#   transformers 5.23.0
#   only the template differs: other files: chat_template.jinja; same to the byte: tokenizer.json, tokenizer_config.json
#   asked: "user : pass" and "user : stop pass"
#   both there, and they disagree: "user : pass", warnings: 0
#
# usage: findings/transformers_prompt_in_its_own_file.sh
# Exit code 0: as described; 1: it has changed; 2: it could not be run.
set -u
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
{ python3 -m venv "$work/venv" && "$work/venv/bin/pip" install --quiet --disable-pip-version-check \
    transformers==5.23.0 jinja2; } ||
    { echo "the pinned packages cannot be installed"; exit 2; }
cat >"$work/prompt.py" <<'PY'
import json
import logging
import sys
import warnings
from pathlib import Path

import transformers
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

told = []
logging.getLogger("transformers").addHandler(type("Ear", (logging.Handler,), {"emit": lambda _, line: told.append(line)})())
work = Path(sys.argv[1])
words = {word: number for number, word in enumerate(("[UNK]", "[END]", "pass", "stop", ":", "user"))}
plain = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
plain.pre_tokenizer = pre_tokenizers.Whitespace()
one = "{% for said in messages %}user : {{ said['content'] }}{% endfor %}"
other = "{% for said in messages %}user : stop {{ said['content'] }}{% endfor %}"


def save(template, name):
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=plain, unk_token="[UNK]", eos_token="[END]")
    tokenizer.chat_template = template
    tokenizer.save_pretrained(work / name)
    return {file.name: file.read_bytes() for file in (work / name).iterdir()}


def asked(name):
    tokenizer = AutoTokenizer.from_pretrained(work / name)
    return tokenizer.apply_chat_template([{"role": "user", "content": "pass"}], tokenize=False)


first, second = save(one, "one"), save(other, "other")
differ = sorted(name for name in first if first[name] != second[name])
same = sorted(name for name in first if first[name] == second[name])
prompts = asked("one"), asked("other")
settings = work / "one" / "tokenizer_config.json"
settings.write_text(json.dumps(json.loads(settings.read_text()) | {"chat_template": other}))
told.clear()
with warnings.catch_warnings(record=True) as warned:
    warnings.simplefilter("always")
    both = asked("one")
print(f"transformers {transformers.__version__}")
print(f"only the template differs: other files: {', '.join(differ)}; same to the byte: {', '.join(same)}")
print(f'asked: "{prompts[0]}" and "{prompts[1]}"')
print(f'both there, and they disagree: "{both}", warnings: {len(warned) + len(told)}')
as_described = (
    differ == ["chat_template.jinja"]
    and same == ["tokenizer.json", "tokenizer_config.json"]
    and prompts == ("user : pass", "user : stop pass")
    and both == "user : pass"
    and not warned
    and not told
)
sys.exit(0 if as_described else 1)
PY
"$work/venv/bin/python" "$work/prompt.py" "$work" 2>"$work/stderr" || { code=$?; cat "$work/stderr" >&2; exit "$code"; }
