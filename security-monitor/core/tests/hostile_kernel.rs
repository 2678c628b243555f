//! A hostile kernel: many random calls, with a Pluton runtime that answers some of
//! them well, some badly and some not at all. After every call the whole of stage 2
//! is compared with what was promised.

mod common;

use common::{
    BOOT_INFO, FREE, Fake, HANDOFF, KERNEL, RAM, RAM_END, ROOT, Writer, good_image, segment, start,
};
use monitor_abi::hvc;
use monitor_core::layout::PAGE_BYTES;
use monitor_core::memory::Access;
use monitor_core::monitor::Monitor;
use pluton_abi::command::{Command, LoadedImage, Message, ReplyHeader, RequestHeader};
use pluton_abi::smc;

/// Deterministic numbers (xorshift64*).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
    fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 33) % bound
    }
    fn pick(&mut self, values: &[u64]) -> u64 {
        values[self.below(values.len() as u64) as usize]
    }
    fn address(&mut self) -> u64 {
        let bases = [
            0,
            RAM,
            HANDOFF,
            BOOT_INFO,
            KERNEL,
            KERNEL + 0x8000,
            ROOT,
            ROOT + PAGE_BYTES,
            FREE,
            FREE,
            FREE,
            FREE,
            RAM_END,
            0x0e00_0000,
            0x0800_0000,
            0x0900_0000,
            1 << 32,
            u64::MAX,
        ];
        let page = self.pick(&bases).wrapping_add(self.below(24) * PAGE_BYTES);
        if self.below(16) == 0 {
            page.wrapping_add(self.next() & 0xfff)
        } else {
            page
        }
    }
    fn pages(&mut self) -> u64 {
        let few = self.below(9);
        self.pick(&[few, few, few, few, 16, 17, 1024, 1 << 32, 1 << 52, u64::MAX])
    }
    fn function(&mut self) -> u64 {
        let near = hvc::MAILBOX_SEND
            .wrapping_add(self.below(16))
            .wrapping_sub(4);
        self.pick(&[
            hvc::MAILBOX_SEND,
            hvc::MAILBOX_SEND,
            hvc::MAILBOX_RECEIVE,
            hvc::MAILBOX_RECEIVE,
            hvc::MEMORY_RELEASE,
            hvc::MEMORY_RELEASE,
            near,
        ])
    }
    fn header(&mut self) -> u64 {
        let command = self.pick(&[3, 3, 3, 3, 1, 2, 4, 5, 0, 6, 0xffff]) as u16;
        let sequence = self.below(4) as u16;
        let origin = self.below(5) as u8;
        let length = self.pick(&[0, 1, 8, 56, 57, 255]) as u8;
        let header = RequestHeader {
            command,
            sequence,
            origin,
            length,
        };
        header.pack() | self.next() << 48
    }
}

/// What the Pluton runtime does with the requests it has.
fn pluton(machine: &mut Fake, numbers: &mut Numbers) {
    if numbers.below(4) == 0 {
        // A reply to nothing, with a tempting body.
        let mut reply = Message::default();
        good_image(8).write(&mut reply);
        let sequence = numbers.next() as u16;
        reply[0] = ReplyHeader {
            command: Command::ImageLoad as u16,
            sequence,
            error: 0,
        }
        .pack();
        machine.replies.push_back(reply);
    }
    while numbers.below(3) != 0 && !machine.sent.is_empty() && machine.replies.len() < 16 {
        let index = numbers.below(machine.sent.len() as u64) as usize;
        let request = machine.sent.swap_remove(index);
        let header = RequestHeader::unpack(request[0]);
        if header.command == Command::Log as u16 {
            continue;
        }
        let mut reply = [numbers.next(); 8];
        let mut error = 0;
        if header.command == Command::ImageLoad as u16 {
            let pages = request[3];
            match numbers.below(4) {
                0 => error = 5,
                1 => {
                    let mut any = || {
                        segment(
                            numbers.below(9) as u16,
                            numbers.below(9) as u16,
                            numbers.below(16) as u8,
                        )
                    };
                    LoadedImage {
                        entry: 0,
                        segments: [any(), any(), any(), any()],
                    }
                    .write(&mut reply);
                }
                _ if pages >= 4 => good_image(pages as u16).write(&mut reply),
                _ => error = 6,
            }
            if error == 0 {
                for page in 0..pages {
                    let index = common::index(request[2] + page * PAGE_BYTES);
                    assert_eq!(
                        machine.access[index],
                        Access::None,
                        "load into reachable memory"
                    );
                    machine.writer[index] = Writer::Pluton;
                }
            }
        }
        let (command, sequence) = (header.command, header.sequence);
        reply[0] = ReplyHeader {
            command,
            sequence,
            error,
        }
        .pack();
        machine.replies.push_back(reply);
    }
}

