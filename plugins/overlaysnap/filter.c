#include <string.h>

#include "overlaysnap.h"

// The filters of gantryd's own snapshots.list: {"kind": ["active", "view"], "label": ["a", "b=1"]}. Values of one name
// are alternatives, except that all labels must match; names must all match.

static struct slice slice_of(const json_t *text) {
    return (struct slice){json_string_value(text), json_string_length(text)};
}

static bool begins(struct slice text, struct slice with) {
    return text.length >= with.length && memcmp(text.bytes, with.bytes, with.length) == 0;
}

/// People leave the algorithm of a digest off.
static bool begins_name(struct slice name, struct slice with) {
    static const struct slice algorithm = {"sha256:", 7};
    if (begins(name, with)) return true;
    if (!begins(name, algorithm)) return false;
    return begins((struct slice){name.bytes + algorithm.length, name.length - algorithm.length}, with);
}

static bool matches_kind(const struct record *record, struct slice value) {
    return slice_equals((struct slice){kind_names[record->kind], strlen(kind_names[record->kind])}, value);
}

static bool matches_parent(const struct record *record, struct slice value) {
    return record->parent.bytes ? begins_name(record->parent, value) : value.length == 0;
}

static bool matches_name(const struct record *record, struct slice value) {
    return memmem(record->name.bytes, record->name.length, value.bytes, value.length) != NULL;
}

static bool matches_label(const struct record *record, struct slice value) {
    const char *equals = memchr(value.bytes, '=', value.length);
    size_t length = equals ? (size_t)(equals - value.bytes) : value.length;
    const json_t *label = json_object_getn(record->labels, value.bytes, length);
    if (label == NULL || equals == NULL) return label != NULL;
    return slice_equals(slice_of(label), (struct slice){equals + 1, value.length - length - 1});
}

static const struct filter {
    const char *name;
    bool (*matches)(const struct record *record, struct slice value);
    /// Whether every value has to match.
    bool all;
} filters_known[] = {
    {"kind", matches_kind, false},
    {"parent", matches_parent, false},
    {"label", matches_label, true},
    {"name", matches_name, false},
};

static const struct filter *find(const char *name) {
    for (size_t at = 0; at < sizeof filters_known / sizeof *filters_known; at++)
        if (strcmp(filters_known[at].name, name) == 0) return &filters_known[at];
    return NULL;
}

static bool is_kind(struct slice value) {
    for (int kind = ACTIVE; kind <= COMMITTED; kind++)
        if (slice_equals((struct slice){kind_names[kind], strlen(kind_names[kind])}, value)) return true;
    return false;
}

bool filter_check(const json_t *filters, struct failure *failure) {
    const char *name;
    json_t *values, *value;
    size_t at;
    if (filters && !json_is_object(filters)) return fail_field(failure, "filters", "list snapshots: no object");
    json_object_foreach((json_t *)filters, name, values) {
        struct slice given = {name, strlen(name)};
        if (find(name) == NULL)
            return fail_field(
                failure, "filters", "list snapshots by '%s': there are kind, parent, label and name", SHOWN(given));
        if (!json_is_array(values)) return fail_field(failure, "filters", "list snapshots by '%s': no array", name);
        json_array_foreach(values, at, value) {
            if (!json_is_string(value))
                return fail_field(failure, "filters", "list snapshots by '%s': a value is no string", name);
            if (strcmp(name, "kind") == 0 && !is_kind(slice_of(value)))
                return fail_field(
                    failure, "filters", "list snapshots by 'kind=%s': the kinds are active, committed and view",
                    SHOWN(slice_of(value)));
        }
    }
    return true;
}

bool filter_matches(const json_t *filters, const struct record *record) {
    const char *name;
    json_t *values, *value;
    size_t at;
    json_object_foreach((json_t *)filters, name, values) {
        const struct filter *filter = find(name);
        bool every = true, any = json_array_size(values) == 0;
        json_array_foreach(values, at, value) {
            bool matches = filter->matches(record, slice_of(value));
            every = every && matches;
            any = any || matches;
        }
        if (!(filter->all ? every : any)) return false;
    }
    return true;
}
