//! The system calls, one thin function each.

use crate::arch::{Reply, raw};
use kernel_abi::boot::MONITOR;
use kernel_abi::call::Quota;
use kernel_abi::{Error, Rights, SystemCall};

/// Every call there is.
pub(crate) const EVERY: [u64; 34] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 17, 18, 19, 20, 24, 25, 26, 27, 28, 32, 33, 34, 35, 36, 37,
    38, 39, 40, 48, 49, 50, 51, 52,
];

/// A slot of the table of the process in slot `process`.
pub(crate) const fn of(process: u64, slot: u64) -> u64 {
    process << 16 | slot
}

/// Makes a call; its status says whether it was refused.
pub(crate) fn make(call: SystemCall, arguments: &[u64]) -> Result<Reply, Error> {
    let mut all = [0; 10];
    for (place, argument) in all.iter_mut().zip(arguments) {
        *place = *argument;
    }
    let reply = raw(call as u64, &all);
    Error::check(reply.status).map(|()| reply)
}

fn plain(call: SystemCall, arguments: &[u64]) -> Result<(), Error> {
    make(call, arguments).map(|_| ())
}

/// Sends `words` with a descriptor.
pub(crate) fn call(descriptor: u64, words: &[u64]) -> Result<Reply, Error> {
    let mut arguments = [0; 9];
    arguments[0] = descriptor;
    for (place, word) in arguments[1..].iter_mut().zip(words) {
        *place = *word;
    }
    make(SystemCall::Call, &arguments)
}
pub(crate) fn send(descriptor: u64, words: &[u64], deadline: u64) -> Result<(), Error> {
    let mut arguments = [0; 10];
    arguments[0] = descriptor;
    for (place, word) in arguments[1..9].iter_mut().zip(words) {
        *place = *word;
    }
    arguments[9] = deadline;
    plain(SystemCall::Send, &arguments)
}
pub(crate) fn receive(slot: u64, deadline: u64) -> Result<Reply, Error> {
    make(SystemCall::Receive, &[slot, deadline])
}
pub(crate) fn reply(words: &[u64]) -> Result<(), Error> {
    let mut arguments = [0; 9];
    for (place, word) in arguments[1..].iter_mut().zip(words) {
        *place = *word;
    }
    plain(SystemCall::Reply, &arguments)
}
pub(crate) fn signal(slot: u64) -> Result<(), Error> {
    plain(SystemCall::Signal, &[slot])
}
pub(crate) fn wait(slot: u64, deadline: u64) -> Result<u64, Error> {
    make(SystemCall::Wait, &[slot, deadline]).map(|reply| reply.words[0])
}
pub(crate) fn acknowledge(slot: u64) -> Result<(), Error> {
    plain(SystemCall::InterruptAcknowledge, &[slot])
}
pub(crate) fn yield_now() -> Result<(), Error> {
    plain(SystemCall::Yield, &[])
}
pub(crate) fn sleep(deadline: u64) -> Result<(), Error> {
    plain(SystemCall::Sleep, &[deadline])
}
pub(crate) fn copy(from: u64, to: u64, rights: Rights, badge: u64) -> Result<(), Error> {
    plain(SystemCall::Copy, &[from, to, rights.bits(), badge])
}
pub(crate) fn move_to(from: u64, to: u64) -> Result<(), Error> {
    plain(SystemCall::Move, &[from, to])
}
pub(crate) fn delete(place: u64) -> Result<(), Error> {
    plain(SystemCall::Delete, &[place])
}
pub(crate) fn revoke(place: u64) -> Result<(), Error> {
    plain(SystemCall::Revoke, &[place])
}
/// Kind, rights, badge, pages.
pub(crate) fn inspect(place: u64) -> Result<[u64; 4], Error> {
    make(SystemCall::Inspect, &[place])
        .map(|reply| [reply.words[0], reply.words[1], reply.words[2], reply.words[3]])
}
pub(crate) fn carve(from: u64, to: u64, first: u64, pages: u64) -> Result<(), Error> {
    plain(SystemCall::RegionCarve, &[from, to, first, pages])
}
pub(crate) fn set_code(place: u64, code: u64) -> Result<(), Error> {
    plain(SystemCall::RegionSetCode, &[place, code])
}
pub(crate) fn map(place: u64, address: u64, rights: Rights) -> Result<(), Error> {
    plain(SystemCall::Map, &[place, address, rights.bits()])
}
pub(crate) fn unmap(place: u64) -> Result<(), Error> {
    plain(SystemCall::Unmap, &[place])
}
pub(crate) fn protect(place: u64, rights: Rights) -> Result<(), Error> {
    plain(SystemCall::Protect, &[place, rights.bits()])
}
pub(crate) fn process_create(
    place: u64,
    tables: u64,
    supervisor: u64,
    badge: u64,
    quota: Quota,
    share: u64,
) -> Result<(), Error> {
    plain(SystemCall::ProcessCreate, &[place, tables, supervisor, badge, quota.pack(), share])
}
pub(crate) fn thread_create(arguments: &[u64; 7]) -> Result<(), Error> {
    plain(SystemCall::ThreadCreate, arguments)
}
pub(crate) fn thread_start(place: u64, schedule: u64) -> Result<(), Error> {
    plain(SystemCall::ThreadStart, &[place, schedule])
}
pub(crate) fn thread_stop(place: u64) -> Result<(), Error> {
    plain(SystemCall::ThreadStop, &[place])
}
pub(crate) fn thread_bind(place: u64, notification: u64) -> Result<(), Error> {
    plain(SystemCall::ThreadBind, &[place, notification])
}
pub(crate) fn set_receive_slot(slot: u64) -> Result<(), Error> {
    plain(SystemCall::SetReceiveSlot, &[slot])
}
pub(crate) fn endpoint_create(place: u64) -> Result<(), Error> {
    plain(SystemCall::EndpointCreate, &[place])
}
pub(crate) fn notification_create(place: u64) -> Result<(), Error> {
    plain(SystemCall::NotificationCreate, &[place])
}
pub(crate) fn schedule_create(place: u64, budget: u64, period: u64, priority: u64) -> Result<(), Error> {
    plain(SystemCall::ScheduleCreate, &[place, budget, period, priority])
}
pub(crate) fn interrupt_bind(place: u64, notification: u64) -> Result<(), Error> {
    plain(SystemCall::InterruptBind, &[place, notification])
}
pub(crate) fn mailbox_send(words: &[u64; 8]) -> Result<(), Error> {
    let [w0, w1, w2, w3, w4, w5, w6, w7] = *words;
    plain(SystemCall::MailboxSend, &[u64::from(MONITOR.0), w0, w1, w2, w3, w4, w5, w6, w7, 0])
}
pub(crate) fn system_stop() -> Result<(), Error> {
    plain(SystemCall::SystemStop, &[u64::from(MONITOR.0), 0])
}
