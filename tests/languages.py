"""The catalogue of Korean texts: gathers what is marked, merges it into locale/ko and compiles it. `make messages`."""

from __future__ import annotations

import gettext
import sys
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import django
from babel.messages import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

HOUSE = Path(__file__).resolve().parent.parent
PO = HOUSE / "locale" / "ko" / "LC_MESSAGES" / "django.po"
MO = PO.with_suffix(".mo")

OWN_ROOMS = ("control", "sequences", "stations", "templates")
# What others show on our pages without bringing Korean under the name "ko", and which of their rooms stay closed here.
GUESTS = ("unfold", "django_filters", "rest_framework")
CLOSED = ("rest_framework/authtoken", "rest_framework/schemas", "rest_framework/templates")
# These of Django's come in Korean; a guest's text that stands there is not translated twice.
BROUGHT = ("conf", "contrib/admin", "contrib/auth", "contrib/contenttypes", "contrib/sessions")

KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
    "Wording": (1,),  # sequences.wording: said later, by whoever knows the reader
}
HEADER = """\
# Korean texts of Gwanje, and of the parts it shows that bring none.
# `make messages` keeps this file in step with the sources; see docs/languages.md."""


def own_texts() -> Catalog:
    """Every text that the product itself marks."""
    found = Catalog(locale="ko")
    for room in OWN_ROOMS:
        _gather(HOUSE / room, HOUSE, found)
    return found


def guest_texts() -> Catalog:
    """Every text of the skin and of the other guests that Django does not bring in Korean."""
    everything, found = Catalog(locale="ko"), Catalog(locale="ko")
    for name in GUESTS:
        spec = find_spec(name)
        assert spec is not None and spec.origin is not None
        folder = Path(spec.origin).parent
        _gather(folder, folder.parent, everything)
    brought = list(_brought_catalogues())
    for message in everything:
        if message.id and not any(_knows(catalogue, message.id, message.context) for catalogue in brought):
            found.add(message.id, locations=message.locations, context=message.context)
    return found


def catalogue() -> Catalog:
    """The committed translations."""
    with PO.open("rb") as file:
        return read_po(file, locale="ko", domain="django")


def compiled(texts: Catalog) -> bytes:
    out = BytesIO()
    write_mo(out, texts)
    return out.getvalue()


def update() -> Catalog:
    """Take new texts in, drop those that are gone, keep translations; write both files."""
    marked = own_texts()
    for message in guest_texts():
        if message.id:
            marked.add(message.id, locations=message.locations, context=message.context)
    texts = catalogue()
    texts.update(marked, no_fuzzy_matching=True, update_creation_date=False)
    return write(texts)


def write(texts: Catalog) -> Catalog:
    """Both files. Returns what a reader finds in them."""
    texts.header_comment, texts.fuzzy = HEADER, False
    texts.project, texts.version, texts.msgid_bugs_address = "Gwanje", "1", ""
    with PO.open("wb") as file:
        write_po(file, texts, width=120, sort_by_file=True, include_lineno=False, ignore_obsolete=True)
    written = catalogue()
    MO.write_bytes(compiled(written))
    return written


def _gather(folder: Path, root: Path, into: Catalog) -> None:
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(root).as_posix()
        if path.suffix in (".py", ".html", ".txt") and "migrations" not in path.parts and not place.startswith(CLOSED):
            for line, text, comments, context in _texts_in(path):
                into.add(text, locations=[(place, line)], auto_comments=comments, context=context)


def _texts_in(path: Path) -> Iterator[tuple[int, str | tuple[str, ...], list[str], str | None]]:
    """Line, text (or singular and plural), comments and context of every marked text in a file."""
    source = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        # What is left beside the calls are columns of X. Without indentation any of them is a line of Python's.
        source = "\n".join(line.strip() for line in templatize(source, origin=str(path)).splitlines())
    yield from extract("python", BytesIO(source.encode()), keywords=KEYWORDS, comment_tags=("Translators:",))


def _brought_catalogues() -> Iterator[gettext.NullTranslations]:
    for folder in BROUGHT:
        place = Path(django.__file__).parent / folder / "locale"
        yield gettext.translation("django", str(place), ["ko"])


def _knows(catalogue: gettext.NullTranslations, text: str | Iterable[str], context: str | None) -> bool:
    single = text if isinstance(text, str) else next(iter(text))
    said = catalogue.pgettext(context, single) if context else catalogue.gettext(single)
    return said != single


def main() -> int:
    texts = update()
    missing = [message.id for message in texts if message.id and not message.string]
    for text in missing:
        print(f"not translated: {text!r}")  # noqa: T201
    print(f"{len(texts)} texts, {len(missing)} not translated: {PO.relative_to(HOUSE)}")  # noqa: T201
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
