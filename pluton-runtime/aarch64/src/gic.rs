//! GICv3, the secure half. Everything the normal world may have is put into its
//! group 1; group 0 holds the two doorbells between gates and the Pluton core, which
//! the normal world can neither see, mask nor ring.

use crate::cpu;
use board::core::{MAILBOX_REPLY_INTERRUPT, MAILBOX_REQUEST_INTERRUPT, RELEASE_INTERRUPT};
use board::device::{GIC_DISTRIBUTOR, GIC_REDISTRIBUTOR_BYTES, GIC_REDISTRIBUTORS};

const CONTROL: u64 = 0x0000;
const TYPE: u64 = 0x0004;
const GROUP: u64 = 0x0080;
const SET_ENABLE: u64 = 0x0100;
const CLEAR_ENABLE: u64 = 0x0180;
const PRIORITY: u64 = 0x0400;
const GROUP_MODIFIER: u64 = 0x0d00;
/// Offset of a redistributor's frame for its own 32 interrupts.
const PRIVATE: u64 = 0x1_0000;
const WAKER: u64 = 0x0014;

/// Affinity routing for both worlds.
const ROUTING: u32 = 1 << 4 | 1 << 5;
/// Group 0, and the normal world's group 1.
const ENABLE: u32 = 1 | 1 << 1;
const WRITE_PENDING: u32 = 1 << 31;
const SLEEP: u32 = 1 << 1;
const CHILDREN_ASLEEP: u32 = 1 << 2;

/// Interrupts 8 to 15 are the secure world's, all else the normal world's.
const PRIVATE_GROUPS: u32 = 0xffff_00ff;
/// Above every priority the normal world can set.
const SECURE_PRIORITY: u32 = 0x2020_2020;
/// The middle of what the normal world can set.
const NORMAL_PRIORITY: u32 = 0xa0a0_a0a0;
/// Numbers from here on are no interrupts.
const NO_INTERRUPT: u64 = 1020;
/// System registers on, no bypass, and lower levels may do the same.
const SYSTEM_REGISTERS: u64 = 0xf;

/// What the image crates' start code, which has no stack, must know to make a
/// sleeping core hear [`RELEASE_INTERRUPT`].
pub mod start {
    /// Offset of the waker register.
    pub const WAKER: u64 = super::WAKER;
    /// Offset of the frame for private interrupts.
    pub const PRIVATE: u64 = super::PRIVATE;
    /// Value of its group register.
    pub const PRIVATE_GROUPS: u64 = super::PRIVATE_GROUPS as u64;
    /// Value of a secure interrupt's four priority bytes.
    pub const SECURE_PRIORITY: u64 = super::SECURE_PRIORITY as u64;
}

fn read(address: u64) -> u32 {
    // SAFETY: all callers name registers of the board's GICv3, mapped as a device.
    unsafe { (address as usize as *const u32).read_volatile() }
}

fn write(address: u64, value: u32) {
    // SAFETY: all callers name registers of the board's GICv3, mapped as a device,
    // which write no memory of this program (no LPI tables are set up).
    unsafe { (address as usize as *mut u32).write_volatile(value) };
}

fn distributor(register: u64, value: u32) {
    write(GIC_DISTRIBUTOR + register, value);
    while read(GIC_DISTRIBUTOR + CONTROL) & WRITE_PENDING != 0 {}
}

/// Sets the distributor up: every shared interrupt is the normal world's, disabled.
pub fn set_up_distributor() {
    distributor(CONTROL, 0);
    distributor(CONTROL, ROUTING);
    let words = u64::from(read(GIC_DISTRIBUTOR + TYPE) & 0x1f) + 1;
    for word in 1..words {
        distributor(CLEAR_ENABLE + word * 4, u32::MAX);
        distributor(GROUP + word * 4, u32::MAX);
        distributor(GROUP_MODIFIER + word * 4, 0);
        for priority in word * 8..word * 8 + 8 {
            distributor(PRIORITY + priority * 4, NORMAL_PRIORITY);
        }
    }
    distributor(CONTROL, ROUTING | ENABLE);
}

