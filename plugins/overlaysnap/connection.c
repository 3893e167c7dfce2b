#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "requests.h"

// A thread a connection, and calls of one connection one after another: gantryd makes another connection for a call
// that would have to wait. Reading takes what is there, and an answer leaves in one piece: two system calls a request.

/// Far more than gantryd makes: it waits with 32 threads at most.
enum { MOST_CONNECTIONS = 256, USUAL_SPACE = 64 << 10 };

struct connection {
    /// The first member, so that a peer is its connection.
    struct peer peer;
    struct server *server;
    struct connection *next, *previous;
    int descriptor;
    /// What was read and not answered lies from `begin` to `end`.
    char *in;
    size_t begin, end, capacity;
};

static bool flush(struct peer *peer) {
    const struct connection *connection = (struct connection *)peer;
    const char *bytes = peer->out.bytes;
    size_t left = peer->out.length;
    peer->out.length = 0;
    while (left > 0) {
        ssize_t count = send(connection->descriptor, bytes, left, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return false;
        bytes += count;
        left -= (size_t)count;
    }
    return true;
}

/// Makes room for so many bytes from `begin` on, and gives back what one large frame needed.
static bool make_room(struct connection *connection, size_t bytes) {
    if (connection->begin > 0) {
        connection->end -= connection->begin;
        memmove(connection->in, connection->in + connection->begin, connection->end);
        connection->begin = 0;
    }
    size_t capacity = bytes < USUAL_SPACE ? USUAL_SPACE : bytes;
    if (capacity < connection->end) capacity = connection->end;
    if (capacity == connection->capacity) return true;
    if (capacity < connection->capacity && connection->end > 0) return true;
    char *in = realloc(connection->in, capacity);
    if (in == NULL) return capacity < connection->capacity;
    connection->in = in;
    connection->capacity = capacity;
    return true;
}

/// Waits for the next whole frame. False at the end, and after bytes that are no frame.
static bool next_frame(struct connection *connection, const char **frame, size_t *length) {
    while (true) {
        size_t there = connection->end - connection->begin, needed = 4;
        if (there >= 4) {
            const unsigned char *head = (unsigned char *)connection->in + connection->begin;
            *length = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
            if (*length == 0 || *length > MAXIMUM_FRAME)
                return answer_nonsense(&connection->peer, -32700, "a frame has 1 to 16777216 bytes");
            needed += *length;
            if (there >= needed) {
                *frame = (char *)head + 4;
                connection->begin += needed;
                return true;
            }
        }
        // Answers to what came in one piece leave in one piece, too.
        if (!flush(&connection->peer)) return false;
        if (connection->peer.out.capacity > 16 * USUAL_SPACE) text_free(&connection->peer.out);
        if (!make_room(connection, needed)) return answer_nonsense(&connection->peer, -32005, "no memory");
        ssize_t count =
            recv(connection->descriptor, connection->in + connection->end, connection->capacity - connection->end, 0);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        connection->end += (size_t)count;
    }
}

static void end_connection(struct connection *connection) {
    struct server *server = connection->server;
    pthread_mutex_lock(&server->lock);
    if (connection->previous) connection->previous->next = connection->next;
    if (connection->next) connection->next->previous = connection->previous;
    if (server->connections == connection) server->connections = connection->next;
    // Under the lock, lest `server_end` shuts down what has its number by then.
    close(connection->descriptor);
    text_free(&connection->peer.out);
    free(connection->in);
    free(connection);
    server->count--;
    pthread_cond_signal(&server->left);
    pthread_mutex_unlock(&server->lock);
}

static void *serve(void *argument) {
    struct connection *connection = argument;
    const char *frame = NULL;
    size_t length = 0;
    while (next_frame(connection, &frame, &length) && answer_frame(&connection->peer, frame, length)) {}
    flush(&connection->peer);
    end_connection(connection);
    return NULL;
}

static void refuse(int descriptor) {
    struct connection connection = {.descriptor = descriptor};
    answer_nonsense(&connection.peer, -32005, "too many connections");
    flush(&connection.peer);
    text_free(&connection.peer.out);
    close(descriptor);
}

void server_take(struct server *server, int descriptor) {
    struct connection *connection = calloc(1, sizeof *connection);
    pthread_mutex_lock(&server->lock);
    bool fits = connection && server->count < MOST_CONNECTIONS;
    if (fits) {
        *connection = (struct connection){
            .peer = {.store = server->store, .name = server->name, .flush = flush},
            .server = server,
            .next = server->connections,
            .descriptor = descriptor,
        };
        if (connection->next) connection->next->previous = connection;
        server->connections = connection;
        server->count++;
    }
    pthread_mutex_unlock(&server->lock);
    if (!fits) {
        free(connection);
        refuse(descriptor);
        return;
    }
    pthread_t thread;
    if (pthread_create(&thread, NULL, serve, connection) == 0) {
        pthread_detach(thread);
        return;
    }
    answer_nonsense(&connection->peer, -32005, "no thread");
    flush(&connection->peer);
    end_connection(connection);
}

bool server_end(struct server *server) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    // gantryd kills who has not ended after five seconds.
    until.tv_sec += 4;
    int result = 0;
    pthread_mutex_lock(&server->lock);
    for (struct connection *connection = server->connections; connection; connection = connection->next)
        shutdown(connection->descriptor, SHUT_RD);
    while (server->count > 0 && result == 0) result = pthread_cond_timedwait(&server->left, &server->lock, &until);
    bool done = server->count == 0;
    pthread_mutex_unlock(&server->lock);
    return done;
}
