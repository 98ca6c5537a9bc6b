// Written by sdk/bindings.py from sdk/abi.h, which describes each of them: change that.

export const ABI_VERSION: i32 = 2;

export const SLOT_SELF: i32 = 0;
export const SLOT_ORIGIN: i32 = 1;
export const SLOT_BUFFERS: i32 = 2;
export const SLOT_CHANNELS: i32 = 3;
export const SLOT_HEAP: i32 = 4;
export const SLOT_CODE: i32 = 5;
export const SLOT_LOG: i32 = 6;
export const SLOT_FIRST_FREE: i32 = 7;
export const SLOT_NONE: i32 = -1;

export const KIND_EMPTY: i32 = 0;
export const KIND_SELF: i32 = 1;
export const KIND_FACET: i32 = 2;
export const KIND_BUFFER_POOL: i32 = 3;
export const KIND_BUFFER: i32 = 4;
export const KIND_CHANNEL_POOL: i32 = 5;
export const KIND_CHANNEL: i32 = 6;
export const KIND_HEAP: i32 = 7;
export const KIND_CODE: i32 = 8;
export const KIND_LOG: i32 = 9;
export const KIND_SPAWNER: i32 = 10;
export const KIND_TIMER: i32 = 11;
export const KIND_CLOCK: i32 = 12;
export const KIND_RANDOM: i32 = 13;
export const KIND_LEASH: i32 = 14;
export const KINDS: i32 = 15;
export const KIND_ANY: i32 = 254;
export const KIND_FREE: i32 = 255;

export const E_SLOT: i32 = -1;
export const E_KIND: i32 = -2;
export const E_RIGHT: i32 = -3;
export const E_MEMORY: i32 = -4;
export const E_SHORT: i32 = -5;
export const E_FULL: i32 = -6;
export const E_INVALID: i32 = -7;
export const E_MISSING: i32 = -8;
export const E_CLOSED: i32 = -9;
export const E_CREDIT: i32 = -10;
export const E_PENDING: i32 = -11;
export const E_EXISTS: i32 = -12;
export const E_QUOTA: i32 = -13;
export const E_POSTAGE: i32 = -14;
export const E_LIMIT: i32 = -15;
export const E_SILENT: i32 = -16;
export const E_BROKEN: i32 = -17;
export const E_FROZEN: i32 = -18;

export const EVENT_BORN: i32 = 1;
export const EVENT_BECAME: i32 = 2;
export const EVENT_MESSAGE: i32 = 3;
export const EVENT_PACKET: i32 = 4;
export const EVENT_ANSWER: i32 = 5;
export const EVENT_ROOM: i32 = 6;
export const EVENT_CLOSED: i32 = 7;
export const EVENT_LOW: i32 = 8;
export const EVENT_WAKE: i32 = 9;
export const EVENT_THAWED: i32 = 10;
export const EVENT_FAILED: i32 = 11;
export const EVENT_LEAVING: i32 = 12;
export const EVENT_LEASH: i32 = 13;
export const EVENT_KEPT: i32 = 14;
export const EVENT_UPGRADE: i32 = 15;
export const EVENT_UNHELD: i32 = 16;

export const MESSAGE_BYTES_MAX: i32 = 65536;
export const MESSAGE_CAPS_MAX: i32 = 8;
export const ARGS_BYTES_MAX: i32 = 4096;
export const HEAP_NUMBER_BYTES: i32 = 12;
export const CODE_ID_BYTES: i32 = 32;
export const SITE_KEY_BYTES: i32 = 32;
export const LOG_LINE_BYTES_MAX: i32 = 1024;
export const FAIL_CODE_MIN: i32 = 4096;
export const REASON_BYTES_MAX: i32 = 256;
export const SLOTS_MAX: i32 = 65536;
export const BUFFER_BYTES_MAX: i32 = 16777216;
export const FIRST_CREDIT_PACKETS: i32 = 8;
export const FIRST_CREDIT_BYTES: i32 = 65536;
export const INTERFACE_SELF: i32 = 0;
export const PRIORITY_MAX: i32 = 7;

export const SPAWN_NO_BUFFERS: i32 = 4;
export const SPAWN_NO_CHANNELS: i32 = 8;
export const SPAWN_NO_HEAP: i32 = 16;
export const SPAWN_NO_CODE: i32 = 32;
export const SPAWN_NO_LOG: i32 = 64;
export const SPAWN_NO_NUMBERS: i32 = 256;
export const SPAWN_LEASH: i32 = 512;
export const SPAWN_ESTATE: i32 = 1024;

export const LEASH_RUNNING: i32 = 0;
export const LEASH_DRY: i32 = 1;
export const LEASH_BY_SITE: i32 = 2;
export const LEASH_BY_CUSTOMER: i32 = 3;
export const LEASH_STOPPED: i32 = 4;

export const LEASH_LOW: i32 = 1;
export const LEASH_FROZEN: i32 = 2;
export const LEASH_UNDONE: i32 = 3;
export const LEASH_DIED: i32 = 4;

export const TERMS_PACKETS: i32 = 0;
export const TERMS_DATA: i32 = 1;

