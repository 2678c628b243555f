//! Attempts that the kernel must answer with an error.

use sdk::abi::call::CALL_NUMBERS;
use sdk::abi::limits::SLOTS_PER_PROCESS;
use sdk::abi::message::{Descriptor, FOREVER};
use sdk::{Cap, Error, Place, Process, Region, Registers, Rights, Slot, StartInfo, SystemCall};
use sdk::{Syscalls, copy, delete, layout, move_capability, slots};

use crate::attempt::{Attempt, Verdict};

/// Slots the app knows to hold something of its own.
const OWN: [u16; 6] = [6, 16, 17, 18, 20, 21];
const TEXT: Cap<Region> = Cap::at(slots::SEGMENTS);
const DATA: Cap<Region> = Cap::at(Slot(slots::SEGMENTS.0 + 2));
const STACK: Cap<Region> = Cap::at(slots::STACK);
const INFO: Cap<Region> = Cap::at(slots::INFO);
/// An empty slot to put loot into.
const LOOT: Slot = Slot(100);
const READ_WRITE: Rights = Rights::READ.with(Rights::WRITE);
const READ_EXECUTE: Rights = Rights::READ.with(Rights::EXECUTE);
const NOTHING: Verdict = Verdict::Limited("nothing was there to be tried");

/// The table.
pub fn table<K: Syscalls>() -> [Attempt<K>; 34] {
    macro_rules! table {
        ($($name:literal $run:path,)*) => { [$(Attempt { name: $name, run: $run },)*] };
    }
    table! {
        "forge-capability" forge_capability,
        "guess-slots" guess_slots,
        "every-call-on-empty-slots" every_call_on_empty_slots,
        "undefined-system-calls" undefined_calls,
        "undefined-system-calls-far" undefined_calls_far,
        "reach-into-other-tables" reach_into_other_tables,
        "delete-others-capability" delete_others,
        "take-others-capability" take_others,
        "receive-others-log-lines" receive_from_log,
        "send-capability-without-grant" send_without_grant,
        "send-buffer-it-does-not-have" send_without_buffer,
        "call-undeclared-uart" call_uart,
        "call-undeclared-services" call_services,
        "widen-rights-of-log" widen_log,
        "forge-badge-of-root" forge_badge,
        "make-text-writable" make_text_writable,
        "lend-itself-writable-text" copy_text_writable,
        "make-data-executable" make_data_executable,
        "map-write-execute" map_write_execute,
        "turn-data-into-code" turn_data_into_code,
        "map-at-kernel-address" map_at_kernel,
        "map-at-null" map_at_null,
        "map-over-own-text" map_over_text,
        "map-others-region" map_others,
        "create-process" create_process,
        "create-thread" create_thread,
        "create-endpoint" create_endpoint,
        "create-notification" create_notification,
        "raise-priority" raise_priority,
        "stop-others-threads" stop_threads,
        "steal-interrupts" steal_interrupts,
        "call-security-monitor" call_monitor,
        "stop-the-machine" stop_machine,
        "reply-to-nobody" reply_to_nobody,
    }
}

/// Tries something on every slot that is not its own; succeeds if one lets it.
fn on_every_slot(mut attack: impl FnMut(Slot) -> Result<(), Error>) -> Verdict {
    let slots = (0..SLOTS_PER_PROCESS as u16).filter(|slot| !OWN.contains(slot));
    slots.fold(NOTHING, |verdict, slot| match attack(Slot(slot)) {
        Err(error) if verdict == NOTHING => Verdict::Refused(error),
        result => verdict.and(Verdict::of(result)),
    })
}

/// Makes a system call and forgets what it returned.
fn call<K: Syscalls, const N: usize>(
    kernel: &K,
    call: SystemCall,
    arguments: [u64; N],
) -> Result<(), Error> {
    kernel.call(call, arguments).map(drop)
}

fn forge_capability<K: Syscalls>(kernel: &K, _: &StartInfo) -> Verdict {
    on_every_slot(|slot| {
        let loot = Cap::<Process>::at(LOOT);
        let result = copy(kernel, Place::own(slot), loot.place(), Rights::NONE, 0);
        if result.is_ok() {
            let _ = loot.delete(kernel);
        }
        result
    })
}

