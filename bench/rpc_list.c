// Measures a streaming call: from the request to the frame that ends it, every item read. Prints JSON.
//
//   cc -O2 -o rpc_list bench/rpc_list.c
//   ./rpc_list SOCKET METHOD PARAMS_JSON ROUNDS
//   {"method":"containers.list","items":10000,"bytes":3650000,"ms":[31.2,30.8]}
//
// Exit status 1: the server is not there, or answered an error (it is printed).
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 4 << 20 };
static char buffer[ROOM];
static size_t have, taken;

static void die(const char *what) {
    fprintf(stderr, "rpc_list: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void send_frame(int fd, const char *text) {
    size_t length = strlen(text);
    char *frame = malloc(length + 4);
    uint32_t header = htonl((uint32_t)length);
    memcpy(frame, &header, 4);
    memcpy(frame + 4, text, length);
    if (send(fd, frame, length + 4, MSG_NOSIGNAL) != (ssize_t)(length + 4)) die("send");
    free(frame);
}

// The next frame's content, closed by a zero in place of the byte behind it, which comes back with the next call.
static char *next(int fd, size_t *length) {
    static char kept;
    static int keeps;
    if (keeps) buffer[taken] = kept;
    keeps = 0;
    for (;;) {
        uint32_t header;
        if (have - taken >= 4) {
            memcpy(&header, buffer + taken, 4);
            size_t want = 4 + ntohl(header);
            if (have - taken >= want) {
                char *text = buffer + taken + 4;
                *length = want - 4;
                taken += want;
                kept = buffer[taken];
                keeps = 1;
                buffer[taken] = 0;
                return text;
            }
        }
        memmove(buffer, buffer + taken, have - taken);
        have -= taken;
        taken = 0;
        ssize_t got = recv(fd, buffer + have, ROOM - have - 1, 0);
        if (got <= 0) die(got == 0 ? "the server closed" : "recv");
        have += (size_t)got;
    }
}

int main(int argc, char **argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: %s SOCKET METHOD PARAMS_JSON ROUNDS\n", argv[0]);
        return 2;
    }
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, argv[1], sizeof address.sun_path - 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0) die(argv[1]);
    send_frame(fd, "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"rpc.hello\",\"params\":{\"protocol\":1}}");
    size_t length, items = 0, bytes = 0;
    next(fd, &length);
    printf("{\"method\":\"%s\",\"ms\":[", argv[2]);
    int rounds = atoi(argv[4]);
    for (int round = 1; round <= rounds; round++) {
        char *request = malloc(strlen(argv[3]) + 256);
        double start = now();
        sprintf(request, "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"%s\",\"params\":%s}", round, argv[2], argv[3]);
        send_frame(fd, request);
        sprintf(request, "{\"jsonrpc\":\"2.0\",\"method\":\"$/grant\",\"params\":{\"id\":%d,\"items\":1000000,\"bytes\":1000000000}}", round);
        send_frame(fd, request);
        items = bytes = 0;
        for (;;) {
            char *text = next(fd, &length);
            bytes += length + 4;
            if (memmem(text, length < 64 ? length : 64, "\"$/item\"", 8)) {
                items++;
                continue;
            }
            if (strstr(text, "\"error\":")) {
                fprintf(stderr, "rpc_list: %s\n", text);
                return 1;
            }
            break;
        }
        printf("%s%.2f", round > 1 ? "," : "", now() - start);
        free(request);
    }
    printf("],\"items\":%zu,\"bytes\":%zu}\n", items, bytes);
    return 0;
}
