"""What the services need from the outside. Each port has one contract suite that its fake and its adapter pass."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from shared.domain.chat.talk import Reply
from shared.domain.health.daily import Size
from shared.domain.health.observation import Observation
from shared.domain.messages import AnyMessage
from shared.domain.notices.telling import Telling
from shared.domain.records import Change, Row
from shared.domain.resources.resource import Json, Ref, Type


class Table(Protocol):
    """One table. A transaction covers one partition, at most 100 rows: all of it happens, or nothing.

    Every method raises `DependencyError` when the table service does not answer.
    """

    def get(self, partition: str, key: str) -> Row | None:
        """One row, or `None`."""

    def query(
        self,
        partition: str,
        first: str,
        end: str,
        page: int | None = None,
        where: Mapping[str, bool | str] | None = None,
    ) -> Iterator[Row]:
        """Rows with `first <= key < end` in key order, fetched `page` at a time; `where`: columns that must be so."""

    def partitions(self, after: str = "") -> Iterator[str]:
        """The partitions that have rows, in order, behind `after`: a call for each."""

    def transact(self, partition: str, changes: Sequence[Change]) -> None:
        """Raises `ConflictError` when a row is not in the version that its change expects."""


class Queue[M: AnyMessage](Protocol):
    """One queue of messages. At least once, in any order."""

    def send(self, message: M, delay: float = 0) -> None:
        """Visible after `delay` seconds. Raises `DependencyError`."""


class ResourceManager(Protocol):
    """The resources of our group.

    Every method raises `TemporaryError` (throttled, server error, no answer) or `PermanentError` (Azure's code and
    message, and a way out).
    """

    def get(self, ref: Ref) -> Json | None:
        """The resource as JSON, or `None`."""

    def put(self, ref: Ref, body: Json) -> None:
        """Sends it and does not wait. Raises `NameTakenError` when somebody else holds the name."""

    def delete(self, ref: Ref) -> None:
        """Sends it and does not wait. What is not there is no error."""

    def restart(self, site: str) -> None:
        """Asks for it and does not wait. Raises `PermanentError` when there is no such site."""

    def account_key(self, account: str) -> str:
        """A key of the storage account: only for the mount and the registry's driver."""

    def differences(self, site: str, body: Json) -> list[str]:
        """Names of the settings and mounts in a site's filled-in `body` that the site lacks or has otherwise.

        Values are compared in the adapter and stay there: both hold secrets.
        """

    def mounted_key_is_valid(self, site: str, account: str) -> bool | None:
        """Is each key of the account that the site holds, in mounts and settings, one of the account's two?

        `None`: it shows none. Keys are compared in the adapter and stay there.
        """

    def all_of(self, kind: Type) -> Iterator[Json]:
        """All storage accounts, plans or sites of the group, with one list call per page."""


class Share(Protocol):
    """The root folder of one Azure Files share, over REST.

    Every method raises `TemporaryError` when the service is busy or does not answer.
    """

    def create(self, name: str) -> None:
        """An empty file, in place of what has that name."""

    def names(self) -> list[str]:
        """All files."""

    def write(self, name: str, content: bytes) -> bool:
        """The whole content of an existing empty file. `False` if it is gone: it is never created here."""

    def rename(self, source: str, target: str) -> bool:
        """Puts `source` in place of `target`, atomically. `False` if `source` is gone."""

    def delete(self, name: str) -> None:
        """What is not there is no error."""

    def read(self, name: str) -> bytes | None:
        """The whole content, or `None`. Of a file above `htpasswd.MOST_BYTES`, which is none of ours, its beginning."""


class Shares(Protocol):
    """Opens shares by their account's file endpoint, which Resource Manager tells."""

    def open(self, file_endpoint: str, share: str) -> Share:
        """No call is made yet."""


class Containers(Protocol):
    """Blob containers, by their account's blob endpoint, which Resource Manager tells. Blobs are listed, never read."""

    def measure(self, blob_endpoint: str, container: str, *, most_pages: int, seconds: float) -> Size:
        """What is in it, counted for `most_pages` pages of 5,000 blobs, and no page begun after so many seconds.

        `NO_CONTAINER` if there is none. Raises `TemporaryError` when the service is busy or does not answer, and
        `PermanentError` when it refuses.
        """


class Probe(Protocol):
    """Looks at registries as a client does."""

    def look(self, targets: Sequence[tuple[str, str]], *, login_only: bool = False) -> list[Observation]:
        """One observation for each `(login server, probe password)`, in order. Bounded in number and time.

        `login_only`: nothing is asked but whether the password is let in.
        """


class Messenger(Protocol):
    """Speaks to sinks, each in its own way."""

    def send(self, sink: str, telling: Telling) -> None:
        """`sink` is a name. Once, for a bounded time.

        Raises `TemporaryError` (no answer, throttled, an error there) or `PermanentError` (it refuses, there is no such
        sink, or its address is not allowed). Neither says where the sink is.
        """


class Heartbeat(Protocol):
    """Somebody outside who notices when it stays away."""

    def beat(self) -> None:
        """A sweep has ended. Never raises: what goes wrong is logged, and noticed outside."""


class Chat(Protocol):
    """Posts messages in chat by itself.

    Raises `TemporaryError` (no answer, throttled) or `PermanentError` (it refuses: we are not in the channel, say).
    """

    def post(self, channel: str, reply: Reply) -> tuple[str, str]:
        """A new message, for all to see. Returns its channel and its id there."""

    def update(self, channel: str, message_id: str, reply: Reply) -> None:
        """The message says something else from now on."""
