//! The mailbox's commands, one file each. What is not listed here is refused.
//!
//! A command gets the request as eight words by value: nobody can change them while
//! it looks. Every word of a reply is written here; those a command does not use
//! stay zero.

mod image_info;
mod image_load;
mod log;
mod measurement;
mod random;

use crate::machine::{Destination, Flash, Lines};
use crate::runtime::{Machine, Runtime};
use pluton_abi::command::{
    Command, Error, MESSAGE_WORDS, Message, Origin, ReplyHeader, RequestHeader,
};

/// A request with its header read.
#[derive(Clone, Copy, Debug)]
struct Request<'a> {
    core: usize,
    origin: Origin,
    length: u8,
    words: &'a Message,
}

/// Who may ask for a command, and from which cores. Images are loaded for the kernel
/// alone; real-time cores never load anything.
const fn may_ask(command: Command, origin: Origin, core: usize) -> bool {
    match (command, origin) {
        (_, Origin::Unknown) => false,
        (Command::Log, _) => true,
        (Command::ImageInfo | Command::ImageLoad, Origin::Kernel) => core == 0,
        (Command::Measurement | Command::Random, Origin::Kernel | Origin::Monitor) => true,
        _ => false,
    }
}

/// Answers one request from `core`. A log message has no reply; everything else,
/// even nonsense, has one.
pub fn serve<F: Flash, M: Destination, L: Lines>(
    runtime: &mut Runtime,
    machine: &mut Machine<F, M, L>,
    core: usize,
    message: &Message,
) -> Option<Message> {
    let header = RequestHeader::unpack(message[0]);
    let origin = Origin::from_number(header.origin);
    let request = Request { core, origin, length: header.length, words: message };
    let mut reply = [0; MESSAGE_WORDS];
    let result = match Command::from_number(header.command) {
        None => Err(Error::UnknownCommand),
        Some(Command::Log) => {
            // It has no reply, so a refusal has none either.
            let _ = log::serve(runtime, &mut machine.lines, &request);
            return None;
        }
        Some(command) if !may_ask(command, origin, core) => Err(Error::Denied),
        Some(Command::ImageInfo) => image_info::serve(runtime, machine, &request, &mut reply),
        Some(Command::ImageLoad) => image_load::serve(runtime, machine, &request, &mut reply),
        Some(Command::Measurement) => measurement::serve(runtime, &request, &mut reply),
        Some(Command::Random) => random::serve(runtime, &request, &mut reply),
    };
    let error = match result {
        Ok(()) => 0,
        Err(error) => {
            // Nothing partial leaves with an error.
            reply = [0; MESSAGE_WORDS];
            error as u16
        }
    };
    let header = ReplyHeader { command: header.command, sequence: header.sequence, error };
    reply[0] = header.pack();
    Some(reply)
}
