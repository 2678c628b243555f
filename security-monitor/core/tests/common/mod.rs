//! A board, a handoff, and a machine that knows the rules and stops the test when
//! one is broken.
#![allow(dead_code, reason = "each test file uses its part")]

pub(crate) mod calls;

use std::collections::VecDeque;

use monitor_abi::boot_info::{Device, DeviceKind, MAX_DEVICES};
use monitor_abi::hvc::Trigger;
use monitor_core::handoff::{Verified, verify};
use monitor_core::layout::{Layout, PAGE_BYTES, Region};
use monitor_core::machine::Machine;
use monitor_core::memory::{Access, MAX_PAGES};
use monitor_core::monitor::Monitor;
use pluton_abi::command::{Command, LoadedImage, LoadedSegment, Message, Origin, RequestHeader};
use pluton_abi::handoff::{
    LoadedProgram, MONITOR_HANDOFF_MAGIC, MONITOR_HANDOFF_VERSION, MonitorHandoff, Segment,
};
use pluton_abi::smc;

pub(crate) const RAM: u64 = 0x4000_0000;
pub(crate) const HANDOFF: u64 = RAM + 0x2_0000;
pub(crate) const BOOT_INFO: u64 = RAM + 0x2_1000;
pub(crate) const KERNEL: u64 = RAM + 0x4_0000;
pub(crate) const KERNEL_PAGES: u64 = 96;
pub(crate) const ROOT: u64 = RAM + 0xa_0000;
pub(crate) const FREE: u64 = ROOT + 5 * PAGE_BYTES;
pub(crate) const RAM_END: u64 = RAM + (4 << 20);

pub(crate) fn region(base: u64, pages: u64) -> Region {
    Region::new(base, pages).expect("a region")
}

pub(crate) fn layout() -> Layout {
    let mut devices = [Device::default(); MAX_DEVICES];
    let uart = DeviceKind::Uart as u64;
    devices[0] = Device {
        physical: 0x0900_0000,
        pages: 1,
        interrupt: 33,
        kind: uart,
    };
    devices[1] = Device {
        physical: 0,
        pages: 0,
        interrupt: 7,
        kind: DeviceKind::Mailbox as u64,
    };
    Layout {
        ram: region(RAM, MAX_PAGES as u64),
        monitor: region(RAM, 32),
        handoff: region(HANDOFF, 1),
        boot_info: region(BOOT_INFO, 1),
        kernel: region(KERNEL, KERNEL_PAGES),
        root: ROOT,
        devices,
        timer_interrupt: 27,
    }
}

fn program(physical: u64, linked: u64, entry: u64, runs: &[(u64, u64, u64)]) -> LoadedProgram {
    let mut segments = [Segment::default(); 4];
    for (segment, (first, pages, rights)) in segments.iter_mut().zip(runs) {
        *segment = Segment {
            physical: physical + first * PAGE_BYTES,
            virtual_address: linked + first * PAGE_BYTES,
            pages: *pages,
            rights: *rights,
        };
    }
    let pages = runs
        .iter()
        .map(|(first, pages, _)| first + pages)
        .max()
        .unwrap_or(1);
    LoadedProgram {
        physical,
        pages,
        entry,
        segments,
    }
}

pub(crate) fn handoff() -> MonitorHandoff {
    MonitorHandoff {
        magic: MONITOR_HANDOFF_MAGIC,
        version: MONITOR_HANDOFF_VERSION,
        ram_base: RAM,
        ram_bytes: 4 << 20,
        monitor: program(RAM, RAM, RAM, &[(0, 6, 5), (6, 1, 1), (7, 17, 3)]),
        kernel: program(
            KERNEL,
            KERNEL,
            KERNEL + 64,
            &[(0, 8, 5), (8, 2, 1), (10, 20, 3)],
        ),
        root: program(
            ROOT,
            0x20_0000,
            0x20_1000,
            &[(1, 2, 5), (3, 1, 1), (4, 1, 3)],
        ),
        boot_seed: 4,
    }
}

pub(crate) fn verified() -> Verified {
    verify(HANDOFF, &handoff(), &layout()).expect("a good handoff")
}

/// Who wrote a page last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Writer {
    Nobody,
    Pluton,
    Kernel,
}

pub(crate) struct Fake {
    pub(crate) access: Vec<Access>,
    pub(crate) writer: Vec<Writer>,
    /// Everything the gate took.
    pub(crate) sent: Vec<Message>,
    pub(crate) replies: VecDeque<Message>,
    pub(crate) gate: smc::Status,
    pub(crate) interrupts: Vec<(u32, Option<Trigger>)>,
    pub(crate) offs: u32,
    pub(crate) resets: u32,
}

