#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "overlaysnap.h"

// MARK: questions

/// The end of every answer: `result` counts only when there was memory for it, and for the end of the frame.
static bool written(struct text *answer, struct slice key, struct failure *failure) {
    return text_reserve(answer, 64) || fail(failure, RESOURCE_EXHAUSTED, "answer about '%s': no memory", SHOWN(key));
}

bool snapshot_stat(struct store *store, struct slice key, struct text *answer, struct failure *failure) {
    struct record *record;
    if (!index_find(&store->index, "stat snapshot", key, &record, NULL, failure)) return false;
    text_add(answer, record->shown.bytes, record->shown.length);
    record_drop(record);
    return written(answer, key, failure);
}

static void put_path(struct text *text, const struct disk *disk, uint64_t number, const char *name) {
    text_add(text, disk->quoted.bytes, disk->quoted.length);
    text_format(text, "/%" PRIu64 "/%s", number, name);
}

static void put_mounts(struct text *text, const struct disk *disk, const struct record *record, struct chain chain) {
    bool reads = record->kind == VIEW;
    // An overlay needs two directories; a single one is shown as it is.
    if (chain.length == 0 || (reads && chain.length == 1)) {
        text_put(text, "{\"mounts\":[{\"type\":\"bind\",\"source\":\"");
        put_path(text, disk, chain.length ? chain.numbers[0] : record->number, "fs");
        text_put(text, reads ? "\",\"options\":[\"rbind\",\"ro\"]}]}" : "\",\"options\":[\"rbind\",\"rw\"]}]}");
        return;
    }
    text_put(text, "{\"mounts\":[{\"type\":\"overlay\",\"source\":\"overlay\",\"options\":[");
    text_put(text, reads ? "\"ro\",\"lowerdir=" : "\"lowerdir=");
    for (size_t at = 0; at < chain.length; at++) {
        if (at > 0) text_put(text, ":");
        put_path(text, disk, chain.numbers[at], "fs");
    }
    if (!reads) {
        text_put(text, "\",\"upperdir=");
        put_path(text, disk, record->number, "fs");
        text_put(text, "\",\"workdir=");
        put_path(text, disk, record->number, "work");
    }
    // Whatever the kernel's defaults, no marks that another kernel would not understand.
    text_put(text, "\",\"redirect_dir=nofollow\",\"metacopy=off\",\"index=off\"]}]}");
}

bool snapshot_mounts(struct store *store, struct slice key, struct text *answer, struct failure *failure) {
    struct record *record;
    struct chain chain;
    if (!index_find(&store->index, "mount snapshot", key, &record, &chain, failure)) return false;
    bool done = record->kind != COMMITTED
        || fail(failure, FAILED_PRECONDITION, "mount snapshot '%s': it is committed; make a view of it", SHOWN(key));
    if (done) put_mounts(answer, &store->disk, record, chain);
    free(chain.numbers);
    record_drop(record);
    return done && written(answer, key, failure);
}

bool snapshot_target(struct store *store, struct slice key, struct text *answer, struct failure *failure) {
    struct record *record;
    struct chain chain;
    if (!index_find(&store->index, "write into snapshot", key, &record, &chain, failure)) return false;
    bool done = record->kind == ACTIVE
        || fail(
            failure, FAILED_PRECONDITION, "write into snapshot '%s': it is %s", SHOWN(key), kind_names[record->kind]);
    if (done) {
        text_put(answer, "{\"directory\":\"");
        put_path(answer, &store->disk, record->number, "fs");
        text_put(answer, "\",\"style\":\"overlay\",\"parents\":[");
        for (size_t at = 0; at < chain.length; at++) {
            text_put(answer, at ? ",\"" : "\"");
            put_path(answer, &store->disk, chain.numbers[at], "fs");
            text_put(answer, "\"");
        }
        text_put(answer, "]}");
    }
    free(chain.numbers);
    record_drop(record);
    return done && written(answer, key, failure);
}

static bool measure(
    struct store *store, uint64_t number, struct slice key, struct usage *usage, struct failure *failure) {
    int result = tree_measure(&store->disk, number, usage);
    if (result == 0) return true;
    if (result == EBUSY) return fail(failure, ABORTED, "measure snapshot '%s': it changes all the time", SHOWN(key));
    // Removed between the question and the walk.
    if (result == ENOENT) return fail(failure, NOT_FOUND, "measure snapshot '%s': its tree is gone", SHOWN(key));
    return fail_number(failure, result, "measure snapshot '%s'", SHOWN(key));
}

bool snapshot_usage(struct store *store, struct slice key, struct text *answer, struct failure *failure) {
    struct record *record;
    if (!index_find(&store->index, "measure snapshot", key, &record, NULL, failure)) return false;
    struct usage usage = record->usage;
    bool done = record->kind == COMMITTED || measure(store, record->number, key, &usage, failure);
    record_drop(record);
    if (!done) return false;
    text_format(answer, "{\"bytes\":%lld,\"inodes\":%lld}", (long long)usage.bytes, (long long)usage.inodes);
    return written(answer, key, failure);
}

// MARK: changes
//
// All take the same steps: keep the names, get all the memory that is needed, change the disk, show the change. What
// can fail comes before what others can see.

