#!/usr/bin/env python3
"""Makes the directory of a release out of images that are built already, one of each architecture.

    tools/release/assemble.py --image FILE [--image FILE …] --name REGISTRY/holdfast:VERSION
                              [--revision COMMIT] --kustomize PROGRAM --out DIR

An image is what tools/image/build writes (an OCI layout in a tar archive). The directory has afterwards

    holdfast-VERSION.oci.tar         one image of all architectures, as docker, podman, skopeo and containerd read it
    install.yaml                     config/, with that image by its digest
    holdfast-VERSION-ARCH.cdx.json   what the image of an architecture is made of (CycloneDX), out of the image itself
    NOTES.md                         what is in it, how it is installed and verified, what changed
    SHA256SUMS                       of all of them, for sha256sum --check

It is renamed into place when it is complete, so a directory of this name is a whole one. Nothing is sent anywhere:
tools/release/push does that. The last line of the output is the name of the image with its digest.
"""

import argparse
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PUBLISHED = "ghcr.io/holdfast-dev/holdfast"
INDEX = "application/vnd.oci.image.index.v1+json"
SBOM = "usr/share/holdfast/sbom.json"
MADE_BY = "./dev image makes it"


class Refused(Exception):
    """What is wrong with the input, and what would be right."""


def digest_of(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


class Image:
    """One architecture's image, whose blobs are checked against their digests when they are read."""

    def __init__(self, path):
        self.path = path
        try:
            self.tar = tarfile.open(path)
        except (OSError, tarfile.TarError) as error:
            raise Refused(f"{path} is not an image ({error}); {MADE_BY}") from error
        self.members = {os.path.normpath(member.name): member for member in self.tar if member.isfile()}
        manifests = json.loads(self.file("index.json"))["manifests"]
        if len(manifests) != 1:
            raise Refused(f"{path} has {len(manifests)} images; a release takes files with one, of one architecture each")
        self.descriptor = {key: manifests[0][key] for key in ("mediaType", "digest", "size")}
        self.manifest = json.loads(self.blob(self.descriptor["digest"]))
        self.config = json.loads(self.blob(self.manifest["config"]["digest"]))
        self.architecture = self.config["architecture"]
        self.labels = self.config.get("config", {}).get("Labels") or {}
        self.blobs = [self.descriptor["digest"], self.manifest["config"]["digest"]]
        self.blobs += [layer["digest"] for layer in self.manifest["layers"]]

    def file(self, name):
        if name not in self.members:
            raise Refused(f"{self.path} has no {name}, so it is not an OCI layout; {MADE_BY}")
        return self.tar.extractfile(self.members[name]).read()

    def blob(self, digest):
        content = self.file("blobs/" + digest.replace(":", "/"))
        if digest_of(content) != digest:
            raise Refused(f"{self.path}: the blob {digest} has another content, {digest_of(content)}; build the image again")
        return content

    def sbom(self):
        for layer in reversed(self.manifest["layers"]):
            content = self.blob(layer["digest"])
            if content[:2] == b"\x1f\x8b":
                content = gzip.decompress(content)
            with tarfile.open(fileobj=io.BytesIO(content)) as files:
                for member in files:
                    if os.path.normpath(member.name) == SBOM:
                        return files.extractfile(member).read()
        raise Refused(f"{self.path} has no /{SBOM}, the list of what it is made of; {MADE_BY}")


def check(images, version, revision):
    architectures = [image.architecture for image in images]
    for image in images:
        if architectures.count(image.architecture) > 1:
            raise Refused(f"there are several images for {image.architecture}; a release has one of each architecture")
        for label, wanted in (("version", version), ("revision", revision)):
            has = image.labels.get("org.opencontainers.image." + label)
            if has != wanted:
                raise Refused(f"{image.path} has the {label} {has}, and the release {wanted}; build the image again")


def write_image(images, name, path):
    """Writes one layout with all of them under one index; returns the index's digest."""
    blobs = {}  # digest → whose it is; architectures may share some
    for image in images:
        for digest in image.blobs:
            blobs.setdefault(digest, image)
    manifests = [
        image.descriptor | {"platform": {"architecture": image.architecture, "os": image.config["os"]}} for image in images
    ]
    index = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}).encode()
    # Two names for the same: containerd looks for the one, others for the other.
    names = {"io.containerd.image.name": name, "org.opencontainers.image.ref.name": name}
    entry = {"mediaType": INDEX, "digest": digest_of(index), "size": len(index), "annotations": names}
    with tarfile.open(path, "w") as tar:

        def add(member, content):
            info = tarfile.TarInfo(member)
            info.size = len(content)
            info.mode = 0o644
            tar.addfile(info, io.BytesIO(content))

        add("oci-layout", b'{"imageLayoutVersion": "1.0.0"}')
        add("index.json", json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode())
        add("blobs/" + digest_of(index).replace(":", "/"), index)
        for digest in sorted(blobs):
            add("blobs/" + digest.replace(":", "/"), blobs[digest].blob(digest))
    return digest_of(index)


