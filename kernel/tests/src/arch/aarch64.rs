//! AArch64.

use super::{Reply, load_register, store_register};
use core::arch::{asm, global_asm};

/// Name of the processor.
pub(crate) const NAME: &str = "aarch64";
/// Bytes of the first instruction of each probe.
pub(crate) const PROBE_BYTES: [u64; 5] = [4; 5];
/// An address of the kernel's.
pub(crate) const KERNEL_ADDRESS: u64 = 0xffff_ffff_c004_0000;
/// The first address above the user's half.
pub(crate) const BEYOND: u64 = 1 << 48;
/// Whether a misaligned stack pointer is a fault. It is on hardware, and the kernel turns
/// the check on; QEMU 7.2 does not make it.
pub(crate) const STACK_ALIGNMENT_FAULTS: bool = false;

macro_rules! numbers {
    ($number:expr, $reply:ident, $arguments:ident, $($known:literal)*) => {
        match $number {
            $($known => system_call!($known, $reply, $arguments),)*
            other => {
                $reply.status = by_table(other);
            }
        }
    };
}

macro_rules! system_call {
    ($number:literal, $reply:ident, $arguments:ident) => {{
        let [x0, x1, x2, x3, x4, x5, x6, x7, x8, x9] = *$arguments;
        let [w0, w1, w2, w3, w4, w5, w6, w7] = &mut $reply.words;
        // SAFETY: a system call changes no memory that Rust knows of; every register it
        // may change is an operand.
        unsafe {
            asm!(
                "svc #{number}",
                number = const $number,
                inout("x0") x0 => $reply.status,
                inout("x1") x1 => *w0, inout("x2") x2 => *w1,
                inout("x3") x3 => *w2, inout("x4") x4 => *w3,
                inout("x5") x5 => *w4, inout("x6") x6 => *w5,
                inout("x7") x7 => *w6, inout("x8") x8 => *w7,
                inout("x9") x9 => $reply.badge, out("x10") $reply.info,
                out("x11") _, out("x12") _, out("x13") _, out("x14") _, out("x15") _,
                out("x16") _, out("x17") _, out("x18") _,
                options(nostack)
            );
        }
    }};
}

/// Makes a system call. The number is part of the instruction, so known calls have one
/// each; others go through the table of all, without arguments.
pub(crate) fn raw(number: u64, arguments: &[u64; 10]) -> Reply {
    let mut reply = Reply::default();
    numbers!(number, reply, arguments,
        0 1 2 3 4 5 6 7 8 9 16 17 18 19 20 24 25 26 27 28 32 33 34 35 36 37 38 39 40
        48 49 50 51 52);
    reply
}

unsafe extern "C" {
    /// `svc #n; ret` at 8 n.
    static call_table: u8;
}

fn by_table(number: u64) -> u64 {
    let entry = (&raw const call_table) as u64 + (number & 0xffff) * 8;
    let status;
    // SAFETY: the entry is `svc` and `ret`; the call is refused, so only registers that
    // a call does not keep change.
    unsafe {
        asm!("blr {entry}", entry = in(reg) entry, inout("x0") 0u64 => status,
            out("x1") _, out("x2") _, out("x3") _, out("x4") _, out("x5") _, out("x6") _,
            out("x7") _, out("x8") _, out("x9") _, out("x10") _, out("x11") _, out("x12") _,
            out("x13") _, out("x14") _, out("x15") _, out("x16") _, out("x17") _, out("x18") _,
            out("x30") _);
    }
    status
}

/// Reads the clock.
pub(crate) fn now() -> u64 {
    let ticks;
    // SAFETY: reads a counter.
    unsafe { asm!("isb", "mrs {}, cntvct_el0", out(reg) ticks, options(nomem, nostack)) };
    ticks
}

/// Makes every call whose number is not in `known`; returns the first number that was
/// not refused with `refusal`.
pub(crate) fn walk_unknown(known: &[u64], refusal: u64) -> Option<u64> {
    (0..1 << 16)
        .filter(|number| !known.contains(number))
        .find(|number| by_table(*number) != refusal)
}

