"""Both languages complete: every text is marked, translated and compiled, and what is stored stays English."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.messages.mofile import read_mo
from django.conf import settings
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.test import Client
from django.utils import translation
from django.utils.formats import date_format

from control.journal.kinds import ALERTS, Kind, stream_of
from control.journal.read import read_after
from control.lifecycle.refusals import Refused
from control.lifecycle.safety.emergency import new_latch, record_emergency_stop, record_reset
from control.lifecycle.safety.guards_said import SENTENCES
from control.lifecycle.steer import pause_batch, stop_batch
from control.models import Batch, Event
from control.states import State
from sequences.catalogue import Package, find_packages
from stations.safety.emergency import KILLED, NO_GUARD, RELEASED, STILL_LATCHED, UNPROVEN
from stations.safety.on_demand import NOBODY
from tests.installations import Installation
from tests.languages import HOUSE, MO, catalogue, guest_texts, own_texts
from tests.rows import ANNA, demo_station, queued, running

pytestmark = pytest.mark.any_database

# Visible on pages and the same in every language.
PROPER_NAMES = {"Gwanje", "관제", "API"}
MARKED = re.compile(
    r"\{%-?\s*blocktrans(?:late)?\b.*?%\}.*?\{%\s*endblocktrans(?:late)?\s*%\}"
    r"|\{%\s*comment\b.*?%\}.*?\{%\s*endcomment\s*%\}|\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}",
    re.DOTALL,
)
# Of an element whose text is no language: names of icons, code, keys.
WORDLESS = {"script", "style", "code", "kbd", "pre", "svg"}
SPOKEN = {"alt", "title", "aria-label", "aria-description", "placeholder"}
PLACES = re.compile(r"%\((\w+)\)[sd]|%([sd])|\{(\w*)[^}]*\}")
SENTENCE = re.compile(r"[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}")
VOID = {"input", "link", "meta", "br", "hr", "img", "path"}


class VisibleText(HTMLParser):
    """Collects what a person sees or hears of a page: texts, and attributes that are spoken."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.open: list[bool] = []  # of every open element: does its text count?

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.found += [value for name, value in attrs if name in SPOKEN and value]
        if tag not in VOID:
            icon = "material-symbols" in (given.get("class") or "")
            self.open.append(all(self.open[-1:]) and tag not in WORDLESS and not icon)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID and self.open:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if all(self.open[-1:]):
            self.found.append(data)


def visible(html: str) -> list[str]:
    parser = VisibleText()
    parser.feed(html)
    return [" ".join(text.split()) for text in parser.found if text.strip()]


def words_in(text: str) -> list[str]:
    return [word for word in re.findall(r"[A-Za-z가-힣]{2,}", text) if word not in PROPER_NAMES]


def keys_of(texts: Catalog) -> set[tuple[object, object]]:
    return {(message.context, message.id) for message in texts if message.id}


def first_form(text: object) -> str:
    return text if isinstance(text, str) else str(text[0])  # type: ignore[index]


def texts_in_two_languages() -> list[tuple[str, str]]:
    return [(first_form(each.id), first_form(each.string)) for each in catalogue() if each.id]


def described(package: Package) -> list[str]:
    """What the author of a sequence says about it, in the author's language."""
    parameters = package.manifest.parameters if package.manifest else {}
    texts = [package.title, package.description, *(each.get("description", "") for each in parameters.values())]
    texts += [name.replace("_", " ") for name in parameters]
    return [" ".join(text.split()) for text in texts if text]


def own_files(*rooms: str, suffix: str) -> list[Path]:
    return sorted(path for room in rooms for path in (HOUSE / room).rglob(f"*{suffix}"))


def test_catalogue_holds_exactly_what_is_marked() -> None:
    assert keys_of(catalogue()) == keys_of(own_texts()) | keys_of(guest_texts())  # else: make messages


def test_every_text_is_translated() -> None:
    assert [message.id for message in catalogue() if message.id and not first_form(message.string)] == []


def test_no_translation_is_fuzzy() -> None:
    assert [message.id for message in catalogue() if message.fuzzy] == []


def test_translations_keep_the_places_for_values() -> None:
    texts = [(said, korean) for said, korean in texts_in_two_languages() if korean]
    assert [said for said, korean in texts if set(PLACES.findall(said)) != set(PLACES.findall(korean))] == []


def test_compiled_catalogue_is_the_written_one() -> None:
    with MO.open("rb") as file:
        compiled = read_mo(file)
    written = {(each.context, first_form(each.id)): first_form(each.string) for each in catalogue() if each.id}
    assert {(each.context, first_form(each.id)): first_form(each.string) for each in compiled if each.id} == written


