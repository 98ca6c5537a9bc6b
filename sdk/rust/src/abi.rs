// Written by sdk/bindings.py from sdk/abi.h, which describes each of them: change that.

//! The guest ABI: constants, and each order as a function.

pub const ABI_VERSION: i32 = 2;

pub const SLOT_SELF: i32 = 0;
pub const SLOT_ORIGIN: i32 = 1;
pub const SLOT_BUFFERS: i32 = 2;
pub const SLOT_CHANNELS: i32 = 3;
pub const SLOT_HEAP: i32 = 4;
pub const SLOT_CODE: i32 = 5;
pub const SLOT_LOG: i32 = 6;
pub const SLOT_FIRST_FREE: i32 = 7;
pub const SLOT_NONE: i32 = -1;

pub const KIND_EMPTY: i32 = 0;
pub const KIND_SELF: i32 = 1;
pub const KIND_FACET: i32 = 2;
pub const KIND_BUFFER_POOL: i32 = 3;
pub const KIND_BUFFER: i32 = 4;
pub const KIND_CHANNEL_POOL: i32 = 5;
pub const KIND_CHANNEL: i32 = 6;
pub const KIND_HEAP: i32 = 7;
pub const KIND_CODE: i32 = 8;
pub const KIND_LOG: i32 = 9;
pub const KIND_SPAWNER: i32 = 10;
pub const KIND_TIMER: i32 = 11;
pub const KIND_CLOCK: i32 = 12;
pub const KIND_RANDOM: i32 = 13;
pub const KIND_LEASH: i32 = 14;
pub const KINDS: i32 = 15;
pub const KIND_ANY: i32 = 254;
pub const KIND_FREE: i32 = 255;

pub const E_SLOT: i32 = -1;
pub const E_KIND: i32 = -2;
pub const E_RIGHT: i32 = -3;
pub const E_MEMORY: i32 = -4;
pub const E_SHORT: i32 = -5;
pub const E_FULL: i32 = -6;
pub const E_INVALID: i32 = -7;
pub const E_MISSING: i32 = -8;
pub const E_CLOSED: i32 = -9;
pub const E_CREDIT: i32 = -10;
pub const E_PENDING: i32 = -11;
pub const E_EXISTS: i32 = -12;
pub const E_QUOTA: i32 = -13;
pub const E_POSTAGE: i32 = -14;
pub const E_LIMIT: i32 = -15;
pub const E_SILENT: i32 = -16;
pub const E_BROKEN: i32 = -17;
pub const E_FROZEN: i32 = -18;

pub const EVENT_BORN: i32 = 1;
pub const EVENT_BECAME: i32 = 2;
pub const EVENT_MESSAGE: i32 = 3;
pub const EVENT_PACKET: i32 = 4;
pub const EVENT_ANSWER: i32 = 5;
pub const EVENT_ROOM: i32 = 6;
pub const EVENT_CLOSED: i32 = 7;
pub const EVENT_LOW: i32 = 8;
pub const EVENT_WAKE: i32 = 9;
pub const EVENT_THAWED: i32 = 10;
pub const EVENT_FAILED: i32 = 11;
pub const EVENT_LEAVING: i32 = 12;
pub const EVENT_LEASH: i32 = 13;
pub const EVENT_KEPT: i32 = 14;
pub const EVENT_UPGRADE: i32 = 15;
pub const EVENT_UNHELD: i32 = 16;

pub const MESSAGE_BYTES_MAX: i32 = 65536;
pub const MESSAGE_CAPS_MAX: i32 = 8;
pub const ARGS_BYTES_MAX: i32 = 4096;
pub const HEAP_NUMBER_BYTES: i32 = 12;
pub const CODE_ID_BYTES: i32 = 32;
pub const SITE_KEY_BYTES: i32 = 32;
pub const LOG_LINE_BYTES_MAX: i32 = 1024;
pub const FAIL_CODE_MIN: i32 = 4096;
pub const REASON_BYTES_MAX: i32 = 256;
pub const SLOTS_MAX: i32 = 65536;
pub const BUFFER_BYTES_MAX: i32 = 16777216;
pub const FIRST_CREDIT_PACKETS: i32 = 8;
pub const FIRST_CREDIT_BYTES: i32 = 65536;
pub const INTERFACE_SELF: i32 = 0;
pub const PRIORITY_MAX: i32 = 7;