def write_install(kustomize, repository, version, digest, path):
    """config/ with the image of this release by its digest, for "kubectl apply -f"."""
    with tempfile.TemporaryDirectory(prefix="holdfast-release-") as overlay:
        kustomization = {
            "resources": [os.path.relpath(os.path.join(ROOT, "config"), os.path.realpath(overlay))],
            "images": [{"name": PUBLISHED, "newName": repository, "newTag": version, "digest": digest}],
        }
        with open(os.path.join(overlay, "kustomization.yaml"), "w", encoding="utf-8") as file:
            json.dump(kustomization, file)
        built = subprocess.run([kustomize, "build", overlay], stdout=subprocess.PIPE, check=False, timeout=60)
    if built.returncode != 0:
        raise Refused("config/ does not build: what kustomize says is above")
    reference = f"{repository}:{version}@{digest}"
    if f"image: {reference}\n".encode() not in built.stdout:
        raise Refused(f"config/ does not name {PUBLISHED}, so install.yaml would not name {reference}")
    with open(path, "wb") as file:
        file.write(built.stdout)
    return reference


def changes(revision):
    """One line for each commit since the tag before; empty where there is none."""
    git = ["git", "-C", ROOT]
    last = subprocess.run(
        git + ["describe", "--tags", "--abbrev=0", "--match", "v*", revision + "^"],  # none for what is not committed
        capture_output=True, text=True, check=False, timeout=60,
    )
    if last.returncode != 0:
        return ""
    tag = last.stdout.strip()
    log = subprocess.run(
        git + ["log", "--no-merges", "--format=- %s", f"{tag}..{revision}"],
        capture_output=True, text=True, check=True, timeout=60,
    )
    return f"\n## Since {tag}\n\n{log.stdout}"


def notes(version, revision, reference, images):
    platforms = ", ".join(f"{image.config['os']}/{image.architecture}" for image in images)
    return f"""# Holdfast {version}

Of commit {revision}. The image is for {platforms}:

    {reference}

## Install, or upgrade

    kubectl apply --server-side -f install.yaml

Where the cluster cannot pull from there, push `holdfast-{version}.oci.tar` to a registry of yours, which keeps the digest, and name that registry:

    skopeo copy --all --preserve-digests oci-archive:holdfast-{version}.oci.tar docker://registry.example.com/holdfast:{version}
    sed 's#{reference.split(":")[0]}:#registry.example.com/holdfast:#' install.yaml | kubectl apply --server-side -f -

## Verify

    sha256sum --check SHA256SUMS

`holdfast-{version}-*.cdx.json` lists what is in the image (CycloneDX). The signatures, of a release that was published, are described in
docs/installation.md.
{changes(revision)}"""


def write_sums(directory):
    lines = []
    for name in sorted(os.listdir(directory)):
        with open(os.path.join(directory, name), "rb") as file:
            lines.append(f"{hashlib.sha256(file.read()).hexdigest()}  {name}\n")
    with open(os.path.join(directory, "SHA256SUMS"), "w", encoding="utf-8") as file:
        file.writelines(lines)


def assemble(arguments):
    matched = re.fullmatch(r"(.+/[^/:@]+):([^/:@]+)", arguments.name)
    if not matched:
        raise Refused(f'--name is "{arguments.name}"; a name such as registry.example.com/holdfast:1.2.3 is needed')
    repository, version = matched.groups()
    images = sorted((Image(path) for path in arguments.image), key=lambda image: image.architecture)
    revision = arguments.revision or images[0].labels.get("org.opencontainers.image.revision")
    check(images, version, revision)
    out = os.path.abspath(arguments.out)
    os.makedirs(os.path.dirname(out), exist_ok=True)
    made = tempfile.mkdtemp(prefix=os.path.basename(out) + ".", dir=os.path.dirname(out))
    try:
        os.chmod(made, 0o755)
        digest = write_image(images, arguments.name, os.path.join(made, f"holdfast-{version}.oci.tar"))
        reference = write_install(arguments.kustomize, repository, version, digest, os.path.join(made, "install.yaml"))
        for image in images:
            with open(os.path.join(made, f"holdfast-{version}-{image.architecture}.cdx.json"), "wb") as file:
                file.write(image.sbom())
        with open(os.path.join(made, "NOTES.md"), "w", encoding="utf-8") as file:
            file.write(notes(version, revision, reference, images))
        write_sums(made)
        shutil.rmtree(out, ignore_errors=True)
        os.rename(made, out)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    print(reference)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--image", action="append", required=True, help="an image in a tar archive; once for each architecture")
    parser.add_argument("--name", required=True, help="registry, repository and tag under which it will be found")
    parser.add_argument("--revision", help="the commit that the images have to be of; else that of the first")
    parser.add_argument("--kustomize", required=True, help="the program")
    parser.add_argument("--out", required=True, help="the directory; replaced when it is there")
    try:
        assemble(parser.parse_args())
    except Refused as refusal:
        sys.exit(f"tools/release/assemble.py: {refusal}")


if __name__ == "__main__":
    main()