fn guess_slots<K: Syscalls>(kernel: &K, _: &StartInfo) -> Verdict {
    let beyond = (SLOTS_PER_PROCESS as u16..=u16::MAX).step_by(251).chain([u16::MAX]);
    beyond.fold(NOTHING, |verdict, slot| {
        let result = copy(kernel, Place::own(Slot(slot)), Place::own(LOOT), Rights::NONE, 0);
        let signal = call(kernel, SystemCall::Signal, [slot.into()]);
        let verdict = if verdict == NOTHING { Verdict::of(result) } else { verdict };
        verdict.and(Verdict::of(result)).and(Verdict::of(signal))
    })
}

/// Every call that names an object, with nothing but empty slots to name.
fn every_call_on_empty_slots<K: Syscalls>(kernel: &K, _: &StartInfo) -> Verdict {
    use SystemCall as S;
    let calls = [
        S::Call,
        S::ReplyReceive,
        S::Receive,
        S::Send,
        S::Signal,
        S::Wait,
        S::InterruptAcknowledge,
        S::Copy,
        S::Move,
        S::RegionCarve,
        S::RegionSetCode,
        S::Map,
        S::Unmap,
        S::Protect,
        S::ProcessCreate,
        S::ThreadCreate,
        S::ThreadStart,
        S::ThreadStop,
        S::ThreadBind,
        S::InterruptBind,
        S::MailboxSend,
        S::MailboxReceive,
        S::MemoryRelease,
        S::SystemStop,
    ];
    let empty = u64::from(LOOT.0);
    calls.into_iter().fold(Verdict::Refused(Error::NoCapability), |verdict, number| {
        verdict.and(Verdict::of(call(kernel, number, [empty, empty + 1, empty + 2, 1])))
    })
}

fn undefined<K: Syscalls>(kernel: &K, number: u64) -> Verdict {
    let mut registers = Registers::of([6, 1, 1, 1, 1, 1]);
    kernel.raw(number, &mut registers);
    Verdict::of(registers.status())
}

fn undefined_calls<K: Syscalls>(kernel: &K, _: &StartInfo) -> Verdict {
    let listed = |number| matches!(number, 0..=9 | 16..=20 | 24..=28 | 32..=40 | 48..=52);
    let numbers = (0..CALL_NUMBERS).filter(|number| !listed(*number));
    numbers.fold(Verdict::Refused(Error::UnknownCall), |verdict, number| {
        verdict.and(undefined(kernel, number))
    })
}

/// Numbers the SDK has no entry for: with an `svc` of its own.
#[cfg(target_os = "none")]
fn undefined_calls_far<K: Syscalls>(_: &K, _: &StartInfo) -> Verdict {
    let statuses = crate::raw::far_system_calls();
    statuses.into_iter().fold(Verdict::Refused(Error::UnknownCall), |verdict, status| {
        verdict.and(Verdict::of(Error::check(status)))
    })
}
#[cfg(not(target_os = "none"))]
fn undefined_calls_far<K: Syscalls>(kernel: &K, info: &StartInfo) -> Verdict {
    undefined_calls(kernel, info)
}

/// Names every slot as a process and reaches for what would be in its table.
fn reach_into_other_tables<K: Syscalls>(kernel: &K, _: &StartInfo) -> Verdict {
    let processes = 1..SLOTS_PER_PROCESS as u16;
    processes.fold(NOTHING, |verdict, process| {
        let place = Place::of(Slot(process), slots::MONITOR.slot());
        let verdict_here = Verdict::of(copy(kernel, place, Place::own(LOOT), Rights::NONE, 0));
        let verdict = if verdict == NOTHING { verdict_here } else { verdict };
        verdict.and(verdict_here)
    })
}

fn delete_others<K: Syscalls>(kernel: &K, _: &StartInfo) -> Verdict {
    on_every_slot(|process| match process {
        // 0 would mean the own table.
        Slot(0) => Err(Error::NoCapability),
        process => delete(kernel, Place::of(process, slots::LOG.slot())),
    })
}

fn take_others<K: Syscalls>(kernel: &K, _: &StartInfo) -> Verdict {
    on_every_slot(|process| match process {
        Slot(0) => Err(Error::NoCapability),
        process => {
            move_capability(kernel, Place::of(process, slots::UART.slot()), Place::own(LOOT))
        }
    })
}

fn receive_from_log<K: Syscalls>(kernel: &K, _: &StartInfo) -> Verdict {
    Verdict::of(slots::LOG.receive(kernel, 0))
}

