//! The mailbox from a hostile caller's side.

mod common;

use common::*;
use image_format::ImageType;
use pluton_abi::command::{
    Command, Error, ImageInfo, LoadedImage, Message, ReplyHeader, RequestHeader,
};
use pluton_core::boot::boot;
use pluton_core::commands::serve;
use pluton_core::runtime::Runtime;
use proptest::prelude::*;

const MONITOR: u8 = 1;
const KERNEL: u8 = 2;
const PROCESS: u8 = 3;

fn booted() -> (Runtime, FakeMachine) {
    let (mut runtime, mut machine) = (runtime(), machine(&images()));
    boot(&mut runtime, &mut machine).unwrap();
    machine.lines.0.clear();
    (runtime, machine)
}

fn request(command: u16, origin: u8, length: u8, words: [u64; 3]) -> Message {
    let header = RequestHeader { command, sequence: 0xbeef, origin, length }.pack();
    [header, words[0], words[1], words[2], 0, 0, 0, 0]
}

fn error_of(reply: &Message) -> Option<Error> {
    let header = ReplyHeader::unpack(reply[0]);
    assert_eq!(header.sequence, 0xbeef);
    Error::from_number(header.error)
}

fn load(slot: u64, physical: u64, pages: u64) -> Message {
    request(Command::ImageLoad as u16, KERNEL, 0, [slot, physical, pages])
}

#[test]
fn all_65536_numbers() {
    let (mut runtime, mut machine) = booted();
    let memory = machine.memory.bytes.clone();
    for number in 0..=u16::MAX {
        let reply = serve(&mut runtime, &mut machine, 0, &request(number, KERNEL, 0, [0; 3]));
        match Command::from_number(number) {
            Some(Command::Log) => assert!(reply.is_none()),
            Some(_) => assert_ne!(error_of(&reply.unwrap()), Some(Error::UnknownCommand)),
            None => {
                let reply = reply.unwrap();
                assert_eq!(ReplyHeader::unpack(reply[0]).command, number);
                assert_eq!(error_of(&reply), Some(Error::UnknownCommand), "{number}");
                assert_eq!(reply[1..], [0; 7]);
            }
        }
    }
    assert_eq!(machine.lines.0, "");
    assert_eq!(machine.memory.bytes, memory);
}

#[test]
fn who_may_ask_what() {
    let (mut runtime, mut machine) = booted();
    for origin in 0..=255u8 {
        for core in 0..3 {
            for (command, allowed) in [
                (Command::ImageInfo, origin == KERNEL && core == 0),
                (Command::ImageLoad, origin == KERNEL && core == 0),
                (Command::Measurement, origin == KERNEL || origin == MONITOR),
                (Command::Random, origin == KERNEL || origin == MONITOR),
            ] {
                let message = request(command as u16, origin, 8, [3, PROGRAMS + 16384, 4]);
                let reply = serve(&mut runtime, &mut machine, core, &message).unwrap();
                let expected = if allowed { None } else { Some(Error::Denied) };
                assert_eq!(error_of(&reply), expected, "{command:?} {origin} {core}");
            }
        }
    }
}

#[test]
fn a_program_is_loaded_whole() {
    let (mut runtime, mut machine) = booted();
    let place = PROGRAMS + 5 * 4096;
    let reply = serve(&mut runtime, &mut machine, 0, &load(5, place, 6)).unwrap();
    assert_eq!(error_of(&reply), None);
    let app = &images()[4].1;
    assert_eq!(machine.memory.at(place, app.len()), app);
    assert!(machine.memory.at(place + 3 * 4096, 3 * 4096).iter().all(|&byte| byte == 0));
    let loaded = LoadedImage::read(&reply);
    assert_eq!(loaded.entry, 0x10_0000);
    let rows = loaded.segments.map(|part| (part.first_page, part.pages, part.rights));
    assert_eq!(rows, [(1, 1, 5), (2, 2, 3), (0, 0, 0), (0, 0, 0)]);
    assert_eq!(machine.lines.0, "", "already measured");
}

#[test]
fn destinations_that_are_not_programs_memory_are_refused() {
    let (mut runtime, mut machine) = booted();
    let before = machine.memory.bytes.clone();
    let end = RAM.base + RAM.bytes;
    for (physical, pages) in [
        (PROGRAMS, 0),
        (PROGRAMS, 3),
        (PROGRAMS + 1, 4),
        (PROGRAMS - 4096, 4),
        (RAM.base, 4),
        (LAYOUT.kernel.base, 4),
        (end - 3 * 4096, 4),
        (end, 4),
        (0, 4),
        (0x0e00_0000, 4),
        (0x0e00_9000, 4),
        (PROGRAMS, u64::MAX),
        (PROGRAMS, u64::MAX / 4096 + 2),
        (!0xfff, 4),
        (!0xfff, 1),
    ] {
        let reply = serve(&mut runtime, &mut machine, 0, &load(5, physical, pages)).unwrap();
        assert_eq!(error_of(&reply), Some(Error::BadDestination), "{physical:#x} {pages}");
    }
    assert_eq!(machine.memory.bytes, before);
}

