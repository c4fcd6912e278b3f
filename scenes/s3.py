"""Media on S3. Imported with the first file only: boto3 takes half a second and 30 MB."""

from __future__ import annotations

import contextlib
import mimetypes
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError
from django.core.cache import cache
from storages.backends.s3 import S3Storage

PART_BYTES = 8 * 1024 * 1024
# A signed link is given out again until two thirds of its life are over, so that a page signs nothing twice.
LINK_SHARE = 0.66
# A browser on a slow line needs a while for half a gigabyte; the signature counts at its beginning.
UPLOAD_SECONDS = 3600


class S3MediaStorage(S3Storage):  # type: ignore[misc]
    """django-storages' S3 with streaming uploads and remembered links."""

    def put(self, key: str, path: Path) -> None:
        """Store a local file under a key in parts, so that memory stays small at any size."""
        media_type = mimetypes.guess_type(key)[0] or "application/octet-stream"
        self.bucket.Object(self._normalize_name(key)).upload_file(
            str(path),
            ExtraArgs={**self.get_object_parameters(key), "ContentType": media_type},
            Config=TransferConfig(use_threads=False, multipart_chunksize=PART_BYTES),
        )

    def link(self, key: str, media_type: str, filename: str | None, seconds: int | None = None) -> str | None:
        """Return a signed link, the same one again while it is fresh."""
        life = seconds or self.querystring_expire
        remembered = f"media-link:{key}:{filename or ''}:{life}"
        found: str | None = cache.get(remembered)
        if found is None:
            parameters = {"ResponseContentType": media_type}
            if filename:
                parameters["ResponseContentDisposition"] = f'attachment; filename="{filename}"'
            found = str(self.url(key, parameters=parameters, expire=life))
            cache.set(remembered, found, timeout=int(life * LINK_SHARE))
        return found

    def upload_link(self, key: str, size: int) -> str:
        """Return a signed link for one PUT of so many bytes; its signature covers the length."""
        parameters = {"Bucket": self.bucket_name, "Key": self._normalize_name(key), "ContentLength": size}
        return str(self._client.generate_presigned_url("put_object", Params=parameters, ExpiresIn=UPLOAD_SECONDS))

    def begin_parts(self, key: str) -> str:
        """Begin an upload in parts; return its id."""
        begun = self._client.create_multipart_upload(Bucket=self.bucket_name, Key=self._normalize_name(key))
        return str(begun["UploadId"])

    def part_link(self, key: str, multipart: str, number: int, size: int) -> str:
        """Return a signed link for one PUT of a part; its signature covers the length."""
        parameters = {**self._part_of(key, multipart), "PartNumber": number, "ContentLength": size}
        return str(self._client.generate_presigned_url("upload_part", Params=parameters, ExpiresIn=UPLOAD_SECONDS))

    def join_parts(self, key: str, multipart: str, marks: Mapping[int, str]) -> None:
        """Make one file of its parts; that it was made before is no error."""
        whole = self._part_of(key, multipart)
        try:
            # Some buckets forget all parts when they are asked to join others than have come, so we look first.
            come = {part["PartNumber"]: part["ETag"] for part in self._client.list_parts(**whole).get("Parts", ())}
            if any(come.get(number, "").strip('"') != mark.strip('"') for number, mark in marks.items()):
                raise FileNotFoundError(key)
            parts = [{"PartNumber": number, "ETag": come[number]} for number in sorted(marks)]
            self._client.complete_multipart_upload(**whole, MultipartUpload={"Parts": parts})
        except ClientError as error:
            # Whoever joined them before may have died since.
            if error.response["Error"]["Code"] != "NoSuchUpload" or not self.exists(key):
                raise FileNotFoundError(key) from error

    def abort_parts(self, key: str, multipart: str) -> None:
        """Forget the parts that have come."""
        with contextlib.suppress(ClientError):
            self._client.abort_multipart_upload(**self._part_of(key, multipart))

    @property
    def _client(self) -> Any:
        return self.bucket.meta.client

    def _part_of(self, key: str, multipart: str) -> dict[str, str]:
        return {"Bucket": self.bucket_name, "Key": self._normalize_name(key), "UploadId": multipart}