static bool valid(const char *operation, const char *field, struct slice key, struct failure *failure) {
    if (key.length >= 1 && key.length <= 1024 && !memchr(key.bytes, 0, key.length)) return true;
    return fail_field(
        failure, field, "%s '%s': a %s has 1 to 1024 bytes and no NUL", operation, SHOWN(key), field);
}

static bool usable(struct record *record, const char *operation, struct slice key, struct failure *failure) {
    if (record == NULL) return fail(failure, RESOURCE_EXHAUSTED, "%s '%s': no memory", operation, SHOWN(key));
    if (record->shown.length <= MAXIMUM_RECORD) return true;
    return fail_field(failure, "labels", "%s '%s': too many labels to be answered", operation, SHOWN(key));
}

bool snapshot_make(
    struct store *store, enum kind kind, struct slice key, struct slice parent, json_t *labels, struct text *answer,
    struct failure *failure) {
    const char *operation = kind == VIEW ? "view snapshot" : "prepare snapshot";
    struct entry *entry;
    struct chain chain;
    if (!valid(operation, "key", key, failure)) return false;
    if (!index_reserve(&store->index, operation, key, parent, &entry, &chain, failure)) return false;
    uint64_t number = atomic_fetch_add(&store->disk.next_number, 1);
    struct record *record = record_new(NULL, number, kind, key, parent, (struct slice){0}, labels);
    bool done = usable(record, operation, key, failure);
    if (done) {
        put_mounts(answer, &store->disk, record, chain);
        done = written(answer, key, failure);
    }
    if (done) {
        int result = disk_create(&store->disk, record, chain.length ? chain.numbers[0] : 0);
        done = result == 0;
        if (result == ESTALE) {
            fail(
                failure, DATA_LOSS, "%s '%s': the tree of its parent '%s' is gone", operation, SHOWN(key),
                SHOWN(parent));
        } else if (result != 0) {
            fail_number(failure, result, "%s '%s'", operation, SHOWN(key));
            store_sweep(store);
        }
    }
    free(chain.numbers);
    if (done) {
        index_publish(&store->index, entry, record);
    } else {
        index_cancel(&store->index, entry);
        record_drop(record);
    }
    return done;
}

bool snapshot_commit(
    struct store *store, struct slice key, struct slice name, json_t *labels, const struct usage *usage,
    struct failure *failure) {
    struct entry *entry, *target = NULL;
    struct record *active, *record = NULL;
    if (!valid("commit", "name", name, failure)) return false;
    if (!index_hold(&store->index, "commit", key, false, &entry, &active, failure)) return false;
    bool done = active->kind == ACTIVE
        || fail(failure, FAILED_PRECONDITION, "commit '%s': it is %s", SHOWN(key), kind_names[active->kind]);
    done = done && index_reserve_name(&store->index, key, name, &target, failure);
    struct usage measured = usage ? *usage : (struct usage){0};
    if (done && usage == NULL) done = measure(store, active->number, key, &measured, failure);
    if (done) {
        record = record_new(NULL, active->number, COMMITTED, name, active->parent, key, labels);
        done = usable(record, "commit", key, failure);
    }
    if (done) {
        record_measured(record, measured);
        int result = disk_replace(&store->disk, record, true);
        done = result == 0 || fail_number(failure, result, "commit '%s'", SHOWN(key));
    }
    if (done) {
        index_rename(&store->index, entry, target, record);
    } else {
        if (target) index_cancel(&store->index, target);
        index_release(&store->index, entry);
        record_drop(record);
    }
    record_drop(active);
    return done;
}

bool snapshot_update(
    struct store *store, struct slice key, json_t *labels, struct text *answer, struct failure *failure) {
    const char *operation = "update snapshot";
    struct entry *entry;
    struct record *old;
    if (!index_hold(&store->index, operation, key, false, &entry, &old, failure)) return false;
    struct record *record = record_new(old, old->number, old->kind, old->name, old->parent, old->from, labels);
    bool done = usable(record, operation, key, failure);
    if (done) {
        text_add(answer, record->shown.bytes, record->shown.length);
        done = written(answer, key, failure);
    }
    if (done) {
        int result = disk_replace(&store->disk, record, false);
        done = result == 0 || fail_number(failure, result, "%s '%s'", operation, SHOWN(key));
    }
    if (done) {
        index_publish(&store->index, entry, record);
    } else {
        index_release(&store->index, entry);
        record_drop(record);
    }
    record_drop(old);
    return done;
}

bool snapshot_remove(struct store *store, struct slice key, struct failure *failure) {
    struct entry *entry;
    struct record *record;
    if (!index_hold(&store->index, "remove snapshot", key, true, &entry, &record, failure)) return false;
    int result = disk_discard(&store->disk, record->number);
    record_drop(record);
    if (result != 0) {
        index_release(&store->index, entry);
        return fail_number(failure, result, "remove snapshot '%s'", SHOWN(key));
    }
    index_forget(&store->index, entry);
    store_sweep(store);
    return true;
}

bool snapshot_sync(struct store *store, struct slice name, struct failure *failure) {
    struct record *record;
    if (!index_find(&store->index, "sync snapshot", name, &record, NULL, failure)) return false;
    enum kind kind = record->kind;
    record_drop(record);
    if (kind == COMMITTED) return true;
    return fail(failure, FAILED_PRECONDITION, "sync snapshot '%s': it is %s", SHOWN(name), kind_names[kind]);
}
