/*
 * One pass over the table of commands for each shell.  A word after group and verb completes to the
 * options of that command, or to files; the value of an option completes to files if it may be one.
 */
#include "site/cli/completion.h"

#include <string.h>

#include "site/cli/options.h"

/* ---- the tables, as all three walk them ---- */

/* Whether no row before this one has its group. */
static bool completion_is_first(const struct cli_command *command)
{
    for (const struct cli_command *other = cli_commands; other != command; other++)
        if (strcmp(other->group, command->group) == 0)
            return false;
    return true;
}

/* A value that names a file or a directory; --name FILE and others are read from what help says. */
static bool completion_is_file(enum cli_option_id id)
{
    const char *value = cli_option_value(id);

    return value != NULL && (strstr(value, "FILE") != NULL || strstr(value, "DIR") != NULL);
}

/* Print text within single quotes, a backslash before each of the characters in `special`. */
static void completion_quote(FILE *out, const char *text, const char *special)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs("'\\''", out);
        else if (strchr(special, *text) != NULL)
            fprintf(out, "\\%c", *text);
        else
            putc(*text, out);
    }
}

/* ---- bash ---- */

static void bash_print_groups(FILE *out)
{
    fputs("    1) words='", out);
    for (const struct cli_command *command = cli_commands; command->group != NULL; command++)
        if (completion_is_first(command))
            fprintf(out, "%s ", command->group);
    fputs("help completion --version' ;;\n", out);
}

static void bash_print_verbs(FILE *out)
{
    fputs("    2) case $group in\n", out);
    for (const struct cli_command *command = cli_commands; command->group != NULL; command++) {
        if (!completion_is_first(command))
            continue;
        fprintf(out, "        %s) words='", command->group);
        for (const struct cli_command *verb = command; verb->group != NULL; verb++)
            if (strcmp(verb->group, command->group) == 0)
                fprintf(out, "%s ", verb->verb);
        fputs("--help' ;;\n", out);
    }
    fputs("        completion) words='bash zsh fish' ;;\n"
          "        esac ;;\n",
          out);
}

/* The options of one command; those whose value is a file, and those with another value. */
static void bash_print_command(FILE *out, const struct cli_command *command)
{
    fprintf(out, "        '%s %s') words='", command->group, command->verb);
    for (enum cli_option_id id = OPT_END + 1; id < OPTION_COUNT; id++)
        if (cli_takes(command, id))
            fprintf(out, "--%s ", cli_option_name(id));
    fputs("' files=' ", out);
    for (enum cli_option_id id = OPT_END + 1; id < OPTION_COUNT; id++)
        if (cli_takes(command, id) && completion_is_file(id))
            fprintf(out, "--%s ", cli_option_name(id));
    fputs("' values=' ", out);
    for (enum cli_option_id id = OPT_END + 1; id < OPTION_COUNT; id++)
        if (cli_takes(command, id) && cli_option_value(id) != NULL && !completion_is_file(id))
            fprintf(out, "--%s ", cli_option_name(id));
    fputs("' ;;\n", out);
}

static void completion_print_bash(FILE *out)
{
    fputs("# Completions of serai(1) for bash, printed by `serai completion bash`.\n"
          "_serai()\n"
          "{\n"
          "    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
          "    local group=${COMP_WORDS[1]:-} verb=${COMP_WORDS[2]:-} words='' files='' values=''\n"
          "\n"
          "    COMPREPLY=()\n"
          "    case $COMP_CWORD in\n",
          out);
    bash_print_groups(out);
    bash_print_verbs(out);
    fputs("    *) case \"$group $verb\" in\n", out);
    for (const struct cli_command *command = cli_commands; command->group != NULL; command++)
        bash_print_command(out, command);
    fputs("        esac\n"
          "        case $values in *\" $before \"*) return ;; esac\n"
          "        case $files in *\" $before \"*) words='' current=${current:-./} ;; esac\n"
          "        [[ $current == -* ]] || words='' ;;\n"
          "    esac\n"
          "    if [ -n \"$words\" ]; then\n"
          "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
          "    elif [ \"$COMP_CWORD\" -gt 2 ]; then\n"
          "        compopt -o filenames 2>/dev/null\n"
          "        mapfile -t COMPREPLY < <(compgen -f -- \"${COMP_WORDS[COMP_CWORD]}\")\n"
          "    fi\n"
          "}\n"
          "complete -F _serai serai\n",
          out);
}

/* ---- zsh ---- */

static void zsh_print_verbs(FILE *out, const struct cli_command *group)
{
    fprintf(out, "        %s) verbs=(\n", group->group);
    for (const struct cli_command *verb = group; verb->group != NULL; verb++) {
        if (strcmp(verb->group, group->group) != 0)
            continue;
        fprintf(out, "            '%s:", verb->verb);
        completion_quote(out, verb->summary, "");
        fputs("'\n", out);
    }
    fputs("            ) ;;\n", out);
}

