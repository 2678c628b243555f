//! The security monitor as it lies in memory: which addresses this board has, and
//! where the linker put the monitor. Everything else is in the other crates.
#![no_std]
#![no_main]

use board::{PAGE_BYTES, core as cores, device, ram};
use monitor_aarch64::board::Board;
use monitor_aarch64::run;
use monitor_abi::boot_info::{Device, DeviceKind, MAX_DEVICES};
use monitor_core::layout::{Layout, Region};

unsafe extern "C" {
    safe static __text_start: u8;
    safe static __text_end: u8;
    safe static __rodata_end: u8;
    safe static __guard_start: u8;
    safe static __guard_end: u8;
    safe static __data_end: u8;
}

/// A region that the board, or the linker script, says is one.
const fn region(base: u64, end: u64) -> Region {
    match Region::new(base, (end - base) / PAGE_BYTES) {
        Some(region) => region,
        None => panic!("the board's map or the linker script has an empty or odd region"),
    }
}

const fn registers(base: u64, bytes: u64) -> Region {
    region(base, base + bytes)
}

const fn granted(physical: u64, pages: u64, interrupt: u32, kind: DeviceKind) -> Device {
    Device {
        physical,
        pages,
        interrupt: interrupt as u64,
        kind: kind as u64,
    }
}

const DEVICES: [Device; MAX_DEVICES] = {
    let mut devices = [Device {
        physical: 0,
        pages: 0,
        interrupt: 0,
        kind: 0,
    }; MAX_DEVICES];
    devices[0] = granted(device::UART, 1, device::UART_INTERRUPT, DeviceKind::Uart);
    devices[1] = granted(device::RTC, 1, device::RTC_INTERRUPT, DeviceKind::Rtc);
    devices[2] = granted(device::GPIO, 1, device::GPIO_INTERRUPT, DeviceKind::Gpio);
    devices[3] = granted(0, 0, cores::MAILBOX_REPLY_INTERRUPT, DeviceKind::Mailbox);
    devices
};

const LAYOUT: Layout = Layout {
    ram: registers(ram::BASE, ram::BYTES),
    monitor: registers(ram::MONITOR, ram::MONITOR_BYTES),
    handoff: registers(ram::MONITOR_HANDOFF, PAGE_BYTES),
    boot_info: registers(ram::KERNEL_BOOT_INFO, PAGE_BYTES),
    kernel: registers(ram::KERNEL, ram::KERNEL_BYTES),
    root: ram::ROOT,
    devices: DEVICES,
    timer_interrupt: cores::KERNEL_TIMER_INTERRUPT,
};
// The partition's RAM is all that lies behind what is the monitor's.
const _: () = assert!(LAYOUT.monitor.end() <= LAYOUT.handoff.base());
const _: () = assert!(LAYOUT.handoff.end() <= LAYOUT.boot_info.base());
const _: () = assert!(LAYOUT.boot_info.end() <= LAYOUT.kernel.base());
const _: () = assert!(LAYOUT.kernel.end() <= LAYOUT.root && LAYOUT.root < LAYOUT.ram.end());

fn linked(start: &u8, end: &u8) -> Region {
    let address = |symbol: &u8| core::ptr::from_ref(symbol).addr() as u64;
    region(address(start), address(end))
}

#[unsafe(no_mangle)]
extern "C" fn monitor_main(handoff: u64) -> ! {
    const REDISTRIBUTOR: u64 =
        device::GIC_REDISTRIBUTORS + cores::APPLICATION * device::GIC_REDISTRIBUTOR_BYTES;
    let board = Board {
        layout: LAYOUT,
        distributor: registers(device::GIC_DISTRIBUTOR, 0x1_0000),
        redistributor: registers(REDISTRIBUTOR, device::GIC_REDISTRIBUTOR_BYTES),
        text: linked(&__text_start, &__text_end),
        read_only: linked(&__text_end, &__rodata_end),
        data: linked(&__rodata_end, &__guard_start),
        stack: linked(&__guard_end, &__data_end),
    };
    // SAFETY: the start code calls this once, at EL2 with MMU and caches off, on the
    // stack of the linker script, whose symbols the board repeats.
    unsafe { run::run(&board, handoff) }
}

#[panic_handler]
fn panic(information: &core::panic::PanicInfo<'_>) -> ! {
    run::halt(format_args!("{information}"))
}
