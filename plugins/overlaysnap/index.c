#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "overlaysnap.h"

static uint64_t hash_of(struct slice key) {
    // FNV-1a: keys come from gantryd, so nobody chooses them to collide.
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t at = 0; at < key.length; at++) hash = (hash ^ (unsigned char)key.bytes[at]) * 0x100000001b3;
    return hash;
}

static struct entry *find(struct index *index, struct slice key) {
    uint64_t hash = hash_of(key);
    struct entry *entry = index->buckets[hash % index->bucket_count];
    while (entry && !(entry->hash == hash && slice_equals((struct slice){entry->name, entry->length}, key)))
        entry = entry->next;
    return entry;
}

static void grow(struct index *index) {
    size_t count = index->bucket_count * 2;
    struct entry **buckets = calloc(count, sizeof *buckets);
    // Without memory for it everything is found all the same, only later.
    if (buckets == NULL) return;
    for (size_t at = 0; at < index->bucket_count; at++) {
        for (struct entry *entry = index->buckets[at], *next; entry; entry = next) {
            next = entry->next;
            entry->next = buckets[entry->hash % count];
            buckets[entry->hash % count] = entry;
        }
    }
    free(index->buckets);
    index->buckets = buckets;
    index->bucket_count = count;
}

/// Adds a key that is not there; NULL without memory.
static struct entry *add(struct index *index, struct slice key) {
    struct entry *entry = calloc(1, sizeof *entry + key.length + 1);
    if (entry == NULL) return NULL;
    if (index->count >= index->bucket_count) grow(index);
    entry->hash = hash_of(key);
    entry->length = key.length;
    memcpy(entry->name, key.bytes, key.length);
    struct entry **bucket = &index->buckets[entry->hash % index->bucket_count];
    entry->next = *bucket;
    *bucket = entry;
    index->count++;
    return entry;
}

/// Takes an entry out; its record's reference becomes the caller's, as freeing may take time.
static struct record *take(struct index *index, struct entry *entry) {
    struct entry **link = &index->buckets[entry->hash % index->bucket_count];
    while (*link != entry) link = &(*link)->next;
    *link = entry->next;
    index->count--;
    if (entry->below) entry->below->children--;
    struct record *record = entry->record;
    free(entry);
    return record;
}

/// Numbers of what `below` is and stands on. A tree without one of its layers must never be shown.
static bool chain_from(
    struct index *index, const char *operation, struct slice key, struct slice parent, struct entry *below,
    struct chain *chain, struct failure *failure) {
    *chain = (struct chain){0};
    size_t length = 0;
    for (struct entry *entry = below; entry; entry = entry->below) {
        // More than there are: somebody has edited the files, and they stand on one another.
        bool ends = entry->below || !entry->record->parent.bytes;
        if (++length <= index->count && ends) continue;
        return fail(failure, DATA_LOSS, "%s '%s': parents are gone", operation, SHOWN(key));
    }
    if (below == NULL && parent.bytes)
        return fail(failure, DATA_LOSS, "%s '%s': its parent '%s' is gone", operation, SHOWN(key), SHOWN(parent));
    if (length == 0) return true;
    chain->numbers = malloc(length * sizeof *chain->numbers);
    if (chain->numbers == NULL)
        return fail(failure, RESOURCE_EXHAUSTED, "%s '%s': no memory", operation, SHOWN(key));
    for (struct entry *entry = below; entry; entry = entry->below)
        chain->numbers[chain->length++] = entry->record->number;
    return true;
}

bool index_open(struct index *index) {
    pthread_mutex_init(&index->lock, NULL);
    index->count = 0;
    index->bucket_count = 64;
    index->buckets = calloc(index->bucket_count, sizeof *index->buckets);
    return index->buckets != NULL;
}

void index_close(struct index *index) {
    for (size_t at = 0; at < index->bucket_count; at++) {
        for (struct entry *entry = index->buckets[at], *next; entry; entry = next) {
            next = entry->next;
            record_drop(entry->record);
            free(entry);
        }
    }
    free(index->buckets);
    pthread_mutex_destroy(&index->lock);
}

int index_load(struct index *index, struct record *record, struct record **loser) {
    *loser = NULL;
    struct entry *entry = find(index, record->name);
    if (entry) {
        *loser = entry->record->number < record->number ? entry->record : record;
        if (*loser != record) entry->record = record;
        return 0;
    }
    entry = add(index, record->name);
    if (entry == NULL) return ENOMEM;
    entry->record = record;
    return 0;
}

void index_link(struct index *index) {
    for (size_t at = 0; at < index->bucket_count; at++) {
        for (struct entry *entry = index->buckets[at]; entry; entry = entry->next) {
            if (!entry->record->parent.bytes) continue;
            entry->below = find(index, entry->record->parent);
            if (entry->below) entry->below->children++;
        }
    }
}

static bool nothing(const char *operation, struct slice key, struct failure *failure) {
    return fail(failure, NOT_FOUND, "%s '%s': no such snapshot", operation, SHOWN(key));
}

