/* serai host ls: all sites of this machine, with their state, money, disk and links. */
#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "site/cli/cli.h"
#include "site/cli/commands.h"
#include "site/cli/host.h"
#include "site/cli/render.h"
#include "site/cli/top_view.h"
#include "site/control/paths.h"

/* Where the unit has its instances (packaging/), and where they put sockets for customers. */
#define HOST_STATE "/var/lib/serai"
#define HOST_RUN "/run/serai"

struct hosts {
    struct host_site *sites;
    size_t count;
};

/* ---- which sites there are ---- */

static int hosts_add(struct hosts *hosts, const char *path)
{
    if (strlen(path) >= HOST_PATH_BYTES)
        return cli_fail(EXIT_USAGE, "%.100s...: the path is too long", path);
    for (size_t i = 0; i < hosts->count; i++)
        if (strcmp(hosts->sites[i].dir, path) == 0)
            return EXIT_OK;
    if (hosts->count == HOST_SITES_MAX)
        return cli_fail(EXIT_USAGE, "there are more than %d sites; name those that you mean",
                        HOST_SITES_MAX);
    (void)snprintf(hosts->sites[hosts->count++].dir, HOST_PATH_BYTES, "%s", path);
    return EXIT_OK;
}

static int hosts_compare(const void *left, const void *right)
{
    const struct host_site *a = left;
    const struct host_site *b = right;

    return strcmp(a->dir, b->dir);
}

/* Add the sub-directories of `dir` in which `file` lies, or with `with_file` those files. */
static int hosts_scan(struct hosts *hosts, const char *dir, const char *file, bool with_file)
{
    DIR *folder = opendir(dir);
    const struct dirent *entry;
    int code = EXIT_OK;

    if (folder == NULL)
        return EXIT_OK; /* no instances there, or not ours to see */
    while (code == EXIT_OK && (entry = readdir(folder)) != NULL) {
        char path[FILE_PATH_BYTES];
        char inside[FILE_PATH_BYTES];

        if (entry->d_name[0] == '.' || file_path(path, dir, entry->d_name, NULL) != ST_OK ||
            file_path(inside, path, file, NULL) != ST_OK || access(inside, F_OK) != 0)
            continue;
        code = hosts_add(hosts, with_file ? inside : path);
    }
    (void)!closedir(folder);
    return code;
}

/* Sockets only where no directory can be seen: an instance is not shown twice. */
static int hosts_scan_machine(struct hosts *hosts)
{
    int code = hosts_scan(hosts, HOST_STATE, SITE_CONFIG, false);

    /* Whoever may not see the directories may be let in at the sockets. */
    if (code == EXIT_OK && hosts->count == 0)
        code = hosts_scan(hosts, HOST_RUN, SITE_SOCKET, true);
    qsort(hosts->sites, hosts->count, sizeof *hosts->sites, hosts_compare);
    return code;
}

static int hosts_take_list(struct hosts *hosts, const char *list)
{
    char path[HOST_PATH_BYTES];
    int code = EXIT_OK;

    while (code == EXIT_OK && *list != '\0') {
        size_t size = strcspn(list, ":");

        if (size >= sizeof path)
            return cli_fail(EXIT_USAGE, "SERAI_SITES: a path is too long");
        memcpy(path, list, size);
        path[size] = '\0';
        if (size > 0)
            code = hosts_add(hosts, path);
        list += size + (list[size] == ':');
    }
    return code;
}

static int hosts_find(const struct cli *cli, struct hosts *hosts)
{
    const char *list = getenv("SERAI_SITES");
    int code = EXIT_OK;

    for (size_t i = 0; code == EXIT_OK && i < cli->args.operand_count; i++)
        code = hosts_add(hosts, cli->args.operands[i]);
    if (code != EXIT_OK || cli->args.operand_count > 0)
        return code;
    code = list != NULL && *list != '\0' ? hosts_take_list(hosts, list) : hosts_scan_machine(hosts);
    if (code == EXIT_OK && hosts->count == 0)
        code = cli_fail(EXIT_MISSING, "no site under " HOST_STATE
                                      "; name them: serai host ls DIR..., or SERAI_SITES=DIR:DIR");
    return code;
}

/* ---- showing them ---- */

static void hosts_print_json(const struct host_site *site)
{
    char text[64];

    fputs("{\"site\":", stdout);
    render_json_text(stdout, site->dir);
    fputs(",\"state\":", stdout);
    render_json_text(stdout, site->state);
    fputs(",\"why\":", stdout);
    render_json_text(stdout, site->why);
    printf(",\"disk_bytes\":%" PRIu64, site->disk_bytes);
    if (site->has_money) {
        fputs(",\"unit\":", stdout);
        render_json_text(stdout, site->currency);
        printf(",\"frame\":%" PRIu64 ",\"revenue\":\"%s\"", site->frame,
               render_total(text, site->revenue));
        printf(",\"liabilities\":\"%s\"", render_total(text, site->liabilities));
    }
    if (site->is_asked)
        printf(",\"agents\":%" PRIu64 ",\"links\":%" PRIu64 ",\"links_up\":%" PRIu64
               ",\"disk_free_bytes\":%" PRIu64,
               site->agents, site->links, site->links_up, site->free_bytes);
    puts("}");
}

static void hosts_add_row(struct table_text *table, const struct host_site *site)
{
    char frame[24] = "";
    char agents[24] = "";
    char revenue[64] = "";
    char owed[64] = "";
    char disk[32] = "";
    char room[32] = "";
    char links[48] = "";

    if (site->has_money) {
        (void)snprintf(frame, sizeof frame, "%" PRIu64, site->frame);
        (void)render_total(revenue, site->revenue);
        (void)render_total(owed, site->liabilities);
    }
    if (site->disk_bytes > 0)
        (void)top_print_bytes(disk, site->disk_bytes);
    if (site->is_asked) {
        (void)snprintf(agents, sizeof agents, "%" PRIu64, site->agents);
        (void)snprintf(links, sizeof links, "%" PRIu64 "/%" PRIu64, site->links_up, site->links);
        (void)top_print_bytes(room, site->free_bytes);
    }
    table_text_row(table, (const char *[]){site->dir, site->state, frame, agents, revenue, owed,
                                           site->currency, disk, room, links, site->why});
}

static void hosts_print_text(const struct hosts *hosts)
{
    static const char *const headers[] = {"SITE", "STATE", "FRAME", "AGENTS", "REVENUE", "OWED",
                                          "UNIT", "DISK",  "FREE",  "LINKS",  "WHY"};
    struct table_text *table = table_text_new(headers, sizeof headers / sizeof headers[0]);

    for (size_t i = 0; i < hosts->count; i++)
        hosts_add_row(table, &hosts->sites[i]);
    table_text_print(table, stdout);
}

int cmd_host_ls(struct cli *cli)
{
    struct hosts hosts = {.sites = calloc(HOST_SITES_MAX, sizeof *hosts.sites)};
    int code;

    if (hosts.sites == NULL)
        return cli_fail(EXIT_INTERNAL, "no memory for the list");
    code = hosts_find(cli, &hosts);
    if (code == EXIT_OK) {
        (void)!fflush(stdout); /* nothing of it is to be written by the processes that look */
        host_look_at_all(hosts.sites, hosts.count);
        if (cli->args.given[OPT_JSON])
            for (size_t i = 0; i < hosts.count; i++)
                hosts_print_json(&hosts.sites[i]);
        else
            hosts_print_text(&hosts);
    }
    free(hosts.sites);
    return code;
}
