//! The runtime's memory map: page by page in secure RAM, with a page that is not
//! there below each stack. All cores use the same tables.

use board::{core::COUNT, device, flash, ram, secure_flash, secure_ram};
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicU64, Ordering};
use pluton_aarch64::fatal;
use pluton_aarch64::translation::{self, Kind, Region, Tables};

const PAGE: u64 = board::PAGE_BYTES;
const BLOCK: u64 = 2 << 20;

/// Bytes of the flash bank that hold images.
pub(crate) const FLASH_BYTES: u64 = flash::SLOTS * flash::SLOT_BYTES;

struct Place(UnsafeCell<Tables<3>>);
// SAFETY: only core 3 runs code that knows it, and takes it once.
unsafe impl Sync for Place {}
static TABLES: Place = Place(UnsafeCell::new(Tables::new()));

/// Address of the first table, for the gates' start code.
pub(crate) static FIRST_TABLE: AtomicU64 = AtomicU64::new(0);

unsafe extern "C" {
    static __text_start: u8;
    static __text_end: u8;
    static __rodata_end: u8;
    static __data_end: u8;
    static __stack_bottom: u8;
    static __stack_top: u8;
    static gate_stacks_top: u8;
}

/// Turns translation on. To be called once, first of all.
pub(crate) fn turn_on() {
    let text = &raw const __text_start as u64;
    let rodata = &raw const __text_end as u64;
    let data = &raw const __rodata_end as u64;
    let data_end = &raw const __data_end as u64;
    let stack = &raw const __stack_bottom as u64;
    let stack_end = &raw const __stack_top as u64;
    let gates_end = &raw const gate_stacks_top as u64;
    let run = |base, end, kind| Region { base, bytes: end - base, kind };
    let gate = |core: u64| {
        let top = gates_end - core * 2 * PAGE;
        run(top - PAGE, top, Kind::Data)
    };
    let regions = [
        run(text, rodata, Kind::Code),
        run(rodata, data, Kind::Constants),
        run(data, data_end, Kind::Data),
        run(stack, stack_end, Kind::Data),
        gate(0),
        gate(1),
        gate(2),
        Region { base: secure_ram::HANDOFF, bytes: PAGE, kind: Kind::Data },
        Region { base: secure_flash::BASE, bytes: BLOCK, kind: Kind::Flash },
        Region { base: flash::BASE, bytes: FLASH_BYTES, kind: Kind::Flash },
        Region { base: block(device::GIC_DISTRIBUTOR), bytes: BLOCK, kind: Kind::Device },
        Region { base: block(device::SECURE_UART), bytes: BLOCK, kind: Kind::Device },
        Region { base: ram::BASE, bytes: ram::BYTES, kind: Kind::NormalRam },
    ];
    // SAFETY: the only reference ever made, by the only core that comes here, once.
    let tables = unsafe { &mut *TABLES.0.get() };
    for region in regions {
        if tables.map(region).is_err() {
            fatal::halt(format_args!("fatal: memory map, region {region:x?}"));
        }
    }
    let tables: &'static Tables<3> = tables;
    FIRST_TABLE.store(tables.first_table(), Ordering::Release);
    // SAFETY: the tables are static, never changed again, and map this code, its
    // data and its stack to themselves.
    unsafe { translation::enable(tables.first_table()) };
}

const fn block(address: u64) -> u64 {
    address & !(BLOCK - 1)
}
const _: () = {
    let redistributors_end = device::GIC_REDISTRIBUTORS + COUNT * device::GIC_REDISTRIBUTOR_BYTES;
    assert!(redistributors_end <= block(device::GIC_DISTRIBUTOR) + BLOCK);
    assert!(block(device::SECURE_GPIO) == block(device::SECURE_UART));
};