bool index_find(
    struct index *index, const char *operation, struct slice key, struct record **record, struct chain *chain,
    struct failure *failure) {
    pthread_mutex_lock(&index->lock);
    struct entry *entry = find(index, key);
    bool found = entry && entry->record;
    if (!found) {
        nothing(operation, key, failure);
    } else if (chain) {
        found = chain_from(index, operation, key, entry->record->parent, entry->below, chain, failure);
    }
    if (found) *record = record_keep(entry->record);
    pthread_mutex_unlock(&index->lock);
    return found;
}

struct record **index_all(struct index *index, size_t *count) {
    *count = 0;
    pthread_mutex_lock(&index->lock);
    struct record **records = malloc((index->count + 1) * sizeof *records);
    for (size_t at = 0; records && at < index->bucket_count; at++)
        for (struct entry *entry = index->buckets[at]; entry; entry = entry->next)
            if (entry->record) records[(*count)++] = record_keep(entry->record);
    pthread_mutex_unlock(&index->lock);
    return records;
}

static bool reserve(
    struct index *index, const char *operation, struct slice key, struct slice parent, struct entry **entry,
    struct chain *chain, struct failure *failure) {
    if (find(index, key))
        return fail(failure, ALREADY_EXISTS, "%s '%s': a snapshot of this name exists", operation, SHOWN(key));
    struct entry *below = parent.bytes ? find(index, parent) : NULL;
    if (parent.bytes) {
        if (below == NULL || below->record == NULL)
            return fail(failure, NOT_FOUND, "%s '%s': no parent snapshot '%s'", operation, SHOWN(key), SHOWN(parent));
        if (below->record->kind != COMMITTED)
            return fail(
                failure, FAILED_PRECONDITION, "%s '%s': parent '%s' is %s, not committed", operation, SHOWN(key),
                SHOWN(parent), kind_names[below->record->kind]);
        if (below->leaves)
            return fail(
                failure, ABORTED, "%s '%s': parent '%s' is being removed", operation, SHOWN(key), SHOWN(parent));
    }
    if (!chain_from(index, operation, key, parent, below, chain, failure)) return false;
    *entry = add(index, key);
    if (*entry == NULL) {
        free(chain->numbers);
        return fail(failure, RESOURCE_EXHAUSTED, "%s '%s': no memory", operation, SHOWN(key));
    }
    (*entry)->held = true;
    (*entry)->below = below;
    if (below) below->children++;
    return true;
}

bool index_reserve(
    struct index *index, const char *operation, struct slice key, struct slice parent, struct entry **entry,
    struct chain *chain, struct failure *failure) {
    pthread_mutex_lock(&index->lock);
    bool done = reserve(index, operation, key, parent, entry, chain, failure);
    pthread_mutex_unlock(&index->lock);
    return done;
}

void index_forget(struct index *index, struct entry *entry) {
    pthread_mutex_lock(&index->lock);
    struct record *record = take(index, entry);
    pthread_mutex_unlock(&index->lock);
    record_drop(record);
}

void index_cancel(struct index *index, struct entry *entry) { index_forget(index, entry); }

void index_publish(struct index *index, struct entry *entry, struct record *record) {
    pthread_mutex_lock(&index->lock);
    struct record *old = entry->record;
    entry->record = record;
    entry->held = false;
    pthread_mutex_unlock(&index->lock);
    record_drop(old);
}

bool index_hold(
    struct index *index, const char *operation, struct slice key, bool leaves, struct entry **entry,
    struct record **record, struct failure *failure) {
    pthread_mutex_lock(&index->lock);
    bool done = false;
    struct entry *found = find(index, key);
    if (found == NULL || found->record == NULL) {
        nothing(operation, key, failure);
    } else if (found->held) {
        fail(failure, ABORTED, "%s '%s': another call is changing it", operation, SHOWN(key));
    } else if (leaves && found->children > 0) {
        fail(
            failure, FAILED_PRECONDITION, "%s '%s': %zu %s", operation, SHOWN(key), found->children,
            found->children == 1 ? "child remains" : "children remain");
    } else {
        done = true;
        found->held = true;
        found->leaves = leaves;
        *entry = found;
        *record = record_keep(found->record);
    }
    pthread_mutex_unlock(&index->lock);
    return done;
}

void index_release(struct index *index, struct entry *entry) {
    pthread_mutex_lock(&index->lock);
    entry->held = entry->leaves = false;
    pthread_mutex_unlock(&index->lock);
}

bool index_reserve_name(
    struct index *index, struct slice key, struct slice name, struct entry **target, struct failure *failure) {
    pthread_mutex_lock(&index->lock);
    *target = NULL;
    if (find(index, name)) {
        fail(failure, ALREADY_EXISTS, "commit '%s': a snapshot named '%s' exists", SHOWN(key), SHOWN(name));
    } else if ((*target = add(index, name)) == NULL) {
        fail(failure, RESOURCE_EXHAUSTED, "commit '%s': no memory", SHOWN(key));
    } else {
        (*target)->held = true;
    }
    pthread_mutex_unlock(&index->lock);
    return *target != NULL;
}

void index_rename(struct index *index, struct entry *entry, struct entry *target, struct record *record) {
    pthread_mutex_lock(&index->lock);
    target->record = record;
    target->held = false;
    // The parent has the same child as before, under another name.
    target->below = entry->below;
    entry->below = NULL;
    struct record *old = take(index, entry);
    pthread_mutex_unlock(&index->lock);
    record_drop(old);
}
