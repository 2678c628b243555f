//! Which messages pass between the kernel and the Pluton runtime.
//!
//! Only what a command reads is forwarded; every other bit is zero. The sequence
//! numbers on the Pluton side are the monitor's own, so that a reply finds the
//! request it belongs to whatever numbers the kernel chose: a kernel that asks two
//! loads under one number still gets each reply applied to its own pages. As many
//! requests may be pending as the gate holds replies, so no reply is ever lost.

use monitor_abi::hvc::Status;
use pluton_abi::command::{
    Command, LOG_BYTES, LoadedImage, Message, Origin, ReplyHeader, RequestHeader,
};
use pluton_abi::{command, smc};

use crate::layout::Region;
use crate::machine::Machine;
use crate::memory::{Memory, image_is_sound};

/// The sequence number of messages that have no reply; no pending request has it.
const NO_REPLY: u16 = 0;
const SLOT_BITS: u32 = 4;
const _: () = assert!(smc::MAILBOX_DEPTH == 1 << SLOT_BITS);

/// A request that waits for its reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pending {
    sequence: u16,
    kernel_sequence: u16,
    command: u16,
    /// The pages that are in transfer.
    destination: Option<Region>,
}

/// The partition's mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    pending: [Option<Pending>; smc::MAILBOX_DEPTH],
    generation: u16,
}

/// The kernel's message as it may be forwarded: the words that the command reads.
fn filter(message: &Message) -> Result<(Command, RequestHeader, Message), Status> {
    let header = RequestHeader::unpack(message[0]);
    let command = Command::from_number(header.command).ok_or(Status::Denied)?;
    let counts_bytes = matches!(command, Command::Log | Command::Random);
    if counts_bytes && !(1..=LOG_BYTES).contains(&usize::from(header.length)) {
        return Err(Status::InvalidArgument);
    }
    let origin = match (command, Origin::from_number(header.origin)) {
        (Command::Log, Origin::Process) => Origin::Process,
        (Command::Log, Origin::Unknown | Origin::Monitor) => return Err(Status::Denied),
        _ => Origin::Kernel,
    };
    let words = match command {
        Command::Log => usize::from(header.length).div_ceil(8),
        Command::ImageLoad => 3,
        Command::ImageInfo | Command::Measurement => 1,
        Command::Random => 0,
    };
    let mut filtered = Message::default();
    for (to, from) in filtered.iter_mut().zip(message).skip(1).take(words) {
        *to = *from;
    }
    let length = if counts_bytes { header.length } else { 0 };
    Ok((
        command,
        RequestHeader {
            origin: origin as u8,
            length,
            ..header
        },
        filtered,
    ))
}

const fn answer(status: smc::Status) -> Status {
    match status {
        smc::Status::Success => Status::Success,
        smc::Status::Busy => Status::Busy,
        smc::Status::Empty | smc::Status::Denied | smc::Status::NotSupported => Status::Denied,
    }
}

impl Mailbox {
    /// An empty one.
    pub const fn new() -> Self {
        Self {
            pending: [None; smc::MAILBOX_DEPTH],
            generation: 1,
        }
    }

    /// Forwards the kernel's message. The pages of a load are out of everyone's
    /// reach before the message leaves.
    pub(crate) fn send(
        &mut self,
        memory: &mut Memory,
        machine: &mut impl Machine,
        message: &Message,
    ) -> Status {
        match self.try_send(memory, machine, message) {
            Ok(status) | Err(status) => status,
        }
    }

    fn try_send(
        &mut self,
        memory: &mut Memory,
        machine: &mut impl Machine,
        message: &Message,
    ) -> Result<Status, Status> {
        let (command, mut header, mut message) = filter(message)?;
        if command == Command::Log {
            header.sequence = NO_REPLY;
            message[0] = header.pack();
            return Ok(answer(machine.send(&message)));
        }
        let mut slots = self.pending.iter_mut().enumerate();
        let (index, slot) = slots.find(|(_, slot)| slot.is_none()).ok_or(Status::Busy)?;
        let sequence = self.generation << SLOT_BITS | index as u16;
        let destination = match command {
            Command::ImageLoad => {
                Some(Region::new(message[2], message[3]).ok_or(Status::InvalidArgument)?)
            }
            _ => None,
        };
        if let Some(region) = &destination {
            memory.begin_load(machine, region)?;
        }
        let kernel_sequence = header.sequence;
        header.sequence = sequence;
        message[0] = header.pack();
        let status = answer(machine.send(&message));
        if status == Status::Success {
            let command = header.command;
            *slot = Some(Pending {
                sequence,
                kernel_sequence,
                command,
                destination,
            });
            // 1..=4095: a number that is never NO_REPLY and fits above the slot.
            self.generation = (self.generation % 4095).wrapping_add(1);
        } else if let Some(region) = &destination {
            memory.end_load(machine, region, None);
        }
        Ok(status)
    }

    /// Takes the oldest reply that belongs to a request of the kernel's.
    pub(crate) fn receive(
        &mut self,
        memory: &mut Memory,
        machine: &mut impl Machine,
    ) -> Option<Message> {
        // A reply that belongs to nothing is dropped; the gate holds no more than these.
        for _ in 0..smc::MAILBOX_DEPTH {
            let mut reply = machine.receive()?;
            let header = ReplyHeader::unpack(reply[0]);
            let matches = |pending: &Pending| {
                pending.sequence == header.sequence && pending.command == header.command
            };
            let mut slots = self.pending.iter_mut();
            let Some(slot) = slots.find(|slot| slot.as_ref().is_some_and(matches)) else {
                continue;
            };
            let Some(pending) = slot.take() else { continue };
            let mut header = ReplyHeader {
                sequence: pending.kernel_sequence,
                ..header
            };
            if let Some(region) = &pending.destination {
                let image = LoadedImage::read(&reply);
                let sound = header.error == 0 && image_is_sound(&image, region.pages());
                if header.error == 0 && !sound {
                    header.error = command::Error::ImageRefused as u16;
                }
                memory.end_load(machine, region, sound.then_some(&image));
            }
            if header.error != 0 {
                reply = Message::default();
            }
            reply[0] = header.pack();
            return Some(reply);
        }
        None
    }
}

impl Default for Mailbox {
    fn default() -> Self {
        Self::new()
    }
}
