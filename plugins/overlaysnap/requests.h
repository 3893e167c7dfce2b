// Between a connection, its requests, and the methods that they ask for.
#pragma once

#include "overlaysnap.h"

/// What a connection may ask, and how it answers.
struct peer {
    struct store *store;
    /// The plugin's own.
    const char *name;
    /// Answers that were not sent yet.
    struct text out;
    bool greeted;
    /// Sends them; false when nobody reads any more.
    bool (*flush)(struct peer *peer);
};

/// Answers the content of a frame; false when the connection is to be closed, after what stands in `out` was sent.
bool answer_frame(struct peer *peer, const char *bytes, size_t length);
/// Answers what is no request. `number` is JSON-RPC's.
bool answer_nonsense(struct peer *peer, int number, const char *reason);

/// A request that is being answered.
struct call {
    struct peer *peer;
    const struct method *method;
    const json_t *params;
    /// Its id, as JSON.
    const char *id;
    struct failure failure;
};

struct method {
    const char *name;
    /// Adds the result to the peer's `out`, nothing for `{}`, or says why it changed nothing.
    bool (*run)(struct call *call);
    /// What it takes; NULL ends the list.
    const char *parameters[5];
    /// Sends items before its result.
    bool streams;
    /// Needs no hello.
    bool greets;
};

/// NULL when there is none.
const struct method *method_find(const char *name);
/// Refuses parameters that the method does not take: a misspelt option never passes in silence.
bool method_takes(struct call *call);

/// Begins a frame; its content is what is added until `frame_end`.
size_t frame_begin(struct text *out);
/// Writes the length before it; false when there is no memory, or it is too long.
bool frame_end(struct text *out, size_t begin);