pub const SPAWN_NO_BUFFERS: i32 = 4;
pub const SPAWN_NO_CHANNELS: i32 = 8;
pub const SPAWN_NO_HEAP: i32 = 16;
pub const SPAWN_NO_CODE: i32 = 32;
pub const SPAWN_NO_LOG: i32 = 64;
pub const SPAWN_NO_NUMBERS: i32 = 256;
pub const SPAWN_LEASH: i32 = 512;
pub const SPAWN_ESTATE: i32 = 1024;

pub const LEASH_RUNNING: i32 = 0;
pub const LEASH_DRY: i32 = 1;
pub const LEASH_BY_SITE: i32 = 2;
pub const LEASH_BY_CUSTOMER: i32 = 3;
pub const LEASH_STOPPED: i32 = 4;

pub const LEASH_LOW: i32 = 1;
pub const LEASH_FROZEN: i32 = 2;
pub const LEASH_UNDONE: i32 = 3;
pub const LEASH_DIED: i32 = 4;

pub const TERMS_PACKETS: i32 = 0;
pub const TERMS_DATA: i32 = 1;

pub const UPGRADE_TRY: i32 = 1;

pub const FACET_WATCH: i32 = 1;

pub const RIGHT_READ: i32 = 1;
pub const RIGHT_WRITE: i32 = 2;
pub const RIGHT_OWNER: i32 = 4;

pub const LOAD_BEGIN: i32 = 1;
pub const LOAD_PIECE: i32 = 2;
pub const LOAD_BECOME: i32 = 3;
pub const LOAD_USE: i32 = 4;
pub const LOAD_FETCH: i32 = 5;

#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct Event {
    pub kind: i32,
    pub slot: i32,
    pub size: i32,
    pub status: i32,
    pub money: i64,
    pub badge: u64,
    pub fee: i64,
    pub postage: i64,
    pub reply: i32,
    pub cap_count: i32,
    pub caps: [i32; 8],
}

const _: () = assert!(core::mem::size_of::<Event>() == 88);

#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct Leash {
    pub state: i32,
    pub waiting: i32,
    pub balance: i64,
    pub mark: i64,
    pub lacks: i64,
    pub bytes: u64,
    pub turns: u64,
    pub traps: u64,
    pub fuel: u64,
}

const _: () = assert!(core::mem::size_of::<Leash>() == 64);

/// The orders as the site offers them.
pub mod raw {
    use super::{Event, Leash};

