// btrfs: what its ioctls do that no system call does.
#ifndef CLINUX_BTRFS_H
#define CLINUX_BTRFS_H
#include <stddef.h>
#include <stdint.h>

/// The number of the subvolume that `fd` lies in.
int64_t cl_btrfs_subvolume_id(int fd);
int cl_btrfs_create(int dirfd, const char *name);
/// A snapshot of the subvolume `source`, in `dirfd`.
int cl_btrfs_snapshot(int source, int dirfd, const char *name, int read_only);
/// -ENOTEMPTY while subvolumes lie in it.
int cl_btrfs_destroy(int dirfd, const char *name);
/// The same for a subvolume anywhere on the file system of `fd`, by its number.
int cl_btrfs_destroy_id(int fd, uint64_t id);
/// 1 or 0.
int cl_btrfs_is_read_only(int fd);
int cl_btrfs_set_read_only(int fd, int on);
/// Numbers of subvolumes that lie in that of `fd`, from `least` on; returns how many were written to `ids`.
int cl_btrfs_children(int fd, uint64_t least, uint64_t *ids, int capacity);
/// Where the subvolume `child` lies below the top of that of `fd`, without a closing zero; returns the length.
int64_t cl_btrfs_place(int fd, uint64_t child, void *buffer, size_t capacity);
/// Names of an inode, as paths below the subvolume, each with a closing zero; -EOVERFLOW when they are more than fit.
int64_t cl_btrfs_paths(int fd, uint64_t inode, void *buffer, size_t capacity);
/// Writes what distinguishes read-only subvolume `fd` from `parent` (0: from nothing), without file data, to `output`.
int cl_btrfs_send(int fd, uint64_t parent, int output);

/// 1: on by counting owners of extents ("simple"), 2: on by counting references ("full"), 0: off.
int cl_btrfs_quota_kind(int fd);
int cl_btrfs_quota_enable(int fd, int simple);
/// Bytes that only this subvolume has; -ENOENT without quotas, -ESTALE while its numbers are wrong.
int64_t cl_btrfs_quota_usage(int fd, uint64_t subvolume);
int cl_btrfs_quota_forget(int fd, uint64_t subvolume);
#endif
