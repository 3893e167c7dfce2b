#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "overlaysnap.h"

// <root>/17/fs               what the snapshot itself changes, with whiteouts
// <root>/17/work             overlayfs' own, for an active snapshot
// <root>/17/snapshot.json    written last: without it the directory is a draft, and the next start sweeps it
// <root>/trash/17            removed; its space is freed later
//
// Names are short because all of them should fit into one page of mount options.

enum { PATH_SIZE = 48 };
#define PLACE(number, name) place((char[PATH_SIZE]){""}, number, name)

static const char *place(char *buffer, uint64_t number, const char *name) {
    snprintf(buffer, PATH_SIZE, "%" PRIu64 "%s", number, name);
    return buffer;
}

static bool refuse(const char *root, const char *reason) {
    fprintf(stderr, "overlaysnap: open '%s': %s\n", root, reason);
    return false;
}

/// Makes a directory and those that it lies in.
static bool make_directories(const char *path) {
    char *copy = strdup(path);
    if (copy == NULL) return false;
    for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(copy, 0755);
        *slash = '/';
    }
    bool is_there = mkdir(copy, 0700) == 0 || errno == EEXIST;
    free(copy);
    return is_there;
}

bool disk_open(struct disk *disk, const char *root) {
    disk->descriptor = disk->trash = -1;
    atomic_init(&disk->next_number, 1);
    if (!make_directories(root)) return refuse(root, strerror(errno));
    // What links on the way lead to must not change under mounts that were answered.
    disk->root = realpath(root, NULL);
    if (disk->root == NULL) return refuse(root, strerror(errno));
    if (strpbrk(disk->root, ":,\\")) return refuse(root, "mount options cannot carry a colon, a comma or a backslash");
    json_t *proof = json_string(disk->root);
    if (proof == NULL) return refuse(root, "the path is no UTF-8");
    json_decref(proof);
    text_quote(&disk->quoted, (struct slice){disk->root, strlen(disk->root)});
    if (disk->quoted.failed) return refuse(root, strerror(ENOMEM));
    // Without its quotation marks, and with an end.
    disk->quoted.bytes[disk->quoted.length - 1] = '\0';
    memmove(disk->quoted.bytes, disk->quoted.bytes + 1, disk->quoted.length - 1);
    disk->quoted.length -= 2;
    disk->descriptor = open(disk->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (disk->descriptor < 0) return refuse(root, strerror(errno));
    // Two processes would give the same number twice.
    if (flock(disk->descriptor, LOCK_EX | LOCK_NB) < 0)
        return refuse(root, errno == EWOULDBLOCK ? "another overlaysnap has it" : strerror(errno));
    if (mkdirat(disk->descriptor, "trash", 0700) < 0 && errno != EEXIST) return refuse(root, strerror(errno));
    disk->trash = openat(disk->descriptor, "trash", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return disk->trash >= 0 || refuse(root, strerror(errno));
}

void disk_close(struct disk *disk) {
    if (disk->trash >= 0) close(disk->trash);
    if (disk->descriptor >= 0) close(disk->descriptor);
    text_free(&disk->quoted);
    free(disk->root);
}

static int write_all(int file, const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t count = write(file, bytes, length);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return errno;
        bytes += count;
        length -= (size_t)count;
    }
    return 0;
}

static int read_all(int file, struct text *text) {
    while (true) {
        if (text->length > MAXIMUM_FRAME) return EBADMSG;
        if (!text_reserve(text, 4096)) return ENOMEM;
        ssize_t count = read(file, text->bytes + text->length, text->capacity - text->length);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return errno;
        if (count == 0) return 0;
        text->length += (size_t)count;
    }
}

/// ENOENT: it has none. EBADMSG, EPROTO: see `record_decode`.
static int read_record(struct disk *disk, uint64_t number, struct record **record) {
    int file = openat(disk->descriptor, PLACE(number, "/snapshot.json"), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0) return errno;
    struct text text = {0};
    int result = read_all(file, &text);
    close(file);
    if (result == 0) result = record_decode(number, text.bytes, text.length, record);
    text_free(&text);
    return result;
}

static int load_one(struct disk *disk, struct index *index, uint64_t number) {
    struct record *record = NULL, *loser = NULL;
    int result = read_record(disk, number, &record);
    // Only what is certainly a draft: a disk that cannot be read just now must not cost the snapshots on it.
    if (result == ENOENT || result == EBADMSG) return disk_discard(disk, number);
    if (result == 0) result = index_load(index, record, &loser);
    if (result != 0) {
        record_drop(record);
        return result;
    }
    if (loser) {
        result = disk_discard(disk, loser->number);
        record_drop(loser);
    }
    return result;
}

/// Calls `load_one` for each directory with a number as its name, or only takes note of the numbers.
static bool load_all(struct disk *disk, struct index *index, const char *name) {
    int descriptor = openat(disk->descriptor, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = descriptor < 0 ? NULL : fdopendir(descriptor);
    if (directory == NULL) {
        refuse(disk->root, strerror(errno));
        if (descriptor >= 0) close(descriptor);
        return false;
    }
    int result = 0;
    for (struct dirent *entry; result == 0 && (entry = readdir(directory));) {
        char *end;
        uint64_t number = strtoull(entry->d_name, &end, 10);
        if (*end != '\0' || number == 0 || strcmp(PLACE(number, ""), entry->d_name) != 0) continue;
        if (number >= disk->next_number) disk->next_number = number + 1;
        if (index == NULL) continue;
        result = load_one(disk, index, number);
        if (result != 0)
            fprintf(
                stderr, "overlaysnap: read snapshot '%s/%s': %s\n", disk->root, entry->d_name,
                result == EPROTO ? "a newer overlaysnap wrote it" : strerror(result));
    }
    closedir(directory);
    return result == 0;
}

bool disk_load(struct disk *disk, struct index *index) {
    if (!load_all(disk, index, ".") || !load_all(disk, NULL, "trash")) return false;
    index_link(index);
    return true;
}

/// Makes the topmost directory like the parent's: it is the root that the container sees.
static int fill(struct disk *disk, const char *tree, uint64_t parent) {
    struct stat status;
    if (fstatat(disk->descriptor, PLACE(parent, "/fs"), &status, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? ESTALE : errno;
    if ((status.st_uid != 0 || status.st_gid != 0)
        && fchownat(disk->descriptor, tree, status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW) < 0)
        return errno;
    mode_t mode = status.st_mode & 07777;
    if (mode != 0755 && fchmodat(disk->descriptor, tree, mode, 0) < 0) return errno;
    return 0;
}

static int create(struct disk *disk, const struct record *record, uint64_t parent, const struct text *text) {
    const char *tree = PLACE(record->number, "/fs");
    if (mkdirat(disk->descriptor, PLACE(record->number, ""), 0700) < 0) return errno;
    if (mkdirat(disk->descriptor, tree, 0755) < 0) return errno;
    int result = parent ? fill(disk, tree, parent) : 0;
    if (result != 0) return result;
    if (record->kind == ACTIVE && mkdirat(disk->descriptor, PLACE(record->number, "/work"), 0700) < 0) return errno;
    // No other name and no rename here: a file that a crash cut short is no JSON, so that the directory is a draft. One
    // fsync(2) is enough as well, since that of a new file takes along the directories that were made before it.
    int file = openat(
        disk->descriptor, PLACE(record->number, "/snapshot.json"), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) return errno;
    result = write_all(file, text->bytes, text->length);
    if (result == 0 && fsync(file) < 0) result = errno;
    close(file);
    return result;
}

int disk_create(struct disk *disk, const struct record *record, uint64_t parent) {
    struct text text = record_encode(record);
    int result = text.failed ? ENOMEM : create(disk, record, parent, &text);
    if (result != 0 && !text.failed) {
        // Should it not even go to the trash, then it is at least a draft.
        unlinkat(disk->descriptor, PLACE(record->number, "/snapshot.json"), 0);
        disk_discard(disk, record->number);
    }
    text_free(&text);
    return result;
}

static int exchange(struct disk *disk, int directory) {
    // The old record keeps a name until the new one is durable: going back then needs no space and no luck.
    if (renameat2(directory, "snapshot.json.new", directory, "snapshot.json", RENAME_EXCHANGE) < 0) return errno;
    if (fsync(directory) == 0) return 0;
    int result = errno;
    if (renameat2(directory, "snapshot.json.new", directory, "snapshot.json", RENAME_EXCHANGE) < 0)
        fprintf(stderr, "overlaysnap: put a record in '%s' back: %s\n", disk->root, strerror(errno));
    return result;
}

int disk_replace(struct disk *disk, const struct record *record, bool content) {
    int directory = openat(disk->descriptor, PLACE(record->number, ""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return errno;
    int file = openat(directory, "snapshot.json.new", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    int result = file < 0 ? errno : 0;
    if (result == 0) {
        struct text text = record_encode(record);
        result = text.failed ? ENOMEM : write_all(file, text.bytes, text.length);
        text_free(&text);
        // Everything that is dirty includes the new record.
        if (result == 0 && (content ? syncfs(file) : fsync(file)) < 0) result = errno;
        close(file);
        if (result == 0) result = exchange(disk, directory);
        unlinkat(directory, "snapshot.json.new", 0);
    }
    close(directory);
    return result;
}

int disk_discard(struct disk *disk, uint64_t number) {
    // Not synced: a power cut soon after may bring a removed snapshot back, which whoever removed it removes again. The
    // next fsync(2) of anything takes this along.
    const char *name = PLACE(number, "");
    if (renameat(disk->descriptor, name, disk->trash, name) == 0 || errno == ENOENT) return 0;
    return errno;
}