    #[cfg_attr(target_arch = "wasm32", link(wasm_import_module = "serai"))]
    extern "C" {
        pub fn event_info(to: *mut Event) -> i64;
        pub fn event_read(to: *mut u8, size: i32, offset: i32) -> i64;
        pub fn self_balance(own: i32) -> i64;
        pub fn self_facet(own: i32, badge: u64, postage: i64) -> i64;
        pub fn self_revoke(own: i32, facet: i32) -> i64;
        pub fn self_mark(own: i32, balance: i64) -> i64;
        pub fn self_code(own: i32, to: *mut u8, size: i32, offset: i32) -> i64;
        pub fn self_code_id(own: i32, id: *mut u8) -> i64;
        pub fn self_become(own: i32, code_id: *const u8, args: *const u8, args_size: i32) -> i64;
        pub fn self_die(own: i32) -> i64;
        pub fn cap_kind(slot: i32) -> i64;
        pub fn cap_drop(slot: i32) -> i64;
        pub fn facet_send(
            facet: i32,
            data: *const u8,
            size: i32,
            caps: *const i32,
            cap_count: i32,
            money: i64,
            postage: i64,
            reply: i32,
        ) -> i64;
        pub fn facet_postage(facet: i32) -> i64;
        pub fn facet_fund(facet: i32, money: i64) -> i64;
        pub fn buffer_buy(pool: i32, bytes: i32) -> i64;
        pub fn buffer_sell(pool: i32, buffer: i32) -> i64;
        pub fn buffer_terms(pool: i32) -> i64;
        pub fn buffer_size(buffer: i32) -> i64;
        pub fn buffer_read(buffer: i32, offset: i32, to: *mut u8, size: i32) -> i64;
        pub fn buffer_write(buffer: i32, offset: i32, from: *const u8, size: i32) -> i64;
        pub fn buffer_share(buffer: i32, rights: i32) -> i64;
        pub fn channel_count(pool: i32) -> i64;
        pub fn channel_describe(pool: i32, interface_number: i32, to: *mut u8, size: i32) -> i64;
        pub fn channel_buy(pool: i32, interface_number: i32, endowment: i64, max_fee: i64) -> i64;
        pub fn channel_sell(pool: i32, end: i32) -> i64;
        pub fn channel_send(end: i32, data: *const u8, size: i32, money: i64) -> i64;
        pub fn channel_send_buffer(
            end: i32,
            buffer: i32,
            offset: i32,
            size: i32,
            money: i64,
        ) -> i64;
        pub fn channel_arm(end: i32, packets: i32, bytes: i32) -> i64;
        pub fn channel_room(end: i32) -> i64;
        pub fn channel_credit(end: i32) -> i64;
        pub fn channel_close(end: i32) -> i64;
        pub fn heap_add(heap: i32, slot: i32, number: *mut u8) -> i64;
        pub fn heap_add_at(heap: i32, slot: i32, number: *const u8) -> i64;
        pub fn heap_get(heap: i32, number: *const u8) -> i64;
        pub fn heap_take(heap: i32, number: *const u8) -> i64;
        pub fn code_put(code: i32, bytes: *const u8, size: i32, id: *mut u8) -> i64;
        pub fn code_kept(code: i32, index: i32, id: *mut u8) -> i64;
        pub fn code_drop(code: i32, id: *const u8) -> i64;
        pub fn log_append(log: i32, text: *const u8, size: i32) -> i64;
        pub fn spawn(
            spawner: i32,
            code_id: *const u8,
            args: *const u8,
            args_size: i32,
            caps: *const i32,
            cap_count: i32,
            flags: i32,
            endowment: i64,
        ) -> i64;
        pub fn timer_wake(timer: i32, at_us: i64, badge: u64) -> i64;
        pub fn clock_now(clock: i32) -> i64;
        pub fn random_bytes(random: i32, to: *mut u8, size: i32) -> i64;
        pub fn cap_keep(slot: i32) -> i64;
        pub fn cap_same(slot: i32, other: i32) -> i64;
        pub fn channel_quote(pool: i32, interface_number: i32, money: i64) -> i64;
        pub fn channel_priority(end: i32, priority: i32) -> i64;
        pub fn channel_terms(pool: i32, interface_number: i32, terms: i32, priority: i32) -> i64;
        pub fn self_leaving(own: i32, badge: u64) -> i64;
        pub fn channel_arm_into(
            end: i32,
            buffer: i32,
            offset: i32,
            place_bytes: i32,
            packets: i32,
        ) -> i64;
        pub fn self_badge(own: i32, slot: i32, badge: *mut u64) -> i64;
        pub fn self_fail(own: i32, code: i32, reason: *const u8, size: i32) -> i64;
        pub fn reply_break(reply: i32, code: i32, reason: *const u8, size: i32) -> i64;
        pub fn leash_info(leash: i32, to: *mut Leash) -> i64;
        pub fn leash_stop(leash: i32, stop: i32) -> i64;
        pub fn leash_take(leash: i32, money: i64) -> i64;
        pub fn leash_end(leash: i32) -> i64;
        pub fn leash_watch(leash: i32, facet: i32) -> i64;
        pub fn channel_peer(pool: i32, interface_number: i32, key: *mut u8) -> i64;
        pub fn self_upgrade(
            own: i32,
            code_id: *const u8,
            args: *const u8,
            args_size: i32,
            flags: i32,
        ) -> i64;
        pub fn self_facet_of(own: i32, badge: u64, postage: i64, flags: i32) -> i64;
        pub fn facet_ask(
            facet: i32,
            data: *const u8,
            size: i32,
            caps: *const i32,
            cap_count: i32,
            money: i64,
            postage: i64,
            reply: i32,
        ) -> i64;
        pub fn facet_when(facet: i32, reply: i32) -> i64;
        pub fn facet_state(facet: i32) -> i64;
        pub fn reply_pipe(reply: i32, facet: i32) -> i64;
        pub fn reply_return(reply: i32, code: i32, reason: *const u8, size: i32, money: i64) -> i64;
    }
}

