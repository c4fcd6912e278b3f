"""Media on S3. Imported with the first file only: boto3 takes half a second and 30 MB."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from boto3.s3.transfer import TransferConfig
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
        client = self.bucket.meta.client
        return str(client.generate_presigned_url("put_object", Params=parameters, ExpiresIn=UPLOAD_SECONDS))
