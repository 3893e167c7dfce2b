#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "requests.h"

// MARK: parameters

/// NULL when it is absent; null is absent.
static json_t *parameter(const struct call *call, const char *name) {
    json_t *value = json_object_get(call->params, name);
    return json_is_null(value) ? NULL : value;
}

static bool wrong(struct call *call, const char *field, const char *reason) {
    return fail_field(
        &call->failure, field, "%s: parameter '%s' %s", call->method->name,
        SHOWN(((struct slice){field, strlen(field)})), reason);
}

bool method_takes(struct call *call) {
    static const char *const common[] = {"namespace", "lease", "deadlineMs", "traceparent"};
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)call->params, name, value) {
        bool known = json_is_null(value);
        for (size_t at = 0; !known && at < sizeof common / sizeof *common; at++) known = !strcmp(common[at], name);
        for (const char *const *own = call->method->parameters; !known && *own; own++) known = !strcmp(*own, name);
        if (!known) return wrong(call, name, "is unknown");
    }
    return true;
}

static bool read_text(struct call *call, const char *name, bool required, struct slice *slice) {
    const json_t *value = parameter(call, name);
    *slice = (struct slice){json_string_value(value), json_string_length(value)};
    if (value == NULL) return !required || wrong(call, name, "is missing");
    return slice->bytes != NULL || wrong(call, name, "is no string");
}

static bool read_labels(struct call *call, bool required, json_t **labels) {
    const char *name;
    json_t *value;
    *labels = parameter(call, "labels");
    if (*labels == NULL) return !required || wrong(call, "labels", "is missing");
    if (!json_is_object(*labels)) return wrong(call, "labels", "is no object");
    json_object_foreach(*labels, name, value) {
        if (json_is_string(value)) continue;
        char field[SHOWN_SIZE + 8];
        snprintf(field, sizeof field, "labels.%s", SHOWN(((struct slice){name, strlen(name)})));
        return wrong(call, field, "is no string");
    }
    return true;
}

static bool read_usage(struct call *call, struct usage *usage, bool *given) {
    const json_t *value = parameter(call, "usage");
    *given = value != NULL;
    if (value == NULL) return true;
    if (!json_is_object(value)) return wrong(call, "usage", "is no object");
    const json_t *bytes = json_object_get(value, "bytes"), *inodes = json_object_get(value, "inodes");
    *usage = (struct usage){json_integer_value(bytes), json_integer_value(inodes)};
    if (!json_is_integer(bytes) || usage->bytes < 0) return wrong(call, "usage.bytes", "is no size");
    if (!json_is_integer(inodes) || usage->inodes < 0) return wrong(call, "usage.inodes", "is no number");
    return true;
}

// MARK: methods

static bool run_hello(struct call *call) {
    if (json_integer_value(parameter(call, "protocol")) != 1)
        return fail(&call->failure, FAILED_PRECONDITION, "rpc.hello: this plugin speaks protocol 1");
    call->peer->greeted = true;
    text_put(&call->peer->out, "{\"protocol\":1,\"server\":");
    text_quote(&call->peer->out, (struct slice){call->peer->name, strlen(call->peer->name)});
    text_put(&call->peer->out, ",\"version\":\"1\",\"features\":[\"streams\"]}");
    return true;
}

static bool run_describe(struct call *call) {
    const struct text *root = &call->peer->store->disk.quoted;
    text_put(&call->peer->out, "{\"kind\":\"snapshotter.v1\",\"name\":");
    text_quote(&call->peer->out, (struct slice){call->peer->name, strlen(call->peer->name)});
    text_put(&call->peer->out, ",\"version\":\"1\",\"capabilities\":");
    text_put(&call->peer->out, "[\"direct-layers\",\"shares-blocks\",\"sync\",\"sweep\"]");
    text_put(&call->peer->out, ",\"exports\":{\"root\":\"");
    text_add(&call->peer->out, root->bytes, root->length);
    text_put(&call->peer->out, "\"}}");
    return true;
}

static bool question(struct call *call, bool (*ask)(struct store *, struct slice, struct text *, struct failure *)) {
    struct slice key;
    return read_text(call, "key", true, &key) && ask(call->peer->store, key, &call->peer->out, &call->failure);
}

static bool run_stat(struct call *call) { return question(call, snapshot_stat); }
static bool run_mounts(struct call *call) { return question(call, snapshot_mounts); }
static bool run_usage(struct call *call) { return question(call, snapshot_usage); }
static bool run_target(struct call *call) { return question(call, snapshot_target); }

