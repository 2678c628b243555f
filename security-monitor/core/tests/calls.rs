//! Every call with every status it can answer, one promise a test.

mod common;

use common::{
    FREE, Fake, KERNEL, RAM, RAM_END, ROOT, Writer, call, good_image, header, index, segment, start,
};
use monitor_abi::hvc::{self, Status, Trigger};
use monitor_core::layout::PAGE_BYTES;
use monitor_core::memory::{Access, PageState};
use monitor_core::monitor::Monitor;
use pluton_abi::command::{Command, LoadedImage, Message, Origin, ReplyHeader, RequestHeader};
use pluton_abi::{command, smc};

const SUCCESS: u64 = Status::Success as u64;
const BUSY: u64 = Status::Busy as u64;
const EMPTY: u64 = Status::Empty as u64;
const DENIED: u64 = Status::Denied as u64;
const INVALID: u64 = Status::InvalidArgument as u64;

fn load(monitor: &mut Monitor, machine: &mut Fake, sequence: u16, address: u64, pages: u64) -> u64 {
    let word = header(Command::ImageLoad, sequence, Origin::Kernel, 0);
    call(
        monitor,
        machine,
        hvc::MAILBOX_SEND,
        &[word, 3, address, pages],
    )
    .0
}

/// Answers the `index`th message that was sent.
fn reply(machine: &mut Fake, index: usize, error: u16, image: Option<&LoadedImage>) {
    let RequestHeader {
        command, sequence, ..
    } = RequestHeader::unpack(machine.sent[index][0]);
    let mut reply: Message = [0x5a; 8];
    if let Some(image) = image {
        image.write(&mut reply);
    }
    reply[0] = ReplyHeader {
        command,
        sequence,
        error,
    }
    .pack();
    machine.replies.push_back(reply);
}

fn receive(monitor: &mut Monitor, machine: &mut Fake) -> Option<(ReplyHeader, Message)> {
    let (status, words) = call(monitor, machine, hvc::MAILBOX_RECEIVE, &[]);
    (status == SUCCESS).then(|| (ReplyHeader::unpack(words[0]), words))
}

fn states(monitor: &Monitor, address: u64, pages: u64) -> Vec<PageState> {
    (0..pages)
        .map(|page| monitor.memory().state(address + page * PAGE_BYTES))
        .collect()
}

#[test]
fn lock_empties_what_holds_nothing_and_only_that() {
    let (monitor, machine) = start();
    for (address, state) in monitor.memory().pages() {
        let image = (KERNEL..KERNEL + 30 * PAGE_BYTES).contains(&address)
            || (ROOT..FREE).contains(&address);
        let emptied = machine.writer[index(address)] == Writer::Nobody;
        assert_eq!(
            emptied,
            state.access() == Access::ReadWrite && !image,
            "{address:#x}"
        );
    }
    use PageState::{Data, LoadedReadOnly, LoadedText};
    assert_eq!(
        states(&monitor, ROOT, 5),
        [Data, LoadedText, LoadedText, LoadedReadOnly, Data]
    );
    assert_eq!(monitor.memory().state(0), PageState::Foreign);
    assert_eq!(monitor.memory().state(u64::MAX), PageState::Foreign);
}

#[test]
fn log_keeps_who_speaks_and_never_the_monitor() {
    let (mut monitor, mut machine) = start();
    let mut log = |origin, length| {
        let word = header(Command::Log, 9, origin, length) | 0xffff << 48;
        call(
            &mut monitor,
            &mut machine,
            hvc::MAILBOX_SEND,
            &[word, 1, 2, 3, 4, 5, 6, 7],
        )
        .0
    };
    assert_eq!(log(Origin::Monitor, 8), DENIED);
    assert_eq!(log(Origin::Unknown, 8), DENIED);
    assert_eq!(log(Origin::Kernel, 0), INVALID);
    assert_eq!(log(Origin::Kernel, 57), INVALID);
    assert_eq!(log(Origin::Kernel, 9), SUCCESS);
    assert_eq!(log(Origin::Process, 56), SUCCESS);
    // Nothing but what nine bytes take, and no number that a reply could come back to.
    assert_eq!(
        machine.sent[0],
        [
            header(Command::Log, 0, Origin::Kernel, 9),
            1,
            2,
            0,
            0,
            0,
            0,
            0
        ]
    );
    assert_eq!(
        machine.sent[1],
        [
            header(Command::Log, 0, Origin::Process, 56),
            1,
            2,
            3,
            4,
            5,
            6,
            7
        ]
    );
}