/// A slice as an order takes it: none of the memory of 32 bits is longer.
#[inline(always)]
fn size_of_slice(size: usize) -> i32 {
    size as i32
}

/// Order 0.
#[inline(always)]
pub fn event_info(to: &mut Event) -> crate::Answer {
    crate::answer(unsafe { raw::event_info(to) })
}

/// Order 1.
#[inline(always)]
pub fn event_read(to: &mut [u8], offset: i32) -> crate::Answer {
    crate::answer(unsafe { raw::event_read(to.as_mut_ptr(), size_of_slice(to.len()), offset) })
}

/// Order 2.
#[inline(always)]
pub fn self_balance(own: i32) -> crate::Answer {
    crate::answer(unsafe { raw::self_balance(own) })
}

/// Order 3.
#[inline(always)]
pub fn self_facet(own: i32, badge: u64, postage: i64) -> crate::Answer {
    crate::answer(unsafe { raw::self_facet(own, badge, postage) })
}

/// Order 4.
#[inline(always)]
pub fn self_revoke(own: i32, facet: i32) -> crate::Answer {
    crate::answer(unsafe { raw::self_revoke(own, facet) })
}

/// Order 5.
#[inline(always)]
pub fn self_mark(own: i32, balance: i64) -> crate::Answer {
    crate::answer(unsafe { raw::self_mark(own, balance) })
}

/// Order 6.
#[inline(always)]
pub fn self_code(own: i32, to: &mut [u8], offset: i32) -> crate::Answer {
    crate::answer(unsafe { raw::self_code(own, to.as_mut_ptr(), size_of_slice(to.len()), offset) })
}

/// Order 7.
#[inline(always)]
pub fn self_code_id(own: i32, id: &mut [u8; CODE_ID_BYTES as usize]) -> crate::Answer {
    crate::answer(unsafe { raw::self_code_id(own, id.as_mut_ptr()) })
}

/// Order 8.
#[inline(always)]
pub fn self_become(own: i32, code_id: &[u8; CODE_ID_BYTES as usize], args: &[u8]) -> crate::Answer {
    let result = unsafe {
        raw::self_become(own, code_id.as_ptr(), args.as_ptr(), size_of_slice(args.len()))
    };
    crate::answer(result)
}

/// Order 9.
#[inline(always)]
pub fn self_die(own: i32) -> crate::Answer {
    crate::answer(unsafe { raw::self_die(own) })
}

/// Order 10.
#[inline(always)]
pub fn cap_kind(slot: i32) -> crate::Answer {
    crate::answer(unsafe { raw::cap_kind(slot) })
}

/// Order 11.
#[inline(always)]
pub fn cap_drop(slot: i32) -> crate::Answer {
    crate::answer(unsafe { raw::cap_drop(slot) })
}

/// Order 12.
#[inline(always)]
pub fn facet_send(
    facet: i32,
    data: &[u8],
    caps: &[i32],
    money: i64,
    postage: i64,
    reply: i32,
) -> crate::Answer {
    let result = unsafe {
        raw::facet_send(
            facet,
            data.as_ptr(),
            size_of_slice(data.len()),
            caps.as_ptr(),
            size_of_slice(caps.len()),
            money,
            postage,
            reply,
        )
    };
    crate::answer(result)
}

/// Order 13.
#[inline(always)]
pub fn facet_postage(facet: i32) -> crate::Answer {
    crate::answer(unsafe { raw::facet_postage(facet) })
}

/// Order 14.
#[inline(always)]
pub fn facet_fund(facet: i32, money: i64) -> crate::Answer {
    crate::answer(unsafe { raw::facet_fund(facet, money) })
}

/// Order 15.
#[inline(always)]
pub fn buffer_buy(pool: i32, bytes: i32) -> crate::Answer {
    crate::answer(unsafe { raw::buffer_buy(pool, bytes) })
}

/// Order 16.
#[inline(always)]
pub fn buffer_sell(pool: i32, buffer: i32) -> crate::Answer {
    crate::answer(unsafe { raw::buffer_sell(pool, buffer) })
}