static bool make(struct call *call, enum kind kind) {
    struct slice key, parent;
    json_t *labels;
    return read_text(call, "key", true, &key) && read_text(call, "parent", false, &parent)
        && read_labels(call, false, &labels)
        && snapshot_make(call->peer->store, kind, key, parent, labels, &call->peer->out, &call->failure);
}

static bool run_prepare(struct call *call) { return make(call, ACTIVE); }
static bool run_view(struct call *call) { return make(call, VIEW); }

static bool run_commit(struct call *call) {
    struct slice key, name;
    struct usage usage;
    bool given;
    json_t *labels;
    return read_text(call, "key", true, &key) && read_text(call, "name", true, &name)
        && read_labels(call, false, &labels) && read_usage(call, &usage, &given)
        && snapshot_commit(call->peer->store, key, name, labels, given ? &usage : NULL, &call->failure);
}

static bool run_update(struct call *call) {
    struct slice key;
    json_t *labels;
    return read_text(call, "key", true, &key) && read_labels(call, true, &labels)
        && snapshot_update(call->peer->store, key, labels, &call->peer->out, &call->failure);
}

static bool run_remove(struct call *call) {
    struct slice key;
    return read_text(call, "key", true, &key) && snapshot_remove(call->peer->store, key, &call->failure);
}

static bool run_sync(struct call *call) {
    struct slice name;
    return read_text(call, "name", true, &name) && snapshot_sync(call->peer->store, name, &call->failure);
}

static bool run_unsynced(struct call *call) {
    // A commit makes its content durable, so a power cut damages nothing.
    text_put(&call->peer->out, "{\"names\":[]}");
    return true;
}

static bool run_sweep(struct call *call) { return snapshot_sweep(call->peer->store, &call->failure); }

/// How much is sent at once of a list.
enum { BATCH = 256 << 10 };

static bool send_item(struct call *call, const struct record *record) {
    struct text *out = &call->peer->out;
    size_t start = out->length, begin = frame_begin(out);
    text_put(out, "{\"jsonrpc\":\"2.0\",\"method\":\"$/item\",\"params\":{\"id\":");
    text_put(out, call->id);
    text_put(out, ",\"item\":");
    text_add(out, record->shown.bytes, record->shown.length);
    text_put(out, "}}");
    if (!frame_end(out, begin)) {
        out->length = start;
        out->failed = false;
        return fail(&call->failure, RESOURCE_EXHAUSTED, "list snapshots: no memory");
    }
    // Nobody reads any more: the next flush says so again, and the connection ends.
    if (out->length > BATCH) call->peer->flush(call->peer);
    return true;
}

static bool run_list(struct call *call) {
    const json_t *filters = parameter(call, "filters");
    if (!filter_check(filters, &call->failure)) return false;
    size_t count;
    struct record **records = index_all(&call->peer->store->index, &count);
    if (records == NULL) return fail(&call->failure, RESOURCE_EXHAUSTED, "list snapshots: no memory");
    bool done = true;
    for (size_t at = 0; at < count; at++) {
        if (done && filter_matches(filters, records[at])) done = send_item(call, records[at]);
        record_drop(records[at]);
    }
    free(records);
    return done;
}

static const struct method methods[] = {
    {"snapshots.stat", run_stat, {"key"}, false, false},
    {"snapshots.prepare", run_prepare, {"key", "parent", "labels"}, false, false},
    {"snapshots.remove", run_remove, {"key"}, false, false},
    {"snapshots.mounts", run_mounts, {"key"}, false, false},
    {"snapshots.view", run_view, {"key", "parent", "labels"}, false, false},
    {"snapshots.commit", run_commit, {"key", "name", "labels", "usage"}, false, false},
    {"snapshots.target", run_target, {"key"}, false, false},
    {"snapshots.update", run_update, {"key", "labels"}, false, false},
    {"snapshots.usage", run_usage, {"key"}, false, false},
    {"snapshots.list", run_list, {"filters"}, true, false},
    {"snapshots.sync", run_sync, {"name"}, false, false},
    {"snapshots.unsynced", run_unsynced, {NULL}, false, false},
    {"snapshots.sweep", run_sweep, {NULL}, false, false},
    {"plugin.describe", run_describe, {NULL}, false, false},
    {"rpc.hello", run_hello, {"protocol", "features"}, false, true},
};

const struct method *method_find(const char *name) {
    for (size_t at = 0; at < sizeof methods / sizeof *methods; at++)
        if (strcmp(methods[at].name, name) == 0) return &methods[at];
    return NULL;
}
