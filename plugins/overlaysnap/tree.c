#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "overlaysnap.h"

// Containers make trees of any depth. Neither walk recurses or holds a descriptor for each level: no container can end
// this process that way.

enum { PLACE_FLAGS = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

static DIR *open_list(int place) {
    int descriptor = openat(place, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = descriptor < 0 ? NULL : fdopendir(descriptor);
    if (list == NULL && descriptor >= 0) close(descriptor);
    return list;
}

static bool is_dots(const char *name) { return strcmp(name, ".") == 0 || strcmp(name, "..") == 0; }

// MARK: measuring

/// Inodes with several names that were counted.
struct seen {
    ino_t *inodes;
    size_t count, capacity;
};

/// Whether an inode is new; -1 without memory.
static int see(struct seen *seen, ino_t inode) {
    if (seen->count * 2 >= seen->capacity) {
        struct seen larger = {.capacity = seen->capacity ? seen->capacity * 2 : 256};
        larger.inodes = calloc(larger.capacity, sizeof *larger.inodes);
        if (larger.inodes == NULL) return -1;
        for (size_t at = 0; at < seen->capacity; at++)
            if (seen->inodes[at]) see(&larger, seen->inodes[at]);
        free(seen->inodes);
        *seen = larger;
    }
    size_t at = (size_t)(inode * 0x9e3779b97f4a7c15) % seen->capacity;
    while (seen->inodes[at] != 0 && seen->inodes[at] != inode) at = (at + 1) % seen->capacity;
    if (seen->inodes[at] == inode) return 0;
    seen->inodes[at] = inode;
    seen->count++;
    return 1;
}

/// Where a walk is: one open directory, the inodes of those above it, and what is still to be looked at.
struct walk {
    int place;
    size_t depth;
    dev_t device;
    struct text above;
    /// Names of directories, each with its depth before it: the last is the next.
    struct text pending;
    struct seen seen;
    struct usage usage;
};

struct step {
    size_t depth, length;
};

/// Counts what a directory holds.
static int count_entries(struct walk *walk) {
    DIR *list = open_list(walk->place);
    if (list == NULL) return errno == ENOENT ? 0 : errno;
    int result = 0;
    for (struct dirent *entry; result == 0 && (errno = 0, entry = readdir(list));) {
        struct stat status;
        if (is_dots(entry->d_name)) continue;
        if (fstatat(walk->place, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0) {
            // A container that runs removes files while we count.
            if (errno != ENOENT) result = errno;
            continue;
        }
        if (status.st_dev != walk->device) continue;
        bool is_directory = S_ISDIR(status.st_mode);
        int is_new = status.st_nlink > 1 && !is_directory ? see(&walk->seen, status.st_ino) : 1;
        if (is_new < 0) result = ENOMEM;
        if (is_new <= 0) continue;
        walk->usage.bytes += (int64_t)status.st_blocks * 512;
        walk->usage.inodes++;
        if (!is_directory) continue;
        struct step step = {walk->depth + 1, strlen(entry->d_name) + 1};
        text_add(&walk->pending, entry->d_name, step.length);
        text_add(&walk->pending, (char *)&step, sizeof step);
        if (walk->pending.failed) result = ENOMEM;
    }
    if (result == 0 && errno != 0 && errno != ENOENT) result = errno;
    closedir(list);
    return result;
}

/// Goes to another directory. EAGAIN: what is above is not what it was.
static int go(struct walk *walk, const char *name, bool up) {
    int next = openat(walk->place, name, PLACE_FLAGS);
    if (next < 0) return errno;
    struct stat status;
    if (fstat(next, &status) < 0) {
        int result = errno;
        close(next);
        return result;
    }
    close(walk->place);
    walk->place = next;
    if (!up) {
        text_add(&walk->above, (char *)&status.st_ino, sizeof status.st_ino);
        walk->depth++;
        return walk->above.failed ? ENOMEM : 0;
    }
    // A directory that was moved while we were in it leads anywhere, even out of the tree.
    walk->above.length -= sizeof status.st_ino;
    walk->depth--;
    ino_t inode;
    memcpy(&inode, walk->above.bytes + walk->depth * sizeof inode, sizeof inode);
    return inode == status.st_ino && walk->device == status.st_dev ? 0 : EAGAIN;
}

static int walk_tree(struct walk *walk) {
    struct stat status;
    if (fstat(walk->place, &status) < 0) return errno;
    walk->device = status.st_dev;
    walk->usage = (struct usage){(int64_t)status.st_blocks * 512, 1};
    text_add(&walk->above, (char *)&status.st_ino, sizeof status.st_ino);
    int result = walk->above.failed ? ENOMEM : count_entries(walk);
    while (result == 0 && walk->pending.length > 0) {
        struct step step;
        walk->pending.length -= sizeof step;
        memcpy(&step, walk->pending.bytes + walk->pending.length, sizeof step);
        walk->pending.length -= step.length;
        const char *name = walk->pending.bytes + walk->pending.length;
        while (result == 0 && walk->depth >= step.depth) result = go(walk, "..", true);
        if (result == 0) {
            result = go(walk, name, false);
            if (result == 0) {
                result = count_entries(walk);
            } else if (result == ENOENT || result == ENOTDIR || result == ELOOP) {
                result = 0;
            }
        }
    }
    return result;
}

int tree_measure(struct disk *disk, uint64_t number, struct usage *usage) {
    char path[48];
    snprintf(path, sizeof path, "%" PRIu64 "/fs", number);
    int result = EAGAIN;
    for (int attempt = 0; attempt < 10 && result == EAGAIN; attempt++) {
        struct walk walk = {.place = openat(disk->descriptor, path, PLACE_FLAGS)};
        if (walk.place < 0) return errno;
        result = walk_tree(&walk);
        close(walk.place);
        text_free(&walk.above);
        text_free(&walk.pending);
        free(walk.seen.inodes);
        *usage = walk.usage;
    }
    return result == EAGAIN ? EBUSY : result;
}

// MARK: removing

/// Frees one directory of the trash. Those in it that are not empty move up into the trash, and have their turn.
static int free_directory(struct disk *disk, const char *name) {
    if (unlinkat(disk->trash, name, AT_REMOVEDIR) == 0 || errno == ENOENT) return 0;
    if (errno == ENOTDIR) return unlinkat(disk->trash, name, 0) == 0 || errno == ENOENT ? 0 : errno;
    if (errno != ENOTEMPTY && errno != EEXIST) return errno;
    int place = openat(disk->trash, name, PLACE_FLAGS);
    DIR *list = place < 0 ? NULL : open_list(place);
    int result = list ? 0 : errno;
    for (struct dirent *entry; list && (entry = readdir(list));) {
        if (is_dots(entry->d_name)) continue;
        int flags = entry->d_type == DT_DIR ? AT_REMOVEDIR : 0;
        if (unlinkat(place, entry->d_name, flags) == 0 || errno == ENOENT) continue;
        if (errno == ENOTEMPTY || errno == EEXIST || errno == EISDIR) {
            char up[32];
            snprintf(up, sizeof up, "%" PRIuFAST64, atomic_fetch_add(&disk->next_number, 1));
            if (renameat2(place, entry->d_name, disk->trash, up, RENAME_NOREPLACE) == 0) continue;
        }
        if (result == 0) result = errno;
    }
    if (list) closedir(list);
    if (place >= 0) close(place);
    if (result == 0 && unlinkat(disk->trash, name, AT_REMOVEDIR) < 0 && errno != ENOENT) result = errno;
    return result;
}

int trash_empty(struct disk *disk) {
    while (!disk->ends) {
        DIR *list = open_list(disk->trash);
        if (list == NULL) return errno;
        int result = 0;
        bool is_empty = true, moved = false;
        for (struct dirent *entry; !disk->ends && (entry = readdir(list));) {
            if (is_dots(entry->d_name)) continue;
            is_empty = false;
            int failed = free_directory(disk, entry->d_name);
            if (failed == 0) {
                moved = true;
            } else if (result == 0) {
                result = failed;
            }
        }
        closedir(list);
        if (is_empty) return 0;
        if (!moved) return result;
    }
    return 0;
}
