//! The ROM's memory map. It has two tables, since its RAM is small: whole 2 MiB
//! blocks wherever nothing is executed.

use board::{device, ram, secure_flash, secure_ram};
use core::cell::UnsafeCell;
use pluton_aarch64::translation::{self, Kind, Region, Tables};

const BLOCK: u64 = 2 << 20;
/// Secure flash up to the end of the runtime's backup copy.
pub(crate) const FLASH_BYTES: u64 = (secure_flash::PLUTON_RUNTIME_BACKUP
    + secure_flash::PLUTON_RUNTIME_BYTES)
    .next_multiple_of(BLOCK);

struct Place(UnsafeCell<Tables<2>>);
// SAFETY: only core 3 runs code that knows it, and takes it once.
unsafe impl Sync for Place {}
static TABLES: Place = Place(UnsafeCell::new(Tables::new()));

unsafe extern "C" {
    static __text_end: u8;
}

/// Turns translation on. To be called once, first of all.
pub(crate) fn turn_on() {
    let text_end = &raw const __text_end as u64;
    let regions = [
        Region { base: secure_flash::ROM, bytes: text_end, kind: Kind::FlashCode },
        Region { base: text_end, bytes: FLASH_BYTES - text_end, kind: Kind::Flash },
        Region { base: block(device::SECURE_UART), bytes: BLOCK, kind: Kind::Device },
        Region { base: block(secure_ram::BASE), bytes: BLOCK, kind: Kind::Data },
        // A whole GiB: this board's RAM is its beginning.
        Region { base: ram::BASE, bytes: 1 << 30, kind: Kind::NormalRam },
    ];
    // SAFETY: the only reference ever made, by the only core that comes here, once.
    let tables = unsafe { &mut *TABLES.0.get() };
    for region in regions {
        if tables.map(region).is_err() {
            pluton_aarch64::fatal::halt(format_args!("fatal: memory map, region {region:x?}"));
        }
    }
    let tables: &'static Tables<2> = tables;
    // SAFETY: the tables are static, never changed again, and map this code, its
    // data and its stack to themselves.
    unsafe { translation::enable(tables.first_table()) };
}

const fn block(address: u64) -> u64 {
    address & !(BLOCK - 1)
}
const _: () = assert!(secure_flash::ROM == 0 && secure_ram::BYTES <= BLOCK);
