#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "overlaysnap.h"

const char *const kind_names[] = {[ACTIVE] = "active", [VIEW] = "view", [COMMITTED] = "committed"};

enum { VERSION = 1 };

/// RFC 3339, with nanoseconds.
static void stamp(char *buffer) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct tm parts;
    gmtime_r(&now.tv_sec, &parts);
    size_t length = strftime(buffer, STAMP_SIZE, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(buffer + length, STAMP_SIZE - length, ".%09ldZ", now.tv_nsec);
}

/// Writes the text that stat and list answer: once, as it is asked for far more often than it changes.
static bool describe(struct record *record) {
    struct text *text = &record->shown;
    text_format(text, "{\"kind\":\"%s\",\"name\":", kind_names[record->kind]);
    text_quote(text, record->name);
    if (record->parent.bytes) {
        text_put(text, ",\"parent\":");
        text_quote(text, record->parent);
    }
    if (record->from.bytes) {
        text_put(text, ",\"from\":");
        text_quote(text, record->from);
    }
    char *labels = record->labels ? json_dumps(record->labels, JSON_COMPACT) : NULL;
    if (record->labels && labels == NULL) return false;
    text_put(text, ",\"labels\":");
    text_put(text, labels ? labels : "{}");
    free(labels);
    // A commit is answered after its content was written back: no committed snapshot is ever not synced.
    text_format(
        text, ",\"created\":\"%s\",\"updated\":\"%s\",\"synced\":%s}", record->created, record->updated,
        record->kind == COMMITTED ? "true" : "false");
    return !text->failed;
}

/// Copies a text to where there is room for it, with a zero behind it; no text stays none.
static struct slice place(char **room, struct slice text) {
    if (text.bytes == NULL) return text;
    struct slice copy = {*room, text.length};
    memcpy(*room, text.bytes, text.length);
    *room += text.length + 1;
    return copy;
}

static struct record *allocate(
    uint64_t number, enum kind kind, struct slice name, struct slice parent, struct slice from, json_t *labels) {
    struct record *record = calloc(1, sizeof *record + name.length + parent.length + from.length + 3);
    if (record == NULL) return NULL;
    char *room = (char *)(record + 1);
    record->name = place(&room, name);
    record->parent = place(&room, parent);
    record->from = place(&room, from);
    atomic_init(&record->references, 1);
    record->number = number;
    record->kind = kind;
    record->labels = json_incref(labels);
    return record;
}

struct record *record_new(
    const struct record *like, uint64_t number, enum kind kind, struct slice name, struct slice parent,
    struct slice from, json_t *labels) {
    struct record *record = allocate(number, kind, name, parent, from, labels);
    if (record == NULL) return NULL;
    stamp(record->updated);
    memcpy(record->created, like ? like->created : record->updated, STAMP_SIZE);
    if (like) record->usage = like->usage;
    if (describe(record)) return record;
    record_drop(record);
    return NULL;
}

struct record *record_keep(struct record *record) {
    atomic_fetch_add_explicit(&record->references, 1, memory_order_relaxed);
    return record;
}

void record_drop(struct record *record) {
    if (record == NULL || atomic_fetch_sub_explicit(&record->references, 1, memory_order_acq_rel) != 1) return;
    json_decref(record->labels);
    text_free(&record->shown);
    free(record);
}

void record_measured(struct record *record, struct usage usage) { record->usage = usage; }

struct text record_encode(const struct record *record) {
    // The text that is answered, with two members more.
    struct text text = {0};
    text_format(&text, "{\"version\":%d,", VERSION);
    text_add(&text, record->shown.bytes + 1, record->shown.length - 2);
    if (record->kind == COMMITTED)
        text_format(
            &text, ",\"usage\":{\"bytes\":%lld,\"inodes\":%lld}", (long long)record->usage.bytes,
            (long long)record->usage.inodes);
    text_put(&text, "}\n");
    return text;
}

static bool read_stamp(const json_t *object, const char *member, char *stamp) {
    const char *text = json_string_value(json_object_get(object, member));
    if (text == NULL || strlen(text) >= STAMP_SIZE) return false;
    strcpy(stamp, text);
    return true;
}

static int read_members(const json_t *object, uint64_t number, struct record **result) {
    if (json_integer_value(json_object_get(object, "version")) > VERSION) return EPROTO;
    const json_t *name = json_object_get(object, "name"), *parent = json_object_get(object, "parent");
    const json_t *from = json_object_get(object, "from");
    const json_t *usage = json_object_get(object, "usage");
    const char *kind_name = json_string_value(json_object_get(object, "kind"));
    json_t *labels = json_object_get(object, "labels");
    if (!json_is_string(name) || !kind_name || !json_is_object(labels)) return EBADMSG;
    int kind = ACTIVE;
    while (kind <= COMMITTED && strcmp(kind_names[kind], kind_name) != 0) kind++;
    if (kind > COMMITTED) return EBADMSG;
    struct record *record = allocate(
        number, (enum kind)kind, (struct slice){json_string_value(name), json_string_length(name)},
        (struct slice){json_string_value(parent), json_string_length(parent)},
        (struct slice){json_string_value(from), json_string_length(from)}, labels);
    if (record == NULL) return ENOMEM;
    if (!read_stamp(object, "created", record->created) || !read_stamp(object, "updated", record->updated)) {
        record_drop(record);
        return EBADMSG;
    }
    record->usage.bytes = json_integer_value(json_object_get(usage, "bytes"));
    record->usage.inodes = json_integer_value(json_object_get(usage, "inodes"));
    if (!describe(record)) {
        record_drop(record);
        return ENOMEM;
    }
    *result = record;
    return 0;
}

int record_decode(uint64_t number, const char *bytes, size_t length, struct record **record) {
    json_t *object = json_loadb(bytes, length, JSON_ALLOW_NUL, NULL);
    if (object == NULL) return EBADMSG;
    int result = read_members(object, number, record);
    json_decref(object);
    return result;
}
