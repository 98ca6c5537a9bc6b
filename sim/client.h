/* One client: its key, its last request, and the answer. */
#ifndef SERAI_SIM_CLIENT_H
#define SERAI_SIM_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

struct bytes;
struct control_reply;
struct core_reply;
struct rng;
struct sim_client;
struct sim_site;

/* Draw a key pair. */
void client_key(struct sim_client *client, struct rng *rng);

/* The token under which a site's core knows the client's last request. */
uint64_t client_token(const struct sim_site *site, const struct sim_client *client);

/* Sign a request under the client's next number; it waits for an answer now.  `args` is taken. */
void client_sign(struct sim_site *site, struct sim_client *client, const char *command,
                 struct bytes *args);

/* The number under the key `name` of an answer's result; 0 when it has none. */
uint64_t client_result(const struct control_reply *reply, const char *name);

/* Hand an answer to its client, and check that a repeat has the same. */
void client_answer(struct sim_site *site, const struct core_reply *reply);

/* Whether any client waits for an answer. */
bool clients_wait(const struct sim_site *site);

#endif
