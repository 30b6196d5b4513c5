"""The files with a login, as other programs read them."""

from typing import Literal

from pydantic import Field

from shared.triggers.answer_models.base import View


class DockerLogin(View):
    """One login of Docker's client."""

    auth: str = Field(
        description="`username:password` in base64.", examples=["Y2k6czNjcmV0LXRoYXQtaXMtc2hvd24="]
    )


class DockerConfig(View):
    """The file in which Docker's client keeps its logins."""

    auths: dict[str, DockerLogin] = Field(description="By the registry's host.")


class PullSecretMetadata(View):
    """How Kubernetes calls a secret."""

    name: str = Field(examples=["demo-ci"])


class PullSecret(View):
    """A secret with which Kubernetes pulls."""

    api_version: Literal["v1"]
    kind: Literal["Secret"]
    type: Literal["kubernetes.io/dockerconfigjson"]
    metadata: PullSecretMetadata
    data: dict[str, str] = Field(description="`.dockerconfigjson`: a Docker configuration in base64.")