export const UPGRADE_TRY: i32 = 1;

export const FACET_WATCH: i32 = 1;

export const RIGHT_READ: i32 = 1;
export const RIGHT_WRITE: i32 = 2;
export const RIGHT_OWNER: i32 = 4;

export const LOAD_BEGIN: i32 = 1;
export const LOAD_PIECE: i32 = 2;
export const LOAD_BECOME: i32 = 3;
export const LOAD_USE: i32 = 4;
export const LOAD_FETCH: i32 = 5;

export const EVENT_BYTES: i32 = 88;

@unmanaged
export class Event {
  kind: i32 = 0;
  slot: i32 = 0;
  size: i32 = 0;
  status: i32 = 0;
  money: i64 = 0;
  badge: u64 = 0;
  fee: i64 = 0;
  postage: i64 = 0;
  reply: i32 = 0;
  cap_count: i32 = 0;
  caps0: i32 = 0;
  caps1: i32 = 0;
  caps2: i32 = 0;
  caps3: i32 = 0;
  caps4: i32 = 0;
  caps5: i32 = 0;
  caps6: i32 = 0;
  caps7: i32 = 0;
}

export const LEASH_BYTES: i32 = 64;

@unmanaged
export class Leash {
  state: i32 = 0;
  waiting: i32 = 0;
  balance: i64 = 0;
  mark: i64 = 0;
  lacks: i64 = 0;
  bytes: u64 = 0;
  turns: u64 = 0;
  traps: u64 = 0;
  fuel: u64 = 0;
}

