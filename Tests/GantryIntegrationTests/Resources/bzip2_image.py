"""bzip2_image.py IN OUT: the OCI archive IN with its layers packed by bzip2."""

import bz2
import gzip
import hashlib
import io
import json
import sys
import tarfile

with tarfile.open(sys.argv[1]) as archive:
    files = {member.name.removeprefix("./"): archive.extractfile(member).read()
             for member in archive if member.isfile()}


def put(body):
    digest = hashlib.sha256(body).hexdigest()
    files["blobs/sha256/" + digest] = body
    return {"digest": "sha256:" + digest, "size": len(body)}


def blob(descriptor):
    return files["blobs/" + descriptor["digest"].replace(":", "/")]


index = json.loads(files["index.json"])
for entry in index["manifests"]:
    manifest = json.loads(blob(entry))
    for layer in manifest["layers"]:
        body = blob(layer)
        plain = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
        layer.update(put(bz2.compress(plain)), mediaType="application/vnd.oci.image.layer.v1.tar+bzip2")
    entry.update(put(json.dumps(manifest).encode()))
files["index.json"] = json.dumps(index).encode()
with tarfile.open(sys.argv[2], "w") as archive:
    for name, body in files.items():
        member = tarfile.TarInfo(name)
        member.size = len(body)
        archive.addfile(member, io.BytesIO(body))
