//! Start, lock, and then the loop: run the kernel until it traps, serve, repeat.

use core::fmt;

use monitor_abi::boot_info::KernelBootInfo;
use monitor_abi::hvc::Status;
use monitor_core::boot_info;
use monitor_core::descriptor::{LEVEL3_BYTES, OwnAccess, Windows, stage1_page, stage2_device};
use monitor_core::handoff::{Verified, verify};
use monitor_core::interrupts::Interrupts;
use monitor_core::layout::{PAGE_BYTES, Region};
use monitor_core::memory::Access;
use monitor_core::monitor::{CALL_REGISTERS, Monitor};
use monitor_core::trap::Action;
use pluton_abi::handoff::MonitorHandoff;

use crate::board::Board;
use crate::gic::Gic;
use crate::hardware::Hardware;
use crate::log::say;
use crate::start::{Registers, enter};
use crate::tables::{STAGE1, STAGE2, Tables};
use crate::{cache, system};

/// Says why, and stops this core for good.
pub fn halt(reason: fmt::Arguments<'_>) -> ! {
    say!("{reason}");
    say!("halted");
    loop {
        aarch64_cpu::asm::wfi();
    }
}

/// A trap of the monitor's own: it has no business to continue.
#[unsafe(no_mangle)]
extern "C" fn monitor_fault(vector: u64) -> ! {
    let (trap, _) = system::trap();
    halt(format_args!(
        "fault in the monitor: vector {vector} syndrome {:#x} at {:#x} address {:#x}",
        trap.syndrome, trap.return_address, trap.fault_address
    ))
}

/// Runs the security monitor on this core.
///
/// # Safety
/// Called once, at EL2 with MMU and caches off, on `board.stack`, with
/// the handoff page's physical address. `board` tells the truth about this machine
/// and about where the linker put the monitor.
pub unsafe fn run(board: &Board, handoff: u64) -> ! {
    say!("version {}", env!("CARGO_PKG_VERSION"));
    let layout = &board.layout;
    if handoff != layout.handoff.base() {
        halt(format_args!(
            "refused handoff: page: does not lie where the board says"
        ));
    }
    // SAFETY: the page is RAM of this size that only the Pluton runtime wrote before
    // it released this core; every bit pattern of the 64-bit fields is valid.
    let page = unsafe { (handoff as *const MonitorHandoff).read_volatile() };
    let verified = match verify(handoff, &page, layout) {
        Ok(verified) => verified,
        Err(error) => halt(format_args!("refused handoff: {error}")),
    };
    map_own(board, &verified);
    for page in board.data.addresses().chain(board.stack.addresses()) {
        // SAFETY: caches are off, and this core alone writes the monitor's data.
        unsafe { cache::discard_page(page) };
    }
    // SAFETY: `map_own` mapped the monitor's text, constants, data and stack.
    unsafe { system::enable_own_map() };

    let windows = map_devices(board);
    // SAFETY: `board` tells where they are, `map_own` mapped them as devices.
    let gic = unsafe { Gic::new(board.distributor, board.redistributor, system::affinity()) };
    gic.start(Interrupts::new(layout).iter());
    // SAFETY: the partition's RAM begins behind the monitor and the handoff, so it
    // holds no Rust object, and `map_own` mapped it so.
    let mut hardware = unsafe {
        Hardware::new(
            gic,
            windows,
            verified.partition(),
            system::separates_execution(),
        )
    };
    write_boot_info(&verified);
    let mut monitor = Monitor::lock(&verified, &mut hardware);
    system::confine_kernel();
    report(&monitor);

    let mut registers: Registers = [0; 31];
    registers[0] = layout.boot_info.base();
    let entry = verified.handoff().kernel.entry;
    system::start_kernel_at(entry);
    say!("entering the kernel at {entry:#x}");
    loop {
        enter(&mut registers);
        serve(&mut monitor, &mut hardware, &mut registers);
    }
}

