"""Names of accounts, shares, directories and files, and what a URL's path means.

Nothing leaves a share's folder: a path is a tuple of names that were checked one by one here, and
`folder.Folder` follows no symbolic link.
"""

import re
from urllib.parse import unquote

from localazure.emulator.files.errors import StorageError

Path = tuple[str, ...]

_ACCOUNT = re.compile(r"[a-z0-9]{3,24}")
_SHARE = re.compile(r"(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
# Microsoft, "Naming and referencing shares, directories, files, and metadata"; and no control characters.
_FORBIDDEN = re.compile(r'["\\/:|<>*?\x00-\x1f\x7f]')
_LONGEST_NAME = 255


def is_account(name: str) -> bool:
    """Whether a storage account may be called so."""
    return _ACCOUNT.fullmatch(name) is not None


def is_share(name: str) -> bool:
    """Whether a share may be called so."""
    return _SHARE.fullmatch(name) is not None


def split(raw_path: str) -> tuple[str, str, Path]:
    """Account, share ("" = the account itself) and path (empty = the root) of a URL path after the prefix.

    Clients may escape `/` as `%2F` or not: it separates either way. Raises StorageError.
    """
    account, _, rest = _decoded(raw_path).lstrip("/").partition("/")
    share, _, path = rest.partition("/")
    if not is_account(account) or (share and not is_share(share)):
        raise StorageError("InvalidResourceName")
    return (
        account,
        share,
        tuple(_checked(name) for name in path.rstrip("/").split("/")) if path.strip("/") else (),
    )


def without_trailing_dots(path: Path) -> Path:
    """Azure drops them unless the client sends `x-ms-allow-trailing-dot: true`. Raises StorageError."""
    return tuple(_checked(name.rstrip(".")) for name in path)


def _decoded(raw_path: str) -> str:
    try:
        return unquote(raw_path, errors="strict")
    except UnicodeDecodeError as error:
        raise StorageError("InvalidUri") from error


def _checked(name: str) -> str:
    if name in {"", ".", ".."} or _FORBIDDEN.search(name):
        raise StorageError("InvalidResourceName")
    # Azure counts 255 characters, Linux bytes: the smaller of the two keeps every name a real file name.
    if len(name.encode()) > _LONGEST_NAME:
        raise StorageError("InvalidFileOrDirectoryPathName")
    return name
