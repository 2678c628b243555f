//! Notifications: bits that stay until somebody takes them.

use crate::agent;
use crate::arch;
use crate::call::{self, of};
use crate::child::{Birth, Child};
use crate::stand::{DONE, EVENTS, R};
use crate::verdict::{cases, fine, holds, refused, same};
use kernel_abi::boot::OWN_THREAD;
use kernel_abi::message::{FOREVER, Kind};
use kernel_abi::{Error, Rights, SystemCall};

const W: Rights = Rights::WRITE;
const HERE: u64 = agent::FREE;
const ME: u64 = OWN_THREAD.0 as u64;

cases! {
    fn signal_then_wait(stand) {
        let notification = stand.notification()?;
        fine("signal", call::signal(notification))?;
        same("bits", fine("wait", call::wait(notification, 0))?, 1)?;
        refused("taken", call::wait(notification, 0), Error::WouldBlock)?;
    }
    /// K 24.
    fn k24_signals_gather(stand) {
        let notification = stand.notification()?;
        for bit in [0, 1, 7, 63] {
            let badged = stand.copy(notification, W, 1 << bit)?;
            for _ in 0..100 {
                fine("signal", call::signal(badged))?;
            }
        }
        let bits = fine("wait", call::wait(notification, 0))?;
        same("bits", bits, 1 | 1 << 1 | 1 << 7 | 1 << 63)?;
    }
    fn signal_wakes_a_waiting_thread(stand) {
        let child = Child::new(stand, Birth::POOR)?;
        let notification = stand.notification()?;
        fine("give", call::copy(notification, of(child.process, HERE), R, 0))?;
        child.order_call(stand, SystemCall::Wait, &[HERE, FOREVER])?;
        stand.let_it()?;
        fine("signal", call::signal(notification))?;
        same("bits", child.finish(stand)?.words[0], 1)?;
        refused("nothing is left", call::wait(notification, 0), Error::WouldBlock)?;
    }
    fn one_signal_wakes_one(stand) {
        let notification = stand.notification()?;
        let one = Child::new(stand, Birth::POOR)?;
        let two = Child::new(stand, Birth::POOR)?;
        for child in [&one, &two] {
            fine("give", call::copy(notification, of(child.process, HERE), R, 0))?;
            child.order_call(stand, SystemCall::Wait, &[HERE, stand.within(30)])?;
            stand.let_it()?;
        }
        fine("signal", call::signal(notification))?;
        let (one, two) = (one.finish(stand)?.status, two.finish(stand)?.status);
        same("the first", one, 0)?;
        same("the second", two, Error::TimedOut as u64)?;
    }
    fn wait_ends_by_deadline(stand) {
        let notification = stand.notification()?;
        let start = arch::now();
        refused("wait", call::wait(notification, stand.within(3)), Error::TimedOut)?;
        holds("time passed", arch::now() - start >= stand.milliseconds(3))?;
        refused("wait", call::wait(notification, 1), Error::TimedOut)?;
    }
    fn rights_of_a_notification(stand) {
        let notification = stand.notification()?;
        let (reader, writer) = (stand.copy(notification, R, 0)?, stand.copy(notification, W, 0)?);
        refused("signal by a reader", call::signal(reader), Error::NoRight)?;
        refused("wait by a writer", call::wait(writer, 0), Error::NoRight)?;
        fine("signal", call::signal(writer))?;
        same("bits", fine("wait", call::wait(reader, 0))?, 1)?;
    }
    fn bound_notification_ends_a_receive(stand) {
        let child = Child::new(stand, Birth::POOR)?;
        let signaller = stand.copy(DONE, W, 1 << 20)?;
        fine("give", call::copy(signaller, of(child.process, HERE), W, 0))?;
        child.order_call(stand, SystemCall::Signal, &[HERE])?;
        let mut bits = 0;
        while bits & 1 << 20 == 0 {
            let message = fine("receive", call::receive(EVENTS, stand.within(1000)))?;
            same("kind", message.info & 0xff, Kind::Notification as u64)?;
            same("badge", message.badge, 0)?;
            bits |= message.words[0];
        }
    }
    fn bound_notification_before_the_receive(stand) {
        let signaller = stand.copy(DONE, W, 1 << 21)?;
        fine("signal", call::signal(signaller))?;
        let message = fine("receive", call::receive(EVENTS, 0))?;
        same("kind", message.info & 0xff, Kind::Notification as u64)?;
        same("bits", message.words[0], 1 << 21)?;
    }
    fn k24_bound_twice(stand) {
        let child = Child::new(stand, Birth::POOR)?;
        refused("to another thread", call::thread_bind(child.thread, DONE), Error::BadState)?;
        refused("to this one", call::thread_bind(ME, DONE), Error::BadState)?;
        let other = stand.notification()?;
        fine("another replaces it", call::thread_bind(ME, other))?;
        fine("the first is free", call::thread_bind(child.thread, DONE))?;
    }
    fn bind_needs_rights(stand) {
        let notification = stand.notification()?;
        let writer = stand.copy(notification, W, 0)?;
        refused("bind", call::thread_bind(ME, writer), Error::NoRight)?;
        let thread = stand.copy(ME, R, 0)?;
        refused("bind", call::thread_bind(thread, notification), Error::NoRight)?;
        refused("bind an endpoint", call::thread_bind(ME, EVENTS), Error::WrongKind)?;
    }
    fn k13_waiting_on_what_is_deleted(stand) {
        let child = Child::new(stand, Birth::POOR)?;
        let notification = stand.notification()?;
        fine("give", call::copy(notification, of(child.process, HERE), R, 0))?;
        child.order_call(stand, SystemCall::Wait, &[HERE, FOREVER])?;
        stand.let_it()?;
        fine("delete", call::delete(notification))?;
        same("status", child.finish(stand)?.status, Error::Cancelled as u64)?;
    }
    fn deleted_notification_is_unbound(stand) {
        let notification = stand.notification()?;
        fine("bind", call::thread_bind(ME, notification))?;
        fine("delete", call::delete(notification))?;
        refused("receive", call::receive(EVENTS, 0), Error::WouldBlock)?;
        fine("bind another", call::thread_bind(ME, DONE))?;
    }
    fn no_signal_is_lost(stand) {
        let child = Child::new(stand, Birth::POOR)?;
        let notification = stand.notification()?;
        fine("give", call::copy(notification, of(child.process, HERE), W, 0))?;
        for _ in 0..200 {
            child.order_call(stand, SystemCall::Signal, &[HERE])?;
            same("bits", fine("wait", call::wait(notification, stand.within(1000)))?, 1)?;
            child.finish(stand)?;
        }
    }
}
