"""The demo's image, read by a real client."""

import json
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from localazure.demo.image import build_image, layout_archive

needs_skopeo = pytest.mark.skipif(shutil.which("skopeo") is None, reason="skopeo is not installed")


@needs_skopeo
def test_a_real_client_reads_the_layout_and_agrees_on_the_digest(tmp_path: Path) -> None:
    image = build_image(tmp_path / "image", layer_bytes=(1000, 2000, 3000), reference="demo/hello:1")
    shown = subprocess.run(
        ["skopeo", "inspect", f"oci:{image.layout}:1"], check=True, capture_output=True, timeout=30
    )
    description = json.loads(shown.stdout)
    assert description["Digest"] == image.digest
    assert len(description["Layers"]) == image.layers == 3
    assert image.size >= 6000


@needs_skopeo
def test_the_archive_is_one_that_docker_load_reads(tmp_path: Path) -> None:
    image = build_image(tmp_path / "image", layer_bytes=(1000,), reference="demo/hello:1")
    layout_archive(image.layout, tmp_path / "image.tar")
    shown = subprocess.run(
        ["skopeo", "inspect", "--config", f"docker-archive:{tmp_path}/image.tar:demo/hello:1"],
        check=True,
        capture_output=True,
        timeout=30,
    )
    assert json.loads(shown.stdout)["rootfs"]["diff_ids"]
    with tarfile.open(tmp_path / "image.tar") as archive:
        assert "manifest.json" in archive.getnames()


def test_no_two_images_share_a_layer(tmp_path: Path) -> None:
    first = build_image(tmp_path / "a", layer_bytes=(1000, 1000), reference="demo/hello:1")
    second = build_image(tmp_path / "b", layer_bytes=(1000, 1000), reference="demo/hello:1")
    names = [{blob.name for blob in (image.layout / "blobs/sha256").iterdir()} for image in (first, second)]
    assert len(names[0]) == 4  # two layers, configuration, manifest
    assert not names[0] & names[1]
