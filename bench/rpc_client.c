// Measures calls of one method over unix sockets, one request in flight a connection, and prints JSON.
//
//   cc -O2 -pthread -o rpc_client bench/rpc_client.c
//   ./rpc_client SOCKET METHOD PARAMS_JSON CONNECTIONS SECONDS
//   {"method":"containers.get","connections":1,"calls":81234,"rate":40617,"p50_us":21.3,"p99_us":44.0,"bytes":331}
//
// Exit status 1: the server is not there, or answered an error (it is printed).
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static const char *path, *method, *params;
static double seconds;
static pthread_barrier_t start;

struct worker {
    pthread_t thread;
    uint32_t *samples;  // nanoseconds
    size_t count, room, bytes;
};

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void die(const char *what) {
    fprintf(stderr, "rpc_client: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void send_all(int fd, const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t sent = send(fd, bytes, count, MSG_NOSIGNAL);
        if (sent < 0) die("send");
        bytes += sent;
        count -= (size_t)sent;
    }
}

// Reads one frame; returns the length of its content.
static size_t receive(int fd, char *buffer, size_t room) {
    size_t have = 0, want = 4;
    while (have < want) {
        ssize_t got = recv(fd, buffer + have, room - have - 1, 0);
        if (got <= 0) die(got == 0 ? "the server closed" : "recv");
        have += (size_t)got;
        if (have >= 4) {
            uint32_t length;
            memcpy(&length, buffer, 4);
            want = 4 + ntohl(length);
            if (want + 1 > room) die("answer too large for this client");
        }
    }
    buffer[have] = 0;
    return want - 4;
}

static size_t frame(char *out, size_t room, long id, const char *name, const char *arguments) {
    int length = snprintf(out + 4, room - 4, "{\"jsonrpc\":\"2.0\",\"id\":%ld,\"method\":\"%s\",\"params\":%s}", id, name, arguments);
    uint32_t header = htonl((uint32_t)length);
    memcpy(out, &header, 4);
    return (size_t)length + 4;
}

static void call(int fd, char *request, size_t length, char *answer, size_t room, size_t *bytes) {
    send_all(fd, request, length);
    *bytes = receive(fd, answer, room);
}

static void *work(void *argument) {
    struct worker *self = argument;
    enum { ROOM = 1 << 20 };
    char *request = malloc(ROOM), *answer = malloc(ROOM);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0) die(path);
    size_t length = frame(request, ROOM, 0, "rpc.hello", "{\"protocol\":1}");
    call(fd, request, length, answer, ROOM, &self->bytes);
    length = frame(request, ROOM, 1, method, params);
    for (int warm = 0; warm < 200; warm++) call(fd, request, length, answer, ROOM, &self->bytes);
    if (strstr(answer + 4, "\"error\":")) {
        fprintf(stderr, "rpc_client: %s\n", answer + 4);
        exit(1);
    }
    pthread_barrier_wait(&start);
    uint64_t end = now() + (uint64_t)(seconds * 1e9), before = now();
    while (before < end) {
        call(fd, request, length, answer, ROOM, &self->bytes);
        uint64_t after = now();
        if (self->count == self->room) {
            self->room = self->room ? self->room * 2 : 1 << 16;
            self->samples = realloc(self->samples, self->room * sizeof *self->samples);
            if (!self->samples) die("memory");
        }
        self->samples[self->count++] = (uint32_t)(after - before);
        before = after;
    }
    close(fd);
    free(request);
    free(answer);
    return NULL;
}

static int ascending(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

int main(int argc, char **argv) {
    if (argc != 6) {
        fprintf(stderr, "usage: %s SOCKET METHOD PARAMS_JSON CONNECTIONS SECONDS\n", argv[0]);
        return 2;
    }
    path = argv[1];
    method = argv[2];
    params = argv[3];
    int connections = atoi(argv[4]);
    seconds = atof(argv[5]);
    if (connections < 1 || seconds <= 0) return 2;
    struct worker *workers = calloc((size_t)connections, sizeof *workers);
    pthread_barrier_init(&start, NULL, (unsigned)connections);
    for (int i = 0; i < connections; i++) pthread_create(&workers[i].thread, NULL, work, &workers[i]);
    size_t total = 0;
    for (int i = 0; i < connections; i++) {
        pthread_join(workers[i].thread, NULL);
        total += workers[i].count;
    }
    uint32_t *all = malloc((total ? total : 1) * sizeof *all);
    size_t filled = 0;
    for (int i = 0; i < connections; i++) {
        memcpy(all + filled, workers[i].samples, workers[i].count * sizeof *all);
        filled += workers[i].count;
    }
    qsort(all, total, sizeof *all, ascending);
    printf("{\"method\":\"%s\",\"connections\":%d,\"calls\":%zu,\"rate\":%.0f,\"p50_us\":%.1f,\"p99_us\":%.1f,\"bytes\":%zu}\n", method,
           connections, total, (double)total / seconds, total ? all[total / 2] / 1000.0 : 0,
           total ? all[total * 99 / 100] / 1000.0 : 0, workers[0].bytes);
    return 0;
}
