//! The root task as a value, and its voice.

use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use pluton_abi::command::{Command, ImageInfo};
use sdk::abi::boot::{RootDevice, RootInfo};
use sdk::{Cap, Clock, Endpoint, Error, Interrupt, Notification, Region, Rights, Slot, Syscalls};
use sdk::{log, slots};

use crate::mailbox::{Failure, Mailbox};
use crate::pages::Pages;
use crate::program::{
    FAULTS, LOG_ENDPOINT, MAILBOX_SIGNAL, PROGRAMS, Program, State, UART_ENDPOINT, UART_SIGNAL,
};

/// First flash slot of services and apps, and one past the last.
const FLASH_SLOTS: core::ops::Range<u64> = 3..32;

/// Device kinds as the kernel numbers them.
const UART: u64 = 1;
const MAILBOX: u64 = 4;

/// The UART's registers and interrupt.
#[derive(Clone, Copy, Debug)]
pub struct UartDevice {
    /// Its registers.
    pub registers: Cap<Region>,
    /// Its interrupt.
    pub interrupt: Cap<Interrupt>,
}

/// The root task.
pub struct Root<'a, K> {
    /// The kernel.
    pub kernel: &'a K,
    /// The clock.
    pub clock: Clock,
    /// Ticks of the clock a second.
    pub ticks_per_second: u64,
    /// All RAM of the board.
    pub ram_bytes: u64,
    /// Free RAM.
    pub pages: Pages,
    /// Pluton.
    pub mailbox: Mailbox<'a, K>,
    /// The UART, if the board has one.
    pub uart: Option<UartDevice>,
    /// Whether the log service runs.
    pub has_log: bool,
}

impl<'a, K: Syscalls> Root<'a, K> {
    /// Makes the endpoints and notifications that outlive every process.
    pub fn new(kernel: &'a K, info: &RootInfo) -> Result<Self, Error> {
        let clock = Clock::new(info.ticks_per_second);
        let find = |kind| info.devices.iter().find(|device: &&RootDevice| device.kind == kind);
        let slot_of = |number: u64| u16::try_from(number).ok().filter(|slot| *slot != 0).map(Slot);
        Cap::<Endpoint>::create(kernel, FAULTS)?;
        let log = Cap::<Endpoint>::create(kernel, LOG_ENDPOINT)?;
        Cap::<Endpoint>::create(kernel, UART_ENDPOINT)?;
        log.lend(kernel, slots::LOG.place(), Rights::WRITE, log::ROOT_BADGE)?;
        let signal = Cap::<Notification>::create(kernel, MAILBOX_SIGNAL)?;
        let interrupt = find(MAILBOX).and_then(|device| slot_of(device.interrupt)).map(Cap::at);
        if let Some(interrupt) = interrupt {
            Cap::<Interrupt>::bind(interrupt, kernel, signal)?;
        }
        let uart = find(UART).and_then(|device| {
            let registers = Cap::at(slot_of(device.region)?);
            Some(UartDevice { registers, interrupt: Cap::at(slot_of(device.interrupt)?) })
        });
        if let Some(uart) = uart {
            let signal = Cap::<Notification>::create(kernel, UART_SIGNAL)?;
            uart.interrupt.bind(kernel, signal)?;
        }
        Ok(Self {
            kernel,
            clock,
            ticks_per_second: info.ticks_per_second,
            ram_bytes: info.ram_bytes,
            pages: Pages::new(info.free_pages),
            mailbox: Mailbox::new(kernel, clock, signal, interrupt),
            uart,
            has_log: false,
        })
    }

    /// Writes a line: through the log service when it runs, else to Pluton itself.
    pub fn say(&self, text: fmt::Arguments<'_>) {
        if self.has_log {
            let deadline = self.clock.after(self.kernel, Duration::from_millis(250));
            if log::line(&mut log::Service { kernel: self.kernel, deadline }, text).is_ok() {
                return;
            }
        }
        let pause_ticks = self.clock.ticks(Duration::from_micros(500));
        let mut mailbox = log::Mailbox { kernel: self.kernel, pause_ticks };
        let _ = log::line(&mut mailbox, format_args!("root: {text}"));
    }

    /// Looks which flash slots hold programs, the log service first, then services,
    /// then apps.
    pub fn find_programs(&mut self) -> Vec<Program> {
        let mut found = Vec::new();
        for flash_slot in FLASH_SLOTS {
            match self.mailbox.ask(Command::ImageInfo, flash_slot, None) {
                Ok(reply) => {
                    let info = ImageInfo::read(&reply);
                    if let Some(rank) = rank(&info) {
                        found.push((rank, flash_slot, info));
                    }
                }
                // An empty slot, or one that Pluton does not have.
                Err(Failure::Refused(_)) => {}
                Err(failure) => self.say(format_args!("flash slot {flash_slot}: {failure}")),
            }
        }
        found.sort_by_key(|(rank, flash_slot, _)| (*rank, *flash_slot));
        if found.len() > PROGRAMS {
            self.say(format_args!("{} programs in flash, {PROGRAMS} are started", found.len()));
        }
        let make = |(index, (_, flash_slot, info)): (usize, (u8, u64, ImageInfo))| Program {
            flash_slot,
            index: index as u16,
            name: info.name,
            image_pages: info.memory_pages,
            state: State::Due(0),
            restarts: 0,
            extent: None,
        };
        found.into_iter().take(PROGRAMS).enumerate().map(make).collect()
    }

    /// Tells the log service everybody's name: it may have been restarted.
    pub fn introduce(&self, programs: &[Program]) {
        for program in programs {
            let name = program.display_name();
            let told = log::tell_name(self.kernel, self.clock, program.badge(), name);
            if let Err(error) = told {
                self.say(format_args!("the log does not take {name}'s name: {}", error.text()));
            }
        }
    }

    /// Says how much RAM is in use.
    pub fn say_memory(&self) {
        let free_bytes = self.pages.free() * sdk::layout::PAGE_BYTES;
        let used_bytes = self.ram_bytes.saturating_sub(free_bytes);
        self.say(format_args!("memory used_bytes={used_bytes} total_bytes={}", self.ram_bytes));
    }
}

/// The order of starting; `None` for what is not started here.
fn rank(info: &ImageInfo) -> Option<u8> {
    match image_format::ImageType::from_number(info.image_type)? {
        image_format::ImageType::Service if sdk::text::name(&info.name) == "log-service" => Some(0),
        image_format::ImageType::Service => Some(1),
        image_format::ImageType::Application => Some(2),
        _ => None,
    }
}
