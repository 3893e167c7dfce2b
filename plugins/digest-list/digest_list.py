#!/usr/bin/env python3
"""digest-list: a verifier for Gantry that lets only those images pass whose digest is in a file.

    digest_list.py FILE [--name NAME] --target DIGEST --manifest DIGEST

gantryd runs it for each image before it is unpacked. FILE has a digest in each line ('#' begins a comment): that of the
image's name (what `docker pull` prints) or that of the manifest for this machine. Exit status 0 lets the image pass; any
other refuses it, and what is printed is the reason that its user reads.
"""

import argparse
import sys


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--name", default="")
    parser.add_argument("--target", required=True)
    parser.add_argument("--manifest", required=True)
    options = parser.parse_args()
    with open(options.file) as file:
        allowed = {line.split("#")[0].strip() for line in file} - {""}
    if {options.target, options.manifest} & allowed:
        return 0
    print(f"{options.target} is not in {options.file}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
