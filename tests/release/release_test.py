#!/usr/bin/env python3
"""The directory of a release, made of small images: its layout, digests, checksums and install.yaml, and what is refused;
and pushed to a real registry."""

import gzip
import hashlib
import io
import json
import os
import pathlib
import re
import socket
import subprocess
import tarfile
import tempfile
import time
import unittest
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
VERSION = (ROOT / "VERSION").read_text().strip()
COMMIT = "4f0d8c1b2a6e9d7c3b5a1f0e8d6c4b2a09182736"
NAME = f"registry.example.com/platform/holdfast:{VERSION}"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"


def sha256(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


def tar_of(files):
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return archive.getvalue()


def write_image(path, architecture, *, version=VERSION, revision=COMMIT, sbom=True, damaged=False):
    """An image as tools/image/build writes it, of one layer of its architecture's and one that all have."""
    blobs = {}

    def blob(content, kind):
        blobs[sha256(content)] = content
        return {"mediaType": kind, "digest": sha256(content), "size": len(content)}

    gz = "application/vnd.oci.image.layer.v1.tar+gzip"
    common = tar_of({"etc/os-release": b"Debian"})
    own = {"usr/bin/holdfast": architecture.encode()}
    if sbom:
        own["usr/share/holdfast/sbom.json"] = json.dumps({"bomFormat": "CycloneDX", "of": architecture}).encode()
    layers = [blob(gzip.compress(tar, mtime=0), gz) for tar in (common, tar_of(own))]
    labels = {"org.opencontainers.image.version": version, "org.opencontainers.image.revision": revision}
    config = {
        "architecture": architecture,
        "os": "linux",
        "config": {"Labels": labels},
        "rootfs": {"type": "layers", "diff_ids": [sha256(common), sha256(tar_of(own))]},
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": blob(json.dumps(config).encode(), "application/vnd.oci.image.config.v1+json"),
        "layers": layers,
    }
    top = blob(json.dumps(manifest).encode(), MANIFEST)
    if damaged:
        blobs[layers[0]["digest"]] = b"another content"
    files = {"./oci-layout": b'{"imageLayoutVersion": "1.0.0"}', "./index.json": json.dumps({"manifests": [top]}).encode()}
    files |= {"./blobs/" + digest.replace(":", "/"): content for digest, content in blobs.items()}
    path.write_bytes(tar_of(files))
    return path


class Layout:
    """An OCI layout, each of whose blobs is what its digest says."""

    def __init__(self, path):
        with tarfile.open(path) as tar:
            self.files = {member.name: tar.extractfile(member).read() for member in tar}
        for name, content in self.files.items():
            if name.startswith("blobs/"):
                assert sha256(content) == name.removeprefix("blobs/").replace("/", ":"), name

    def blob(self, descriptor):
        content = self.files["blobs/" + descriptor["digest"].replace(":", "/")]
        assert len(content) == descriptor["size"]
        return json.loads(content)


class Release(unittest.TestCase):
    def setUp(self):
        made = tempfile.TemporaryDirectory(prefix="holdfast-release-test-")
        self.addCleanup(made.cleanup)
        self.here = pathlib.Path(made.name)
        self.out = self.here / "release"

    def run_assemble(self, *images, name=NAME, revision=COMMIT):
        kustomize = os.path.join(os.environ["HOLDFAST_PROGRAMS"], "kustomize")
        arguments = ["--name", name, "--revision", revision, "--kustomize", kustomize, "--out", str(self.out)]
        for image in images:
            arguments += ["--image", str(image)]
        return subprocess.run(
            [ROOT / "tools/release/assemble.py", *arguments], capture_output=True, text=True, check=False, timeout=120
        )

    def assemble(self, *images, **options):
        done = self.run_assemble(*images, **options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def refused(self, *images, says, **options):
        done = self.run_assemble(*images, **options)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertRegex(done.stderr, says)
        self.assertNotIn("Traceback", done.stderr)
        self.assertFalse(self.out.exists(), "a directory that is there is a whole release")
        self.assertEqual([path for path in self.here.iterdir() if path.is_dir()], [], "nothing is left behind")

    def both(self):
        return [write_image(self.here / f"{name}.tar", name) for name in ("arm64", "amd64")]

    def test_one_image_of_all_architectures_is_named_by_its_digest(self):
        reference = self.assemble(*self.both())
        layout = Layout(self.out / f"holdfast-{VERSION}.oci.tar")
        (top,) = json.loads(layout.files["index.json"])["manifests"]
        self.assertEqual(top["mediaType"], INDEX)
        self.assertEqual(top["annotations"]["io.containerd.image.name"], NAME)
        self.assertEqual(reference, f"{NAME}@{top['digest']}")
        entries = layout.blob(top)["manifests"]
        self.assertEqual([entry["platform"] for entry in entries], [{"architecture": a, "os": "linux"} for a in ("amd64", "arm64")])
        for entry in entries:
            manifest = layout.blob(entry)
            self.assertEqual(layout.blob(manifest["config"])["architecture"], entry["platform"]["architecture"])
            for layer in manifest["layers"]:
                self.assertIn("blobs/" + layer["digest"].replace(":", "/"), layout.files)
        # index.json, oci-layout, the index, and of each architecture manifest, config and own layer; one layer is of both.
        self.assertEqual(len(layout.files), 2 + 1 + 2 * 3 + 1)

    def test_install_yaml_is_config_with_that_image_and_no_other(self):
        reference = self.assemble(*self.both())
        text = (self.out / "install.yaml").read_text()
        self.assertEqual(re.findall(r"^\s*image: (.*holdfast.*)$", text, re.M), [reference])
        for kind in ("Namespace", "CustomResourceDefinition", "ClusterRole", "Deployment", "ValidatingWebhookConfiguration"):
            self.assertIn(f"\nkind: {kind}\n", text)

    def test_the_checksums_are_of_every_file_and_verify(self):
        self.assemble(*self.both())
        listed = [line.split("  ")[1] for line in (self.out / "SHA256SUMS").read_text().splitlines()]
        self.assertEqual(sorted(listed + ["SHA256SUMS"]), sorted(path.name for path in self.out.iterdir()))
        verify = ["sha256sum", "--check", "--strict", "SHA256SUMS"]
        self.assertEqual(subprocess.run(verify, cwd=self.out, capture_output=True, check=False).returncode, 0)
        with open(self.out / "install.yaml", "a", encoding="utf-8") as file:
            file.write("# tampered with\n")
        self.assertEqual(subprocess.run(verify, cwd=self.out, capture_output=True, check=False).returncode, 1)

    def test_what_it_is_made_of_is_that_of_the_image(self):
        self.assemble(*self.both())
        for architecture in ("amd64", "arm64"):
            sbom = json.loads((self.out / f"holdfast-{VERSION}-{architecture}.cdx.json").read_text())
            self.assertEqual(sbom, {"bomFormat": "CycloneDX", "of": architecture})

    def test_the_notes_say_what_it_is_for_and_how_to_install_it(self):
        reference = self.assemble(*self.both())
        notes = (self.out / "NOTES.md").read_text()
        for said in (COMMIT, reference, "linux/amd64, linux/arm64", "kubectl apply --server-side -f install.yaml"):
            self.assertIn(said, notes)

    def test_one_architecture_alone_is_a_release_that_says_so(self):
        self.assemble(write_image(self.here / "one.tar", "amd64"))
        self.assertIn("The image is for linux/amd64:", (self.out / "NOTES.md").read_text())

    def test_the_same_images_make_the_same_release(self):
        images = self.both()
        first = self.assemble(*images), (self.out / "SHA256SUMS").read_text()
        self.assertEqual((self.assemble(*reversed(images)), (self.out / "SHA256SUMS").read_text()), first)

    def test_images_that_do_not_belong_together_are_refused(self):
        one = write_image(self.here / "one.tar", "amd64")
        self.refused(one, write_image(self.here / "two.tar", "amd64"), says="several images for amd64")
        self.refused(one, write_image(self.here / "old.tar", "arm64", version="0.0.1"), says=r"old\.tar has the version 0\.0\.1")
        self.refused(one, write_image(self.here / "other.tar", "arm64", revision="abc"), says=r"other\.tar has the revision abc")
        self.refused(one, revision="def", says=f"has the revision {COMMIT}, and the release def")

    def test_what_is_no_image_is_refused_by_name(self):
        self.refused(self.here / "missing.tar", says=r"missing\.tar is not an image")
        (self.here / "text.tar").write_text("nothing")
        self.refused(self.here / "text.tar", says=r"text\.tar is not an image")
        (self.here / "empty.tar").write_bytes(tar_of({"x": b""}))
        self.refused(self.here / "empty.tar", says=r"empty\.tar has no index\.json")
        self.refused(write_image(self.here / "damaged.tar", "amd64", damaged=True), says=r"damaged\.tar: the blob sha256:")
        self.refused(write_image(self.here / "bare.tar", "amd64", sbom=False), says=r"bare\.tar has no /usr/share/holdfast/sbom")
        self.refused(write_image(self.here / "one.tar", "amd64"), name="holdfast", says="--name is")

    @unittest.skipUnless("HOLDFAST_TEST_REGISTRY" in os.environ, "without Go there is no registry")
    def test_a_registry_has_it_by_the_digest_that_install_yaml_names(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        (self.here / "registry.yml").write_text(
            "version: 0.1\nlog: {level: error}\n"
            f"storage: {{filesystem: {{rootdirectory: {self.here}/registry}}}}\nhttp: {{addr: '127.0.0.1:{port}'}}\n"
        )
        registry = subprocess.Popen(
            [os.environ["HOLDFAST_TEST_REGISTRY"], "serve", self.here / "registry.yml"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        self.addCleanup(registry.wait)
        self.addCleanup(registry.kill)
        at = f"http://127.0.0.1:{port}/v2/"
        for _ in range(300):
            try:
                urllib.request.urlopen(at, timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        reference = self.assemble(*self.both(), name=f"127.0.0.1:{port}/platform/holdfast:{VERSION}")
        pushed = subprocess.run(
            [ROOT / "tools/release/push", self.out, reference], capture_output=True, text=True, check=False, timeout=120
        )
        self.assertEqual(pushed.returncode, 0, pushed.stderr)

        def fetch(what):
            request = urllib.request.Request(at + "platform/holdfast/" + what, headers={"Accept": f"{INDEX}, {MANIFEST}"})
            with urllib.request.urlopen(request, timeout=10) as response:
                return response.read()

        digest = reference.split("@")[1]
        index = fetch("manifests/" + digest)
        self.assertEqual(sha256(index), digest)
        self.assertEqual(fetch("manifests/" + VERSION), index)
        for entry in json.loads(index)["manifests"]:
            manifest = fetch("manifests/" + entry["digest"])
            self.assertEqual(sha256(manifest), entry["digest"])
            for layer in json.loads(manifest)["layers"]:
                self.assertEqual(sha256(fetch("blobs/" + layer["digest"])), layer["digest"])


if __name__ == "__main__":
    unittest.main()
