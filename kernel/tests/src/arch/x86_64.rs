//! x86-64.

use super::{Reply, load_register, store_register};
use core::arch::{asm, global_asm};

/// Name of the processor.
pub(crate) const NAME: &str = "x86_64";
/// Bytes of the first instruction of each probe.
pub(crate) const PROBE_BYTES: [u64; 5] = [3, 3, 2, 2, 1];
/// An address of the kernel's.
pub(crate) const KERNEL_ADDRESS: u64 = 0xffff_ffff_8010_0000;
/// The first address above the user's half.
pub(crate) const BEYOND: u64 = 0x7fff_ffff_f000;
/// Whether a misaligned stack pointer is a fault.
pub(crate) const STACK_ALIGNMENT_FAULTS: bool = false;

/// Makes a system call.
pub(crate) fn raw(number: u64, arguments: &[u64; 10]) -> Reply {
    let [x0, x1, x2, x3, x4, x5, x6, x7, x8, x9] = *arguments;
    let mut reply = Reply::default();
    let [w0, w1, w2, w3, w4, w5, w6, w7] = &mut reply.words;
    // SAFETY: a system call changes no memory that Rust knows of; every register it may
    // change is an operand.
    unsafe {
        asm!(
            "syscall",
            inout("rdi") x0 => reply.status,
            inout("rsi") x1 => *w0,
            inout("rdx") x2 => *w1,
            inout("r10") x3 => *w2,
            inout("r8") x4 => *w3,
            inout("r9") x5 => *w4,
            inout("r12") x6 => *w5,
            inout("r13") x7 => *w6,
            inout("r14") x8 => *w7,
            inout("r15") x9 => reply.badge,
            inout("rax") number => reply.info,
            out("rcx") _, out("r11") _,
            options(nostack)
        );
    }
    reply
}

/// Reads the clock.
pub(crate) fn now() -> u64 {
    // SAFETY: reads a counter.
    unsafe { core::arch::x86_64::_rdtsc() }
}

/// Makes every call whose number is not in `known`; returns the first number that was
/// not refused with `refusal`.
pub(crate) fn walk_unknown(known: &[u64], refusal: u64) -> Option<u64> {
    let large = [1 << 16, 1 << 31, 1 << 32, (1 << 32) | 9, 1 << 63, u64::MAX, u64::MAX - 63];
    (0..1 << 16)
        .chain(large)
        .filter(|number| !known.contains(number))
        .find(|number| raw(*number, &[0; 10]).status != refusal)
}

/// Whether `rbx`, `rbp` and `rsp` outlive a refused call.
pub(crate) fn kept_over_call() -> bool {
    let same: u64;
    // SAFETY: saves and restores what it changes; the call is refused.
    unsafe {
        asm!(
            "push rbx", "push rbp", "mov rbx, 0x1234567", "mov rbp, 0x7654321",
            "lea rax, [rsp]", "push rax",
            "mov eax, 63", "syscall",
            "pop rax", "sub rax, rsp", "sub rbx, 0x1234567", "sub rbp, 0x7654321",
            "or rax, rbx", "or rax, rbp", "pop rbp", "pop rbx",
            out("rax") same, out("rdi") _, out("rsi") _, out("rdx") _, out("r10") _,
            out("r8") _, out("r9") _, out("r12") _, out("r13") _, out("r14") _,
            out("r15") _, out("rcx") _, out("r11") _,
        );
    }
    same == 0
}

/// Fills floating-point registers.
pub(crate) fn floating_point_set(seed: u64) {
    // SAFETY: the suite is compiled without floating point, so nobody else uses them.
    unsafe {
        asm!(
            "movq xmm0, {0}", "movq xmm7, {0}", "movq xmm15, {0}",
            "push {0}", "fild qword ptr [rsp]", "pop {0}",
            in(reg) seed
        );
    }
}

/// Reads back what [`floating_point_set`] filled, folded into one word; 0 if all are
/// those of a fresh thread.
pub(crate) fn floating_point_get() -> u64 {
    let (a, b, c): (u64, u64, u64);
    // SAFETY: as above.
    unsafe { asm!("movq {0}, xmm0", "movq {1}, xmm7", "movq {2}, xmm15", out(reg) a, out(reg) b, out(reg) c) };
    if a == b && b == c { a } else { u64::MAX }
}

/// Sets the register that programs keep a thread's own data by: here a segment selector.
pub(crate) fn thread_register_set(_value: u64) {
    const USER_DATA: u64 = 0x23;
    // SAFETY: no Rust code uses these segments.
    unsafe { asm!("mov fs, {0:x}", "mov gs, {0:x}", in(reg) USER_DATA, options(nostack)) };
}

