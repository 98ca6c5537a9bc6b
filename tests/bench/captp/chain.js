/*
 * Chains of four questions over CapTP, for comparison (tests/bench/wires.sh): each goes to the
 * answer of the one before.  Two processes of Node with @endo/captp, a TCP connection on the
 * loopback, one JSON message a line; what is sent in one go is written at once.
 *
 *     node chain.js pipelined|by-turns CHAINS fast|hardened
 *
 * Hardened is what Endo's programs run in; fast is its own setting for speed, in which objects can
 * be changed by whoever has them.  Chains are asked one after another, after some that are not
 * timed.  Prints the microseconds of one, those that both processes computed for it, and how often
 * the asker waited for the other one.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const [way, chains, setting] = process.argv.slice(2);

await import(setting === 'hardened' ? '@endo/init' : '@endo/init/unsafe-fast.js');
const { E, Far, makeCapTP } = await import('@endo/captp');

const LENGTH = 4;
const WARM_CHAINS = 2000; // its compiler has seen all by then

/* Speak CapTP on a connection; `onSend` and `onReceive` hear of each message. */
function speak(socket, bootstrap, onSend = () => {}, onReceive = () => {}) {
    let rest = '';
    let corked = false;
    const send = message => {
        onSend();
        if (!corked) {
            corked = true;
            socket.cork();
            setImmediate(() => {
                corked = false;
                socket.uncork();
            });
        }
        socket.write(`${JSON.stringify(message)}\n`);
    };
    const captp = makeCapTP('bench', send, bootstrap);

    socket.setNoDelay(true);
    socket.setEncoding('utf8');
    socket.on('data', text => {
        const lines = (rest + text).split('\n');

        rest = lines.pop();
        for (const line of lines) {
            onReceive();
            captp.dispatch(JSON.parse(line));
        }
    });
    return captp;
}

/* Microseconds that this process has computed. */
function computedUs() {
    const { user, system } = process.cpuUsage();

    return user + system;
}

function serve() {
    const server = createServer(socket => {
        const object = Far('object', { ask: () => object });

        speak(socket, object);
        socket.on('close', () => process.exit(0));
        socket.on('error', () => process.exit(1));
    });

    server.listen(0, '127.0.0.1', () => process.send(server.address().port));
    process.on('message', () => process.send(computedUs()));
}

const WAYS = {
    pipelined: object => {
        let last = object;

        for (let i = 0; i < LENGTH; i++)
            last = E(last).ask();
        return last;
    },
    'by-turns': async object => {
        let last = object;

        for (let i = 0; i < LENGTH; i++)
            last = await E(last).ask();
        return last;
    },
};

async function bothComputedUs(server) {
    server.send('computed');
    const [theirs] = await once(server, 'message');

    return computedUs() + theirs;
}

async function ask(server, chain, count) {
    const [port] = await once(server, 'message');
    const socket = connect(port, '127.0.0.1');
    let waits = 0;
    let hasSent = false;
    const captp = speak(
        socket,
        null,
        () => {
            hasSent = true;
        },
        () => {
            waits += hasSent;
            hasSent = false;
        },
    );
    const object = await captp.getBootstrap();

    for (let i = 0; i < WARM_CHAINS; i++)
        await chain(object);
    waits = 0;
    const computed = await bothComputedUs(server);
    const start = process.hrtime.bigint();
    for (let i = 0; i < count; i++)
        await chain(object);
    const took = process.hrtime.bigint() - start;
    console.log(
        Number(took) / 1e3 / count,
        ((await bothComputedUs(server)) - computed) / count,
        waits / count,
    );
    socket.destroy();
}

if (process.send !== undefined) {
    serve();
} else if (WAYS[way] === undefined || !(Number(chains) > 0)) {
    console.error('usage: chain.js pipelined|by-turns CHAINS fast|hardened');
    process.exit(64);
} else {
    const server = fork(fileURLToPath(import.meta.url), process.argv.slice(2));

    server.on('exit', code => {
        process.exitCode = code;
    });
    await ask(server, WAYS[way], Number(chains));
}