#[test]
fn only_listed_commands_pass_and_only_their_words() {
    let (mut monitor, mut machine) = start();
    for number in 0..=u16::MAX {
        let listed = Command::from_number(number).is_some();
        let raw = RequestHeader {
            command: number,
            sequence: 1,
            origin: 3,
            length: 8,
        }
        .pack();
        let arguments = [raw, 1, FREE, 4, 5, 6, 7, 8];
        let (status, _) = call(&mut monitor, &mut machine, hvc::MAILBOX_SEND, &arguments);
        assert_eq!(
            status,
            if listed { SUCCESS } else { DENIED },
            "command {number}"
        );
    }
    let words: Vec<_> = machine.sent.iter().map(|message| &message[1..]).collect();
    assert_eq!(words[1], [1, 0, 0, 0, 0, 0, 0], "image info");
    assert_eq!(words[2], [1, FREE, 4, 0, 0, 0, 0], "image load");
    assert_eq!(words[3], [1, 0, 0, 0, 0, 0, 0], "measurement");
    assert_eq!(words[4], [0; 7], "random");
    let origins: Vec<_> = machine
        .sent
        .iter()
        .map(|m| RequestHeader::unpack(m[0]).origin)
        .collect();
    assert_eq!(
        origins,
        [3, 2, 2, 2, 2],
        "only a log line may be a process's"
    );
}

#[test]
fn load_makes_exactly_the_segments() {
    let (mut monitor, mut machine) = start();
    assert_eq!(load(&mut monitor, &mut machine, 7, FREE, 6), SUCCESS);
    assert_eq!(
        states(&monitor, FREE, 7),
        [[PageState::InTransfer; 6].as_slice(), &[PageState::Data]].concat()
    );
    reply(&mut machine, 0, 0, Some(&good_image(6)));
    let (header, words) = receive(&mut monitor, &mut machine).expect("a reply");
    assert_eq!((header.sequence, header.error, words[1]), (7, 0, 0x1_0000));
    assert_eq!(LoadedImage::read(&words), good_image(6));
    use PageState::{Data, LoadedReadOnly, LoadedText};
    assert_eq!(
        states(&monitor, FREE, 7),
        [Data, LoadedText, LoadedReadOnly, Data, Data, Data, Data]
    );
    assert_eq!(receive(&mut monitor, &mut machine), None);
}

#[test]
fn load_destination_is_whole_free_pages() {
    let (mut monitor, mut machine) = start();
    let mut at = |address, pages| load(&mut monitor, &mut machine, 1, address, pages);
    assert_eq!(at(FREE + 8, 1), INVALID);
    assert_eq!(at(FREE, 0), INVALID);
    assert_eq!(at(FREE, u64::MAX), INVALID);
    assert_eq!(at(u64::MAX - 4095, 1), INVALID);
    for (address, pages) in [
        (RAM, 1),
        (common::HANDOFF, 1),
        (common::BOOT_INFO, 1),
        (KERNEL, 1),
        (KERNEL + 0x8000, 1),
        (KERNEL + 0x2_0000, 1),
        (ROOT + PAGE_BYTES, 1),
        (ROOT + 3 * PAGE_BYTES, 1),
        (ROOT, 8),
        (RAM_END, 1),
        (RAM_END - PAGE_BYTES, 2),
        (0, 1),
        (0x0e00_0000, 1),
        (0x0900_0000, 1),
        (FREE, 1024),
    ] {
        assert_eq!(at(address, pages), DENIED, "{address:#x} {pages}");
    }
    assert_eq!(at(RAM_END - PAGE_BYTES, 1), SUCCESS);
    assert_eq!(at(RAM_END - PAGE_BYTES, 1), DENIED, "already in transfer");
    assert_eq!(machine.sent.len(), 1);
}