/// Reads it back; 0 if it is a fresh thread's.
pub(crate) fn thread_register_get() -> u64 {
    let (fs, gs): (u64, u64);
    // SAFETY: reads two selectors.
    unsafe { asm!("mov {0:r}, fs", "mov {1:r}, gs", out(reg) fs, out(reg) gs, options(nostack)) };
    fs | gs
}

/// A misaligned stack is no fault here.
pub(crate) fn misalign() {}

/// The device that can interrupt: the HPET's first comparator.
pub(crate) mod device {
    use super::{load_register, store_register};

    /// Its kind in the root task's list.
    pub(crate) const KIND: u64 = 5;
    const CONFIGURATION: u64 = 0x10;
    const STATUS: u64 = 0x20;
    const COUNTER: u64 = 0xf0;
    const COMPARATOR_CONFIGURATION: u64 = 0x100;
    const COMPARATOR: u64 = 0x108;
    const LEVEL: u32 = 1 << 1;
    const ENABLE: u32 = 1 << 2;
    const WIDTH_32: u32 = 1 << 8;
    const PIN: u32 = 20;

    /// Makes the line rise within a millisecond.
    pub(crate) fn raise(base: u64) {
        store_register(base + CONFIGURATION, 1);
        store_register(base + COMPARATOR_CONFIGURATION, LEVEL | ENABLE | WIDTH_32 | PIN << 9);
        let soon = load_register(base + COUNTER).wrapping_add(10_000);
        store_register(base + COMPARATOR, soon);
    }
    /// Makes it fall.
    pub(crate) fn clear(base: u64) {
        store_register(base + COMPARATOR_CONFIGURATION, LEVEL | PIN << 9);
        store_register(base + STATUS, 1);
    }
}

super::privileged_instructions! {
    "mask interrupts" privileged_cli "cli",
    "unmask interrupts" privileged_sti "sti",
    "halt" privileged_hlt "hlt",
    "read CR0" privileged_read_cr0 "mov rax, cr0",
    "write CR0" privileged_write_cr0 "mov cr0, rax",
    "read CR3" privileged_read_cr3 "mov rax, cr3",
    "write CR3" privileged_write_cr3 "mov cr3, rax",
    "write CR4" privileged_write_cr4 "mov cr4, rax",
    "read DR7" privileged_read_dr7 "mov rax, dr7",
    "write DR7" privileged_write_dr7 "mov dr7, rax",
    "clear TS" privileged_clts "clts",
    "read a model-specific register" privileged_rdmsr "rdmsr",
    "write a model-specific register" privileged_wrmsr "wrmsr",
    "flush a translation" privileged_invlpg "invlpg [rsp]",
    "flush caches" privileged_wbinvd "wbinvd",
    "load descriptors" privileged_lgdt "lgdt [rsp]",
    "load interrupt descriptors" privileged_lidt "lidt [rsp]",
    "load the task register" privileged_ltr "ltr ax",
    "swap GS" privileged_swapgs "swapgs",
    "read a port" privileged_in "in al, 0x60",
    "write a port" privileged_out "out 0xf4, al",
    "interrupt 32" privileged_int32 "int 0x20",
    "interrupt 128" privileged_int128 "int 0x80",
    "interrupt of the timer" privileged_timer "int 0xe0",
    "double fault by hand" privileged_double "int 8",
    "return from system call" privileged_sysret "sysretq",
    "hypercall" privileged_vmcall "vmcall",
    "extended control register" privileged_xgetbv "xgetbv",
    "non-canonical load" privileged_noncanonical "movabs rax, 0x8000000000000000; mov rax, [rax]",
}

global_asm!(
    r#"
    .global probe_read
probe_read:
    movq    (%rdi), %rax
    ret
    .global probe_write
probe_write:
    movq    %rsi, (%rdi)
    ret
    .global probe_jump
probe_jump:
    jmp     *%rdi
    .global probe_undefined
probe_undefined:
    ud2
    ret
    .global probe_breakpoint
probe_breakpoint:
    int3
    ret

    .global residue_entry
residue_entry:                          // rdi: the agent's page
    movq    %rax, %rsi
    orq     %rbx, %rsi
    orq     %rcx, %rsi
    orq     %rdx, %rsi
    orq     %rbp, %rsi
    orq     %r8, %rsi
    orq     %r9, %rsi
    orq     %r10, %rsi
    orq     %r11, %rsi
    orq     %r12, %rsi
    orq     %r13, %rsi
    orq     %r14, %rsi
    orq     %r15, %rsi
    movl    %ds, %eax
    orq     %rax, %rsi
    movl    %fs, %eax
    orq     %rax, %rsi
    movl    %gs, %eax
    orq     %rax, %rsi
    movq    %rsi, 2048(%rdi)
    jmp     agent_entry

    .balign 16
    .global _start
_start:
    andq    $-16, %rsp
    call    suite_main
    ud2

    .global agent_entry
agent_entry:
    andq    $-16, %rsp
    call    agent_main
    ud2
    "#,
    options(att_syntax)
);