pub(crate) fn index(address: u64) -> usize {
    assert!((RAM..RAM_END).contains(&address) && address.is_multiple_of(PAGE_BYTES));
    ((address - RAM) / PAGE_BYTES) as usize
}

impl Fake {
    pub(crate) fn new() -> Self {
        Self {
            access: vec![Access::None; MAX_PAGES],
            writer: vec![Writer::Pluton; MAX_PAGES],
            sent: vec![],
            replies: VecDeque::new(),
            gate: smc::Status::Success,
            interrupts: vec![],
            offs: 0,
            resets: 0,
        }
    }
    /// A hostile kernel writes whatever it can write.
    pub(crate) fn kernel_writes(&mut self) {
        for (writer, access) in self.writer.iter_mut().zip(&self.access) {
            if *access == Access::ReadWrite {
                *writer = Writer::Kernel;
            }
        }
    }
}

impl Machine for Fake {
    fn withdraw(&mut self, pages: &Region) {
        for page in pages.addresses() {
            self.access[index(page)] = Access::None;
        }
    }
    fn grant(&mut self, address: u64, access: Access) {
        assert!(address >= BOOT_INFO, "{address:#x} is not the partition's");
        let entry = &mut self.access[index(address)];
        assert_eq!(
            *entry,
            Access::None,
            "{address:#x} is changed without break-before-make"
        );
        assert_ne!(access, Access::None);
        *entry = access;
    }
    fn zero(&mut self, address: u64) {
        assert_eq!(
            self.access[index(address)],
            Access::None,
            "{address:#x} zeroed under the kernel"
        );
        self.writer[index(address)] = Writer::Nobody;
    }
    fn send(&mut self, message: &Message) -> smc::Status {
        let header = RequestHeader::unpack(message[0]);
        let command = Command::from_number(header.command).expect("a known command");
        let origin = Origin::from_number(header.origin);
        assert!(
            matches!(origin, Origin::Kernel | Origin::Process),
            "{origin:?} is a lie"
        );
        assert!(origin == Origin::Kernel || command == Command::Log);
        assert_eq!(header.sequence == 0, command == Command::Log);
        if command == Command::ImageLoad {
            for page in 0..message[3] {
                let access = self.access[index(message[2] + page * PAGE_BYTES)];
                assert_eq!(
                    access,
                    Access::None,
                    "a load into memory that the kernel reaches"
                );
            }
        }
        if self.gate == smc::Status::Success {
            self.sent.push(*message);
        }
        self.gate
    }
    fn receive(&mut self) -> Option<Message> {
        self.replies.pop_front()
    }
    fn enable_interrupt(&mut self, interrupt: u32, trigger: Trigger) {
        self.interrupts.push((interrupt, Some(trigger)));
    }
    fn disable_interrupt(&mut self, interrupt: u32) {
        self.interrupts.push((interrupt, None));
    }
    fn system_off(&mut self) {
        self.offs += 1;
    }
    fn system_reset(&mut self) {
        self.resets += 1;
    }
}

pub(crate) fn start() -> (Monitor, Fake) {
    let mut machine = Fake::new();
    let monitor = Monitor::lock(&verified(), &mut machine);
    (monitor, machine)
}

/// One call; the status and the result words.
pub(crate) fn call(
    monitor: &mut Monitor,
    machine: &mut Fake,
    function: u64,
    arguments: &[u64],
) -> (u64, Message) {
    let mut registers = [0; 9];
    registers[0] = function;
    registers[1..=arguments.len()].copy_from_slice(arguments);
    monitor.call(machine, &mut registers);
    (
        registers[0],
        registers[1..].try_into().expect("eight words"),
    )
}

pub(crate) fn header(command: Command, sequence: u16, origin: Origin, length: u8) -> u64 {
    RequestHeader {
        command: command as u16,
        sequence,
        origin: origin as u8,
        length,
    }
    .pack()
}

pub(crate) fn segment(first_page: u16, pages: u16, rights: u8) -> LoadedSegment {
    LoadedSegment {
        first_page,
        pages,
        rights,
    }
}

/// A good load of `pages` >= 4 pages.
pub(crate) fn good_image(pages: u16) -> LoadedImage {
    let segments = [
        segment(1, 1, 5),
        segment(2, 1, 1),
        segment(3, pages - 3, 3),
        segment(0, 0, 0),
    ];
    LoadedImage {
        entry: 0x1_0000,
        segments,
    }
}
