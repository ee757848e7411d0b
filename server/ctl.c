/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "daemon.h"
#include "log.h"
#include "settings.h"

#define DEFAULT_CONFIG KN_CONF_DIR "/kenangan.yaml"

struct command {
    const char *group, *verb; /* verb NULL: the group is the command */
    const char *arguments;
    const char *help;    /* one line */
    const char *details; /* further lines for --help, or "" */
    ctl_command_fn *fn;
};

static int version(const struct ctl *ctl, int argc, char **argv) {
    (void)ctl, (void)argv;
    if (argc > 1)
        return ctl_usage("version takes no arguments");
    puts("kenanganctl " KN_VERSION);
    return 0;
}

static const struct command commands[] = {
    {"migrate", NULL, "[--status]", "apply the migrations that the database lacks",
     "  --status        say how many are missing, change nothing\n", ctl_migrate},
    {"config", "check", "[FILE]", "say OK, or what is wrong with configuration and modules", "",
     ctl_config_check},
    {"config", "print", "[FILE]", "print the configuration in effect, secrets masked", "",
     ctl_config_print},
    {"user", "add", "NAME --role ROLE [OPTION]...", "create an account",
     "  --role ROLE     admin, manager, server, counter or kitchen\n"
     "  --email ADDRESS default NAME@localhost\n"
     "  --first NAME    first name, default NAME\n"
     "  --last NAME     last name, default -\n"
     "The password is asked for, or read from standard input when that is no terminal.\n",
     ctl_user_add},
    {"user", "passwd", "NAME", "set a password; the user's tokens stop working",
     "The password is asked for, or read from standard input when that is no terminal.\n",
     ctl_user_passwd},
    {"user", "list", "", "print all accounts with their roles", "", ctl_user_list},
    {"demo", NULL, "", "load the demo restaurant; never into a real one's database", "", ctl_demo},
    {"health", NULL, "[--url URL]", "ask the server for its health; exit 0 or 1",
     "  --url URL       default http://localhost:PORT/health\n", ctl_health},
    {"module", "new", "NAME [FOLDER] [--template FOLDER]", "begin a module of your own",
     "  --template FOLDER  copy from there instead of " KN_TEMPLATE_DIR "\n", ctl_module_new},
    {"module", "list", "[-v]", "print the installed modules",
     "  -v, --verbose   with their options, permissions and routes\n", ctl_module_list},
    {"version", NULL, "", "print the version", "", version},
};
#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

/* ---------------------------------------------------------------- words to the operator */

__attribute__((format(printf, 1, 0))) static void complain(const char *format, va_list args) {
    fputs("kenanganctl: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
}

int ctl_fail(const char *format, ...) {
    va_list args;
    va_start(args, format);
    complain(format, args);
    va_end(args);
    return 1;
}

int ctl_usage(const char *format, ...) {
    va_list args;
    va_start(args, format);
    complain(format, args);
    va_end(args);
    fputs("Try 'kenanganctl --help'.\n", stderr);
    return 2;
}

static void synopsis(const struct command *command, char *text, size_t size) {
    snprintf(text, size, "%s%s%s%s%s", command->group, command->verb ? " " : "",
             command->verb ? command->verb : "", *command->arguments ? " " : "",
             command->arguments);
}

static int help_command(const struct command *command) {
    char line[128];
    synopsis(command, line, sizeof(line));
    printf("Usage: kenanganctl [-c FILE] %s\n%c%s.\n%s", line, command->help[0] - 'a' + 'A',
           command->help + 1, command->details);
    return 0;
}

/* All commands, or those of a group. */
static int help(const char *group) {
    printf("Usage: kenanganctl [-c FILE] COMMAND [ARGUMENT]...\n\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        char line[128];
        if (group && strcmp(group, commands[i].group) != 0)
            continue;
        synopsis(&commands[i], line, sizeof(line));
        if (strlen(line) > 25)
            printf("  %s\n%29s%s\n", line, "", commands[i].help);
        else
            printf("  %-25s  %s\n", line, commands[i].help);
    }
    printf("\n  -c, --config FILE          configuration (default " DEFAULT_CONFIG
           ", if it exists)\n\n"
           "Environment variables override the file, as for kenangand(8). "
           "COMMAND --help tells more.\n");
    return 0;
}

/* ---------------------------------------------------------------- dispatch */

struct settings *ctl_settings(const struct ctl *ctl, const char *file) {
    char *error = NULL;
    struct settings *settings = settings_read(file ? file : ctl->config, &error);
    if (!settings)
        ctl_fail("%s", error);
    free(error);
    return settings;
}

static bool asks_help(const char *word) {
    return !strcmp(word, "--help") || !strcmp(word, "-h");
}

static int run(const struct ctl *ctl, const struct command *command, int argc, char **argv) {
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (asks_help(argv[i]))
            return help_command(command);
    return command->fn(ctl, argc, argv);
}

static int dispatch(const struct ctl *ctl, int argc, char **argv) {
    bool group = false;
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        const struct command *command = &commands[i];
        if (strcmp(argv[0], command->group) != 0)
            continue;
        if (!command->verb)
            return run(ctl, command, argc, argv);
        group = true;
        if (argc > 1 && !strcmp(argv[1], command->verb))
            return run(ctl, command, argc - 1, argv + 1);
    }
    if (!group)
        return ctl_usage("unknown command \"%s\"", argv[0]);
    if (argc > 1 && asks_help(argv[1]))
        return help(argv[0]);
    if (argc > 1)
        return ctl_usage("unknown command \"%s %s\"", argv[0], argv[1]);
    return ctl_usage("%s what?", argv[0]);
}

/* Options before the command. Returns how many words they are, 0 is the program's name; -1: stop.
 */
static int globals_read(struct ctl *ctl, int argc, char **argv, int *status) {
    int at = 1;
    for (; at < argc && argv[at][0] == '-'; at++) {
        const char *word = argv[at];
        if (asks_help(word))
            *status = help(NULL);
        else if (!strcmp(word, "--version") || !strcmp(word, "-V"))
            *status = version(ctl, 1, argv);
        else if (!strncmp(word, "--config=", 9))
            ctl->config = word + 9;
        else if (strcmp(word, "-c") != 0 && strcmp(word, "--config") != 0)
            *status = ctl_usage("unknown option \"%s\"", word);
        else if (++at < argc)
            ctl->config = argv[at];
        else
            *status = ctl_usage("%s needs a file", word);
        if (*status >= 0)
            return -1;
    }
    return at;
}

int kn_ctl_main(int argc, char **argv) {
    struct ctl ctl = {NULL};
    int status = -1;
    log_level_set(KN_ERROR); /* standard output belongs to the command's own words */
    if (access(DEFAULT_CONFIG, F_OK) == 0)
        ctl.config = DEFAULT_CONFIG;
    int at = globals_read(&ctl, argc, argv, &status);
    if (at < 0)
        return status;
    if (at >= argc)
        return ctl_usage("which command?");
    status = dispatch(&ctl, argc - at, argv + at);
    if (fflush(stdout) != 0)
        return ctl_fail("standard output: cannot be written");
    return status;
}