/// Everything the kernel can make the monitor do.
#[inline(never)]
fn serve(monitor: &mut Monitor, hardware: &mut Hardware, registers: &mut Registers) {
    let (trap, kernel) = system::trap();
    match trap.action(&kernel) {
        Action::Call => {
            if let Some(call) = registers.first_chunk_mut::<CALL_REGISTERS>() {
                monitor.call(hardware, call);
            }
        }
        Action::NoSuchCall { skip } => {
            registers[0] = Status::NotSupported as u64;
            if skip {
                system::skip_instruction(&trap);
            }
        }
        Action::Inject(exception) => system::inject(&trap, &exception),
    }
}

fn link(tables: &Tables, device: u64, ram: &Region) -> Windows {
    let Some(windows) = Windows::new(device / LEVEL3_BYTES * LEVEL3_BYTES, ram.base()) else {
        halt(format_args!(
            "the board's map is wrong: RAM or devices lie outside the tables"
        ));
    };
    tables.link(&windows);
    windows
}

fn set(tables: &Tables, windows: &Windows, region: &Region, descriptor: impl Fn(u64) -> u64) {
    for page in region.addresses() {
        if !tables.set(windows, page, descriptor(page)) {
            halt(format_args!(
                "the board's map is wrong: {page:#x} lies outside the tables"
            ));
        }
    }
}

/// The monitor's own map: itself, RAM, the interrupt controller.
fn map_own(board: &Board, verified: &Verified) {
    let layout = &board.layout;
    let windows = link(&STAGE1, board.distributor.base(), &layout.ram);
    let map = |region: &Region, access| {
        set(&STAGE1, &windows, region, |page| stage1_page(page, access));
    };
    map(&layout.ram, OwnAccess::ReadWrite);
    // Only the parts of the monitor's own memory that are in use come back.
    set(&STAGE1, &windows, &layout.monitor, |_| 0);
    map(&board.text, OwnAccess::Execute);
    map(&board.read_only, OwnAccess::ReadOnly);
    map(&board.data, OwnAccess::ReadWrite);
    map(&board.stack, OwnAccess::ReadWrite);
    map(&layout.handoff, OwnAccess::ReadOnly);
    for segment in &verified.handoff().kernel.segments {
        if let Some(region) = Region::new(segment.physical, segment.pages) {
            map(&region, OwnAccess::ReadOnly);
        }
    }
    map(&board.distributor, OwnAccess::Device);
    map(&board.redistributor, OwnAccess::Device);
}

/// Stage 2 of the partition's devices; its RAM is granted by the core.
fn map_devices(board: &Board) -> Windows {
    let devices = &board.layout.devices;
    let first = devices.iter().find(|device| device.pages != 0);
    let windows = link(
        &STAGE2,
        first.map_or(0, |device| device.physical),
        &board.layout.ram,
    );
    for device in devices {
        if let Some(region) = Region::new(device.physical, device.pages) {
            set(&STAGE2, &windows, &region, stage2_device);
        }
    }
    cache::publish_tables();
    windows
}

fn write_boot_info(verified: &Verified) {
    let page = verified.layout().boot_info.base();
    let info = boot_info::build(verified);
    // SAFETY: the page is the partition's RAM, mapped writable, 4 KiB long (asserted
    // by the abi), aligned, and nobody else has access yet.
    unsafe { (page as *mut u8).write_bytes(0, PAGE_BYTES as usize) };
    // SAFETY: as above.
    unsafe { (page as *mut KernelBootInfo).write(info) };
}

fn report(monitor: &Monitor) {
    let count = |wanted: &[Access]| {
        monitor
            .memory()
            .pages()
            .filter(|(_, state)| wanted.contains(&state.access()))
            .count()
    };
    say!(
        "stage 2 locked: {} pages text, {} read-only, {} writable, none both",
        count(&[Access::ExecuteAsKernel, Access::ExecuteAsProgram]),
        count(&[Access::ReadOnly]),
        count(&[Access::ReadWrite]),
    );
}
