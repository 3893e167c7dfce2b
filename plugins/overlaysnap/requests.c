#include <stdlib.h>
#include <string.h>

#include "requests.h"

size_t frame_begin(struct text *out) {
    text_add(out, "\0\0\0\0", 4);
    return out->length;
}

bool frame_end(struct text *out, size_t begin) {
    size_t length = out->length - begin;
    if (out->failed || length > MAXIMUM_FRAME) return false;
    for (int at = 0; at < 4; at++) out->bytes[begin - 4 + (size_t)at] = (char)(length >> (24 - 8 * at));
    return true;
}

static void put_error(struct text *out, int number, const char *code, const char *field, const char *message) {
    text_format(out, "\"error\":{\"code\":%d,\"message\":", number);
    text_quote(out, (struct slice){message, strlen(message)});
    text_format(out, ",\"data\":{\"code\":\"%s\"", code);
    if (field[0] != '\0') {
        text_put(out, ",\"field\":");
        text_quote(out, (struct slice){field, strlen(field)});
    }
    text_put(out, "}}}");
}

bool answer_nonsense(struct peer *peer, int number, const char *reason) {
    size_t start = peer->out.length, begin = frame_begin(&peer->out);
    text_put(&peer->out, "{\"jsonrpc\":\"2.0\",\"id\":null,");
    put_error(&peer->out, number, number == -32005 ? "resource_exhausted" : "invalid_argument", "", reason);
    if (!frame_end(&peer->out, begin)) peer->out.length = start;
    return false;
}

static bool run(struct call *call, const char *name) {
    if (!call->peer->greeted && !(call->method && call->method->greets))
        return fail(&call->failure, FAILED_PRECONDITION, "the first request is rpc.hello");
    if (call->method == NULL)
        return fail(&call->failure, UNIMPLEMENTED, "no method '%s'", SHOWN(((struct slice){name, strlen(name)})));
    return method_takes(call) && call->method->run(call);
}

/// An error of any length, and the words around a result: room for them is there before a call changes anything.
enum { MARGIN = 40 << 10, LONGEST_ID = 1024 };

static bool answer(struct call *call, const char *name) {
    struct text *out = &call->peer->out;
    bool streams = call->method && call->method->streams;
    if (!text_reserve(out, MARGIN)) return false;
    bool done = streams && run(call, name);
    if (!text_reserve(out, MARGIN)) return false;
    size_t begin = frame_begin(out);
    text_format(out, "{\"jsonrpc\":\"2.0\",\"id\":");
    text_put(out, call->id);
    text_put(out, ",");
    size_t middle = out->length;
    text_put(out, "\"result\":");
    size_t result = out->length;
    if (!streams) done = run(call, name);
    if (done && out->length - begin > MAXIMUM_FRAME - 8)
        done = fail(&call->failure, RESOURCE_EXHAUSTED, "%s: the result does not fit a frame", name);
    if (done) {
        text_put(out, out->length == result ? "{}}" : "}");
    } else {
        // Memory that ran out for a result is enough for the reason: that has its room already.
        out->length = middle;
        out->failed = false;
        const struct code_words *words = &code_words[call->failure.code];
        put_error(out, words->number, words->name, call->failure.field, call->failure.message);
    }
    return frame_end(out, begin) && call->peer->greeted;
}

/// Reads a request and answers it. The id is checked before anything else: an answer needs one.
static bool take(struct peer *peer, const json_t *request) {
    const char *version = json_string_value(json_object_get(request, "jsonrpc"));
    const json_t *method = json_object_get(request, "method"), *params = json_object_get(request, "params");
    const json_t *id = json_object_get(request, "id");
    const char *name = json_string_value(method);
    if (version == NULL || strcmp(version, "2.0") != 0) return answer_nonsense(peer, -32600, "no JSON-RPC 2.0");
    if (name == NULL) return answer_nonsense(peer, -32600, "a message without method");
    if (params && !json_is_object(params) && !json_is_null(params))
        return answer_nonsense(peer, -32600, "'params' is no object");
    // A notification: $/grant and $/cancel, which who answers at once may pass over.
    if (id == NULL) return true;
    if (!json_is_integer(id) && !json_is_string(id))
        return answer_nonsense(peer, -32600, "an id is an integer or a string");
    if (json_string_length(id) > LONGEST_ID) return answer_nonsense(peer, -32600, "an id of more than 1024 bytes");
    char *text = json_dumps(id, JSON_ENCODE_ANY);
    if (text == NULL) return answer_nonsense(peer, -32005, "no memory");
    struct call call = {.peer = peer, .params = params, .id = text};
    // One with a NUL in it is no method, whatever stands before that.
    if (strlen(name) == json_string_length(method)) call.method = method_find(name);
    bool goes_on = answer(&call, name);
    free(text);
    return goes_on;
}

bool answer_frame(struct peer *peer, const char *bytes, size_t length) {
    json_t *request = json_loadb(bytes, length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
    if (request == NULL) return answer_nonsense(peer, -32700, "a frame is no JSON");
    bool goes_on = json_is_object(request) ? take(peer, request)
                                           : answer_nonsense(peer, -32600, "a frame is no JSON object");
    json_decref(request);
    return goes_on;
}