/// Order 17.
#[inline(always)]
pub fn buffer_terms(pool: i32) -> crate::Answer {
    crate::answer(unsafe { raw::buffer_terms(pool) })
}

/// Order 18.
#[inline(always)]
pub fn buffer_size(buffer: i32) -> crate::Answer {
    crate::answer(unsafe { raw::buffer_size(buffer) })
}

/// Order 19.
#[inline(always)]
pub fn buffer_read(buffer: i32, offset: i32, to: &mut [u8]) -> crate::Answer {
    let result = unsafe {
        raw::buffer_read(buffer, offset, to.as_mut_ptr(), size_of_slice(to.len()))
    };
    crate::answer(result)
}

/// Order 20.
#[inline(always)]
pub fn buffer_write(buffer: i32, offset: i32, from: &[u8]) -> crate::Answer {
    let result = unsafe {
        raw::buffer_write(buffer, offset, from.as_ptr(), size_of_slice(from.len()))
    };
    crate::answer(result)
}

/// Order 21.
#[inline(always)]
pub fn buffer_share(buffer: i32, rights: i32) -> crate::Answer {
    crate::answer(unsafe { raw::buffer_share(buffer, rights) })
}

/// Order 22.
#[inline(always)]
pub fn channel_count(pool: i32) -> crate::Answer {
    crate::answer(unsafe { raw::channel_count(pool) })
}

/// Order 23.
#[inline(always)]
pub fn channel_describe(pool: i32, interface_number: i32, to: &mut [u8]) -> crate::Answer {
    let result = unsafe {
        raw::channel_describe(pool, interface_number, to.as_mut_ptr(), size_of_slice(to.len()))
    };
    crate::answer(result)
}

/// Order 24.
#[inline(always)]
pub fn channel_buy(
    pool: i32,
    interface_number: i32,
    endowment: i64,
    max_fee: i64,
) -> crate::Answer {
    crate::answer(unsafe { raw::channel_buy(pool, interface_number, endowment, max_fee) })
}

/// Order 25.
#[inline(always)]
pub fn channel_sell(pool: i32, end: i32) -> crate::Answer {
    crate::answer(unsafe { raw::channel_sell(pool, end) })
}

/// Order 26.
#[inline(always)]
pub fn channel_send(end: i32, data: &[u8], money: i64) -> crate::Answer {
    let result = unsafe {
        raw::channel_send(end, data.as_ptr(), size_of_slice(data.len()), money)
    };
    crate::answer(result)
}

/// Order 27.
#[inline(always)]
pub fn channel_send_buffer(
    end: i32,
    buffer: i32,
    offset: i32,
    size: i32,
    money: i64,
) -> crate::Answer {
    crate::answer(unsafe { raw::channel_send_buffer(end, buffer, offset, size, money) })
}

/// Order 28.
#[inline(always)]
pub fn channel_arm(end: i32, packets: i32, bytes: i32) -> crate::Answer {
    crate::answer(unsafe { raw::channel_arm(end, packets, bytes) })
}

/// Order 29.
#[inline(always)]
pub fn channel_room(end: i32) -> crate::Answer {
    crate::answer(unsafe { raw::channel_room(end) })
}

/// Order 30.
#[inline(always)]
pub fn channel_credit(end: i32) -> crate::Answer {
    crate::answer(unsafe { raw::channel_credit(end) })
}

/// Order 31.
#[inline(always)]
pub fn channel_close(end: i32) -> crate::Answer {
    crate::answer(unsafe { raw::channel_close(end) })
}

/// Order 32.
#[inline(always)]
pub fn heap_add(
    heap: i32,
    slot: i32,
    number: &mut [u8; HEAP_NUMBER_BYTES as usize],
) -> crate::Answer {
    crate::answer(unsafe { raw::heap_add(heap, slot, number.as_mut_ptr()) })
}

/// Order 33.
#[inline(always)]
pub fn heap_add_at(
    heap: i32,
    slot: i32,
    number: &[u8; HEAP_NUMBER_BYTES as usize],
) -> crate::Answer {
    crate::answer(unsafe { raw::heap_add_at(heap, slot, number.as_ptr()) })
}

/// Order 34.
#[inline(always)]
pub fn heap_get(heap: i32, number: &[u8; HEAP_NUMBER_BYTES as usize]) -> crate::Answer {
    crate::answer(unsafe { raw::heap_get(heap, number.as_ptr()) })
}

