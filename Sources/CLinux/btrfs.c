#include "clinux_btrfs.h"

#include <endian.h>
#include <linux/btrfs.h>
#include <linux/btrfs_tree.h>
#include <string.h>
#include <sys/ioctl.h>

#include "internal.h"

// Newer than the oldest headers we build with.
enum { ENABLE_SIMPLE = 4, STATUS_SIMPLE = 1 << 3 };

int64_t cl_btrfs_subvolume_id(int fd) {
    struct btrfs_ioctl_ino_lookup_args args = {.objectid = BTRFS_FIRST_FREE_OBJECTID};
    int result = (int)RETRY(ioctl(fd, BTRFS_IOC_INO_LOOKUP, &args));
    return result < 0 ? result : (int64_t)args.treeid;
}

static int set_name(char *to, size_t capacity, const char *name) {
    size_t length = strlen(name);
    if (length >= capacity) return -ENAMETOOLONG;
    memcpy(to, name, length + 1);
    return 0;
}

int cl_btrfs_create(int dirfd, const char *name) {
    struct btrfs_ioctl_vol_args_v2 args = {0};
    int result = set_name(args.name, sizeof args.name, name);
    return result < 0 ? result : (int)RETRY(ioctl(dirfd, BTRFS_IOC_SUBVOL_CREATE_V2, &args));
}

int cl_btrfs_snapshot(int source, int dirfd, const char *name, int read_only) {
    struct btrfs_ioctl_vol_args_v2 args = {.fd = source, .flags = read_only ? BTRFS_SUBVOL_RDONLY : 0};
    int result = set_name(args.name, sizeof args.name, name);
    return result < 0 ? result : (int)RETRY(ioctl(dirfd, BTRFS_IOC_SNAP_CREATE_V2, &args));
}

int cl_btrfs_destroy(int dirfd, const char *name) {
    struct btrfs_ioctl_vol_args args = {0};
    int result = set_name(args.name, sizeof args.name, name);
    return result < 0 ? result : (int)RETRY(ioctl(dirfd, BTRFS_IOC_SNAP_DESTROY, &args));
}

int cl_btrfs_destroy_id(int fd, uint64_t id) {
    struct btrfs_ioctl_vol_args_v2 args = {.flags = BTRFS_SUBVOL_SPEC_BY_ID};
    args.subvolid = id;
    return (int)RETRY(ioctl(fd, BTRFS_IOC_SNAP_DESTROY_V2, &args));
}

int cl_btrfs_is_read_only(int fd) {
    __u64 flags = 0;
    int result = (int)RETRY(ioctl(fd, BTRFS_IOC_SUBVOL_GETFLAGS, &flags));
    return result < 0 ? result : (flags & BTRFS_SUBVOL_RDONLY) != 0;
}

int cl_btrfs_set_read_only(int fd, int on) {
    __u64 flags = on ? BTRFS_SUBVOL_RDONLY : 0;
    return (int)RETRY(ioctl(fd, BTRFS_IOC_SUBVOL_SETFLAGS, &flags));
}

int cl_btrfs_children(int fd, uint64_t least, uint64_t *ids, int capacity) {
    struct btrfs_ioctl_get_subvol_rootref_args args = {.min_treeid = least};
    int result = (int)RETRY(ioctl(fd, BTRFS_IOC_GET_SUBVOL_ROOTREF, &args));
    // EOVERFLOW: there are more than the answer holds; the caller asks again from the last one on.
    if (result < 0 && result != -EOVERFLOW) return result;
    int count = args.num_items < capacity ? args.num_items : capacity;
    for (int i = 0; i < count; i++) ids[i] = args.rootref[i].treeid;
    return count;
}

int64_t cl_btrfs_paths(int fd, uint64_t inode, void *buffer, size_t capacity) {
    union {
        struct btrfs_data_container head;
        uint64_t space[4096 / 8];
    } answer = {0};
    struct btrfs_ioctl_ino_path_args args = {
        .inum = inode, .size = sizeof answer, .fspath = (uint64_t)(uintptr_t)&answer};
    int result = (int)RETRY(ioctl(fd, BTRFS_IOC_INO_PATHS, &args));
    if (result < 0) return result;
    if (answer.head.elem_missed > 0) return -EOVERFLOW;
    size_t used = 0;
    for (uint32_t i = 0; i < answer.head.elem_cnt; i++) {
        const char *path = (const char *)answer.head.val + answer.head.val[i];
        size_t length = strlen(path) + 1;
        if (used + length > capacity) return -EOVERFLOW;
        memcpy((char *)buffer + used, path, length);
        used += length;
    }
    return (int64_t)used;
}