fn check(monitor: &Monitor, machine: &Fake) {
    for (address, state) in monitor.memory().pages() {
        let index = common::index(address);
        let (access, writer) = (machine.access[index], machine.writer[index]);
        assert_eq!(
            access,
            state.access(),
            "{address:#x} is mapped otherwise than {state:?}"
        );
        let executable = matches!(access, Access::ExecuteAsKernel | Access::ExecuteAsProgram);
        assert!(
            !executable || writer == Writer::Pluton,
            "{address:#x}: {writer:?} made code"
        );
        let fixed = match address {
            ..BOOT_INFO => Some(Access::None),
            BOOT_INFO => Some(Access::ReadOnly),
            KERNEL..0x4004_8000 => Some(Access::ExecuteAsKernel),
            0x4004_8000..0x4004_a000 => Some(Access::ReadOnly),
            0x4004_a000..ROOT => Some(Access::ReadWrite),
            _ => None,
        };
        assert!(
            fixed.is_none_or(|fixed| fixed == access),
            "{address:#x} became {access:?}"
        );
        assert!(fixed.is_some() || access != Access::ExecuteAsKernel);
    }
}

#[test]
fn no_sequence_of_calls_breaks_the_firewall() {
    let mut statuses = std::collections::BTreeSet::new();
    let (mut loads, mut released) = (0, 0);
    for seed in 1..=16 {
        let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15u64.wrapping_mul(seed));
        let (mut monitor, mut machine) = start();
        for _ in 0..1000 {
            machine.kernel_writes();
            let gate = numbers.pick(&[0, 0, 0, 0, 0, 0, 1, 3]);
            machine.gate = match gate {
                0 => smc::Status::Success,
                1 => smc::Status::Busy,
                _ => smc::Status::Denied,
            };
            let function = numbers.function();
            let first = if function == hvc::MAILBOX_SEND {
                numbers.header()
            } else {
                numbers.address()
            };
            let second = if function == hvc::MAILBOX_SEND {
                numbers.below(40)
            } else {
                numbers.pages()
            };
            let arguments = [
                first,
                second,
                numbers.address(),
                numbers.pages(),
                numbers.next(),
            ];
            let (status, reply) = common::call(&mut monitor, &mut machine, function, &arguments);
            statuses.insert(status);
            loads += u32::from(
                function == hvc::MAILBOX_RECEIVE
                    && status == 0
                    && reply[0] >> 32 == 0
                    && reply[0] as u16 == 3,
            );
            released += u32::from(function == hvc::MEMORY_RELEASE && status == 0);
            check(&monitor, &machine);
            pluton(&mut machine, &mut numbers);
        }
    }
    // The walk is worth something only if it got everywhere.
    assert_eq!(
        statuses.into_iter().collect::<Vec<_>>(),
        [0, 1, 2, 3, 4, u64::MAX]
    );
    assert!(
        loads > 50 && released > 50,
        "{loads} loads, {released} releases"
    );
}

#[test]
fn a_number_that_is_not_listed_changes_nothing() {
    let listed = hvc::MAILBOX_SEND..=hvc::SYSTEM_RESET;
    let near = |base: u64| (0..512).map(move |offset| base.wrapping_sub(256).wrapping_add(offset));
    let bits = (0..64).flat_map(|bit| (0..8).map(move |low| (hvc::MAILBOX_SEND + low) ^ 1 << bit));
    let bases = [
        0,
        0x4600_0000,
        0x8400_0000,
        0x8600_0000,
        0xc300_0000,
        0xc400_0000,
        hvc::MAILBOX_SEND,
        1 << 32,
    ];
    let mut walked = 0;
    for function in bases.into_iter().flat_map(near).chain(bits) {
        if listed.contains(&function) {
            continue;
        }
        let (mut monitor, mut machine) = start();
        let before = (monitor.clone(), machine.access.clone());
        let arguments = [FREE, 1, 2, 3, 4, 5, 6, 7];
        let (status, words) = common::call(&mut monitor, &mut machine, function, &arguments);
        assert_eq!((status, words), (u64::MAX, arguments), "{function:#x}");
        assert!(
            before == (monitor, machine.access),
            "{function:#x} changed something"
        );
        assert!(machine.sent.is_empty() && machine.interrupts.is_empty());
        assert_eq!((machine.offs, machine.resets), (0, 0));
        walked += 1;
    }
    assert!(walked > 4000);
}
