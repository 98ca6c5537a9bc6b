/* serai doctor: what is wrong with a site, and the next command; it runs or not. */
#include "site/cli/cli.h"
#include "site/cli/commands.h"
#include "site/cli/doctor.h"

int cmd_doctor_run(struct cli *cli)
{
    struct doctor doctor;
    bool wrong;

    doctor_look(&doctor, cli);
    doctor_print(&doctor, stdout, cli->args.given[OPT_JSON]);
    wrong = doctor.counts[DOCTOR_FAULT] + doctor.counts[DOCTOR_WARN] > 0;
    doctor_fini(&doctor);
    return wrong ? EXIT_REFUSED : EXIT_OK;
}
