/* SPDX-License-Identifier: BSD-3-Clause */
#include "daemon.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "log.h"
#include "master.h"
#include "settings.h"
#include "worker.h"

#define DEFAULT_CONFIG KN_CONF_DIR "/kenangan.yaml"

struct daemon_options {
    const char *config, *pid_file;
    bool test, done;
    int status; /* when done */
};

static const char usage[] =
    "Usage: kenangand [OPTION]...\n"
    "Serves Kenangan POS in the foreground, until SIGTERM or Ctrl-C.\n"
    "\n"
    "  -c, --config FILE    configuration (default " DEFAULT_CONFIG ", if it exists)\n"
    "  -t, --test           check configuration and modules, then exit with 0 or 1\n"
    "  -p, --pid-file FILE  write the process number there\n"
    "  -h, --help           print this and exit\n"
    "  -V, --version        print the version and exit\n"
    "\n"
    "Signals: SIGHUP reloads the configuration, SIGUSR2 upgrades to the program now on disk,\n"
    "SIGTERM finishes the requests under way and leaves, a second one leaves at once.\n";

static void options_done(struct daemon_options *options, int status) {
    options->done = true;
    options->status = status;
}

static void option_read(struct daemon_options *options, int letter) {
    switch (letter) {
    case 'c':
        options->config = optarg;
        break;
    case 't':
        options->test = true;
        break;
    case 'p':
        options->pid_file = optarg;
        break;
    case 'h':
        fputs(usage, stdout);
        options_done(options, 0);
        break;
    case 'V':
        puts("kenangand " KN_VERSION);
        options_done(options, 0);
        break;
    default:
        fputs("Try 'kenangand --help'.\n", stderr);
        options_done(options, 2);
    }
}

static struct daemon_options options_read(int argc, char **argv) {
    static const struct option known[] = {
        {"config", required_argument, NULL, 'c'},   {"test", no_argument, NULL, 't'},
        {"pid-file", required_argument, NULL, 'p'}, {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},        {NULL, 0, NULL, 0}};
    struct daemon_options options = {0};
    int letter;
    while (!options.done && (letter = getopt_long(argc, argv, "c:tp:hV", known, NULL)) != -1)
        option_read(&options, letter);
    if (!options.done && optind < argc) {
        fprintf(stderr, "kenangand: unexpected argument \"%s\"; try 'kenangand --help'\n",
                argv[optind]);
        options_done(&options, 2);
    }
    if (!options.config && access(DEFAULT_CONFIG, F_OK) == 0)
        options.config = DEFAULT_CONFIG;
    return options;
}

static int refuse(char *error) {
    fprintf(stderr, "kenangand: %s\n", error);
    free(error);
    return 1;
}

static int test(struct settings *settings) {
    char *error = NULL;
    int status = worker_check(settings, &error);
    if (status == 0)
        puts("configuration OK");
    else
        refuse(error);
    fflush(NULL);
    _exit(status); /* modules release what setup() took in stop(), which a check never calls */
}

/* A connection is a file: what the hard limit allows is there to be used. */
static void raise_file_limit(void) {
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

static int serve(struct settings *settings, const struct daemon_options *options, char **argv) {
    struct master_start start = {.config = options->config,
                                 .pid_file = options->pid_file,
                                 .argv = argv,
                                 .settings = settings};
    log_level_set(settings->log_level);
    if (geteuid() == 0)
        log_write(KN_WARN, "master", NULL,
                  "running as root; an ordinary user is enough: see User= in the service unit");
    raise_file_limit();
    return master_run(&start);
}

int kn_daemon_main(int argc, char **argv) {
    char *error = NULL;
    struct daemon_options options = options_read(argc, argv);
    if (options.done)
        return options.status;
    struct settings *settings = settings_read(options.config, &error);
    if (!settings)
        return refuse(error);
    return options.test ? test(settings) : serve(settings, &options, argv);
}