#[test]
fn only_programs_can_be_loaded() {
    let (mut runtime, mut machine) = booted();
    for (slot, error) in [
        (0, Error::InvalidArgument),
        (1, Error::InvalidArgument),
        (2, Error::InvalidArgument),
        (8, Error::InvalidArgument),
        (u64::MAX, Error::InvalidArgument),
        (u64::MAX / SLOT + 1, Error::InvalidArgument),
        (4, Error::NoImage),
    ] {
        let reply = serve(&mut runtime, &mut machine, 0, &load(slot, PROGRAMS, 8)).unwrap();
        assert_eq!(error_of(&reply), Some(error), "{slot}");
    }
    let stray = image(ImageType::RealTimeApplication, "motor", 0, MANUFACTURER);
    let from = 6 * SLOT as usize;
    machine.flash.0[from..from + stray.len()].copy_from_slice(&stray);
    let reply = serve(&mut runtime, &mut machine, 0, &load(6, PROGRAMS, 8)).unwrap();
    assert_eq!(error_of(&reply), Some(Error::ImageRefused));
}

#[test]
fn flash_that_changes_after_the_boot_is_refused_without_a_halt() {
    for at in [0, 24, 4040, 4096, 12000] {
        let (mut runtime, mut machine) = booted();
        machine.flash.0[5 * SLOT as usize + at] ^= 1;
        let place = PROGRAMS + 5 * 4096;
        let reply = serve(&mut runtime, &mut machine, 0, &load(5, place, 4)).unwrap();
        assert_eq!(error_of(&reply), Some(Error::ImageRefused));
        assert_eq!(reply[1..], [0; 7]);
        let line = &machine.lines.0;
        assert!(line.starts_with("[pluton ] refused ") && line.lines().count() == 1, "{line}");
        let left = machine.memory.at(place, 4 * 4096);
        assert!(left.iter().all(|&byte| byte == 0xaa) || left.iter().all(|&byte| byte == 0));
        let entries = serve(&mut runtime, &mut machine, 0, &request(4, KERNEL, 0, [0; 3])).unwrap();
        assert_eq!(entries[1], 6, "a refused image is not in the log");
    }
}

#[test]
fn an_exchanged_program_is_measured_before_it_is_known() {
    let (mut runtime, mut machine) = booted();
    let newer = image_with(ImageType::Application, "dw100", 0, MANUFACTURER, |header| {
        header.version = 8;
    });
    let from = 5 * SLOT as usize;
    machine.flash.0[from..from + newer.len()].copy_from_slice(&newer);
    let reply = serve(&mut runtime, &mut machine, 0, &load(5, PROGRAMS + 16384, 4)).unwrap();
    assert_eq!(error_of(&reply), None);
    assert!(machine.lines.0.starts_with("[pluton ] measured dw100 type=application version=8"));
    let entry = serve(&mut runtime, &mut machine, 0, &request(4, KERNEL, 0, [6, 0, 0])).unwrap();
    assert_eq!(entry[1], 7);
    let sha256: Vec<u8> = entry[4..].iter().flat_map(|word| word.to_le_bytes()).collect();
    assert_eq!(sha256, measurement_of(&newer));
}

#[test]
fn image_info_describes_only_what_is_signed() {
    let (mut runtime, mut machine) = booted();
    let mut ask = |machine: &mut FakeMachine, slot| {
        serve(&mut runtime, machine, 0, &request(2, KERNEL, 0, [slot, 0, 0])).unwrap()
    };
    let reply = ask(&mut machine, 5);
    let info = ImageInfo::read(&reply);
    assert_eq!((info.image_type, info.version, info.memory_pages), (6, 7, 4));
    assert_eq!(&info.name[..6], b"dw100\0");
    assert_eq!(error_of(&ask(&mut machine, 4)), Some(Error::NoImage));
    assert_eq!(error_of(&ask(&mut machine, 8)), Some(Error::InvalidArgument));
    machine.flash.0[5 * SLOT as usize + 24] ^= 1;
    assert_eq!(error_of(&ask(&mut machine, 5)), Some(Error::ImageRefused));
}

