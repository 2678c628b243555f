//! What an agent does: whatever the page shared with it says, over and over.
//!
//! An agent runs the suite's own text and constants but has none of its data, so
//! nothing here may touch a static that can be written.
//!
//! | word of the page | meaning |
//! |---|---|
//! | 0 | an [`Order`] |
//! | 1..=11 | its arguments |
//! | 16..=26 | result: status, words, badge, received descriptor |
//! | 32 | counts up while [`Order::Spin`]s, until word 33 is not 0 |
//! | 34 | 1 once the order is being obeyed |
//! | 256 | what a fresh thread found in its registers |
#![allow(unsafe_code, reason = "the entry point has a name for the start code to call")]

use crate::arch::{self, Reply, load, raw, store};
use kernel_abi::SystemCall;
use kernel_abi::message::FOREVER;

/// Slot of the endpoint orders come through.
pub(crate) const ORDERS: u64 = 1;
/// Slot of the notification that says an order was done.
pub(crate) const DONE: u64 = 2;
/// Slots of its text, constants, stack, and shared page.
pub(crate) const TEXT: u64 = 3;
pub(crate) const CONSTANTS: u64 = 4;
pub(crate) const STACK: u64 = 5;
pub(crate) const PAGE: u64 = 6;
/// First slot that cases may fill.
pub(crate) const FREE: u64 = 8;
/// Where its page is mapped.
pub(crate) const PAGE_ADDRESS: u64 = 0x3f_8000;
/// One past its stack.
pub(crate) const STACK_TOP: u64 = 0x3f_4000;
/// Pages of its stack.
pub(crate) const STACK_PAGES: u64 = 2;
/// Word that counts while spinning.
pub(crate) const COUNT: u64 = 32;
/// Word that ends the spinning.
pub(crate) const END: u64 = 33;
/// Word that is 1 once an order is being obeyed.
pub(crate) const STARTED: u64 = 34;
/// Word with the residue of a fresh thread.
pub(crate) const RESIDUE: u64 = 256;

/// What an agent can be told to do.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub(crate) enum Order {
    /// Nothing.
    Rest = 0,
    /// A system call: number, arguments.
    Call = 1,
    /// A probe: which, address, value.
    Probe = 2,
    /// A privileged instruction: index.
    Privileged = 3,
    /// Recurse until the stack is used up.
    Overflow = 4,
    /// Set floating-point registers.
    FloatingPointSet = 5,
    /// Read them back.
    FloatingPointGet = 6,
    /// Count in word 32 until word 33 is set.
    Spin = 7,
    /// Serve an endpoint for ever: slot. Adds 1 to each word; word 0 = 99 says the time
    /// to waste (ticks in word 1) before the reply.
    Serve = 8,
    /// Repeat a system call: times, number, arguments. Status: of the last.
    Repeat = 9,
    /// Make every unknown call. Status: the first that was not refused, or 0.
    Unknown = 10,
    /// Call with every combination of bad arguments: number. Status: how many succeeded.
    Boundary = 11,
    /// Random calls: seed, how many.
    Random = 12,
    /// Yield: how often.
    Yields = 13,
    /// Misalign the stack and use it (where that is a fault).
    Misalign = 14,
    /// Whether callee-saved registers outlive a call. Status: 1 if so.
    Kept = 15,
    /// Set floating-point registers, sleep some ticks, read them back; times, seed.
    FloatingPointKeep = 16,
    /// Write 8 bytes at each of: address, pages.
    Fill = 17,
    /// Add up 8-byte words: address, pages. Status: their OR.
    Gather = 18,
    /// Touch an address, make a system call and at once a probe: number, three arguments, which, address.
    CallThenProbe = 19,
    /// Set the register that names a thread's own data: value.
    ThreadRegisterSet = 20,
    /// Read it back.
    ThreadRegisterGet = 21,
}

/// Values that are wrong in as many ways as possible.
pub(crate) const BAD: [u64; 8] =
    [0, PAGE, 0x80, u64::MAX, 1 << 31, 1 << 63, arch::KERNEL_ADDRESS, (ORDERS << 16) | 9];

