// overlaysnap: a snapshotter for Gantry over overlayfs. This header is the map of it: what is further down uses what is
// further up.
//
//     text.c         growing text, and failures
//     record.c       what is known of a snapshot: a value that never changes
//     index.c        all of them in memory, under one lock that nobody holds while the disk works
//     disk.c         their directories and files
//     tree.c         walks over trees: to measure, to remove
//     store.c        all of that, and the thread that frees what was removed
//     snapshots.c    the calls of snapshotter.v1
//     filter.c       which snapshots a list is about
//     methods.c      parameters of methods, and their results (requests.h)
//     requests.c     what is asked for, and how it is answered (requests.h)
//     connection.c   frames on a socket
//     overlaysnap.c  the process
#pragma once

#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// MARK: text.c

/// Somebody else's bytes. May hold NUL: what comes over the socket is looked at before it is believed.
struct slice {
    /// NULL when there is none.
    const char *bytes;
    size_t length;
};

/// Text that grows. When memory runs out it stays as it is from then on, and says so: one look at the end is enough.
struct text {
    char *bytes;
    size_t length, capacity;
    bool failed;
};

/// Makes room for so many more bytes: adding them cannot fail then.
bool text_reserve(struct text *text, size_t more);
void text_add(struct text *text, const char *bytes, size_t length);
void text_put(struct text *text, const char *string);
void text_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
/// Adds a JSON string, with its quotation marks. The bytes must be UTF-8.
void text_quote(struct text *text, struct slice slice);
void text_free(struct text *text);

bool slice_equals(struct slice one, struct slice other);

/// The codes of docs/protocol.md that this plugin answers.
enum code {
    INVALID_ARGUMENT,
    NOT_FOUND,
    ALREADY_EXISTS,
    FAILED_PRECONDITION,
    RESOURCE_EXHAUSTED,
    DATA_LOSS,
    ABORTED,
    UNIMPLEMENTED,
    INTERNAL,
};
extern const struct code_words {
    const char *name;
    int number;
} code_words[];

/// Why a call did not do what it was asked for. Needs no memory of its own, since having none is one of the reasons.
struct failure {
    enum code code;
    /// The parameter at fault; empty when none is.
    char field[300];
    char message[4096];
};