// Order 0.
@external("serai", "event_info")
export declare function event_info(to: usize): i64;
// Order 1.
@external("serai", "event_read")
export declare function event_read(to: usize, size: i32, offset: i32): i64;
// Order 2.
@external("serai", "self_balance")
export declare function self_balance(own: i32): i64;
// Order 3.
@external("serai", "self_facet")
export declare function self_facet(own: i32, badge: u64, postage: i64): i64;
// Order 4.
@external("serai", "self_revoke")
export declare function self_revoke(own: i32, facet: i32): i64;
// Order 5.
@external("serai", "self_mark")
export declare function self_mark(own: i32, balance: i64): i64;
// Order 6.
@external("serai", "self_code")
export declare function self_code(own: i32, to: usize, size: i32, offset: i32): i64;
// Order 7.
@external("serai", "self_code_id")
export declare function self_code_id(own: i32, id: usize): i64;
// Order 8.
@external("serai", "self_become")
export declare function self_become(own: i32, code_id: usize, args: usize, args_size: i32): i64;
// Order 9.
@external("serai", "self_die")
export declare function self_die(own: i32): i64;
// Order 10.
@external("serai", "cap_kind")
export declare function cap_kind(slot: i32): i64;
// Order 11.
@external("serai", "cap_drop")
export declare function cap_drop(slot: i32): i64;
// Order 12.
@external("serai", "facet_send")
export declare function facet_send(
    facet: i32,
    data: usize,
    size: i32,
    caps: usize,
    cap_count: i32,
    money: i64,
    postage: i64,
    reply: i32,
): i64;
// Order 13.
@external("serai", "facet_postage")
export declare function facet_postage(facet: i32): i64;
// Order 14.
@external("serai", "facet_fund")
export declare function facet_fund(facet: i32, money: i64): i64;
// Order 15.
@external("serai", "buffer_buy")
export declare function buffer_buy(pool: i32, bytes: i32): i64;
// Order 16.
@external("serai", "buffer_sell")
export declare function buffer_sell(pool: i32, buffer: i32): i64;
// Order 17.
@external("serai", "buffer_terms")
export declare function buffer_terms(pool: i32): i64;
// Order 18.
@external("serai", "buffer_size")
export declare function buffer_size(buffer: i32): i64;
// Order 19.
@external("serai", "buffer_read")
export declare function buffer_read(buffer: i32, offset: i32, to: usize, size: i32): i64;
// Order 20.
@external("serai", "buffer_write")
export declare function buffer_write(buffer: i32, offset: i32, from: usize, size: i32): i64;
// Order 21.
@external("serai", "buffer_share")
export declare function buffer_share(buffer: i32, rights: i32): i64;
// Order 22.
@external("serai", "channel_count")
export declare function channel_count(pool: i32): i64;
// Order 23.
@external("serai", "channel_describe")
export declare function channel_describe(
    pool: i32,
    interface_number: i32,
    to: usize,
    size: i32,
): i64;
// Order 24.
@external("serai", "channel_buy")
export declare function channel_buy(
    pool: i32,
    interface_number: i32,
    endowment: i64,
    max_fee: i64,
): i64;
// Order 25.
@external("serai", "channel_sell")
export declare function channel_sell(pool: i32, end: i32): i64;
// Order 26.
@external("serai", "channel_send")
export declare function channel_send(end: i32, data: usize, size: i32, money: i64): i64;
// Order 27.
@external("serai", "channel_send_buffer")
export declare function channel_send_buffer(
    end: i32,
    buffer: i32,
    offset: i32,
    size: i32,
    money: i64,
): i64;
// Order 28.
@external("serai", "channel_arm")
export declare function channel_arm(end: i32, packets: i32, bytes: i32): i64;
// Order 29.
@external("serai", "channel_room")
export declare function channel_room(end: i32): i64;
// Order 30.
@external("serai", "channel_credit")
export declare function channel_credit(end: i32): i64;
// Order 31.
@external("serai", "channel_close")
export declare function channel_close(end: i32): i64;
// Order 32.
@external("serai", "heap_add")
export declare function heap_add(heap: i32, slot: i32, number: usize): i64;
// Order 33.
@external("serai", "heap_add_at")
export declare function heap_add_at(heap: i32, slot: i32, number: usize): i64;
// Order 34.
@external("serai", "heap_get")
export declare function heap_get(heap: i32, number: usize): i64;
// Order 35.
@external("serai", "heap_take")
export declare function heap_take(heap: i32, number: usize): i64;
// Order 36.
@external("serai", "code_put")
export declare function code_put(code: i32, bytes: usize, size: i32, id: usize): i64;
// Order 37.
@external("serai", "code_kept")
export declare function code_kept(code: i32, index: i32, id: usize): i64;
// Order 38.
@external("serai", "code_drop")
export declare function code_drop(code: i32, id: usize): i64;
// Order 39.
@external("serai", "log_append")
export declare function log_append(log: i32, text: usize, size: i32): i64;
// Order 40.
@external("serai", "spawn")
export declare function spawn(
    spawner: i32,
    code_id: usize,
    args: usize,
    args_size: i32,
    caps: usize,
    cap_count: i32,
    flags: i32,
    endowment: i64,
): i64;
// Order 41.
@external("serai", "timer_wake")
export declare function timer_wake(timer: i32, at_us: i64, badge: u64): i64;
// Order 42.
@external("serai", "clock_now")
export declare function clock_now(clock: i32): i64;
// Order 43.
@external("serai", "random_bytes")
export declare function random_bytes(random: i32, to: usize, size: i32): i64;
// Order 44.
@external("serai", "cap_keep")
export declare function cap_keep(slot: i32): i64;
// Order 45.
@external("serai", "cap_same")
export declare function cap_same(slot: i32, other: i32): i64;
// Order 46.
@external("serai", "channel_quote")
export declare function channel_quote(pool: i32, interface_number: i32, money: i64): i64;
// Order 47.
@external("serai", "channel_priority")
export declare function channel_priority(end: i32, priority: i32): i64;
// Order 48.
@external("serai", "channel_terms")
export declare function channel_terms(
    pool: i32,
    interface_number: i32,
    terms: i32,
    priority: i32,
): i64;
// Order 49.
@external("serai", "self_leaving")
export declare function self_leaving(own: i32, badge: u64): i64;
// Order 50.
@external("serai", "channel_arm_into")
export declare function channel_arm_into(
    end: i32,
    buffer: i32,
    offset: i32,
    place_bytes: i32,
    packets: i32,
): i64;
// Order 51.
@external("serai", "self_badge")
export declare function self_badge(own: i32, slot: i32, badge: usize): i64;
// Order 52.
@external("serai", "self_fail")
export declare function self_fail(own: i32, code: i32, reason: usize, size: i32): i64;
// Order 53.
@external("serai", "reply_break")
export declare function reply_break(reply: i32, code: i32, reason: usize, size: i32): i64;
// Order 54.
@external("serai", "leash_info")
export declare function leash_info(leash: i32, to: usize): i64;
// Order 55.
@external("serai", "leash_stop")
export declare function leash_stop(leash: i32, stop: i32): i64;
// Order 56.
@external("serai", "leash_take")
export declare function leash_take(leash: i32, money: i64): i64;
// Order 57.
@external("serai", "leash_end")
export declare function leash_end(leash: i32): i64;
// Order 58.
@external("serai", "leash_watch")
export declare function leash_watch(leash: i32, facet: i32): i64;
// Order 59.
@external("serai", "channel_peer")
export declare function channel_peer(pool: i32, interface_number: i32, key: usize): i64;
// Order 60.
@external("serai", "self_upgrade")
export declare function self_upgrade(
    own: i32,
    code_id: usize,
    args: usize,
    args_size: i32,
    flags: i32,
): i64;
// Order 61.
@external("serai", "self_facet_of")
export declare function self_facet_of(own: i32, badge: u64, postage: i64, flags: i32): i64;
// Order 62.
@external("serai", "facet_ask")
export declare function facet_ask(
    facet: i32,
    data: usize,
    size: i32,
    caps: usize,
    cap_count: i32,
    money: i64,
    postage: i64,
    reply: i32,
): i64;
// Order 63.
@external("serai", "facet_when")
export declare function facet_when(facet: i32, reply: i32): i64;
// Order 64.
@external("serai", "facet_state")
export declare function facet_state(facet: i32): i64;
// Order 65.
@external("serai", "reply_pipe")
export declare function reply_pipe(reply: i32, facet: i32): i64;
// Order 66.
@external("serai", "reply_return")
export declare function reply_return(
    reply: i32,
    code: i32,
    reason: usize,
    size: i32,
    money: i64,
): i64;
