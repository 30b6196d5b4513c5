"""A small container image in an OCI image layout, made with the standard library.

Formats: https://github.com/opencontainers/image-spec, image-layout.md, manifest.md and config.md. The folder
also holds a `manifest.json`, so that `docker load` and `podman load` take it as a `docker save` archive.
"""

import gzip
import hashlib
import io
import json
import os
import tarfile
from dataclasses import dataclass
from pathlib import Path

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


@dataclass(frozen=True)
class Image:
    """What was built."""

    layout: Path
    reference: str
    """`name:tag` in the layout."""
    digest: str
    """Of the manifest, as `sha256:…`: the name that a registry and its clients agree on."""
    layers: int
    size: int
    """Compressed bytes of all layers."""


@dataclass(frozen=True)
class _Layer:
    diff_id: str
    """Digest of the uncompressed archive, which the image's configuration lists."""
    descriptor: dict[str, object]
    size: int


def build_image(layout: Path, *, layer_bytes: tuple[int, ...], reference: str) -> Image:
    """Build an image with one layer for each number in `layer_bytes`, filled with random bytes.

    Random, so that no layer compresses away and no cache has seen it. `layout` is created; `reference`
    (`name:tag`) names the image in it. Raises OSError.
    """
    (layout / "blobs" / "sha256").mkdir(parents=True)
    layers = [
        _add_layer(layout, f"layer-{number}.bin", size) for number, size in enumerate(layer_bytes, start=1)
    ]
    config = _add_blob(layout, _CONFIG, _json(_configuration(layers)))
    manifest_body = {
        "schemaVersion": 2,
        "mediaType": _MANIFEST,
        "config": config,
        "layers": [layer.descriptor for layer in layers],
    }
    manifest = _add_blob(layout, _MANIFEST, _json(manifest_body))
    _write_indexes(layout, manifest, config, layers, reference)
    return Image(layout, reference, str(manifest["digest"]), len(layers), sum(layer.size for layer in layers))


def layout_archive(layout: Path, archive: Path) -> None:
    """Pack the layout into one tar file, for `docker load`. Raises OSError."""
    with tarfile.open(archive, "w") as tar:
        for entry in sorted(layout.iterdir()):
            tar.add(entry, arcname=entry.name)


def _add_layer(layout: Path, name: str, size: int) -> _Layer:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        member = tarfile.TarInfo(name)
        member.size, member.mode = size, 0o644
        tar.addfile(member, io.BytesIO(os.urandom(size)))
    archive = content.getvalue()
    # mtime=0: the same content gives the same digest. Level 1: random bytes do not shrink anyway.
    packed = gzip.compress(archive, compresslevel=1, mtime=0)
    return _Layer(_digest(archive), _add_blob(layout, _LAYER, packed), len(packed))


def _configuration(layers: list[_Layer]) -> dict[str, object]:
    return {
        "architecture": "amd64",
        "os": "linux",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]},
        "history": [{"created_by": f"layer {number}"} for number, _ in enumerate(layers, start=1)],
    }


def _add_blob(layout: Path, media_type: str, content: bytes) -> dict[str, object]:
    """Store `content` under its digest; returns its descriptor."""
    digest = _digest(content)
    _blob_path(layout, digest).write_bytes(content)
    return {"mediaType": media_type, "digest": digest, "size": len(content)}


def _write_indexes(
    layout: Path, manifest: dict[str, object], config: dict[str, object], layers: list[_Layer], reference: str
) -> None:
    tag = reference.rpartition(":")[2]
    named = {**manifest, "annotations": {"org.opencontainers.image.ref.name": tag}}
    (layout / "oci-layout").write_bytes(_json({"imageLayoutVersion": "1.0.0"}))
    (layout / "index.json").write_bytes(_json({"schemaVersion": 2, "manifests": [named]}))
    docker = {
        "Config": _archive_name(config),
        "RepoTags": [reference],
        "Layers": [_archive_name(layer.descriptor) for layer in layers],
    }
    (layout / "manifest.json").write_bytes(_json([docker]))


def _archive_name(descriptor: dict[str, object]) -> str:
    return f"blobs/{str(descriptor['digest']).replace(':', '/')}"


def _blob_path(layout: Path, digest: str) -> Path:
    return layout / "blobs" / digest.replace(":", "/")


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