/// Says what failed, "operation 'subject': reason", and answers false.
bool fail(struct failure *failure, enum code code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/// The same, for a parameter that is wrong.
bool fail_field(struct failure *failure, const char *field, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/// The same, with the kernel's reason behind it. No space and no memory are `resource_exhausted`.
bool fail_number(struct failure *failure, int number, const char *format, ...) __attribute__((format(printf, 3, 4)));

enum { SHOWN_SIZE = 1100 };
/// A key as messages show it: shortened when it is too long for a key, and without NUL.
#define SHOWN(slice) shown((char[SHOWN_SIZE]){""}, slice)
const char *shown(char *buffer, struct slice slice);

// MARK: record.c

enum kind { ACTIVE, VIEW, COMMITTED };
extern const char *const kind_names[];

struct usage {
    int64_t bytes, inodes;
};

enum { STAMP_SIZE = 40 };

/// What is known of a snapshot. Nobody changes one that others can see: a change makes a new one, so that readers need
/// the lock only to take a reference.
struct record {
    atomic_uint references;
    /// The name of its directory. Never used for another.
    uint64_t number;
    enum kind kind;
    /// `from`: the key that a committed one had.
    struct slice name, parent, from;
    json_t *labels;
    char created[STAMP_SIZE], updated[STAMP_SIZE];
    /// Counts for committed ones.
    struct usage usage;
    /// As it is answered.
    struct text shown;
};

/// The content of a frame has at most so many bytes, and so has a record's text, with some left for what is around it.
enum { MAXIMUM_FRAME = 16 << 20, MAXIMUM_RECORD = MAXIMUM_FRAME - 16384 };

/// A record with one reference, or NULL without memory. Times are those of `like`, or now.
struct record *record_new(
    const struct record *like, uint64_t number, enum kind kind, struct slice name, struct slice parent,
    struct slice from, json_t *labels);
struct record *record_keep(struct record *record);
void record_drop(struct record *record);
/// Says how much a committed snapshot takes: before anybody else sees the record.
void record_measured(struct record *record, struct usage usage);
/// What lies on the disk.
struct text record_encode(const struct record *record);
/// Reads that again. EBADMSG: it is none. EPROTO: a newer overlaysnap wrote it. ENOMEM.
int record_decode(uint64_t number, const char *bytes, size_t length, struct record **record);

// MARK: index.c

/// A key or name, and what has it.
///
///     absent ──reserve──▶ reserved ──publish──▶ ready ──hold──▶ held ──publish/release──▶ ready
///                             └──cancel──▶ absent                └──forget──▶ absent
struct entry {
    struct entry *next;
    uint64_t hash;
    /// The entry of the parent, which has children and therefore stays.
    struct entry *below;
    size_t children;
    /// A call is changing it; `leaves` when that removes it.
    bool held, leaves;
    /// NULL while it is being made.
    struct record *record;
    size_t length;
    char name[];
};

struct index {
    pthread_mutex_t lock;
    struct entry **buckets;
    size_t bucket_count, count;
};

/// Numbers of the parents of a snapshot, nearest first.
struct chain {
    uint64_t *numbers;
    size_t length;
};

bool index_open(struct index *index);
void index_close(struct index *index);
/// Takes in what the disk says at the start. ENOMEM. `loser` is the older record, when two have one name.
int index_load(struct index *index, struct record *record, struct record **loser);
/// Finds the parents, after all were loaded.
void index_link(struct index *index);

/// A reference to what is known, and to its parents when `chain` is not NULL.
bool index_find(
    struct index *index, const char *operation, struct slice key, struct record **record, struct chain *chain,
    struct failure *failure);
/// References to all, `count` of them; NULL without memory.
struct record **index_all(struct index *index, size_t *count);

/// Keeps a key for a snapshot to be made on `parent`, which cannot be removed from now on.
bool index_reserve(
    struct index *index, const char *operation, struct slice key, struct slice parent, struct entry **entry,
    struct chain *chain, struct failure *failure);
void index_cancel(struct index *index, struct entry *entry);
/// Shows a record that was made or changed, whose reference it takes.
void index_publish(struct index *index, struct entry *entry, struct record *record);
/// Keeps other changes away; one that removes is refused when others stand on it.
bool index_hold(
    struct index *index, const char *operation, struct slice key, bool leaves, struct entry **entry,
    struct record **record, struct failure *failure);
void index_release(struct index *index, struct entry *entry);
/// The end of a removal.
void index_forget(struct index *index, struct entry *entry);
/// Keeps a free name for the active snapshot `entry`, which the caller holds.
bool index_reserve_name(
    struct index *index, struct slice key, struct slice name, struct entry **target, struct failure *failure);
/// The end of a commit: `entry` goes, its record stands under its new name.
void index_rename(struct index *index, struct entry *entry, struct entry *target, struct record *record);

// MARK: disk.c

struct disk {
    /// Absolute, and the same as part of a JSON string.
    char *root;
    struct text quoted;
    int descriptor, trash;
    /// The next number that no directory has.
    atomic_uint_fast64_t next_number;
    /// The process ends: what is in the trash has time until the next start.
    atomic_bool ends;
};

/// Opens or makes the root, for this process alone; says why not.
bool disk_open(struct disk *disk, const char *root);
void disk_close(struct disk *disk);
/// Reads all that is there into the index; drafts go to the trash. Says why not.
bool disk_load(struct disk *disk, struct index *index);
/// Makes the directory of a snapshot, and its record last. ESTALE: the tree of its parent is gone.
int disk_create(struct disk *disk, const struct record *record, uint64_t parent);
/// Replaces the record of a snapshot; with `content`, all that was written to its tree is durable first.
int disk_replace(struct disk *disk, const struct record *record, bool content);
/// Moves the directory of a snapshot to the trash.
int disk_discard(struct disk *disk, uint64_t number);

// MARK: tree.c

/// The blocks and inodes of a tree; a hard link counts once. EBUSY: it is being rearranged all the time.
int tree_measure(struct disk *disk, uint64_t number, struct usage *usage);
/// Frees what lies in the trash. What cannot go does not keep the rest; its error is answered.
int trash_empty(struct disk *disk);

// MARK: store.c

struct store {
    struct disk disk;
    struct index index;
    pthread_t sweeper;
    pthread_mutex_t sweeping, lock;
    pthread_cond_t wake;
    bool wanted;
};

bool store_open(struct store *store, const char *root);
void store_close(struct store *store);
/// Says that something lies in the trash.
void store_sweep(struct store *store);

// MARK: snapshots.c

// Each adds its result to `answer`, as JSON, or says why it changed nothing.
bool snapshot_stat(struct store *store, struct slice key, struct text *answer, struct failure *failure);
bool snapshot_mounts(struct store *store, struct slice key, struct text *answer, struct failure *failure);
bool snapshot_target(struct store *store, struct slice key, struct text *answer, struct failure *failure);
bool snapshot_usage(struct store *store, struct slice key, struct text *answer, struct failure *failure);
bool snapshot_make(
    struct store *store, enum kind kind, struct slice key, struct slice parent, json_t *labels, struct text *answer,
    struct failure *failure);
bool snapshot_commit(
    struct store *store, struct slice key, struct slice name, json_t *labels, const struct usage *usage,
    struct failure *failure);
bool snapshot_update(
    struct store *store, struct slice key, json_t *labels, struct text *answer, struct failure *failure);
bool snapshot_remove(struct store *store, struct slice key, struct failure *failure);
bool snapshot_sync(struct store *store, struct slice name, struct failure *failure);
bool snapshot_sweep(struct store *store, struct failure *failure);

// MARK: filter.c

/// Whether `filters`, `{name: [values]}` or NULL, mean anything.
bool filter_check(const json_t *filters, struct failure *failure);
bool filter_matches(const json_t *filters, const struct record *record);

// MARK: connection.c

struct server {
    struct store *store;
    const char *name;
    pthread_mutex_t lock;
    pthread_cond_t left;
    struct connection *connections;
    size_t count;
};

/// Serves a connection on a thread of its own, and closes it.
void server_take(struct server *server, int descriptor);
/// Ends all connections, each after the call that it is at; false when some have not ended in a few seconds.
bool server_end(struct server *server);
