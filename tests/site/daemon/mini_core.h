/* A core without agents, for tests of the daemon; linked in place of site_core. */
#ifndef SERAI_TESTS_SITE_DAEMON_MINI_CORE_H
#define SERAI_TESTS_SITE_DAEMON_MINI_CORE_H

enum { MINI_AGENT = 7 };

#endif
