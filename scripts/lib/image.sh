# Functions that the image-making scripts share; sourced, never run.
#
# An image is made from a root file system tree in two steps: umoci turns the tree's tar into an OCI layout of one
# gzip layer a tar, then the tool that was asked for writes the archive. Times, owners and order are fixed, so that
# the same tree and the same tools give the same bytes.

# The environment that every image of ours has.
IMAGE_PATH=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
EPOCH=1970-01-01T00:00:00Z

die() {
    echo "${0##*/}: $*" >&2
    exit 1
}

need() {
    local program
    for program; do
        command -v "$program" >/dev/null || die "'$program' is missing; 'make deps' installs it"
    done
}

# make_workspace: sets $work to a private directory that is removed when the script ends, also on a signal.
make_workspace() {
    work=$(mktemp -d "${TMPDIR:-/tmp}/gantry-image.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

# make_debian_tree OUT PACKAGES [OPTION]...: a Debian root file system of this machine's release, as a directory or, when
# OUT ends in .tar, as a tar; by mmdebstrap from the machine's own apt sources. Needs $work.
make_debian_tree() {
    local out=$1 packages=$2 sources=() source suite
    shift 2
    for source in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
        if grep -qsE '^[[:space:]]*(deb|Types:)' "$source"; then sources+=("$source"); fi
    done
    [ ${#sources[@]} -gt 0 ] || die "apt has no sources on this machine"
    suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
    # What apt was told about proxies and certificates holds for the bootstrap too, but not in the image.
    apt-config dump Acquire | grep '::' >"$work/apt.conf" || true
    SOURCE_DATE_EPOCH=0 TMPDIR=$work mmdebstrap --quiet --variant=minbase --include="$packages" \
        --aptopt="$work/apt.conf" --customize-hook='rm -f "$1"/etc/apt/apt.conf.d/99mmdebstrap "$1"/etc/hostname "$1"/etc/resolv.conf' \
        "$@" "$suite" "$out" "${sources[@]}" </dev/null
}

# canonical_tar TREE OUT.tar: the tree with names in order, owned by root, all times at the epoch.
canonical_tar() {
    tar --create --file "$2" --directory "$1" --sort=name --format=pax \
        --pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime \
        --mtime=@0 --owner=0 --group=0 --numeric-owner .
}

# tar_layout DIR OUT.tar: an OCI layout as one archive.
tar_layout() {
    tar --create --file "$2" --directory "$1" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner \
        oci-layout index.json blobs
}

# new_layout DIR: an empty OCI layout.
new_layout() {
    umoci init --layout "$1"
}

# add_image DIR TAG CMD LAYER.tar...: an image of these layers, lowest first, in the layout.
add_image() {
    local layout=$1 tag=$2 cmd=$3 layer
    shift 3
    umoci new --image "$layout:$tag"
    for layer; do
        umoci raw add-layer --image "$layout:$tag" --history.created "$EPOCH" "$layer"
    done
    umoci config --image "$layout:$tag" --no-history --created "$EPOCH" --os linux --architecture "$(dpkg --print-architecture)" \
        --config.env "$IMAGE_PATH" --config.cmd "$cmd"
    umoci gc --layout "$layout"
}

# rename_tag DIR TAG NAME: the annotation that names an image in the layout, which umoci keeps to short tags.
rename_tag() {
    local index
    index=$(jq -c --arg tag "$2" --arg name "$3" \
        '(.manifests[].annotations | select(."org.opencontainers.image.ref.name" == $tag))."org.opencontainers.image.ref.name" = $name' \
        "$1/index.json")
    printf '%s' "$index" >"$1/index.json"
}

# familiar NAME: as docker shows it, which is how docker-archives carry names.
familiar() {
    local name=${1#docker.io/}
    echo "${name#library/}"
}