@pytest.mark.parametrize("path", own_files("templates", suffix=".html"), ids=lambda path: str(path.name))
def test_template_shows_no_text_that_is_not_marked(path: Path) -> None:
    bare = MARKED.sub(" ", path.read_text(encoding="utf-8"))
    assert [text for text in visible(bare) if words_in(text)] == []


def test_refusals_are_never_raised_with_a_bare_sentence() -> None:
    names = {kind.__name__ for kind in [Refused, *Refused.__subclasses__()]}
    rooms = [f"control/{room}" for room in ("access", "admin", "api", "lifecycle", "live", "pages")]
    bare = []
    for path in own_files(*rooms, suffix=".py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                bare += [f"{path}:{node.lineno}" for given in node.args[:1] if is_text(given)]
    assert [place for place in bare if "UnknownName" not in place] == []


def is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and " " in str(node.value))


@pytest.mark.parametrize(
    ("language", "reads"), [("en", "3 Feb 2026 15:04:05"), ("ko", "2026년 2월 3일 15:04:05")], ids=["en", "ko"]
)
def test_times_have_24_hours(language: str, reads: str) -> None:
    with translation.override(language):
        assert date_format(datetime(2026, 2, 3, 15, 4, 5), "DATETIME_FORMAT") == reads  # noqa: DTZ001


def test_every_sentence_about_a_guard_is_known_above() -> None:
    assert set(SENTENCES) == {NO_GUARD, KILLED, UNPROVEN, RELEASED, STILL_LATCHED, NOBODY}


@pytest.fixture
def station(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)


@pytest.fixture
def korean() -> Iterator[None]:
    with translation.override("ko"):
        yield


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"sequence": "bord_test"}, "'bord_test' 시퀀스가 없습니다. 혹시 'board_test'입니까?"),
        ({"slot": "demo/lane-1"}, "demo/lane-1 슬롯에는 'board_test' 시퀀스에 필요한 계측기"),
        ({"subject": "x" * 101}, "대상이 101자입니다. 최대 100자까지 저장됩니다. 줄여 주십시오."),
        ({"parameters": {"bogus": 1}}, "매개변수 'bogus'이(가) 없습니다."),
    ],
)
def test_refusal_speaks_the_language_of_the_request(
    station: None, korean: None, wrong: dict[str, object], sentence: str
) -> None:
    with pytest.raises(Refused) as refused:
        queued(**wrong)  # type: ignore[arg-type]
    assert str(refused.value)[: len(sentence)] == sentence


def test_what_is_stored_is_english_whoever_acts(station: None, korean: None) -> None:
    first = running("demo/slot-1").batch
    pause_batch(first.pk, by=ANNA, reason="tea")
    stop_batch(queued(slot="demo/slot-2").pk, by=ANNA, reason="wrong board")
    queued(slot="demo/slot-2")
    record_emergency_stop(new_latch("demo", by=ANNA, reason="smoke"), delivered=True)
    record_reset("demo", by=ANNA, reason="aired")
    told = [*Event.objects.values_list("message", flat=True), *Batch.objects.values_list("message", flat=True)]
    assert [text for text in told if not text.isascii()] == []
    assert read_after(stream_of(first.pk))[-2].message == "Pause requested by anna: tea"
    assert read_after(ALERTS)[-1].message == "demo reset by anna: aired"
    assert Batch.objects.filter(state=State.ABORTED).count() == 1


def test_commands_speak_english_whatever_is_set(installation: Installation) -> None:
    installation.environment |= {"GWANJE_LANGUAGE": "KO", "LANG": "ko_KR.UTF-8", "LANGUAGE": "ko"}
    done = installation.manage("run_batch", "bord_test")
    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        2,
        "CommandError: There is no sequence 'bord_test'. Did you mean 'board_test'?",
    )


PAGES = [
    "/control/",
    "/control/batches/new/",
    "/control/batches/new/?sequence=board_test",
    "/control/login-link/",
    "/control/nowhere/",
    "/admin/login/",
    "/control/sequences/",
    "/admin/",
    "/admin/password_change/",
    *(f"/admin/{model._meta.app_label}/{model._meta.model_name}/" for model in site._registry),
]


@pytest.mark.parametrize("address", PAGES)
def test_korean_page_shows_no_english(station: None, client: Client, address: str) -> None:
    names = {kind.value for kind in Kind}  # as the API and the sockets spell them
    english = {said for said, korean in texts_in_two_languages() if said != korean} - names
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "ko"
    if address != "/admin/login/":
        client.force_login(User.objects.create_superuser("admin"))
    shown = visible(client.get(address).content.decode())
    authors = tuple(text for each in find_packages(settings.SEQUENCE_DIRS).values() for text in described(each))
    left = [text for text in shown if text in english or SENTENCE.search(text)]
    assert [text for text in left if not text.startswith(authors)] == []