/// Whether `x19..=x29` and `sp` outlive a refused call.
pub(crate) fn kept_over_call() -> bool {
    let wrong: u64;
    // SAFETY: saves and restores what it changes; the call is refused.
    unsafe {
        asm!(
            "stp x19, x29, [sp, #-16]!",
            "mov x19, #0x1234", "mov x20, #0x2345", "mov x21, #0x3456", "mov x22, #0x4567",
            "mov x23, #0x5678", "mov x24, #0x6789", "mov x25, #0x789a", "mov x26, #0x89ab",
            "mov x27, #0x9abc", "mov x28, #0xabcd", "mov x29, sp",
            "svc #63",
            "mov x0, sp", "sub x0, x0, x29",
            "mov x1, #0x1234", "eor x1, x1, x19", "orr x0, x0, x1",
            "mov x1, #0x2345", "eor x1, x1, x20", "orr x0, x0, x1",
            "mov x1, #0x3456", "eor x1, x1, x21", "orr x0, x0, x1",
            "mov x1, #0x4567", "eor x1, x1, x22", "orr x0, x0, x1",
            "mov x1, #0x5678", "eor x1, x1, x23", "orr x0, x0, x1",
            "mov x1, #0x6789", "eor x1, x1, x24", "orr x0, x0, x1",
            "mov x1, #0x789a", "eor x1, x1, x25", "orr x0, x0, x1",
            "mov x1, #0x89ab", "eor x1, x1, x26", "orr x0, x0, x1",
            "mov x1, #0x9abc", "eor x1, x1, x27", "orr x0, x0, x1",
            "mov x1, #0xabcd", "eor x1, x1, x28", "orr x0, x0, x1",
            "ldp x19, x29, [sp], #16",
            out("x0") wrong, out("x1") _, out("x2") _, out("x3") _, out("x4") _, out("x5") _,
            out("x6") _, out("x7") _, out("x8") _, out("x9") _, out("x10") _, out("x11") _,
            out("x12") _, out("x13") _, out("x14") _, out("x15") _, out("x16") _, out("x17") _, out("x18") _,
            out("x20") _, out("x21") _, out("x22") _, out("x23") _, out("x24") _,
            out("x25") _, out("x26") _, out("x27") _, out("x28") _,
        );
    }
    wrong == 0
}

/// Fills floating-point registers.
pub(crate) fn floating_point_set(seed: u64) {
    // SAFETY: the suite is compiled without floating point, so nobody else uses them.
    unsafe {
        asm!(".arch_extension fp", ".arch_extension simd",
            "fmov d0, {0}", "fmov d8, {0}", "dup v31.2d, {0}", in(reg) seed)
    };
}

/// Reads back what [`floating_point_set`] filled, folded into one word; 0 if all are
/// those of a fresh thread.
pub(crate) fn floating_point_get() -> u64 {
    let (a, b, c): (u64, u64, u64);
    // SAFETY: as above.
    unsafe {
        asm!(".arch_extension fp", ".arch_extension simd",
            "fmov {0}, d0", "fmov {1}, d8", "mov {2}, v31.d[1]",
            out(reg) a, out(reg) b, out(reg) c);
    }
    if a == b && b == c { a } else { u64::MAX }
}

/// Sets the register that programs keep a thread's own data by.
pub(crate) fn thread_register_set(value: u64) {
    // SAFETY: no Rust code of the suite uses it.
    unsafe { asm!("msr tpidr_el0, {0}", in(reg) value, options(nostack)) };
}

/// Reads it back; 0 if it is a fresh thread's.
pub(crate) fn thread_register_get() -> u64 {
    let value;
    // SAFETY: reads a register.
    unsafe { asm!("mrs {0}, tpidr_el0", out(reg) value, options(nostack)) };
    value
}

/// Loads through a misaligned stack pointer.
pub(crate) fn misalign() {
    // SAFETY: faults at the load, or else puts the stack pointer back.
    unsafe {
        asm!("mov {0}, sp", "sub {1}, {0}, #8", "mov sp, {1}", "ldr {1}, [sp]", "mov sp, {0}",
            out(reg) _, out(reg) _);
    }
}