#[test]
fn a_full_mailbox_gives_the_pages_back() {
    let (mut monitor, mut machine) = start();
    for (gate, status) in [
        (smc::Status::Busy, BUSY),
        (smc::Status::Denied, DENIED),
        (smc::Status::NotSupported, DENIED),
    ] {
        machine.gate = gate;
        assert_eq!(load(&mut monitor, &mut machine, 1, FREE, 4), status);
        assert_eq!(states(&monitor, FREE, 4), [PageState::Data; 4]);
    }
    machine.gate = smc::Status::Success;
    for page in 0..16 {
        assert_eq!(
            load(&mut monitor, &mut machine, 1, FREE + page * PAGE_BYTES, 1),
            SUCCESS
        );
    }
    assert_eq!(
        load(&mut monitor, &mut machine, 1, FREE + 16 * PAGE_BYTES, 1),
        BUSY,
        "17 pending"
    );
    assert_eq!(
        monitor.memory().state(FREE + 16 * PAGE_BYTES),
        PageState::Data
    );
    reply(&mut machine, 5, 4, None);
    assert!(receive(&mut monitor, &mut machine).is_some());
    assert_eq!(
        load(&mut monitor, &mut machine, 1, FREE + 16 * PAGE_BYTES, 1),
        SUCCESS
    );
}

#[test]
fn two_loads_under_one_number_are_not_confused() {
    let (mut monitor, mut machine) = start();
    let second = FREE + 4 * PAGE_BYTES;
    assert_eq!(load(&mut monitor, &mut machine, 5, FREE, 4), SUCCESS);
    assert_eq!(load(&mut monitor, &mut machine, 5, second, 4), SUCCESS);
    reply(&mut machine, 1, 0, Some(&good_image(4)));
    reply(&mut machine, 0, command::Error::ImageRefused as u16, None);
    assert_eq!(
        receive(&mut monitor, &mut machine).map(|(header, _)| header.error),
        Some(0)
    );
    assert_eq!(states(&monitor, FREE, 4), [PageState::InTransfer; 4]);
    assert_eq!(
        monitor.memory().state(second + PAGE_BYTES),
        PageState::LoadedText
    );
    let (header, words) = receive(&mut monitor, &mut machine).expect("the refusal");
    assert_eq!((header.error, header.sequence), (5, 5));
    assert_eq!(words[1..], [0; 7], "a refusal carries nothing");
    assert_eq!(states(&monitor, FREE, 4), [PageState::Data; 4]);
}

#[test]
fn a_reply_is_used_once_and_only_by_its_command() {
    let (mut monitor, mut machine) = start();
    load(&mut monitor, &mut machine, 5, FREE, 4);
    reply(&mut machine, 0, 0, Some(&good_image(4)));
    let again = machine.replies[0];
    let mut other = again;
    let header = ReplyHeader::unpack(again[0]);
    other[0] = ReplyHeader {
        command: Command::ImageInfo as u16,
        ..header
    }
    .pack();
    machine.replies.push_front(other);
    assert!(
        receive(&mut monitor, &mut machine).is_some(),
        "the wrong command is dropped"
    );
    assert_eq!(
        call(&mut monitor, &mut machine, hvc::MEMORY_RELEASE, &[FREE, 4]).0,
        SUCCESS
    );
    load(&mut monitor, &mut machine, 5, FREE, 4);
    machine.replies.push_back(again);
    assert_eq!(receive(&mut monitor, &mut machine), None);
    assert_eq!(states(&monitor, FREE, 4), [PageState::InTransfer; 4]);
}

#[test]
fn an_unsound_image_becomes_data_and_an_error() {
    for segments in [
        [
            segment(0, 1, 7),
            segment(0, 0, 0),
            segment(0, 0, 0),
            segment(0, 0, 0),
        ],
        [
            segment(0, 1, 6),
            segment(0, 0, 0),
            segment(0, 0, 0),
            segment(0, 0, 0),
        ],
        [
            segment(0, 1, 0),
            segment(0, 0, 0),
            segment(0, 0, 0),
            segment(0, 0, 0),
        ],
        [
            segment(0, 1, 8 | 5),
            segment(0, 0, 0),
            segment(0, 0, 0),
            segment(0, 0, 0),
        ],
        [
            segment(3, 2, 5),
            segment(0, 0, 0),
            segment(0, 0, 0),
            segment(0, 0, 0),
        ],
        [
            segment(u16::MAX, u16::MAX, 5),
            segment(0, 0, 0),
            segment(0, 0, 0),
            segment(0, 0, 0),
        ],
        [
            segment(1, 2, 5),
            segment(2, 1, 3),
            segment(0, 0, 0),
            segment(0, 0, 0),
        ],
    ] {
        let (mut monitor, mut machine) = start();
        load(&mut monitor, &mut machine, 1, FREE, 4);
        reply(
            &mut machine,
            0,
            0,
            Some(&LoadedImage { entry: 0, segments }),
        );
        let (header, _) = receive(&mut monitor, &mut machine).expect("a reply");
        assert_eq!(
            header.error,
            command::Error::ImageRefused as u16,
            "{segments:?}"
        );
        assert_eq!(states(&monitor, FREE, 4), [PageState::Data; 4]);
    }
}

