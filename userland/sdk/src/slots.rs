//! The slots an app finds filled when it starts, the same in every program.
//!
//! A slot is empty unless the manifest asked for what it holds; slot 1, where the
//! root task has its own process, is empty in everyone else. Nobody but the root
//! task holds a process, so nobody else can reach into a table.

use kernel_abi::Slot;

use crate::cap::{Cap, Endpoint, Interrupt, Monitor, Region};

/// The security monitor's mailbox. The root task and the log service only; the
/// same slot as the root task's own, so that both can log before there is a log.
pub const MONITOR: Cap<Monitor> = Cap::at(kernel_abi::boot::MONITOR);
/// The log service.
pub const LOG: Cap<Endpoint> = Cap::at(Slot(6));
/// The endpoint a service serves.
pub const SERVICE: Cap<Endpoint> = Cap::at(Slot(7));
/// For an app: its line at the UART driver.
pub const UART: Cap<Endpoint> = Cap::at(Slot(8));
/// For the UART driver: the registers.
pub const UART_REGISTERS: Cap<Region> = Cap::at(Slot(9));
/// For the UART driver: the interrupt. It arrives as signal 1 of the notification
/// that is bound to the driver's thread.
pub const UART_INTERRUPT: Cap<Interrupt> = Cap::at(Slot(10));
/// The first of the program's own segments (up to four), as they are mapped.
pub const SEGMENTS: Slot = Slot(16);
/// The stack, as it is mapped.
pub const STACK: Slot = Slot(20);
/// The start-info page, as it is mapped.
pub const INFO: Slot = Slot(21);
/// The first slot that is free for the program to use.
pub const FIRST_FREE: Slot = Slot(32);
