//! Interrupts: a device's line arrives as a signal, and not again before it is
//! acknowledged.

use crate::agent::{self, Order};
use crate::arch::device;
use crate::call::{self, of};
use crate::child::{Birth, Child};
use crate::stand::{EVENTS, R, RW, SCRATCH, Stand};
use crate::verdict::{Verdict, cases, fine, holds, refused, same};
use kernel_abi::{Error, Rights, SystemCall};

const W: Rights = Rights::WRITE;

/// The device mapped and silent, and its interrupt bound: interrupt and notification.
fn ready(stand: &mut Stand) -> Verdict<(u64, u64)> {
    let found = stand.device()?;
    let region = stand.copy(found.region, RW, 0)?;
    fine("map the device", call::map(region, SCRATCH, RW))?;
    device::clear(SCRATCH);
    let notification = stand.notification()?;
    fine("bind", call::interrupt_bind(found.interrupt, notification))?;
    Ok((found.interrupt, notification))
}

cases! {
    fn interrupt_signals(stand) {
        let (interrupt, notification) = ready(stand)?;
        refused("nothing yet", call::wait(notification, 0), Error::WouldBlock)?;
        device::raise(SCRATCH);
        same("bits", fine("wait", call::wait(notification, stand.within(500)))?, 1)?;
        device::clear(SCRATCH);
        fine("acknowledge", call::acknowledge(interrupt))?;
    }
    fn interrupt_signals_with_the_badge(stand) {
        let (interrupt, notification) = ready(stand)?;
        let badged = stand.copy(notification, W, 32)?;
        fine("bind", call::interrupt_bind(interrupt, badged))?;
        device::raise(SCRATCH);
        same("bits", fine("wait", call::wait(notification, stand.within(500)))?, 32)?;
        device::clear(SCRATCH);
        fine("acknowledge", call::acknowledge(interrupt))?;
    }
    fn interrupts_again_and_again(stand) {
        let (interrupt, notification) = ready(stand)?;
        for _ in 0..50 {
            device::raise(SCRATCH);
            same("bits", fine("wait", call::wait(notification, stand.within(500)))?, 1)?;
            device::clear(SCRATCH);
            fine("acknowledge", call::acknowledge(interrupt))?;
        }
        refused("no more", call::wait(notification, stand.within(2)), Error::TimedOut)?;
    }
    /// K 25.
    fn k25_storm_costs_nobody_else(stand) {
        let (interrupt, notification) = ready(stand)?;
        device::raise(SCRATCH);
        same("bits", fine("wait", call::wait(notification, stand.within(500)))?, 1)?;
        // The line stays high and is not acknowledged: it must stay silent.
        let child = Child::new(stand, Birth::POOR)?;
        for _ in 0..20 {
            child.does(stand, Order::Rest, &[])?;
        }
        refused("silent", call::wait(notification, stand.within(5)), Error::TimedOut)?;
        // Acknowledged with the line still high: it comes again, once for each time.
        for _ in 0..20 {
            fine("acknowledge", call::acknowledge(interrupt))?;
            same("bits", fine("wait", call::wait(notification, stand.within(500)))?, 1)?;
        }
        device::clear(SCRATCH);
        fine("acknowledge", call::acknowledge(interrupt))?;
        refused("silent", call::wait(notification, stand.within(2)), Error::TimedOut)?;
    }
    fn k25_acknowledge_what_was_not_taken(stand) {
        let (interrupt, _) = ready(stand)?;
        refused("acknowledge", call::acknowledge(interrupt), Error::BadState)?;
    }
    fn k25_acknowledge_without_the_right(stand) {
        let (interrupt, notification) = ready(stand)?;
        let weak = stand.copy(interrupt, R, 0)?;
        refused("acknowledge", call::acknowledge(weak), Error::NoRight)?;
        refused("bind", call::interrupt_bind(weak, notification), Error::NoRight)?;
    }
    fn k25_bind_anothers_interrupt(stand) {
        let child = Child::new(stand, Birth::RICH)?;
        fine("notification", child.tries(stand, SystemCall::NotificationCreate, &[agent::FREE])?)?;
        for slot in 0..128 {
            let bound = child.tries(stand, SystemCall::InterruptBind, &[slot, agent::FREE])?;
            holds("refused", bound.is_err())?;
        }
    }
    fn bind_needs_a_notification(stand) {
        let (interrupt, notification) = ready(stand)?;
        refused("an endpoint", call::interrupt_bind(interrupt, EVENTS), Error::WrongKind)?;
        refused("nothing", call::interrupt_bind(interrupt, 127), Error::NoCapability)?;
        let weak = stand.copy(notification, R, 0)?;
        refused("a reader", call::interrupt_bind(interrupt, weak), Error::NoRight)?;
    }
    fn unbound_interrupt_is_silent(stand) {
        let (interrupt, notification) = ready(stand)?;
        fine("unbind", call::interrupt_bind(interrupt, 0))?;
        device::raise(SCRATCH);
        refused("silent", call::wait(notification, stand.within(5)), Error::TimedOut)?;
        fine("bind", call::interrupt_bind(interrupt, notification))?;
        same("bits", fine("wait", call::wait(notification, stand.within(500)))?, 1)?;
        device::clear(SCRATCH);
        fine("acknowledge", call::acknowledge(interrupt))?;
    }
    fn unbound_while_taken(stand) {
        let (interrupt, notification) = ready(stand)?;
        device::raise(SCRATCH);
        fine("wait", call::wait(notification, stand.within(500)))?;
        fine("unbind", call::interrupt_bind(interrupt, 0))?;
        refused("acknowledge", call::acknowledge(interrupt), Error::BadState)?;
        device::clear(SCRATCH);
        fine("bind", call::interrupt_bind(interrupt, notification))?;
        device::raise(SCRATCH);
        same("bits", fine("wait", call::wait(notification, stand.within(500)))?, 1)?;
        device::clear(SCRATCH);
    }
    fn binding_again_does_not_acknowledge(stand) {
        let (interrupt, notification) = ready(stand)?;
        device::raise(SCRATCH);
        fine("wait", call::wait(notification, stand.within(500)))?;
        fine("bind again", call::interrupt_bind(interrupt, notification))?;
        refused("silent", call::wait(notification, stand.within(5)), Error::TimedOut)?;
        fine("acknowledge", call::acknowledge(interrupt))?;
        same("bits", fine("wait", call::wait(notification, stand.within(500)))?, 1)?;
        device::clear(SCRATCH);
        fine("acknowledge", call::acknowledge(interrupt))?;
    }
    fn notification_deleted_under_an_interrupt(stand) {
        let (interrupt, notification) = ready(stand)?;
        fine("delete", call::delete(notification))?;
        device::raise(SCRATCH);
        fine("sleep", call::sleep(stand.within(5)))?;
        device::clear(SCRATCH);
        fine("acknowledge", call::acknowledge(interrupt))?;
        let again = stand.notification()?;
        fine("bind", call::interrupt_bind(interrupt, again))?;
        device::raise(SCRATCH);
        same("bits", fine("wait", call::wait(again, stand.within(500)))?, 1)?;
        device::clear(SCRATCH);
    }
    fn driver_in_a_child(stand) {
        let (interrupt, notification) = ready(stand)?;
        let child = Child::new(stand, Birth::POOR)?;
        fine("give", call::copy(notification, of(child.process, agent::FREE), R, 0))?;
        fine("give", call::copy(interrupt, of(child.process, agent::FREE + 1), W, 0))?;
        for _ in 0..10 {
            let wait = [agent::FREE, stand.within(500)];
            child.order_call(stand, SystemCall::Wait, &wait)?;
            device::raise(SCRATCH);
            same("bits", child.finish(stand)?.words[0], 1)?;
            device::clear(SCRATCH);
            let done = child.tries(stand, SystemCall::InterruptAcknowledge, &[agent::FREE + 1])?;
            fine("acknowledge", done)?;
        }
    }
    fn interrupt_during_a_long_revocation(stand) {
        let (interrupt, notification) = ready(stand)?;
        let region = stand.region(512)?;
        device::raise(SCRATCH);
        fine("delete 512 pages", call::delete(region))?;
        same("bits", fine("wait", call::wait(notification, stand.within(500)))?, 1)?;
        device::clear(SCRATCH);
        fine("acknowledge", call::acknowledge(interrupt))?;
    }
}
