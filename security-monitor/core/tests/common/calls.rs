//! What the call tests share: statuses as numbers, a load, a reply to it.

use super::{Fake, call, header};
use monitor_abi::hvc::{self, Status};
use monitor_core::layout::PAGE_BYTES;
use monitor_core::memory::PageState;
use monitor_core::monitor::Monitor;
use pluton_abi::command::{Command, LoadedImage, Message, Origin, ReplyHeader, RequestHeader};

pub(crate) const SUCCESS: u64 = Status::Success as u64;
pub(crate) const BUSY: u64 = Status::Busy as u64;
pub(crate) const EMPTY: u64 = Status::Empty as u64;
pub(crate) const DENIED: u64 = Status::Denied as u64;
pub(crate) const INVALID: u64 = Status::InvalidArgument as u64;

pub(crate) fn load(
    monitor: &mut Monitor,
    machine: &mut Fake,
    sequence: u16,
    address: u64,
    pages: u64,
) -> u64 {
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
pub(crate) fn reply(machine: &mut Fake, index: usize, error: u16, image: Option<&LoadedImage>) {
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

pub(crate) fn receive(monitor: &mut Monitor, machine: &mut Fake) -> Option<(ReplyHeader, Message)> {
    let (status, words) = call(monitor, machine, hvc::MAILBOX_RECEIVE, &[]);
    (status == SUCCESS).then(|| (ReplyHeader::unpack(words[0]), words))
}

pub(crate) fn states(monitor: &Monitor, address: u64, pages: u64) -> Vec<PageState> {
    (0..pages)
        .map(|page| monitor.memory().state(address + page * PAGE_BYTES))
        .collect()
}