#[test]
fn random_gives_as_much_as_asked_or_nothing() {
    let (mut runtime, mut machine) = booted();
    let mut ask = |runtime: &mut Runtime, length| {
        serve(runtime, &mut machine, 0, &request(5, KERNEL, length, [0; 3])).unwrap()
    };
    let mut last = Vec::new();
    for length in 1..=56u8 {
        let reply = ask(&mut runtime, length);
        assert_eq!(error_of(&reply), None);
        let bytes: Vec<u8> = reply[1..].iter().flat_map(|word| word.to_le_bytes()).collect();
        assert!(bytes[usize::from(length)..].iter().all(|&byte| byte == 0), "{length}");
        if length >= 16 {
            let taken = &bytes[..usize::from(length)];
            assert!(taken.iter().any(|&byte| byte != 0) && taken[..16] != last[..]);
            last = taken[..16].to_vec();
        } else {
            last = vec![0; 16];
        }
    }
    for length in [0, 57, 255] {
        assert_eq!(error_of(&ask(&mut runtime, length)), Some(Error::InvalidArgument));
    }
    let mut without = runtime_with(0);
    assert_eq!(error_of(&ask(&mut without, 8)), Some(Error::NoEntropy));
}

#[test]
fn measurements_end() {
    let (mut runtime, mut machine) = booted();
    for (entry, expected) in
        [(0, None), (5, None), (6, Some(Error::NoEntry)), (u64::MAX, Some(Error::NoEntry))]
    {
        let message = request(4, MONITOR, 0, [entry, 0, 0]);
        let reply = serve(&mut runtime, &mut machine, 2, &message).unwrap();
        assert_eq!(error_of(&reply), expected, "{entry}");
    }
}

fn log(runtime: &mut Runtime, machine: &mut FakeMachine, core: usize, origin: u8, text: &str) {
    for piece in text.as_bytes().chunks(56) {
        let mut words = [0u8; 56];
        words[..piece.len()].copy_from_slice(piece);
        let mut message = request(1, origin, piece.len() as u8, [0; 3]);
        for (word, bytes) in message[1..].iter_mut().zip(words.as_chunks::<8>().0) {
            *word = u64::from_le_bytes(*bytes);
        }
        assert!(serve(runtime, machine, core, &message).is_none());
    }
}

#[test]
fn lines_do_not_mix_and_nobody_speaks_for_another() {
    let (mut runtime, mut machine) = booted();
    let (runtime, machine) = (&mut runtime, &mut machine);
    log(runtime, machine, 0, KERNEL, "one ");
    log(runtime, machine, 0, PROCESS, "log: hello\n[pluton ] halted\n");
    log(runtime, machine, 0, MONITOR, "\x1b[2J\x07 \u{9b}31m\n");
    log(runtime, machine, 1, KERNEL, "other core\n");
    log(runtime, machine, 0, KERNEL, "line\r\n[rom    ] x\n");
    log(runtime, machine, 0, PROCESS, "dw100: 21 \u{b0}C \u{202e}evil\u{200b}\n");
    log(runtime, machine, 0, 0, "nobody\n");
    log(runtime, machine, 0, 77, "nobody\n");
    log(runtime, machine, 9, KERNEL, "no core\n");
    log(runtime, machine, 0, KERNEL, "unfinished");
    let mut lines = std::mem::take(&mut machine.lines);
    runtime.flush(&mut lines);
    assert_eq!(
        lines.0,
        "log: hello\n?pluton ] halted\n[monitor] ?[2J? ?31m\n[kernel ] other core\n\
         [kernel ] one line\n[kernel ] [rom    ] x\ndw100: 21 \u{b0}C ?evil?\n\
         [kernel ] unfinished\n"
    );
}

#[test]
fn long_lines_are_cut() {
    let (mut runtime, mut machine) = booted();
    log(&mut runtime, &mut machine, 0, KERNEL, &("x".repeat(500) + "\n"));
    let lengths: Vec<usize> = machine.lines.0.lines().map(str::len).collect();
    assert_eq!(lengths, [250, 250, 30]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_messages_are_answered(
        messages in proptest::collection::vec(
            (0usize..5, any::<[u64; 8]>(), 0u16..8, 0u8..5), 1..40),
    ) {
        let (mut runtime, mut machine) = booted();
        let low = machine.memory.at(RAM.base, (PROGRAMS - RAM.base) as usize).to_vec();
        for (core, mut message, command, origin) in messages {
            message[0] = message[0] & !0xff_0000_ffff
                | u64::from(command) | u64::from(origin) << 32;
            let reply = serve(&mut runtime, &mut machine, core, &message);
            prop_assert_eq!(reply.is_none(), command == 1);
        }
        prop_assert_eq!(machine.memory.at(RAM.base, low.len()), low);
        for line in machine.lines.0.lines() {
            prop_assert!(!line.chars().any(char::is_control));
        }
    }
}
