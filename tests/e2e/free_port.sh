# A port of this machine that nobody has; sourced.
# shellcheck shell=bash

# Below the ports that the system gives to those who dial, so that none of them takes it.
free_port()
{
    python3 -c 'import random, socket
while True:
    port = random.randrange(15000, 30000)
    with socket.socket() as free:
        try:
            free.bind(("127.0.0.1", port))
        except OSError:
            continue
    print(port)
    break'
}
