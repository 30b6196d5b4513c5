"""Every setting, with its default and what it means."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, override

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from shared.domain.notices.sinks import Address, Sink, check_addresses
from shared.domain.registries.registry import StorageReplication
from shared.domain.report.periods import PeriodName
from shared.settings.errors import SettingsError, explain
from shared.settings.values import (
    Grants,
    Hosts,
    HttpsUrl,
    Names,
    Schedule,
    Seconds,
    Sinks,
    Tokens,
    Url,
    ZoneName,
)

_CONNECTION_STRING = re.compile(r"(^|;)InstrumentationKey=[0-9a-f-]{36}(;|$)", re.IGNORECASE)


class Settings(BaseModel):
    """Field names are the settings' names in lower case."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, validate_default=True)

    azure_subscription_id: str = Field(min_length=1)
    azure_resource_group: str = Field(min_length=1)
    """The group that holds the registries' resources; the identity needs Contributor on it."""
    resource_manager_url: Url = "https://management.azure.com"
    public_url: Url
    """Where callers reach this app; without it `https://{WEBSITE_HOSTNAME}`."""
    probe_key: str = Field(min_length=32, repr=False)
    """The secret that probe passwords derive from: worth as much as the control plane itself."""

    default_location: str = "westeurope"
    allowed_locations: Names = ("westeurope", "northeurope")
    default_sku: str = "B1"
    allowed_skus: Names = ("B1", "B2", "B3", "S1", "P0v3", "P1v3")
    default_image: str = "registry:2.8.3"
    allowed_images: Names = ("registry:2.8.3", "registry:3.0.0")
    """An image runs with the storage key: whoever may choose it freely may run any code with that key."""
    default_storage_replication: StorageReplication = "LRS"
    max_registries: int = Field(default=100, ge=1)
    soft_delete_days: float = Field(default=14, gt=0, le=36500, allow_inf_nan=False)
    """A deleted registry keeps its images and users for so long; then `reconcile` purges it."""

    audit_retention_days: int = Field(default=365, ge=1, le=3650)
    """Entries of the audit are kept for so many days, and then until the day is over."""
    operation_retention_days: int = Field(default=90, ge=1, le=3650)
    """Operations that ended longer ago are removed, unless a registry or a user still names one as its last."""

    role_grants: Grants = ()
    """Who has which role, as a JSON list. A key that is not in it is Admin, any other caller nobody."""
    website_auth_enabled: bool = False
    """Set by App Service where its authentication is on: only then has nobody else written who the caller is."""

    writes_per_minute: int = Field(default=600, ge=0)
    """Mutating requests of one caller that one process takes in any 60 seconds; 0 = no limit."""
    secrets_per_minute: int = Field(default=300, ge=0)
    """The same for requests that set or show a secret: each may cost a slow hash."""

    turn_delay_seconds: Seconds = 5
    """Between two looks at work that Azure has not finished."""
    operation_stale_seconds: Seconds = 60
    """An operation, or a message in chat about one, that has not moved for so long is set in motion again."""
    operation_timeout_seconds: Seconds = 3600
    """A create, update or delete that takes longer fails, and a first create is rolled back."""
    mount_cache_seconds: Seconds = 30
    """How long a mount may show an old file."""
    drift_action: Literal["repair", "report"] = "repair"
    """What becomes of a registry's resources, settings and mounts that somebody else changed."""
    drift_check_seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 3600
    """Between two looks at what a registry has in Azure."""
    htpasswd_stale_seconds: Seconds = 300
    """A user's change that is not proven for so long is an alarm."""
    probe_timeout_seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 10
    probe_concurrency: int = Field(default=64, ge=1)
    """Each takes a connection and, while a name is resolved, a thread."""
    slow_probe_milliseconds: int = Field(default=2000, ge=1)
    health_sweep_schedule: str = "0 */5 * * * *"
    """The host's own, by which it calls `sweep_health`: answers say when the next check is due."""
    tls_expiry_warning_days: int = Field(default=14, ge=0)
    user_expiry_warning_days: int = Field(default=7, ge=0, le=3650)
    """From when on before its end a user is `USERS_EXPIRING`."""
    health_recheck_seconds: Seconds = 30
    """What looks bad is looked at once more after so long, before anybody believes it."""
    heartbeat_url: HttpsUrl = Field(default="", repr=False)
    """Asked after each sweep: whoever is behind it raises the alarm when it is not. It may hold a secret."""

    report_schedule: Schedule = "0 7 * * *"
    """When a report comes, in `DISPLAY_TIME_ZONE`."""
    report_period: PeriodName = PeriodName.DAY
    """What it is about."""
    report_when: Literal["always", "problems"] = "always"
    """`problems`: all reports are kept, and those that say that nothing is wrong go to nobody."""

    display_time_zone: ZoneName = "UTC"
    """In which times are shown to people: on the status page and in reports. The API itself always says UTC."""
    status_link_key: str | None = Field(default=None, min_length=32, repr=False)
    """The secret that signs links to the status page. Without it there are none; a new one ends all that there are."""

    notification_sinks: Sinks = ()
    """Who is told, as a JSON list. Their addresses stand in settings of their own, which may refer to a Key Vault."""
    sink_allowed_hosts: Hosts = ()
    """Hosts of sinks that may have private addresses."""
    _sink_addresses: dict[str, Address] = PrivateAttr(default_factory=dict)

    slack_signing_secret: str | None = Field(default=None, min_length=32, repr=False)
    """What Slack signs its requests with. Without it nobody can ask for anything in Slack."""
    slack_bot_token: str | None = Field(default=None, pattern=r"^xox[!-~]+$", repr=False)
    """What our own messages are sent with. Without it Slack sees answers, and no progress."""
    slack_api_url: Url = "https://slack.com/api"
    teams_secret: Tokens = Field(default=(), repr=False)
    """Security tokens of outgoing webhooks, one of each team. Without it nobody can ask for anything in Teams."""

    telemetry: Literal["off", "azure-monitor"] = "off"
    """Who gets traces, metrics and log lines from this process, besides what the host takes from its log."""
    applicationinsights_connection_string: str = Field(default="", repr=False)

    @field_validator("website_auth_enabled", mode="before")
    @classmethod
    def is_true_by_one_word(cls, given: object) -> bool:
        """Whatever else it says, it does not say that it is on."""
        return given is True or (isinstance(given, str) and given.lower() == "true")

    @field_validator("applicationinsights_connection_string")
    @classmethod
    def is_there_if_needed(cls, given: str, info: ValidationInfo) -> str:
        """Functions sets it for its host too: without `TELEMETRY` it is not looked at."""
        if info.data.get("telemetry") == "azure-monitor" and not _CONNECTION_STRING.search(given):
            raise PydanticCustomError("Missing", "TELEMETRY=azure-monitor needs InstrumentationKey=GUID;...")
        return given

    @field_validator("notification_sinks")
    @classmethod
    def have_addresses(cls, sinks: tuple[Sink, ...], info: ValidationInfo) -> tuple[Sink, ...]:
        """Each has its own settings, `SINK_NAME_URL` and `SINK_NAME_SECRET`, in the environment."""
        check_addresses(sinks, info.context or {})
        return sinks

    @override
    def model_post_init(self, context: Any, /) -> None:
        """Addresses are in no dump and in no `repr`."""
        self._sink_addresses = check_addresses(self.notification_sinks, context or {})

    @property
    def sink_addresses(self) -> Mapping[str, Address]:
        """Where the sinks are, by their names."""
        return self._sink_addresses

    @field_validator("allowed_locations", "allowed_skus", "allowed_images")
    @classmethod
    def default_is_allowed(cls, allowed: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        """A default that may not be asked for would make every plain create fail."""
        name = str(info.field_name).removesuffix("s").replace("allowed_", "default_")
        if name in info.data and info.data[name] not in allowed:
            raise PydanticCustomError("DefaultNotAllowed", "{name} is not in it", {"name": name.upper()})
        return allowed

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Empty values count as absent. Raises `SettingsError`."""
        given = {name: environ[name.upper()] for name in cls.model_fields if environ.get(name.upper())}
        host = environ.get("WEBSITE_HOSTNAME")
        if host and "public_url" not in given:
            given["public_url"] = f"https://{host}"
        try:
            return cls.model_validate(given, context=environ)
        except ValidationError as error:
            raise SettingsError(explain(error)) from None
