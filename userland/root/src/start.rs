//! From a verified copy to a running process, and back to nothing.

use core::time::Duration;

use sdk::abi::call::Quota;
use sdk::abi::status::ObjectKind;
use sdk::machine::Window;
use sdk::{Cap, Endpoint, Notification, ProcessTerms, Rights, Slot, StartInfo, Syscalls};
use sdk::{Process, Schedule, layout, slots};

use crate::grant::Served;
use crate::load::{Loaded, NotStarted, WINDOW, step};
use crate::plan::{PlannedSegment, segments};
use crate::program::{FAULTS, LOG_ENDPOINT, Program, State, UART_ENDPOINT, UART_SIGNAL};
use crate::root::Root;

/// The period of every schedule; a process waits no longer than this for its share.
const PERIOD: Duration = Duration::from_millis(20);

const READ_WRITE: Rights = Rights::READ.with(Rights::WRITE);

impl<K: Syscalls> Root<'_, K> {
    /// Starts a program; on failure everything it got is taken back.
    pub fn start(&mut self, program: &mut Program) -> bool {
        let started = self.try_start(program);
        match &started {
            Ok(pages) => {
                program.state = State::Running;
                self.has_log |= program.name() == "log-service";
                let name = program.display_name();
                self.say(format_args!("process {name} memory_pages={pages}"));
            }
            Err(reason) => {
                self.end(program);
                program.state = State::Stopped;
                self.say(format_args!("{} is not started: {reason}", program.display_name()));
            }
        }
        started.is_ok()
    }

    fn try_start(&mut self, program: &mut Program) -> Result<u64, NotStarted> {
        let loaded = self.load(program)?;
        let kernel = self.kernel;
        let plan = loaded.plan;
        let carve = |region: Cap<_>, extent: crate::pages::Extent| {
            program.memory().carve(kernel, region, extent.first, extent.pages)
        };
        carve(program.stack(), plan.stack).map_err(step("carve the stack"))?;
        carve(program.info(), plan.info).map_err(step("carve the start info"))?;
        carve(program.tables(), plan.tables).map_err(step("carve the page tables"))?;
        self.write_info(program, &loaded)?;

        // The root task's own ledger pays for its thread and schedule and keeps the
        // capabilities: the process itself may create nothing.
        let terms = ProcessTerms {
            tables: program.tables(),
            supervisor: Cap::at(FAULTS),
            fault_badge: program.badge(),
            quota: Quota::default(),
            cpu_permille: 0,
            priority: 0,
        };
        let process = Cap::<Process>::create(kernel, program.process().slot(), &terms)
            .map_err(step("create the process"))?;
        for (index, segment) in (0..).zip(segments(&loaded.header).map_err(NotStarted::Misplaced)?)
        {
            self.map_segment(program, index, &segment)?;
        }
        let stack = layout::STACK_TOP - plan.stack.pages * layout::PAGE_BYTES;
        for (region, slot, address, rights) in [
            (program.stack(), slots::STACK, stack, READ_WRITE),
            (program.info(), slots::INFO, layout::START_INFO, Rights::READ),
        ] {
            region
                .lend(kernel, process.slot_of(slot), rights, 0)
                .and_then(|()| process.map(kernel, slot, address, rights))
                .map_err(step("map stack and start info"))?;
        }
        self.grant(program, &loaded)?;
        let (entry, argument) = (loaded.header.entry, layout::START_INFO);
        let thread = process
            .create_thread(kernel, program.thread().slot(), entry, layout::STACK_TOP, argument)
            .map_err(step("create the thread"))?;
        if loaded.grants.uart_device {
            thread
                .bind(kernel, Cap::<Notification>::at(UART_SIGNAL))
                .map_err(step("bind the interrupt"))?;
        }
        let period = self.clock.ticks(PERIOD);
        let budget = (period * u64::from(loaded.grants.cpu_permille) / 1_000).max(1);
        let slot = program.schedule().slot();
        let schedule =
            Cap::<Schedule>::create(kernel, slot, budget, period, loaded.grants.priority)
                .map_err(step("create the schedule"))?;
        thread.start(kernel, schedule).map_err(step("start the thread"))?;
        Ok(plan.pages())
    }

    /// Carves a segment out of the image and maps it with its rights.
    fn map_segment(
        &self,
        program: &Program,
        index: u16,
        segment: &PlannedSegment,
    ) -> Result<(), NotStarted> {
        let kernel = self.kernel;
        let region = program.segment(index);
        let slot = Slot(slots::SEGMENTS.0 + index);
        program
            .image()
            .carve(kernel, region, segment.extent.first, segment.extent.pages)
            .map_err(step("carve a segment"))?;
        if segment.rights.has(Rights::EXECUTE) {
            region.set_code(kernel, true).map_err(step("make a segment code"))?;
        }
        let process = program.process();
        region
            .lend(kernel, process.slot_of(slot), segment.rights, 0)
            .and_then(|()| process.map(kernel, slot, segment.address, segment.rights))
            .map_err(step("map a segment"))
    }

    /// Gives the process what its manifest asks for.
    fn grant(&self, program: &Program, loaded: &Loaded) -> Result<(), NotStarted> {
        let kernel = self.kernel;
        let place = |slot: Slot| program.process().slot_of(slot);
        let badge = program.badge();
        let log = Cap::<Endpoint>::at(LOG_ENDPOINT);
        let uart = Cap::<Endpoint>::at(UART_ENDPOINT);
        let grants = &loaded.grants;
        if grants.log {
            log.lend(kernel, place(slots::LOG.slot()), Rights::WRITE, badge)
                .map_err(step("grant the log"))?;
        }
        if grants.monitor {
            slots::MONITOR
                .lend(kernel, place(slots::MONITOR.slot()), Rights::WRITE, 0)
                .map_err(step("grant the mailbox"))?;
        }
        let served = grants.serves.map(|served| match served {
            Served::Log => log,
            Served::Uart => uart,
        });
        if let Some(endpoint) = served {
            endpoint
                .lend(kernel, place(slots::SERVICE.slot()), Rights::READ, 0)
                .map_err(step("grant its endpoint"))?;
        }
        if grants.uart_line {
            uart.lend(kernel, place(slots::UART.slot()), Rights::WRITE, badge)
                .map_err(step("grant the UART's line"))?;
        }
        if grants.uart_device {
            let device = self.uart.ok_or(NotStarted::NotToBeHad("a UART"))?;
            device
                .registers
                .lend(kernel, place(slots::UART_REGISTERS.slot()), READ_WRITE, 0)
                .and_then(|()| {
                    let slot = slots::UART_INTERRUPT.slot();
                    device.interrupt.lend(kernel, place(slot), Rights::WRITE, 0)
                })
                .map_err(step("grant the UART"))?;
        }
        Ok(())
    }

    /// Writes the start-info page.
    fn write_info(&self, program: &Program, loaded: &Loaded) -> Result<(), NotStarted> {
        let mut info = StartInfo::new(program.display_name());
        info.ticks_per_second = self.ticks_per_second;
        info.restarts = program.restarts;
        info.cpu_permille = loaded.grants.cpu_permille.into();
        info.memory_pages = loaded.plan.pages();
        for (granted, kind, slot) in [
            (loaded.grants.log, ObjectKind::Endpoint, slots::LOG.slot()),
            (loaded.grants.monitor, ObjectKind::Monitor, slots::MONITOR.slot()),
            (loaded.grants.serves.is_some(), ObjectKind::Endpoint, slots::SERVICE.slot()),
            (loaded.grants.uart_line, ObjectKind::Endpoint, slots::UART.slot()),
            (loaded.grants.uart_device, ObjectKind::Region, slots::UART_REGISTERS.slot()),
            (loaded.grants.uart_device, ObjectKind::Interrupt, slots::UART_INTERRUPT.slot()),
        ] {
            // Six at most, and the page notes sixteen.
            let _ = granted && info.note(kind as u64, slot);
        }
        let window = Window::open(self.kernel, program.info(), WINDOW, READ_WRITE)
            .map_err(step("map the start info"))?;
        for (index, word) in info.to_words().into_iter().enumerate() {
            window.write_word(index * 8, word);
        }
        window.close(self.kernel).map_err(step("unmap the start info"))
    }

    /// Ends a program: everything it had comes back. Most of it may not be there yet
    /// or any more, so refusals are expected; what matters is that the last step,
    /// deleting its memory, finds nothing in its way.
    pub fn end(&mut self, program: &mut Program) {
        let kernel = self.kernel;
        if program.name() == "log-service" {
            self.has_log = false;
        }
        let _ = program.schedule().delete(kernel);
        let _ = program.thread().delete(kernel);
        let _ = program.process().delete(kernel);
        // All regions are carved out of this one and go with it. The kernel asks the
        // security monitor for the pages that an image was loaded into, and zeroes all.
        let Some(extent) = program.extent.take() else { return };
        match program.memory().delete(kernel) {
            // `NoCapability`: it was never carved.
            Ok(()) | Err(sdk::Error::NoCapability) => self.pages.give_back(extent),
            Err(error) => self.say(format_args!(
                "{} keeps {} pages: {}",
                program.display_name(),
                extent.pages,
                error.text()
            )),
        }
    }
}
