#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "overlaysnap.h"

const struct code_words code_words[] = {
    [INVALID_ARGUMENT] = {"invalid_argument", -32602},
    [NOT_FOUND] = {"not_found", -32001},
    [ALREADY_EXISTS] = {"already_exists", -32002},
    [FAILED_PRECONDITION] = {"failed_precondition", -32003},
    [RESOURCE_EXHAUSTED] = {"resource_exhausted", -32005},
    [DATA_LOSS] = {"data_loss", -32008},
    [ABORTED] = {"aborted", -32010},
    [UNIMPLEMENTED] = {"unimplemented", -32601},
    [INTERNAL] = {"internal", -32603},
};

bool text_reserve(struct text *text, size_t more) {
    if (text->failed) return false;
    if (text->capacity - text->length >= more) return true;
    size_t capacity = text->capacity < 256 ? 256 : text->capacity;
    while (capacity - text->length < more) capacity *= 2;
    char *bytes = realloc(text->bytes, capacity);
    if (bytes == NULL) {
        text->failed = true;
        return false;
    }
    text->bytes = bytes;
    text->capacity = capacity;
    return true;
}

void text_add(struct text *text, const char *bytes, size_t length) {
    if (length == 0 || !text_reserve(text, length)) return;
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
}

void text_put(struct text *text, const char *string) { text_add(text, string, strlen(string)); }

void text_format(struct text *text, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char buffer[256];
    int length = vsnprintf(buffer, sizeof buffer, format, arguments);
    va_end(arguments);
    // Only numbers and short words are formatted.
    if (length < 0 || (size_t)length >= sizeof buffer) abort();
    text_add(text, buffer, (size_t)length);
}

void text_quote(struct text *text, struct slice slice) {
    text_put(text, "\"");
    size_t begin = 0;
    for (size_t at = 0; at < slice.length; at++) {
        unsigned char byte = (unsigned char)slice.bytes[at];
        if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
        text_add(text, slice.bytes + begin, at - begin);
        if (byte >= 0x20) {
            text_format(text, "\\%c", byte);
        } else {
            text_format(text, "\\u%04x", byte);
        }
        begin = at + 1;
    }
    text_add(text, slice.bytes + begin, slice.length - begin);
    text_put(text, "\"");
}

void text_free(struct text *text) {
    free(text->bytes);
    *text = (struct text){0};
}

bool slice_equals(struct slice one, struct slice other) {
    return one.length == other.length && memcmp(one.bytes, other.bytes, one.length) == 0;
}

static void set_message(struct failure *failure, enum code code, const char *format, va_list arguments) {
    failure->code = code;
    failure->field[0] = '\0';
    vsnprintf(failure->message, sizeof failure->message, format, arguments);
}

bool fail(struct failure *failure, enum code code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    set_message(failure, code, format, arguments);
    va_end(arguments);
    return false;
}

bool fail_field(struct failure *failure, const char *field, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    set_message(failure, INVALID_ARGUMENT, format, arguments);
    va_end(arguments);
    // A name that is too long is cut, but never inside of a character.
    size_t length = strnlen(field, sizeof failure->field - 1);
    while (field[length] != '\0' && length > 0 && ((unsigned char)field[length] & 0xc0) == 0x80) length--;
    memcpy(failure->field, field, length);
    failure->field[length] = '\0';
    return false;
}

bool fail_number(struct failure *failure, int number, const char *format, ...) {
    bool is_full = number == ENOSPC || number == EDQUOT || number == ENOMEM;
    va_list arguments;
    va_start(arguments, format);
    set_message(failure, is_full ? RESOURCE_EXHAUSTED : INTERNAL, format, arguments);
    va_end(arguments);
    size_t length = strlen(failure->message);
    snprintf(failure->message + length, sizeof failure->message - length, ": %s", strerror(number));
    return false;
}

const char *shown(char *buffer, struct slice slice) {
    // What is no key may be of any length, and one beginning is as good as another to recognise it.
    size_t limit = slice.length <= 1024 ? slice.length : 64, length = 0, at = 0;
    if (slice.length > limit)
        while (limit > 0 && ((unsigned char)slice.bytes[limit] & 0xc0) == 0x80) limit--;
    for (; at < limit && length < SHOWN_SIZE - 8; at++) buffer[length++] = slice.bytes[at] ? slice.bytes[at] : '?';
    if (at < slice.length) length += (size_t)snprintf(buffer + length, SHOWN_SIZE - length, "…");
    buffer[length] = '\0';
    return buffer;
}