int cl_btrfs_send(int fd, uint64_t parent, int output) {
    struct btrfs_ioctl_send_args args = {
        .send_fd = output, .parent_root = parent, .flags = BTRFS_SEND_FLAG_NO_FILE_DATA};
    return (int)RESULT(ioctl(fd, BTRFS_IOC_SEND, &args));
}

/// One item of a tree, as much of it as `item` takes; its length, or -ENOENT when it is not there.
static int find_item(
    int fd, uint64_t tree, uint64_t object, uint32_t type, uint64_t offset, void *item, size_t capacity) {
    struct btrfs_ioctl_search_args args = {
        .key = {
            .tree_id = tree, .min_objectid = object, .max_objectid = object, .min_type = type, .max_type = type,
            .min_offset = offset, .max_offset = offset, .max_transid = UINT64_MAX, .nr_items = 1}};
    int result = (int)RETRY(ioctl(fd, BTRFS_IOC_TREE_SEARCH, &args));
    if (result < 0) return result;
    struct btrfs_ioctl_search_header header;
    if (args.key.nr_items == 0) return -ENOENT;
    memcpy(&header, args.buf, sizeof header);
    size_t length = header.len < capacity ? header.len : capacity;
    memcpy(item, args.buf + sizeof header, length);
    return (int)length;
}

static int quota_item(int fd, uint32_t type, uint64_t offset, void *item, size_t size) {
    int result = find_item(fd, BTRFS_QUOTA_TREE_OBJECTID, 0, type, offset, item, size);
    return result < 0 ? result : result < (int)size ? -EINVAL : 0;
}

int64_t cl_btrfs_place(int fd, uint64_t child, void *buffer, size_t capacity) {
    int64_t parent = cl_btrfs_subvolume_id(fd);
    if (parent < 0) return parent;
    struct {
        struct btrfs_root_ref ref;
        char name[255];
    } __attribute__((packed)) item;
    int result = find_item(
        fd, BTRFS_ROOT_TREE_OBJECTID, (uint64_t)parent, BTRFS_ROOT_REF_KEY, child, &item, sizeof item);
    if (result < 0) return result;
    size_t name = le16toh(item.ref.name_len);
    if (result < (int)(sizeof item.ref + name)) return -EINVAL;
    struct btrfs_ioctl_ino_lookup_args directory = {.objectid = le64toh(item.ref.dirid)};
    // The path of the directory that holds it, with a slash at its end; empty for the top.
    result = (int)RETRY(ioctl(fd, BTRFS_IOC_INO_LOOKUP, &directory));
    if (result < 0) return result;
    size_t above = strnlen(directory.name, sizeof directory.name);
    if (above + name > capacity) return -ENAMETOOLONG;
    memcpy(buffer, directory.name, above);
    memcpy((char *)buffer + above, item.name, name);
    return (int64_t)(above + name);
}

static int64_t quota_flags(int fd) {
    struct btrfs_qgroup_status_item status;
    int result = quota_item(fd, BTRFS_QGROUP_STATUS_KEY, 0, &status, sizeof status);
    return result < 0 ? result : (int64_t)le64toh(status.flags);
}

int cl_btrfs_quota_kind(int fd) {
    int64_t flags = quota_flags(fd);
    if (flags == -ENOENT) return 0;
    if (flags < 0) return (int)flags;
    return (flags & BTRFS_QGROUP_STATUS_FLAG_ON) == 0 ? 0 : (flags & STATUS_SIMPLE) != 0 ? 1 : 2;
}

int cl_btrfs_quota_enable(int fd, int simple) {
    struct btrfs_ioctl_quota_ctl_args args = {.cmd = simple ? ENABLE_SIMPLE : BTRFS_QUOTA_CTL_ENABLE};
    return (int)RETRY(ioctl(fd, BTRFS_IOC_QUOTA_CTL, &args));
}

int64_t cl_btrfs_quota_usage(int fd, uint64_t subvolume) {
    int64_t flags = quota_flags(fd);
    if (flags < 0) return flags;
    if ((flags & BTRFS_QGROUP_STATUS_FLAG_ON) == 0) return -ENOENT;
    if ((flags & (BTRFS_QGROUP_STATUS_FLAG_INCONSISTENT | BTRFS_QGROUP_STATUS_FLAG_RESCAN)) != 0) return -ESTALE;
    struct btrfs_qgroup_info_item info;
    int result = quota_item(fd, BTRFS_QGROUP_INFO_KEY, subvolume, &info, sizeof info);
    return result < 0 ? result : (int64_t)le64toh(info.excl);
}

int cl_btrfs_quota_forget(int fd, uint64_t subvolume) {
    struct btrfs_ioctl_qgroup_create_args args = {.create = 0, .qgroupid = subvolume};
    return (int)RETRY(ioctl(fd, BTRFS_IOC_QGROUP_CREATE, &args));
}
