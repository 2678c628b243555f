//! The first process: everything there is, as capabilities of the root task.
//!
//! After this no capability is ever made from nothing again.

use crate::arena::Id;
use crate::capability::Capability;
use crate::interrupt::Interrupt;
use crate::kernel::Kernel;
use crate::machine::{Context, Machine};
use crate::mapping::Progress;
use crate::process::{Account, Ledger, Process};
use crate::region::{Region, Use};
use crate::schedule::Schedule;
use crate::table::{SlotEntry, slot_id};
use crate::thread::Thread;
use crate::Outcome;
use kernel_abi::boot::{
    FIRST_DEVICE, FREE_RAM, MAX_DEVICES, MONITOR, OWN_PROCESS, OWN_SCHEDULE, OWN_THREAD,
    ROOT_BUFFER, ROOT_INFO, ROOT_STACK_PAGES, ROOT_STACK_TOP, RootDevice,
};
use kernel_abi::call::Quota;
use kernel_abi::limits::{PAGE_BYTES, PRIORITIES};
use kernel_abi::status::ObjectKind;
use kernel_abi::{Error, Rights};

/// Pages of RAM the root task's own needs take from the start of free RAM: page tables,
/// stack, message buffer, information page.
pub const ROOT_PAGES: u64 = TABLES + ROOT_STACK_PAGES + 2;
const TABLES: u64 = 8;
/// The first slot of the root task's own regions: its segments, stack, buffer, information.
const FIRST_REGION: usize = 40;
/// The slot of its page tables.
const TABLES_SLOT: usize = 47;
/// Priority of the root task.
pub const ROOT_PRIORITY: u8 = 24;

/// A part of the root task's image as it lies in RAM.
#[derive(Clone, Copy, Debug)]
pub struct Segment {
    /// Physical address.
    pub physical: u64,
    /// Address it is mapped at.
    pub address: u64,
    /// Pages.
    pub pages: u64,
    /// Rights of the mapping.
    pub rights: Rights,
}

/// A device.
#[derive(Clone, Copy, Debug)]
pub struct Device {
    /// What it is; the root task is told.
    pub kind: u64,
    /// Physical address of its registers.
    pub physical: u64,
    /// Pages; 0 for none.
    pub pages: u64,
    /// Interrupt number; 0 for none.
    pub interrupt: u32,
}

/// What the machine found when it started.
#[derive(Clone, Copy, Debug)]
pub struct BootConfiguration<'a> {
    /// Free RAM: physical address, zero-filled.
    pub free_physical: u64,
    /// Its pages.
    pub free_pages: u64,
    /// The root task's image.
    pub segments: &'a [Segment],
    /// Its entry point.
    pub entry: u64,
    /// Devices.
    pub devices: &'a [Device],
    /// Ticks of the clock a second.
    pub ticks_per_second: u64,
}

/// What the machine must tell the root task, in the page at [`ROOT_INFO`].
#[derive(Clone, Copy, Debug)]
pub struct BootResult {
    /// Physical address of the information page, still empty.
    pub info_physical: u64,
    /// Pages of [`FREE_RAM`].
    pub free_pages: u64,
    /// Where the devices are.
    pub devices: [RootDevice; MAX_DEVICES],
}

impl<M: Machine> Kernel<M> {
    /// Creates the root task and makes it current. To be called once, on a new kernel.
    #[inline(always)]
    pub fn boot(
        &mut self,
        machine: &mut M,
        configuration: &BootConfiguration<'_>,
    ) -> Result<BootResult, Error> {
        let free = configuration.free_physical;
        let remaining =
            configuration.free_pages.checked_sub(ROOT_PAGES).ok_or(Error::InvalidArgument)?;
        let process = self.boot_process(free)?;
        let at = |slot: usize| slot_id(process, slot);
        self.run.charged = machine.now();
        let thread = self.boot_thread(machine, process, configuration)?;

        let stack = free + TABLES * PAGE_BYTES;
        let buffer = stack + ROOT_STACK_PAGES * PAGE_BYTES;
        let info = buffer + PAGE_BYTES;
        let own = [
            (stack, ROOT_STACK_TOP - ROOT_STACK_PAGES * PAGE_BYTES, ROOT_STACK_PAGES, Rights::READ.with(Rights::WRITE)),
            (buffer, ROOT_BUFFER, 1, Rights::READ.with(Rights::WRITE)),
            (info, ROOT_INFO, 1, Rights::READ),
        ]
        .map(|(physical, address, pages, rights)| Segment { physical, address, pages, rights });
        let used = configuration.segments.iter().filter(|segment| segment.pages != 0);
        for (index, segment) in used.chain(&own).enumerate() {
            let slot = at(FIRST_REGION + index);
            let region = self.boot_region(slot, segment)?;
            if segment.address == ROOT_BUFFER {
                self.threads[thread].buffer = region.link();
                self.threads[thread].buffer_slot = slot.link();
                self.regions[region].buffers = 1;
            }
            self.boot_map(machine, slot, segment)?;
        }
        let segment =
            Segment { physical: info + PAGE_BYTES, address: 0, pages: remaining, rights: Rights::ALL };
        self.boot_region(at(FREE_RAM.0 as usize), &segment)?;
        let monitor = Capability { kind: ObjectKind::Monitor, rights: Rights::ALL, ..Capability::EMPTY };
        self.tables.insert_root(at(MONITOR.0 as usize), monitor);
        let devices = self.boot_devices(process, configuration.devices)?;
        self.thread_ready(thread);
        if self.reschedule(machine) != Outcome::Switch {
            return Err(Error::BadState);
        }
        Ok(BootResult { info_physical: info, free_pages: remaining, devices })
    }

