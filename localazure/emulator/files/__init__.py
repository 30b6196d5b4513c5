"""The data plane of Azure Files, as the azure-storage-file-share SDK speaks to it over path-style URLs.

`urls.routes(FilesService(...))` is mounted at a prefix such as `/files`; a share is then
`https://localhost:{port}/files/{account}/{share}`. The files are real files, in
`FileStore.share_path(account, share)`.
"""

from localazure.emulator.files.models import FileStore, ShareInfo
from localazure.emulator.files.service import FilesService

__all__ = ["FileStore", "FilesService", "ShareInfo"]
