//! Attempts that end in a fault, one a life.

use crate::raw;
use sdk::layout;

/// An attempt that must not return.
pub struct Faulting {
    /// What is tried.
    pub name: &'static str,
    /// Tries it; returning means that it was let through.
    pub run: fn(),
}

macro_rules! table {
    ($($name:literal => $run:expr,)*) => {
        /// The table, in the order of lives.
        pub const TABLE: &[Faulting] = &[$(Faulting { name: $name, run: || { $run; } },)*];
    };
}

table! {
    "read-kernel-memory" => raw::read(0x4004_0000),
    "write-kernel-memory" => raw::write(0x4004_0000),
    "read-kernel-half" => raw::read(0xffff_0000_4004_0000),
    "read-security-monitor" => raw::read(0x4000_0000),
    "read-other-apps-memory" => raw::read(0x4020_0000),
    "read-root-tasks-info" => raw::read(0x1_0000),
    "read-uart" => raw::read(0x0900_0000),
    "write-uart" => raw::write(0x0900_0000),
    "read-real-time-clock" => raw::read(0x0901_0000),
    "read-gpio" => raw::read(0x0903_0000),
    "write-secure-uart" => raw::write(0x0904_0000),
    "write-secure-gpio" => raw::write(0x090b_0000),
    "read-interrupt-distributor" => raw::read(0x0800_0000),
    "read-interrupt-redistributor" => raw::read(0x080a_0000),
    "read-secure-flash" => raw::read(0x0004_0000),
    "write-flash" => raw::write(0x0400_0000),
    "read-secure-ram" => raw::read(0x0e00_0000),
    "read-virtio" => raw::read(0x0a00_0000),
    "write-own-text" => raw::write(layout::PROGRAM),
    "write-start-info" => raw::write(layout::START_INFO),
    "write-below-stack" => raw::write(layout::DEVICES_END),
    "execute-data" => raw::execute_data(),
    "execute-stack" => raw::execute_stack(),
    "jump-to-null" => raw::execute(0),
    "jump-to-kernel" => raw::execute(0x4004_0000),
    "mask-interrupts" => raw::mask_interrupts(),
    "read-translation-table-base" => raw::read_table_base(),
    "write-translation-table-base" => raw::write_table_base(),
    "flush-translations" => raw::flush_translations(),
    "program-the-timer" => raw::program_timer(),
    "end-an-interrupt" => raw::end_interrupt(),
    "call-the-monitor-itself" => raw::hypervisor_call(),
    "call-the-gate-itself" => raw::secure_monitor_call(),
    "return-from-exception" => raw::exception_return(),
}
