//! Random sequences of system calls, by whoever happens to run.
//!
//! Arguments are biased towards what can succeed (a slot that holds the right kind, an
//! empty one, an address that is free), since a call that is refused at its first
//! argument teaches little; one in eight is drawn from everything, so that every refusal
//! is met too. Between calls the clock moves, the device interrupts, threads fault, and
//! long calls are cut short.

use crate::machine::MAILBOX_DEPTH;
use crate::scene::{BELL, CHILD_QUOTA, READ_WRITE, SUPERVISOR};
use crate::world::{Answer, DEVICE_INTERRUPT, DEVICE_LINE, World};
use kernel_abi::boot::MONITOR;
use kernel_abi::limits::SLOTS_PER_PROCESS;
use kernel_abi::status::ObjectKind;
use kernel_abi::{Fault, Place, Slot, SystemCall as C};
use kernel_core::table::slot_id;

/// Every system call.
pub const CALLS: [C; 34] = [
    C::Call, C::ReplyReceive, C::Receive, C::Send, C::Reply, C::Signal, C::Wait,
    C::InterruptAcknowledge, C::Yield, C::Sleep, C::Copy, C::Move, C::Delete, C::Revoke,
    C::Inspect, C::RegionCarve, C::RegionSetCode, C::Map, C::Unmap, C::Protect,
    C::ProcessCreate, C::ThreadCreate, C::ThreadStart, C::ThreadStop, C::ThreadBind,
    C::SetReceiveSlot, C::EndpointCreate, C::NotificationCreate, C::ScheduleCreate,
    C::InterruptBind, C::MailboxSend, C::MailboxReceive, C::MemoryRelease, C::SystemStop,
];

/// Where decisions come from: random numbers, or the bytes of a fuzzer.
pub trait Source {
    /// A number below `bound`, which is not 0.
    fn below(&mut self, bound: u64) -> u64;
    /// One chance in `n`.
    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
    /// One of these.
    fn pick<T: Copy>(&mut self, choices: &[T]) -> T
    where
        Self: Sized,
    {
        choices[self.below(choices.len() as u64) as usize]
    }
}

/// Random numbers (xorshift64*), the same for the same seed.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The numbers of a seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }
}

impl Source for Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % bound
    }
}

/// The bytes of a fuzzer, then zeros.
#[derive(Clone, Debug)]
pub struct Bytes<'a>(pub &'a [u8]);

impl Source for Bytes<'_> {
    fn below(&mut self, bound: u64) -> u64 {
        let mut number = 0;
        for _ in 0..if bound > 256 { 2 } else { 1 } {
            let Some((first, rest)) = self.0.split_first() else { return 0 };
            self.0 = rest;
            number = number << 8 | u64::from(*first);
        }
        number % bound
    }
}

/// The scene the sequences start from: three children that hold something of each kind,
/// two endpoints between them, and one that controls another.
pub fn stage() -> World {
    let mut world = World::scene();
    let (endpoint, notification) = (60, 61);
    world.must(C::EndpointCreate, &[endpoint]);
    world.must(C::NotificationCreate, &[notification]);
    let mut first = None;
    let times = [(12, 60, 600), (10, 300, 3000), (10, 1000, 10_000)];
    for (index, (priority, budget, period)) in times.into_iter().enumerate() {
        let (slot, page) = (70 + 10 * index as u64, 14 * index as u64);
        let child = world.child(slot, page, priority, budget, period);
        world.must(C::RegionCarve, &[4, slot + 5, page + 6, 8]);
        let lent = [
            (slot + 5, 2, READ_WRITE | 4, 0),
            (endpoint, 3, 15, if index == 0 { 0 } else { index as u64 }),
            (notification, 4, 3, 1 << index),
            (slot, 5, 15, 0),
            (slot + 2, 6, 15, 0),
            (slot + 3, 7, 15, 0),
            (DEVICE_LINE, 8, 15, 0),
            (SUPERVISOR, 9, 11, 900),
        ];
        for (from, to, rights, badge) in lent {
            world.must(C::Copy, &[from, child.place(to), rights, badge]);
        }
        match first {
            None => first = Some(slot),
            Some(first) => world.must(C::Copy, &[first, child.place(10), 15, 0]),
        }
        if index == 2 {
            world.must(C::Copy, &[MONITOR.0.into(), child.place(11), 15, 0]);
        }
    }
    world
}

