#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "overlaysnap.h"

struct options {
    const char *root, *socket, *name;
};

static const char *from_environment(const char *name, const char *otherwise) {
    const char *value = getenv(name);
    return value && value[0] != '\0' ? value : otherwise;
}

/// gantryd says where, when it starts us; without it, the command line does.
static struct options read_options(int count, char **arguments) {
    struct options options = {
        .root = from_environment("GANTRY_PLUGIN_ROOT", "/var/lib/overlaysnap"),
        .socket = from_environment("GANTRY_PLUGIN_SOCKET", "/run/gantry-overlaysnap.sock"),
        .name = from_environment("GANTRY_PLUGIN_NAME", "overlaysnap"),
    };
    static const struct option known[] = {
        {"root", required_argument, NULL, 'r'},
        {"socket", required_argument, NULL, 's'},
        {"name", required_argument, NULL, 'n'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    for (int option; (option = getopt_long(count, arguments, "", known, NULL)) != -1;) {
        if (option == 'r') options.root = optarg;
        if (option == 's') options.socket = optarg;
        if (option == 'n') options.name = optarg;
        if (option != 'h' && option != '?') continue;
        fprintf(option == 'h' ? stdout : stderr, "usage: overlaysnap [--root DIR] [--socket PATH] [--name NAME]\n");
        exit(option == 'h' ? 0 : 2);
    }
    return options;
}

/// Listens, for root only; says why not.
static int listen_at(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        fprintf(stderr, "overlaysnap: listen at '%s': the path has more than 107 bytes\n", path);
        return -1;
    }
    strcpy(address.sun_path, path);
    // The socket of a process that was killed. Anything else that lies there is not ours to remove.
    struct stat status;
    if (lstat(path, &status) == 0 && S_ISSOCK(status.st_mode)) unlink(path);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    umask(0177);
    bool bound = listener >= 0 && bind(listener, (struct sockaddr *)&address, sizeof address) == 0
        && listen(listener, 64) == 0;
    umask(0);
    if (bound) return listener;
    fprintf(stderr, "overlaysnap: listen at '%s': %s\n", path, strerror(errno));
    if (listener >= 0) close(listener);
    return -1;
}

/// Memory for Jansson, whose reader (2.14) writes past the end of its buffer when there is none. Ending here is what
/// `kill -9` is: whatever was answered is on the disk, and gantryd starts us again.
static void *allocate_or_end(size_t size) {
    void *memory = malloc(size);
    if (memory) return memory;
    static const char message[] = "overlaysnap: no memory to read JSON\n";
    if (write(STDERR_FILENO, message, sizeof message - 1) < 0) _exit(2);
    _exit(1);
}

/// Takes connections until a signal asks for the end.
static void serve_until(int signals, int listener, struct server *server) {
    struct pollfd polled[] = {{.fd = signals, .events = POLLIN}, {.fd = listener, .events = POLLIN}};
    while (true) {
        if (poll(polled, 2, -1) < 0) continue;
        if (polled[0].revents) return;
        int descriptor = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (descriptor >= 0) {
            server_take(server, descriptor);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
            // Whoever waits gets a turn when others have left.
            nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
        }
    }
}

int main(int count, char **arguments) {
    struct options options = read_options(count, arguments);
    // Before there are threads, as they inherit it.
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    signal(SIGPIPE, SIG_IGN);
    json_set_alloc_funcs(allocate_or_end, free);
    // Otherwise the first two connections might do it at once.
    json_object_seed(0);

    // Trees have exactly the modes that they are made with.
    umask(0);
    static struct store store;
    int signals = signalfd(-1, &ends, SFD_CLOEXEC);
    if (signals < 0 || !store_open(&store, options.root)) return 1;
    int listener = listen_at(options.socket);
    if (listener < 0) return 1;

    static struct server server = {.lock = PTHREAD_MUTEX_INITIALIZER, .left = PTHREAD_COND_INITIALIZER};
    server.store = &store;
    server.name = options.name;
    serve_until(signals, listener, &server);
    close(listener);
    // What was answered is on the disk: ending early costs drafts at most.
    if (!server_end(&server)) return 0;
    store_close(&store);
    close(signals);
    return 0;
}
