"""An OCI bundle for the bare runtimes: the same container that gantry starts, without gantry."""

import glob
import json
import os
import shutil

from machine import program, sh


def make_bundle(context, gantry, disk, image):
    bundle = os.path.join(disk, "bundle")
    os.makedirs(bundle)
    sh(os.path.join(context.scripts, "make-busybox-tree"), os.path.join(bundle, "rootfs"))
    config = of_gantry(gantry, bundle, image) if gantry else of_crun(bundle)
    config["root"] = {"path": "rootfs"}
    config["process"]["terminal"] = False
    config["process"]["args"] = ["true"]
    config["linux"].pop("cgroupsPath", None)
    with open(os.path.join(bundle, "config.json"), "w") as file:
        json.dump(config, file)
    return bundle


def of_crun(bundle):
    """The runtime's own example, for when only the peers are measured."""
    sh(program("crun"), "spec", cwd=bundle)
    with open(os.path.join(bundle, "config.json")) as file:
        return json.load(file)


def of_gantry(gantry, bundle, image):
    """What gantry wrote for a container of its own; files it mounts into it are copied, since they go with it."""
    name = gantry.fresh_name()
    container = sh(*gantry.detached(name, image, "sleep", "1000000")).strip()
    try:
        found = glob.glob(f"{gantry.state}/**/{container}/config.json", recursive=True)
        if not found:
            raise RuntimeError(f"find bundle of '{container}': no config.json below {gantry.state}")
        with open(found[0]) as file:
            config = json.load(file)
        for mount in config.get("mounts", []):
            source = mount.get("source", "")
            if source.startswith((gantry.root + "/", gantry.state + "/")):
                copy = os.path.join(bundle, "mount-" + os.path.basename(source))
                shutil.copy(source, copy)
                mount["source"] = copy
        return config
    finally:
        gantry.remove([name])