    #[inline(always)]
    fn boot_process(&mut self, root: u64) -> Result<Id<Process>, Error> {
        let process = self.processes.allocate().ok_or(Error::ArenaFull)?;
        let tables = self.regions.allocate().ok_or(Error::ArenaFull)?;
        self.regions[tables] = Region {
            life: self.regions[tables].life,
            physical: root,
            pages: TABLES as u32,
            used_for: Use::Tables,
            ..Region::UNUSED
        };
        let limit = Quota {
            processes: 30,
            threads: 60,
            endpoints: 62,
            notifications: 62,
            regions: 250,
            schedules: 60,
        };
        self.processes[process] = Process {
            life: self.processes[process].life,
            root,
            tables: tables.link(),
            tables_used: 1,
            ledger: Ledger {
                limit,
                share_limit: 1000,
                priority_limit: PRIORITIES as u8 - 1,
                ..Ledger::default()
            },
            ..Process::UNUSED
        };
        let capability = Capability::original(ObjectKind::Process, &self.processes, process);
        self.tables.insert_root(slot_id(process, OWN_PROCESS.0 as usize), capability);
        let capability = Capability::original(ObjectKind::Region, &self.regions, tables);
        self.tables.insert_root(slot_id(process, TABLES_SLOT), capability);
        Ok(process)
    }

    #[inline(always)]
    fn boot_thread(
        &mut self,
        machine: &mut M,
        process: Id<Process>,
        configuration: &BootConfiguration<'_>,
    ) -> Result<Id<Thread>, Error> {
        let thread = self.threads.allocate().ok_or(Error::ArenaFull)?;
        let schedule = self.schedules.allocate().ok_or(Error::ArenaFull)?;
        let second = configuration.ticks_per_second;
        self.threads[thread] = Thread {
            life: self.threads[thread].life,
            process: process.link(),
            schedule: schedule.link(),
            space: machine.space(process, configuration.free_physical),
            ..Thread::UNUSED
        };
        self.contexts[thread] = M::Context::new(configuration.entry, ROOT_STACK_TOP, ROOT_INFO);
        machine.reset_thread(thread);
        self.schedules[schedule] = Schedule {
            life: self.schedules[schedule].life,
            priority: ROOT_PRIORITY,
            budget: second / 40,
            period: second / 10,
            remaining: second / 40,
            share: 250,
            ..Schedule::UNUSED
        };
        self.schedules[schedule].owner = thread.link();
        let ledger = &mut self.processes[process].ledger;
        ledger.used = Quota { threads: 1, schedules: 1, regions: 1, ..Quota::default() };
        ledger.share_used = 250;
        let capability = Capability::original(ObjectKind::Thread, &self.threads, thread);
        self.tables.insert_root(slot_id(process, OWN_THREAD.0 as usize), capability);
        let capability = Capability::original(ObjectKind::Schedule, &self.schedules, schedule);
        self.tables.insert_root(slot_id(process, OWN_SCHEDULE.0 as usize), capability);
        Ok(thread)
    }

    fn boot_region(
        &mut self,
        slot: Id<SlotEntry>,
        segment: &Segment,
    ) -> Result<Id<Region>, Error> {
        let id = self.regions.allocate().ok_or(Error::ArenaFull)?;
        let code = segment.rights.has(Rights::EXECUTE) && !segment.rights.has(Rights::WRITE);
        self.regions[id] = Region {
            life: self.regions[id].life,
            physical: segment.physical,
            pages: segment.pages as u32,
            used_for: if code { Use::Code } else { Use::Data },
            ..Region::UNUSED
        };
        let capability = Capability::original(ObjectKind::Region, &self.regions, id);
        self.tables.insert_root(slot, capability);
        self.processes[crate::table::owner(slot)].ledger.take(Account::Regions, 1)?;
        Ok(id)
    }

    #[inline(always)]
    fn boot_map(
        &mut self,
        machine: &mut M,
        slot: Id<SlotEntry>,
        segment: &Segment,
    ) -> Result<(), Error> {
        let region = self.region_in(slot, segment.rights)?;
        self.tables.slots[slot].mapped_at = (segment.address / PAGE_BYTES) as u32;
        self.tables.slots[slot].mapped_rights = segment.rights;
        while self.map_piece(machine, slot, region, segment.rights)? == Progress::More {}
        machine.publish_entries();
        Ok(())
    }

    #[inline(always)]
    fn boot_devices(
        &mut self,
        process: Id<Process>,
        devices: &[Device],
    ) -> Result<[RootDevice; MAX_DEVICES], Error> {
        let mut told = [RootDevice::default(); MAX_DEVICES];
        let mut slot = FIRST_DEVICE.0 as usize;
        for (device, told) in devices.iter().zip(&mut told) {
            told.kind = device.kind;
            if device.pages != 0 {
                let segment = Segment {
                    physical: device.physical,
                    address: 0,
                    pages: device.pages,
                    rights: Rights::NONE,
                };
                let id = self.boot_region(slot_id(process, slot), &segment)?;
                self.regions[id].used_for = Use::Device;
                told.region = slot as u64;
                slot += 1;
            }
            if device.interrupt != 0 {
                let id = self.interrupts.allocate().ok_or(Error::ArenaFull)?;
                let life = self.interrupts[id].life;
                self.interrupts[id] =
                    Interrupt { life, number: device.interrupt, ..Interrupt::UNUSED };
                *self
                    .interrupt_numbers
                    .get_mut(device.interrupt as usize)
                    .ok_or(Error::InvalidArgument)? = id.link();
                let capability = Capability::original(ObjectKind::Interrupt, &self.interrupts, id);
                self.tables.insert_root(slot_id(process, slot), capability);
                told.interrupt = slot as u64;
                slot += 1;
            }
        }
        Ok(told)
    }
}
