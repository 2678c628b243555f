//! What passes between the kernel and the Pluton runtime, one promise a test.

mod common;

use common::calls::{BUSY, DENIED, EMPTY, INVALID, SUCCESS, load, receive, reply, states};
use common::{FREE, KERNEL, RAM, RAM_END, ROOT, call, good_image, header, segment, start};
use monitor_abi::hvc;
use monitor_core::layout::PAGE_BYTES;
use monitor_core::memory::PageState;
use pluton_abi::command::{Command, LoadedImage, Origin, ReplyHeader, RequestHeader};
use pluton_abi::{command, smc};

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
    let (header, _) = receive(&mut monitor, &mut machine).expect("the right reply");
    assert_eq!(
        header.command,
        Command::ImageLoad as u16,
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