/// The device that can interrupt: the real-time clock's alarm.
pub(crate) mod device {
    use super::{load_register, store_register};

    /// Its kind in the root task's list.
    pub(crate) const KIND: u64 = 2;
    const DATA: u64 = 0;
    const MATCH: u64 = 4;
    const MASK: u64 = 0x10;
    const CLEAR: u64 = 0x1c;

    /// Makes the line rise now: an alarm at the present second.
    pub(crate) fn raise(base: u64) {
        store_register(base + MASK, 1);
        store_register(base + MATCH, load_register(base + DATA));
    }
    /// Makes it fall.
    pub(crate) fn clear(base: u64) {
        store_register(base + CLEAR, 1);
        store_register(base + MASK, 0);
    }
}

super::privileged_instructions! {
    "mask interrupts" privileged_mask "msr daifset, #2",
    "read the interrupt mask" privileged_daif "mrs x0, daif",
    "call the hypervisor" privileged_hvc "hvc #0",
    "call the secure monitor" privileged_smc "smc #0",
    "halt" privileged_hlt "hlt #0",
    "return from exception" privileged_eret "eret",
    "read the system control" privileged_read_sctlr "mrs x0, sctlr_el1",
    "write the system control" privileged_write_sctlr "msr sctlr_el1, x0",
    "read the page-table base" privileged_read_ttbr "mrs x0, ttbr0_el1",
    "write the page-table base" privileged_write_ttbr "msr ttbr0_el1, x0",
    "write the vector base" privileged_write_vbar "msr vbar_el1, x0",
    "write the kernel's thread pointer" privileged_tpidr "msr tpidr_el1, x0",
    "read the context id" privileged_context "mrs x0, contextidr_el1",
    "write the counter control" privileged_cntkctl "msr cntkctl_el1, x0",
    "write the timer" privileged_timer "msr cntv_cval_el0, x0",
    "read the physical counter" privileged_cntpct "mrs x0, cntpct_el0",
    "read the performance control" privileged_pmcr "mrs x0, pmcr_el0",
    "read the cycle counter" privileged_pmccntr "mrs x0, pmccntr_el0",
    "write debug control" privileged_mdscr "msr mdscr_el1, x0",
    "read the main id" privileged_midr "mrs x0, midr_el1",
    "flush translations" privileged_tlbi "tlbi vmalle1",
    "flush instruction caches" privileged_iciallu "ic iallu",
    "flush a cache by set" privileged_dcisw "dc isw, x0",
    "flush a cache line" privileged_dccivac "dc civac, x0",
    "translate an address" privileged_at "at s1e1r, x0",
    "acknowledge an interrupt" privileged_iar "mrs x0, icc_iar1_el1",
    "end an interrupt" privileged_eoir "msr icc_eoir1_el1, x0",
    "open the priority mask" privileged_pmr "msr icc_pmr_el1, x0",
    "switch stacks" privileged_spsel "msr spsel, #1",
    "let floating point trap" privileged_cpacr "msr cpacr_el1, x0",
}

global_asm!(
    r#"
    .global probe_read
probe_read:
    ldr     x0, [x0]
    ret
    .global probe_write
probe_write:
    str     x1, [x0]
    ret
    .global probe_jump
probe_jump:
    br      x0
    .global probe_undefined
probe_undefined:
    udf     #0
    ret
    .global probe_breakpoint
probe_breakpoint:
    brk     #7
    ret

    .global residue_entry
residue_entry:                          // x0: the agent's page
    .irp    register, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
    orr     x1, x1, x\register
    .endr
    mrs     x2, tpidr_el0
    orr     x1, x1, x2
    str     x1, [x0, #2048]
    b       agent_entry

    .global _start
_start:
    bl      suite_main
    udf     #1

    .global agent_entry
agent_entry:
    bl      agent_main
    udf     #1

    .section .text.call_table, "ax"
    .balign 8
    .global call_table
call_table:
    .set    number, 0
    .rept   65536
    svc     #number
    ret
    .set    number, number + 1
    .endr
    .text
    "#
);