fn slot(world: &World, source: &mut impl Source, kind: ObjectKind) -> u64 {
    if source.one_in(8) {
        return source.below(140);
    }
    let own = world.kernel.own_process();
    let tables = &world.kernel.tables.slots;
    let fitting: Vec<u64> = (0..SLOTS_PER_PROCESS as u64)
        .filter(|slot| tables[slot_id(own, *slot as usize)].capability.kind == kind)
        .filter(|slot| *slot != 0)
        .collect();
    if fitting.is_empty() { source.below(20) } else { source.pick(&fitting) }
}

fn place(world: &World, source: &mut impl Source, kind: ObjectKind) -> u64 {
    if source.one_in(5) {
        let process = slot(world, source, ObjectKind::Process);
        let there = source.below(16);
        return Place::of(Slot(process as u16), Slot(there as u16)).0.into();
    }
    slot(world, source, kind)
}

const KINDS: [ObjectKind; 8] = [
    ObjectKind::Process, ObjectKind::Thread, ObjectKind::Endpoint, ObjectKind::Notification,
    ObjectKind::Region, ObjectKind::Schedule, ObjectKind::Interrupt, ObjectKind::Monitor,
];

fn deadline(world: &World, source: &mut impl Source) -> u64 {
    match source.below(4) {
        0 => 0,
        1 => u64::MAX,
        _ => world.machine.now + source.below(600),
    }
}

/// A call with arguments, for whoever runs.
pub fn choose(world: &World, source: &mut impl Source) -> (u64, [u64; 10]) {
    use ObjectKind as K;
    let call = source.pick(&CALLS);
    let mut a = [0; 10];
    let any = source.pick(&KINDS);
    let empty = K::Empty;
    match call {
        C::Call | C::ReplyReceive | C::Send | C::Reply => {
            a[0] = slot(world, source, K::Endpoint) & 0xffff;
            if source.one_in(3) {
                a[0] |= (slot(world, source, any) & 0xff) << 16;
            }
            if source.one_in(4) {
                a[0] |= source.below(122) << 32;
            }
            if source.one_in(6) {
                a[0] |= source.below(8) << 40;
            }
            a[1] = source.below(3);
            a[2] = 0x40_0000;
            a[9] = deadline(world, source);
        }
        C::Receive => {
            a[0] = slot(world, source, K::Endpoint);
            a[1] = deadline(world, source);
        }
        C::Signal => a[0] = slot(world, source, K::Notification),
        C::Wait => {
            a[0] = slot(world, source, K::Notification);
            a[1] = deadline(world, source);
        }
        C::InterruptAcknowledge => a[0] = slot(world, source, K::Interrupt),
        C::Yield => {}
        C::Sleep => a[0] = world.machine.now + source.below(300),
        C::Copy => {
            a[0] = place(world, source, any);
            a[1] = place(world, source, empty);
            a[2] = if source.one_in(2) { 15 } else { source.below(18) };
            a[3] = source.below(3);
        }
        C::Move => {
            a[0] = place(world, source, any);
            a[1] = place(world, source, empty);
        }
        C::Delete | C::Revoke | C::Inspect => a[0] = place(world, source, any),
        C::RegionCarve => {
            a[0] = place(world, source, K::Region);
            a[1] = place(world, source, empty);
            a[2] = source.below(8);
            a[3] = source.below(5);
        }
        C::RegionSetCode => {
            a[0] = place(world, source, K::Region);
            a[1] = source.below(3);
        }
        C::Map => {
            a[0] = place(world, source, K::Region);
            a[1] = source.pick(&[0x8000, 0x1_0000, 0x1f_e000, 0x20_0000, 0x3fff_f000, 0x1_0800]);
            a[2] = source.pick(&[1, 3, 5, 7, 2, 15]);
        }
        C::Unmap => a[0] = place(world, source, K::Region),
        C::Protect => {
            a[0] = place(world, source, K::Region);
            a[1] = source.pick(&[1, 3, 5, 7]);
        }
        C::ProcessCreate => {
            a[0] = place(world, source, empty);
            a[1] = slot(world, source, K::Region);
            a[2] = slot(world, source, K::Endpoint);
            a[3] = source.pick(&[0, 900, 5]);
            let mut quota = CHILD_QUOTA;
            (quota.processes, quota.regions) = (0, source.below(3) as u8);
            (quota.threads, quota.endpoints) = (1, source.below(2) as u8);
            (quota.notifications, quota.schedules) = (1, 1);
            a[4] = quota.pack();
            a[5] = source.pick(&[10 | 5 << 16, 1, 10 | 31 << 16]);
        }
        C::ThreadCreate => {
            a[0] = place(world, source, empty);
            a[1] = slot(world, source, K::Process);
            a[5] = if source.one_in(2) { 0 } else { place(world, source, K::Region) };
        }
        C::ThreadStart => {
            a[0] = place(world, source, K::Thread);
            a[1] = if source.one_in(4) { 0 } else { place(world, source, K::Schedule) };
        }
        C::ThreadStop => a[0] = place(world, source, K::Thread),
        C::ThreadBind => {
            a[0] = place(world, source, K::Thread);
            a[1] = if source.one_in(4) { 0 } else { slot(world, source, K::Notification) };
        }
        C::SetReceiveSlot => a[0] = source.below(24),
        C::EndpointCreate | C::NotificationCreate => a[0] = place(world, source, empty),
        C::ScheduleCreate => {
            a[0] = place(world, source, empty);
            a[1] = source.pick(&[10, 50, 0, 200]);
            a[2] = source.pick(&[1000, 100, 4000]);
            a[3] = source.pick(&[5, 10, 23, 31]);
        }
        C::InterruptBind => {
            a[0] = place(world, source, K::Interrupt);
            a[1] = if source.one_in(4) { 0 } else { slot(world, source, K::Notification) };
        }
        C::MailboxSend => {
            a[0] = slot(world, source, K::Monitor);
            a[9] = if source.one_in(2) { 0 } else { slot(world, source, K::Region) };
        }
        C::MailboxReceive | C::SystemStop => a[0] = slot(world, source, K::Monitor),
        C::MemoryRelease => {
            a[0] = slot(world, source, K::Monitor);
            a[1] = place(world, source, K::Region);
        }
    }
    (call as u64, a)
}