/// Order 35.
#[inline(always)]
pub fn heap_take(heap: i32, number: &[u8; HEAP_NUMBER_BYTES as usize]) -> crate::Answer {
    crate::answer(unsafe { raw::heap_take(heap, number.as_ptr()) })
}

/// Order 36.
#[inline(always)]
pub fn code_put(code: i32, bytes: &[u8], id: &mut [u8; CODE_ID_BYTES as usize]) -> crate::Answer {
    let result = unsafe {
        raw::code_put(code, bytes.as_ptr(), size_of_slice(bytes.len()), id.as_mut_ptr())
    };
    crate::answer(result)
}

/// Order 37.
#[inline(always)]
pub fn code_kept(code: i32, index: i32, id: &mut [u8; CODE_ID_BYTES as usize]) -> crate::Answer {
    crate::answer(unsafe { raw::code_kept(code, index, id.as_mut_ptr()) })
}

/// Order 38.
#[inline(always)]
pub fn code_drop(code: i32, id: &[u8; CODE_ID_BYTES as usize]) -> crate::Answer {
    crate::answer(unsafe { raw::code_drop(code, id.as_ptr()) })
}

/// Order 39.
#[inline(always)]
pub fn log_append(log: i32, text: &[u8]) -> crate::Answer {
    crate::answer(unsafe { raw::log_append(log, text.as_ptr(), size_of_slice(text.len())) })
}

/// Order 40.
#[inline(always)]
pub fn spawn(
    spawner: i32,
    code_id: &[u8; CODE_ID_BYTES as usize],
    args: &[u8],
    caps: &[i32],
    flags: i32,
    endowment: i64,
) -> crate::Answer {
    let result = unsafe {
        raw::spawn(
            spawner,
            code_id.as_ptr(),
            args.as_ptr(),
            size_of_slice(args.len()),
            caps.as_ptr(),
            size_of_slice(caps.len()),
            flags,
            endowment,
        )
    };
    crate::answer(result)
}

/// Order 41.
#[inline(always)]
pub fn timer_wake(timer: i32, at_us: i64, badge: u64) -> crate::Answer {
    crate::answer(unsafe { raw::timer_wake(timer, at_us, badge) })
}

/// Order 42.
#[inline(always)]
pub fn clock_now(clock: i32) -> crate::Answer {
    crate::answer(unsafe { raw::clock_now(clock) })
}

/// Order 43.
#[inline(always)]
pub fn random_bytes(random: i32, to: &mut [u8]) -> crate::Answer {
    crate::answer(unsafe { raw::random_bytes(random, to.as_mut_ptr(), size_of_slice(to.len())) })
}

/// Order 44.
#[inline(always)]
pub fn cap_keep(slot: i32) -> crate::Answer {
    crate::answer(unsafe { raw::cap_keep(slot) })
}

/// Order 45.
#[inline(always)]
pub fn cap_same(slot: i32, other: i32) -> crate::Answer {
    crate::answer(unsafe { raw::cap_same(slot, other) })
}

/// Order 46.
#[inline(always)]
pub fn channel_quote(pool: i32, interface_number: i32, money: i64) -> crate::Answer {
    crate::answer(unsafe { raw::channel_quote(pool, interface_number, money) })
}

/// Order 47.
#[inline(always)]
pub fn channel_priority(end: i32, priority: i32) -> crate::Answer {
    crate::answer(unsafe { raw::channel_priority(end, priority) })
}

/// Order 48.
#[inline(always)]
pub fn channel_terms(pool: i32, interface_number: i32, terms: i32, priority: i32) -> crate::Answer {
    crate::answer(unsafe { raw::channel_terms(pool, interface_number, terms, priority) })
}

/// Order 49.
#[inline(always)]
pub fn self_leaving(own: i32, badge: u64) -> crate::Answer {
    crate::answer(unsafe { raw::self_leaving(own, badge) })
}

/// Order 50.
#[inline(always)]
pub fn channel_arm_into(
    end: i32,
    buffer: i32,
    offset: i32,
    place_bytes: i32,
    packets: i32,
) -> crate::Answer {
    crate::answer(unsafe { raw::channel_arm_into(end, buffer, offset, place_bytes, packets) })
}

