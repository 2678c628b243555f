//! What is measured: a second process with its threads, and the objects between the two.

use crate::children::{self, slot};
use crate::kernel;
use kernel_abi::boot::{FREE_RAM, RootInfo};
use kernel_abi::call::Quota;
use kernel_abi::{Place, Rights, Slot};

/// Address of the page both processes see.
pub(crate) const PAGE: u64 = 0x30_0000;
/// Address the UART's registers are mapped at.
pub(crate) const UART: u64 = 0x31_0000;
/// Address a page is mapped at and unmapped from.
pub(crate) const PROBE: u64 = 0x32_0000;

/// Slots of the root task's table.
pub(crate) mod own {
    /// The server's endpoint.
    pub(crate) const ENDPOINT: u64 = 60;
    /// Signalled with nobody waiting.
    pub(crate) const QUIET: u64 = 61;
    /// Signalled with the waiter waiting.
    pub(crate) const WAITED: u64 = 62;
    /// Signalled by the interrupt.
    pub(crate) const INTERRUPT: u64 = 63;
    /// The supervisor's endpoint.
    pub(crate) const SUPERVISOR: u64 = 64;
    /// The second process.
    pub(crate) const PROCESS: u64 = 65;
    /// Its page tables.
    pub(crate) const TABLES: u64 = 66;
    /// The shared page.
    pub(crate) const PAGE: u64 = 67;
    /// The page that is mapped and unmapped.
    pub(crate) const PROBE: u64 = 68;
    /// Capabilities of the moment.
    pub(crate) const SCRATCH: u64 = 69;
    /// The threads and their schedules, two slots each.
    pub(crate) const THREADS: u64 = 80;
}
const TEXT_SLOT: u64 = 40;
const TEXT_ADDRESS: u64 = 0x20_0000;

/// What there is.
pub(crate) struct Scene {
    /// Slot of the UART's interrupt.
    pub(crate) interrupt: u64,
}

fn of_child(slot: u64) -> u64 {
    u64::from(Place::of(Slot(own::PROCESS as u16), Slot(slot as u16)).0)
}

fn must<T, E: core::fmt::Debug>(result: Result<T, E>, what: &str) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{what}: {error:?}"),
    }
}

/// Lends a capability to the second process.
fn lend(from: u64, to: u64, rights: Rights) {
    must(kernel::copy(&[from, of_child(to), rights.bits(), 0]), "copy");
}

/// Creates the second process and what is shared with it.
pub(crate) fn build(info: &RootInfo) -> Scene {
    let ram = u64::from(FREE_RAM.0);
    for endpoint in [own::ENDPOINT, own::SUPERVISOR] {
        must(kernel::endpoint_create(&[endpoint]), "endpoint");
    }
    for notification in [own::QUIET, own::WAITED, own::INTERRUPT] {
        must(kernel::notification_create(&[notification]), "notification");
    }
    must(kernel::carve(&[ram, own::TABLES, 0, 4]), "tables");
    must(kernel::carve(&[ram, own::PAGE, 4, 1]), "page");
    must(kernel::carve(&[ram, own::PROBE, 5, 1]), "probe");
    let quota = Quota::default().pack();
    let arguments = [own::PROCESS, own::TABLES, own::SUPERVISOR, 1, quota, 0];
    must(kernel::process_create(&arguments), "process");
    lend(TEXT_SLOT, slot::TEXT, Rights::READ.with(Rights::EXECUTE));
    let rights = Rights::READ.with(Rights::EXECUTE).bits();
    must(kernel::map(&[of_child(slot::TEXT), TEXT_ADDRESS, rights]), "map text");
    let both = Rights::READ.with(Rights::WRITE);
    lend(own::PAGE, slot::PAGE, both);
    must(kernel::map(&[of_child(slot::PAGE), PAGE, both.bits()]), "map page");
    must(kernel::map(&[own::PAGE, PAGE, both.bits()]), "map page");
    lend(own::ENDPOINT, slot::ENDPOINT, Rights::READ);
    lend(own::WAITED, slot::NOTIFICATION, Rights::READ);
    lend(own::INTERRUPT, slot::INTERRUPT_NOTIFICATION, Rights::READ);
    let uart = info.devices.iter().find(|device| device.kind == 1);
    let Some(uart) = uart else { panic!("no UART") };
    must(kernel::map(&[uart.region, UART, both.bits()]), "map UART");
    must(kernel::interrupt_bind(&[uart.interrupt, own::INTERRUPT]), "bind");
    for (index, program) in [
        children::child_server as unsafe extern "C" fn(),
        children::child_waiter,
        children::child_handler,
    ]
    .into_iter()
    .enumerate()
    {
        start(index as u64, program, 28);
    }
    Scene { interrupt: uart.interrupt }
}

/// Starts a thread of the second process.
pub(crate) fn start(index: u64, program: unsafe extern "C" fn(), priority: u64) {
    let thread = own::THREADS + 2 * index;
    let entry = program as *const () as u64;
    must(kernel::thread_create(&[thread, own::PROCESS, entry, 0, PAGE, 0, 0]), "thread");
    must(kernel::schedule_create(&[thread + 1, 1_000_000, 10_000_000, priority]), "schedule");
    must(kernel::thread_start(&[thread, thread + 1]), "start");
}

/// Ends a thread and its schedule.
pub(crate) fn end(index: u64) {
    let thread = own::THREADS + 2 * index;
    must(kernel::delete(&[thread]), "delete thread");
    must(kernel::delete(&[thread + 1]), "delete schedule");
}