/// What one step did, to be printed when something goes wrong.
pub type Step = (usize, u64, [u64; 10], Option<Answer>);

/// One step: something happens to the machine, then whoever runs does something. `None`
/// if nobody will ever run again.
pub fn step(world: &mut World, source: &mut impl Source) -> Option<Step> {
    if source.one_in(8) {
        world.advance(source.below(200));
    }
    if source.one_in(24) {
        world.raise_line(DEVICE_INTERRUPT);
    }
    if source.one_in(12) {
        world.machine.interrupt_after.set(Some(source.below(4) as u32));
    }
    if source.one_in(64) {
        world.machine.release_refused = !world.machine.release_refused;
    }
    if world.machine.mailbox.len() == MAILBOX_DEPTH && source.one_in(2) {
        world.machine.mailbox.clear();
    }
    for _ in 0..8 {
        if world.running().is_some() {
            break;
        }
        world.advance(1000);
        world.raise_line(DEVICE_INTERRUPT);
    }
    let me = world.running()?;
    if world.kernel.contexts[me].repeats.is_some() {
        let answer = world.go_on();
        return Some((me.index(), u64::MAX, [0; 10], Some(answer)));
    }
    if source.one_in(100) {
        world.fault(Fault::Read, 0x1234);
        return Some((me.index(), u64::MAX - 1, [0; 10], None));
    }
    // The root task outranks everybody, and so mostly rests.
    let bell = slot_id(world.kernel.own_process(), BELL as usize);
    let rests = world.kernel.tables.slots[bell].capability.kind == ObjectKind::Notification;
    let (number, arguments) = if me.index() == 1 && rests && !source.one_in(4) {
        (C::Wait as u64, [BELL, u64::MAX, 0, 0, 0, 0, 0, 0, 0, 0])
    } else {
        choose(world, source)
    };
    let answer = world.system_call(number, &arguments);
    Some((me.index(), number, arguments, Some(answer)))
}

/// A step in words.
pub fn describe((thread, number, arguments, answer): &Step) -> String {
    let call = CALLS.iter().find(|call| **call as u64 == *number);
    let name = match call {
        Some(call) => format!("{call:?}"),
        None if *number == u64::MAX => "again".into(),
        None => "fault".into(),
    };
    let last = arguments.iter().rposition(|a| *a != 0).map_or(0, |last| last + 1);
    format!("thread {thread}: {name} {:x?} -> {answer:?}", &arguments[..last])
}