#[test]
fn other_replies_pass_with_the_kernels_number() {
    let (mut monitor, mut machine) = start();
    assert_eq!(
        call(&mut monitor, &mut machine, hvc::MAILBOX_RECEIVE, &[]).0,
        EMPTY
    );
    let word = header(Command::Random, 0xbeef, Origin::Kernel, 56);
    assert_eq!(
        call(&mut monitor, &mut machine, hvc::MAILBOX_SEND, &[word]).0,
        SUCCESS
    );
    reply(&mut machine, 0, 0, None);
    let (header, words) = receive(&mut monitor, &mut machine).expect("a reply");
    assert_eq!(
        (header.sequence, header.command),
        (0xbeef, Command::Random as u16)
    );
    assert_eq!(words[1..], [0x5a; 7]);
}

#[test]
fn release_empties_text_and_refuses_the_kernels_memory() {
    let (mut monitor, mut machine) = start();
    machine.kernel_writes();
    let mut release = |address, pages| {
        call(
            &mut monitor,
            &mut machine,
            hvc::MEMORY_RELEASE,
            &[address, pages],
        )
        .0
    };
    assert_eq!(release(FREE + 1, 1), INVALID);
    assert_eq!(release(FREE, 0), INVALID);
    assert_eq!(release(FREE, hvc::RELEASE_PAGES + 1), INVALID);
    for address in [
        0,
        RAM,
        common::HANDOFF,
        common::BOOT_INFO,
        KERNEL,
        KERNEL + 0x8000,
        KERNEL + 0xa000,
        RAM_END,
    ] {
        assert_eq!(release(address, 1), DENIED, "{address:#x}");
    }
    assert_eq!(
        release(FREE, hvc::RELEASE_PAGES),
        SUCCESS,
        "plain memory stays as it is"
    );
    assert_eq!(release(ROOT, 5), SUCCESS);
    let writers = &machine.writer[index(ROOT)..index(ROOT) + 5];
    use Writer::{Kernel, Nobody, Pluton};
    assert_eq!(writers, [Kernel, Nobody, Nobody, Pluton, Kernel]);
    assert_eq!(states(&monitor, ROOT, 5), [PageState::Data; 5]);
    load(&mut monitor, &mut machine, 1, FREE, 1);
    let (status, _) = call(&mut monitor, &mut machine, hvc::MEMORY_RELEASE, &[FREE, 2]);
    assert_eq!(status, DENIED, "in transfer");
}

#[test]
fn interrupts_are_the_partitions_own() {
    let (mut monitor, mut machine) = start();
    let mut enable = |number, trigger| {
        call(
            &mut monitor,
            &mut machine,
            hvc::INTERRUPT_ENABLE,
            &[number, trigger],
        )
        .0
    };
    for number in (0..1100).chain([1 << 32 | 33, u64::MAX]) {
        let own = [7, 27, 33].contains(&number);
        assert_eq!(
            enable(number, 0),
            if own { SUCCESS } else { DENIED },
            "{number}"
        );
    }
    assert_eq!(enable(33, 1), SUCCESS);
    assert_eq!(enable(33, 2), INVALID);
    assert_eq!(machine.interrupts[3], (33, Some(Trigger::Edge)));
    machine.interrupts.clear();
    assert_eq!(
        call(&mut monitor, &mut machine, hvc::INTERRUPT_DISABLE, &[34]).0,
        DENIED
    );
    assert_eq!(
        call(&mut monitor, &mut machine, hvc::INTERRUPT_DISABLE, &[33]).0,
        SUCCESS
    );
    assert_eq!(machine.interrupts, [(33, None)]);
}

#[test]
fn off_and_reset_go_to_the_gate() {
    let (mut monitor, mut machine) = start();
    assert_eq!(
        call(&mut monitor, &mut machine, hvc::SYSTEM_OFF, &[]).0,
        DENIED,
        "the gate came back"
    );
    assert_eq!(
        call(&mut monitor, &mut machine, hvc::SYSTEM_RESET, &[]).0,
        DENIED
    );
    assert_eq!((machine.offs, machine.resets), (1, 1));
}