#[unsafe(no_mangle)]
extern "C" fn agent_main(page: u64) -> ! {
    loop {
        raw(SystemCall::Receive as u64, &[ORDERS, FOREVER, 0, 0, 0, 0, 0, 0, 0, 0]);
        store(page + STARTED * 8, 1);
        let reply = obey(page);
        let result = |word: u64, value: u64| store(page + (16 + word) * 8, value);
        result(0, reply.status);
        for (index, word) in reply.words.iter().enumerate() {
            result(1 + index as u64, *word);
        }
        result(9, reply.badge);
        result(10, reply.info);
        raw(SystemCall::Signal as u64, &[DONE, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    }
}

fn status(status: u64) -> Reply {
    Reply { status, ..Reply::default() }
}

fn obey(page: u64) -> Reply {
    let argument = |index: u64| load(page + (1 + index) * 8);
    let order = load(page);
    let arguments = |first: u64| core::array::from_fn(|index| {
        if first + index as u64 > 10 { 0 } else { argument(first + index as u64) }
    });
    if order == Order::Call as u64 {
        return raw(argument(0), &arguments(1));
    }
    if order == Order::Probe as u64 {
        return status(arch::probe(argument(0), argument(1), argument(2)));
    }
    if order == Order::Privileged as u64 {
        arch::privileged(argument(0));
    } else if order == Order::Overflow as u64 {
        return status(overflow(argument(0)));
    } else if order == Order::FloatingPointSet as u64 {
        arch::floating_point_set(argument(0));
    } else if order == Order::FloatingPointGet as u64 {
        return status(arch::floating_point_get());
    } else if order == Order::Spin as u64 {
        spin(page);
    } else if order == Order::Serve as u64 {
        serve(argument(0));
    } else if order == Order::Repeat as u64 {
        let mut last = Reply::default();
        for _ in 0..argument(0) {
            last = raw(argument(1), &arguments(2));
        }
        return last;
    } else if order == Order::Unknown as u64 {
        let refusal = kernel_abi::Error::UnknownCall as u64;
        return status(arch::walk_unknown(&crate::call::EVERY, refusal).unwrap_or(0));
    } else if order == Order::Boundary as u64 {
        return status(boundary(argument(0)));
    } else if order == Order::Random as u64 {
        random(argument(0), argument(1));
    } else if order == Order::Yields as u64 {
        for _ in 0..argument(0) {
            raw(SystemCall::Yield as u64, &[0; 10]);
        }
    } else if order == Order::Misalign as u64 {
        arch::misalign();
    } else if order == Order::Kept as u64 {
        return status(u64::from(arch::kept_over_call()));
    } else if order == Order::FloatingPointKeep as u64 {
        return status(keep(argument(0), argument(1)));
    } else if order == Order::Fill as u64 {
        for page in 0..argument(1) {
            store(argument(0) + page * 4096, 0x5ec2_e700 + page);
            store(argument(0) + page * 4096 + 4088, u64::MAX);
        }
    } else if order == Order::ThreadRegisterSet as u64 {
        arch::thread_register_set(argument(0));
    } else if order == Order::ThreadRegisterGet as u64 {
        return status(arch::thread_register_get());
    } else if order == Order::CallThenProbe as u64 {
        // Touched first, so that the processor knows the translation.
        store(argument(5), load(argument(5)));
        raw(argument(0), &[argument(1), argument(2), argument(3), 0, 0, 0, 0, 0, 0, 0]);
        return status(arch::probe(argument(4), argument(5), 1));
    } else if order == Order::Gather as u64 {
        return status((0..argument(1) * 512).fold(0, |sum, word| sum | load(argument(0) + word * 8)));
    }
    Reply::default()
}

fn overflow(depth: u64) -> u64 {
    let frame = [depth; 32];
    let below = if depth == u64::MAX { 0 } else { overflow(depth + 1) };
    below + core::hint::black_box(&frame)[(depth % 32) as usize]
}

fn spin(page: u64) {
    let mut count = 0;
    while load(page + END * 8) == 0 {
        count += 1;
        store(page + COUNT * 8, count);
    }
}

fn serve(slot: u64) -> ! {
    let call = SystemCall::Receive as u64;
    let mut message = raw(call, &[slot, FOREVER, 0, 0, 0, 0, 0, 0, 0, 0]);
    loop {
        if message.words[0] == 99 {
            let end = arch::now() + message.words[1];
            while arch::now() < end {}
        }
        let [a, b, c, d, e, f, g, _] = message.words.map(|word| word.wrapping_add(1));
        let number = SystemCall::ReplyReceive as u64;
        message = raw(number, &[slot, a, b, c, d, e, f, g, message.badge, 0]);
    }
}

fn keep(times: u64, seed: u64) -> u64 {
    for turn in 0..times {
        arch::floating_point_set(seed + turn);
        raw(SystemCall::Sleep as u64, &[arch::now() + 1000, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        if arch::floating_point_get() != seed + turn {
            return 1 + turn;
        }
    }
    0
}

fn boundary(number: u64) -> u64 {
    let mut succeeded = 0;
    for index in 0..BAD.len().pow(4) {
        let digit = |place: u32| BAD[index / BAD.len().pow(place) % BAD.len()];
        let arguments = [digit(0), digit(1), digit(2), digit(3), 0, 0, 0, 0, 0, 0];
        succeeded += u64::from(raw(number, &arguments).status == 0);
    }
    succeeded
}

fn random(seed: u64, times: u64) {
    let mut state = seed | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for _ in 0..times {
        let number = crate::call::EVERY[(next() % crate::call::EVERY.len() as u64) as usize];
        let mut arguments: [u64; 10] = core::array::from_fn(|_| {
            let choice = next();
            match choice >> 8 & 7 {
                0 | 1 => next() % 16,
                2 => next() % 130,
                3 => ((next() % 12) << 16) | (next() % 16),
                4 => (next() % 0x4_0000) << 12,
                5 => BAD[(next() % BAD.len() as u64) as usize],
                6 => next() % 64,
                _ => next(),
            }
        });
        // Nothing that would wait for ever: a deadline that has passed.
        const CALL: u64 = SystemCall::Call as u64;
        const REPLY_RECEIVE: u64 = SystemCall::ReplyReceive as u64;
        const RECEIVE: u64 = SystemCall::Receive as u64;
        const WAIT: u64 = SystemCall::Wait as u64;
        const SEND: u64 = SystemCall::Send as u64;
        const SLEEP: u64 = SystemCall::Sleep as u64;
        match number {
            CALL => arguments[0] |= kernel_abi::message::NO_WAIT,
            REPLY_RECEIVE => continue,
            RECEIVE | WAIT => arguments[1] = next() & 1,
            SEND => arguments[9] = next() & 1,
            SLEEP => arguments[0] = 1,
            _ => {}
        }
        raw(number, &arguments);
    }
}