fn send_without_grant<K: Syscalls>(kernel: &K, _: &StartInfo) -> Verdict {
    let descriptor = Descriptor::to(slots::LOG.slot()).with_capability(slots::INFO);
    Verdict::of(call(kernel, SystemCall::Send, [descriptor.0]))
}

fn send_without_buffer<K: Syscalls>(kernel: &K, _: &StartInfo) -> Verdict {
    let send = |words| {
        let descriptor = Descriptor::to(slots::LOG.slot()).with_buffer_words(words);
        Verdict::of(call(kernel, SystemCall::Send, [descriptor.0]))
    };
    send(120).and(send(121)).and(send(255))
}

fn call_uart<K: Syscalls>(kernel: &K, _: &StartInfo) -> Verdict {
    Verdict::of(slots::UART.call(kernel, &[sdk::uart::READ, 0, 0, 0, 0, 0, 0, 0]))
}

fn call_services<K: Syscalls>(kernel: &K, _: &StartInfo) -> Verdict {
    on_every_slot(|slot| Cap::at(slot).call(kernel, &[1, 0, 0, 0, 0, 0, 0, 0]).map(drop))
}

fn widen_log<K: Syscalls>(kernel: &K, _: &StartInfo) -> Verdict {
    let widen = |rights| Verdict::of(slots::LOG.lend(kernel, Place::own(LOOT), rights, 0));
    widen(Rights::ALL).and(widen(READ_WRITE)).and(widen(Rights::WRITE.with(Rights::GRANT)))
}

fn forge_badge<K: Syscalls>(kernel: &K, _: &StartInfo) -> Verdict {
    let root = sdk::log::ROOT_BADGE;
    Verdict::of(slots::LOG.lend(kernel, Place::own(LOOT), Rights::WRITE, root))
}

fn make_text_writable<K: Syscalls>(kernel: &K, _: &StartInfo) -> Verdict {
    Verdict::of(TEXT.protect(kernel, READ_WRITE))
}

fn copy_text_writable<K: Syscalls>(kernel: &K, _: &StartInfo) -> Verdict {
    Verdict::of(TEXT.lend(kernel, Place::own(LOOT), READ_WRITE, 0))
}

fn make_data_executable<K: Syscalls>(kernel: &K, _: &StartInfo) -> Verdict {
    Verdict::of(DATA.protect(kernel, READ_EXECUTE))
        .and(Verdict::of(STACK.protect(kernel, READ_EXECUTE)))
}

fn map_write_execute<K: Syscalls>(kernel: &K, _: &StartInfo) -> Verdict {
    let all = READ_WRITE.with(Rights::EXECUTE);
    [TEXT, DATA, STACK].into_iter().fold(
        Verdict::Refused(Error::WriteExecute),
        |verdict, region| {
            verdict.and(Verdict::of(region.protect(kernel, all))).and(Verdict::of(region.map(
                kernel,
                layout::DEVICES,
                all,
            )))
        },
    )
}

/// Its data page holds nothing it needs, so it may unmap it, call it code, and try to
/// get it back executable.
fn turn_data_into_code<K: Syscalls>(kernel: &K, _: &StartInfo) -> Verdict {
    let address = data_address();
    if let Err(error) = DATA.unmap(kernel) {
        return Verdict::Refused(error);
    }
    let _ = DATA.set_code(kernel, true);
    let verdict = Verdict::of(DATA.map(kernel, address, READ_EXECUTE));
    if verdict == Verdict::Succeeded {
        let _ = DATA.unmap(kernel);
    }
    let _ = DATA.set_code(kernel, false);
    let _ = DATA.map(kernel, address, READ_WRITE);
    verdict
}

#[cfg(target_os = "none")]
fn data_address() -> u64 {
    crate::raw::scratch_address()
}
#[cfg(not(target_os = "none"))]
fn data_address() -> u64 {
    layout::PROGRAM
}

/// Maps a copy of its start info, which it may have, where it may not.
fn map_info_at<K: Syscalls>(kernel: &K, addresses: &[u64]) -> Verdict {
    let loot = Cap::<Region>::at(LOOT);
    if let Err(error) = INFO.lend(kernel, loot.place(), Rights::READ, 0) {
        return Verdict::Refused(error);
    }
    let verdict = addresses.iter().fold(Verdict::Refused(Error::BadAddress), |verdict, address| {
        verdict.and(Verdict::of(loot.map(kernel, *address, Rights::READ)))
    });
    let _ = loot.delete(kernel);
    verdict
}