static void zsh_print_command(FILE *out, const struct cli_command *command)
{
    fprintf(out, "        '%s %s') _arguments \\\n", command->group, command->verb);
    for (int number = OPT_END + 1; number < OPTION_COUNT; number++) {
        enum cli_option_id id = (enum cli_option_id)number;
        const char *value = cli_option_value(id);

        if (!cli_takes(command, id))
            continue;
        fprintf(out, "            '%s--%s%s[", id == OPT_WITH ? "*" : "", cli_option_name(id),
                value == NULL ? "" : "=");
        completion_quote(out, cli_option_help(id), "[]:");
        putc(']', out);
        if (value != NULL) {
            putc(':', out);
            completion_quote(out, value, ":");
            fputs(completion_is_file(id) ? ":_files" : ": ", out);
        }
        fputs("' \\\n", out);
    }
    fprintf(out, "            '*:%s:_files' ;;\n",
            command->operands[0] == '\0' ? "nothing" : "operand");
}

static void completion_print_zsh(FILE *out)
{
    fputs("#compdef serai\n"
          "# Completions of serai(1) for zsh, printed by `serai completion zsh`.\n"
          "_serai()\n"
          "{\n"
          "    local -a verbs\n"
          "    local command=\"$words[2] $words[3]\"\n"
          "\n"
          "    case $CURRENT in\n"
          "    2) compadd --",
          out);
    for (const struct cli_command *command = cli_commands; command->group != NULL; command++)
        if (completion_is_first(command))
            fprintf(out, " %s", command->group);
    fputs(" help completion --version ;;\n"
          "    3) case $words[2] in\n",
          out);
    for (const struct cli_command *command = cli_commands; command->group != NULL; command++)
        if (completion_is_first(command))
            zsh_print_verbs(out, command);
    fputs("        completion) verbs=(bash zsh fish) ;;\n"
          "        esac\n"
          "        _describe verb verbs ;;\n"
          "    *) shift 2 words\n"
          "        (( CURRENT -= 2 ))\n"
          "        case $command in\n",
          out);
    for (const struct cli_command *command = cli_commands; command->group != NULL; command++)
        zsh_print_command(out, command);
    fputs("        esac ;;\n"
          "    esac\n"
          "}\n"
          "_serai \"$@\"\n",
          out);
}

/* ---- fish ---- */

static void fish_print_command(FILE *out, const struct cli_command *command)
{
    fprintf(out, "complete -c serai -n '__serai_group %s' -f -a %s -d '", command->group,
            command->verb);
    completion_quote(out, command->summary, "\\");
    fputs("'\n", out);
    for (int number = OPT_END + 1; number < OPTION_COUNT; number++) {
        enum cli_option_id id = (enum cli_option_id)number;
        const char *value = cli_option_value(id);

        if (!cli_takes(command, id))
            continue;
        fprintf(out, "complete -c serai -n '__serai_command %s %s' -l %s%s -d '", command->group,
                command->verb, cli_option_name(id),
                value == NULL            ? ""
                : completion_is_file(id) ? " -r -F"
                                         : " -x");
        completion_quote(out, cli_option_help(id), "\\");
        fputs("'\n", out);
    }
}

static void completion_print_fish(FILE *out)
{
    fputs("# Completions of serai(1) for fish, printed by `serai completion fish`.\n"
          "function __serai_group\n"
          "    set -l words (commandline -opc)\n"
          "    test (count $words) -eq 2; and test \"$words[2]\" = \"$argv\"\n"
          "end\n"
          "function __serai_command\n"
          "    set -l words (commandline -opc)\n"
          "    test (count $words) -ge 3; and test \"$words[2] $words[3]\" = \"$argv\"\n"
          "end\n"
          "complete -c serai -n 'test (count (commandline -opc)) -eq 1' -f -l version\n"
          "complete -c serai -n 'test (count (commandline -opc)) -eq 1' -f -a '",
          out);
    for (const struct cli_command *command = cli_commands; command->group != NULL; command++)
        if (completion_is_first(command))
            fprintf(out, "%s ", command->group);
    fputs("help completion'\n"
          "complete -c serai -n '__serai_group completion' -f -a 'bash zsh fish'\n",
          out);
    for (const struct cli_command *command = cli_commands; command->group != NULL; command++)
        fish_print_command(out, command);
}

bool completion_print(FILE *out, const char *shell)
{
    if (strcmp(shell, "bash") == 0)
        completion_print_bash(out);
    else if (strcmp(shell, "zsh") == 0)
        completion_print_zsh(out);
    else if (strcmp(shell, "fish") == 0)
        completion_print_fish(out);
    else
        return false;
    return true;
}