/// Sets up the calling core's redistributor and CPU interface.
pub fn set_up_core(core: u64) {
    let redistributor = GIC_REDISTRIBUTORS + core * GIC_REDISTRIBUTOR_BYTES;
    write(redistributor + WAKER, read(redistributor + WAKER) & !SLEEP);
    while read(redistributor + WAKER) & CHILDREN_ASLEEP != 0 {}
    let private = redistributor + PRIVATE;
    write(private + CLEAR_ENABLE, u32::MAX);
    write(private + GROUP, PRIVATE_GROUPS);
    write(private + GROUP_MODIFIER, 0);
    for word in 0..8 {
        let secure = matches!(word, 2 | 3);
        let priority = if secure { SECURE_PRIORITY } else { NORMAL_PRIORITY };
        write(private + PRIORITY + word * 4, priority);
    }
    write(private + SET_ENABLE, 1 << MAILBOX_REQUEST_INTERRUPT | 1 << RELEASE_INTERRUPT);
    // SAFETY: this turns on the CPU interface's system registers, nothing else.
    unsafe { write_register!("s3_6_c12_c12_5", SYSTEM_REGISTERS) }; // ICC_SRE_EL3
    cpu::synchronize();
    // SAFETY: all interrupts stay masked at EL3; this lets them be pending.
    unsafe { write_register!("s3_0_c4_c6_0", 0xffu64) }; // ICC_PMR_EL1
    // SAFETY: as above.
    unsafe { write_register!("s3_0_c12_c12_6", 1u64) }; // ICC_IGRPEN0_EL1
    cpu::synchronize();
}

/// Lets EL2 and EL1 of the normal world use the CPU interface's system registers.
/// To be called when `SCR_EL3.NS` is set.
pub(crate) fn open_for_normal_world() {
    // SAFETY: opens the normal world's own interface to it.
    unsafe { write_register!("s3_4_c12_c9_5", SYSTEM_REGISTERS) }; // ICC_SRE_EL2
    cpu::synchronize();
    // SAFETY: as above.
    unsafe { write_register!("s3_0_c12_c12_5", 7u64) }; // ICC_SRE_EL1
    cpu::synchronize();
}

/// Acknowledges all secure interrupts that are pending. They carry no data: whoever
/// woke up looks at the shared memory.
pub fn acknowledge_doorbells() {
    loop {
        let interrupt = read_register!("s3_0_c12_c8_0"); // ICC_IAR0_EL1
        if interrupt >= NO_INTERRUPT {
            return;
        }
        // SAFETY: ends the interrupt that was just acknowledged.
        unsafe { write_register!("s3_0_c12_c8_1", interrupt) }; // ICC_EOIR0_EL1
        cpu::synchronize();
    }
}

const fn software_interrupt(interrupt: u32, core: u64) -> u64 {
    (interrupt as u64) << 24 | 1 << core
}

fn ring_secure(interrupt: u32, core: u64) {
    cpu::synchronize();
    // SAFETY: raises an interrupt that only EL3 sees.
    unsafe { write_register!("s3_0_c12_c11_7", software_interrupt(interrupt, core)) }; // ICC_SGI0R_EL1
    cpu::synchronize();
}

/// Tells the Pluton core that a request waits.
pub(crate) fn ring_pluton() {
    ring_secure(MAILBOX_REQUEST_INTERRUPT, board::core::PLUTON);
}

/// Lets a core out of the boot ROM.
pub fn release(core: u64) {
    ring_secure(RELEASE_INTERRUPT, core);
}

/// Tells the normal world on `core` that a reply waits.
pub fn ring_normal_world(core: u64) {
    cpu::synchronize();
    let value = software_interrupt(MAILBOX_REPLY_INTERRUPT, core);
    // SAFETY: raises an interrupt of the normal world, as the mailbox promises.
    unsafe { write_register!("s3_0_c12_c11_6", value) }; // ICC_ASGI1R_EL1
    cpu::synchronize();
}