fn map_at_kernel<K: Syscalls>(kernel: &K, _: &StartInfo) -> Verdict {
    let half = 0xffff_0000_0000_0000;
    map_info_at(kernel, &[0x4004_0000, 1 << 30, half, half | 0x4004_0000, u64::MAX - 4095])
}

fn map_at_null<K: Syscalls>(kernel: &K, _: &StartInfo) -> Verdict {
    map_info_at(kernel, &[0, 0x1000, 0xf000, layout::DEVICES + 8])
}

fn map_over_text<K: Syscalls>(kernel: &K, _: &StartInfo) -> Verdict {
    map_info_at(kernel, &[layout::PROGRAM, layout::STACK_TOP - layout::PAGE_BYTES])
}

fn map_others<K: Syscalls>(kernel: &K, _: &StartInfo) -> Verdict {
    on_every_slot(|slot| Cap::<Region>::at(slot).map(kernel, layout::DEVICES, Rights::READ))
}

fn create_process<K: Syscalls>(kernel: &K, _: &StartInfo) -> Verdict {
    let create = |tables: Slot| {
        let arguments = [LOOT.0.into(), tables.0.into(), 6, 1, 0, 1_000];
        Verdict::of(call(kernel, SystemCall::ProcessCreate, arguments))
    };
    create(slots::STACK).and(create(slots::INFO)).and(create(LOOT))
}

fn create_thread<K: Syscalls>(kernel: &K, _: &StartInfo) -> Verdict {
    on_every_slot(|process| {
        let arguments =
            [LOOT.0.into(), process.0.into(), layout::PROGRAM, layout::STACK_TOP, 0, 0, 0];
        call(kernel, SystemCall::ThreadCreate, arguments)
    })
}

fn create_endpoint<K: Syscalls>(kernel: &K, _: &StartInfo) -> Verdict {
    Verdict::of(call(kernel, SystemCall::EndpointCreate, [LOOT.0.into()]))
}

fn create_notification<K: Syscalls>(kernel: &K, _: &StartInfo) -> Verdict {
    Verdict::of(call(kernel, SystemCall::NotificationCreate, [LOOT.0.into()]))
}

fn raise_priority<K: Syscalls>(kernel: &K, _: &StartInfo) -> Verdict {
    let create = [LOOT.0.into(), 1_000, 1_000, 31];
    let start =
        on_every_slot(|slot| call(kernel, SystemCall::ThreadStart, [slot.0.into(), LOOT.0.into()]));
    Verdict::of(call(kernel, SystemCall::ScheduleCreate, create)).and(start)
}

fn stop_threads<K: Syscalls>(kernel: &K, _: &StartInfo) -> Verdict {
    on_every_slot(|slot| call(kernel, SystemCall::ThreadStop, [slot.0.into()]))
}

fn steal_interrupts<K: Syscalls>(kernel: &K, _: &StartInfo) -> Verdict {
    on_every_slot(|slot| call(kernel, SystemCall::InterruptAcknowledge, [slot.0.into()]))
        .and(on_every_slot(|slot| call(kernel, SystemCall::InterruptBind, [slot.0.into(), 0])))
}

/// Loads an image over its own stack, reads others' mail, frees its own text.
fn call_monitor<K: Syscalls>(kernel: &K, _: &StartInfo) -> Verdict {
    on_every_slot(|slot| {
        let stack = slots::STACK.0.into();
        call(kernel, SystemCall::MailboxSend, [slot.0.into(), 3, 4, 0, 0, 0, 0, 0, 0, stack])
    })
    .and(on_every_slot(|slot| call(kernel, SystemCall::MailboxReceive, [slot.0.into()])))
    .and(on_every_slot(|slot| {
        call(kernel, SystemCall::MemoryRelease, [slot.0.into(), slots::SEGMENTS.0.into()])
    }))
}

fn stop_machine<K: Syscalls>(kernel: &K, _: &StartInfo) -> Verdict {
    on_every_slot(|slot| call(kernel, SystemCall::SystemStop, [slot.0.into(), 0]))
}

fn reply_to_nobody<K: Syscalls>(kernel: &K, _: &StartInfo) -> Verdict {
    Verdict::of(call(kernel, SystemCall::Reply, [0, 1])).and(Verdict::of(call(
        kernel,
        SystemCall::Wait,
        [slots::LOG.slot().0.into(), FOREVER],
    )))
}

#[cfg(test)]
mod tests;
