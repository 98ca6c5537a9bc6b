// Node's V8 beside the engine: node v8.js MODULE NAME N SECONDS prints the seconds of one call of
// an export, or with load:NAME of compiling the module anew, making an instance and one call.
'use strict';
const fs = require('fs');

const [path, what, n, seconds] = process.argv.slice(2);
const size = Number(n);
const name = what.replace(/^load:/, '');
const bytes = fs.readFileSync(path);
let memory;
let sequence = 1;

// As host.c does it: the same sequence of messages.
function event_info(to) {
    const view = new DataView(memory.buffer, to, 88);
    sequence = (Math.imul(sequence, 1664525) + 1013904223) >>> 0;
    view.setInt32(0, 3, true);
    view.setInt32(4, 9, true);
    view.setInt32(8, 16, true);
    view.setBigInt64(16, BigInt(1 + (sequence >>> 16) % 1000), true);
    view.setBigUint64(24, BigInt(1 + (sequence >>> 8) % 100), true);
    return 0n;
}

const serai = { event_info, cap_kind: (slot) => BigInt(slot & 1), facet_send: () => 0n };

function make(wire) {
    const instance = new WebAssembly.Instance(new WebAssembly.Module(wire), { serai });
    memory = instance.exports.memory;
    return instance.exports[name];
}

// V8 knows modules again by their bytes: a custom section of its own makes each a new one.
function fresh(count) {
    const mark = Buffer.from([0, 6, 1, 0x78, 0, 0, 0, 0]);
    mark.writeUInt32LE(count, 4);
    return Buffer.concat([bytes, mark]);
}

const call = make(bytes);
const once = what === name ? () => call(size) : (count) => make(fresh(count))(size);

// Long enough for its second compiler to be done with what is hot.
for (const end = process.hrtime.bigint() + 200000000n; process.hrtime.bigint() < end;) once(0);

let runs = 0;
let passed = 0;
const step = what === name && /^turn_/.test(name) ? 1000 : 1;
const start = process.cpuUsage();
do {
    for (let i = 0; i < step; i++) once(++runs);
    const used = process.cpuUsage(start); // of all its threads
    passed = (used.user + used.system) / 1e6;
} while (passed < Number(seconds));
console.log(passed / runs);
