"""Object storage that datasets may be made of: S3 and what speaks like it, through django-storages."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from control.datasets.folders import Found
from control.datasets.names import WrongPath, check_path

URL_LASTS_S = 24 * 3600  # a presigned address: longer than any chunk waits
PAGE = 1000  # keys in an answer
_STORAGE = "storages.backends.s3.S3Storage"


class NoBuckets(Exception):
    """Nothing is set up to read object storage. The sentence says what is missing."""


def split_location(location: str) -> tuple[str, str]:
    """Of `bucket/prefix`: bucket and prefix, which may be empty and else ends with a slash."""
    bucket, _slash, prefix = location.partition("/")
    prefix = prefix.strip("/")
    return bucket, f"{prefix}/" if prefix else ""


def check_bucket(location: str) -> str:
    """Return the location without what is superfluous. Raises NoBuckets."""
    bucket, prefix = split_location(location.strip().removeprefix("s3://"))
    if not settings.DATASET_BUCKETS:
        raise NoBuckets(
            _("No object storage is allowed here. Name its buckets in GWANJE_DATASET_BUCKETS, see docs/datasets.md.")
        )
    if bucket not in settings.DATASET_BUCKETS:
        words = {"bucket": bucket, "known": ", ".join(settings.DATASET_BUCKETS)}
        raise NoBuckets(_("The bucket '%(bucket)s' is not allowed. Allowed: %(known)s.") % words)
    _storage_class()
    return f"{bucket}/{prefix}".rstrip("/")


def _storage_class() -> Any:
    try:
        return import_string(_STORAGE)
    except ImportError:
        raise NoBuckets(
            _("What speaks with object storage is not installed here: pip install -r requirements-s3.txt")
        ) from None


@lru_cache(maxsize=8)
def _storage(name: str, endpoint: str, region: str, access_key: str, secret_key: str) -> Any:
    """Kept, because a client takes a tenth of a second to be made."""
    return _storage_class()(
        bucket_name=name,
        endpoint_url=endpoint or None,
        region_name=region or None,
        access_key=access_key or None,
        secret_key=secret_key or None,
        querystring_auth=True,
        querystring_expire=URL_LASTS_S,
    )


class Bucket:
    """The keys of a bucket below a prefix."""

    def __init__(self, location: str) -> None:
        """Raises NoBuckets."""
        name, self.prefix = split_location(location)
        self.storage = _storage(
            name, settings.S3_ENDPOINT, settings.S3_REGION, settings.S3_ACCESS_KEY, settings.S3_SECRET_KEY
        )

    def list_files(self) -> Iterator[Found]:
        """Every object, in pages. Raises OSError when the storage does not answer or refuses."""
        with storage_errors():
            for found in self.storage.bucket.objects.filter(Prefix=self.prefix).page_size(PAGE):
                path = found.key.removeprefix(self.prefix)
                if path.endswith("/") or not path or any(part.startswith(".") for part in path.split("/")):
                    continue  # a folder made by a console, or a hidden file
                try:
                    check_path(path)
                except WrongPath as error:
                    yield Found(_shown(path), problem=str(error))
                else:
                    yield Found(path, found.size, int(found.last_modified.timestamp()) * 1_000_000_000)

    def blocks(self, path: str, size: int = 1024 * 1024) -> Iterator[bytes]:
        """The content of an object. Raises OSError."""
        with storage_errors():
            body = self.storage.bucket.Object(self.prefix + path).get()["Body"]
            yield from body.iter_chunks(size)

    def url(self, path: str) -> str:
        """An address that lets anybody who knows it read the object for URL_LASTS_S."""
        with storage_errors():
            found: str = self.storage.url(self.prefix + path, expire=URL_LASTS_S)
            return found


def _shown(path: str) -> str:
    return "".join(letter if letter.isprintable() else "�" for letter in path)[:500]


class storage_errors:  # noqa: N801  used like a function
    """Whatever the storage's own client raises becomes an OSError with its first line."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if kind is not None and kind.__module__.split(".")[0] in ("botocore", "boto3", "urllib3", "s3transfer"):
            raise OSError(str(error).partition("\n")[0] or kind.__name__) from error