/// Order 51.
#[inline(always)]
pub fn self_badge(own: i32, slot: i32, badge: &mut u64) -> crate::Answer {
    crate::answer(unsafe { raw::self_badge(own, slot, badge) })
}

/// Order 52.
#[inline(always)]
pub fn self_fail(own: i32, code: i32, reason: &[u8]) -> crate::Answer {
    let result = unsafe {
        raw::self_fail(own, code, reason.as_ptr(), size_of_slice(reason.len()))
    };
    crate::answer(result)
}

/// Order 53.
#[inline(always)]
pub fn reply_break(reply: i32, code: i32, reason: &[u8]) -> crate::Answer {
    let result = unsafe {
        raw::reply_break(reply, code, reason.as_ptr(), size_of_slice(reason.len()))
    };
    crate::answer(result)
}

/// Order 54.
#[inline(always)]
pub fn leash_info(leash: i32, to: &mut Leash) -> crate::Answer {
    crate::answer(unsafe { raw::leash_info(leash, to) })
}

/// Order 55.
#[inline(always)]
pub fn leash_stop(leash: i32, stop: i32) -> crate::Answer {
    crate::answer(unsafe { raw::leash_stop(leash, stop) })
}

/// Order 56.
#[inline(always)]
pub fn leash_take(leash: i32, money: i64) -> crate::Answer {
    crate::answer(unsafe { raw::leash_take(leash, money) })
}

/// Order 57.
#[inline(always)]
pub fn leash_end(leash: i32) -> crate::Answer {
    crate::answer(unsafe { raw::leash_end(leash) })
}

/// Order 58.
#[inline(always)]
pub fn leash_watch(leash: i32, facet: i32) -> crate::Answer {
    crate::answer(unsafe { raw::leash_watch(leash, facet) })
}

/// Order 59.
#[inline(always)]
pub fn channel_peer(
    pool: i32,
    interface_number: i32,
    key: &mut [u8; SITE_KEY_BYTES as usize],
) -> crate::Answer {
    crate::answer(unsafe { raw::channel_peer(pool, interface_number, key.as_mut_ptr()) })
}

/// Order 60.
#[inline(always)]
pub fn self_upgrade(
    own: i32,
    code_id: &[u8; CODE_ID_BYTES as usize],
    args: &[u8],
    flags: i32,
) -> crate::Answer {
    let result = unsafe {
        raw::self_upgrade(own, code_id.as_ptr(), args.as_ptr(), size_of_slice(args.len()), flags)
    };
    crate::answer(result)
}

/// Order 61.
#[inline(always)]
pub fn self_facet_of(own: i32, badge: u64, postage: i64, flags: i32) -> crate::Answer {
    crate::answer(unsafe { raw::self_facet_of(own, badge, postage, flags) })
}

/// Order 62.
#[inline(always)]
pub fn facet_ask(
    facet: i32,
    data: &[u8],
    caps: &[i32],
    money: i64,
    postage: i64,
    reply: i32,
) -> crate::Answer {
    let result = unsafe {
        raw::facet_ask(
            facet,
            data.as_ptr(),
            size_of_slice(data.len()),
            caps.as_ptr(),
            size_of_slice(caps.len()),
            money,
            postage,
            reply,
        )
    };
    crate::answer(result)
}

/// Order 63.
#[inline(always)]
pub fn facet_when(facet: i32, reply: i32) -> crate::Answer {
    crate::answer(unsafe { raw::facet_when(facet, reply) })
}

/// Order 64.
#[inline(always)]
pub fn facet_state(facet: i32) -> crate::Answer {
    crate::answer(unsafe { raw::facet_state(facet) })
}

/// Order 65.
#[inline(always)]
pub fn reply_pipe(reply: i32, facet: i32) -> crate::Answer {
    crate::answer(unsafe { raw::reply_pipe(reply, facet) })
}

/// Order 66.
#[inline(always)]
pub fn reply_return(reply: i32, code: i32, reason: &[u8], money: i64) -> crate::Answer {
    let result = unsafe {
        raw::reply_return(reply, code, reason.as_ptr(), size_of_slice(reason.len()), money)
    };
    crate::answer(result)
}
