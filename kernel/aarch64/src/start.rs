//! From the monitor's hand to the first process.
//!
//! The kernel is linked at high addresses and entered at low ones with the MMU off. A
//! few lines of assembly build two tables (RAM for the kernel, with its text executable
//! and nothing else; and a passing one for the instruction that turns the MMU on), and
//! jump up. From there on it is Rust.

use crate::context::Context;
use crate::entry::{State, state};
use crate::hardware::OFFSET;
use crate::log::{Part, log};
use aarch64_cpu::registers::CNTFRQ_EL0;
use kernel_abi::Rights;
use kernel_abi::boot::{ROOT_INFO_MAGIC, RootInfo};
use kernel_core::boot::{BootConfiguration, Device, Segment};
use monitor_abi::boot_info::{
    KERNEL_BOOT_INFO_MAGIC, KERNEL_BOOT_INFO_VERSION, KernelBootInfo, MAX_DEVICES, MAX_SEGMENTS,
};
use tock_registers::interfaces::Readable;

core::arch::global_asm!(
    r#"
    .section .boot.start, "ax"
    .global _start
_start:
    mov     x19, x0                     // physical address of the boot information
    msr     daifset, #15

    adrp    x0, __bss_start             // zero the kernel's state
    adrp    x1, __bss_end
1:  stp     xzr, xzr, [x0], #16
    cmp     x0, x1
    b.lo    1b

    // The passing table: 1 GiB at 1 GiB, read-only, executable.
    adrp    x20, kernel_passing_table
    mov     x1, #0x40000000
    mov     x2, #{passing}
    orr     x1, x1, x2
    str     x1, [x20, #8]

    // RAM, in 2 MiB blocks: writable, not executable.
    adrp    x21, kernel_first_level
    ldr     x2, [x19, #{ram_bytes}]
    mov     x1, #0x40000000
    add     x2, x2, x1
    mov     x3, #{data_block_low}
    movk    x3, #{never_execute_high}, lsl #48
    mov     x4, x21
2:  orr     x5, x1, x3
    str     x5, [x4], #8
    add     x1, x1, #0x200000
    cmp     x1, x2
    b.lo    2b

    // The first 2 MiB, in pages: text executable, constants read-only, and nothing
    // below the boot information.
    adrp    x22, kernel_second_level
    orr     x1, x22, #3
    str     x1, [x21]
    mov     x1, x19
    add     x3, x3, #2                  // pages, not blocks
    mov     x2, #0x40200000
    ubfx    x4, x19, #12, #9
    add     x4, x22, x4, lsl #3
3:  orr     x5, x1, x3
    str     x5, [x4], #8
    add     x1, x1, #0x1000
    cmp     x1, x2
    b.lo    3b
    adrp    x1, __text_start
    adrp    x2, __text_end
    mov     x6, #{text_low}
    movk    x6, #{never_execute_at_el0_high}, lsl #48
    bl      4f
    adrp    x1, __rodata_start
    adrp    x2, __rodata_end
    mov     x6, #{text_low}
    movk    x6, #{never_execute_high}, lsl #48
    bl      4f
    b       6f
4:  ubfx    x4, x1, #12, #9
    add     x4, x22, x4, lsl #3
5:  orr     x5, x1, x6
    str     x5, [x4], #8
    add     x1, x1, #0x1000
    cmp     x1, x2
    b.lo    5b
    ret

6:  mov     x0, #0xff04                 // attribute 0: device, 1: normal memory
    msr     mair_el1, x0
    ldr     x0, ={translation_passing}
    msr     tcr_el1, x0
    msr     ttbr0_el1, x20
    msr     ttbr1_el1, x21
    dsb     sy
    tlbi    vmalle1
    ic      iallu
    dsb     sy
    isb
    ldr     x0, ={control}
    mrs     x1, id_aa64mmfr1_el1        // privileged access never, where there is such
    ubfx    x1, x1, #20, #4
    cbz     x1, 7f
    bic     x0, x0, #1 << 23
7:  msr     sctlr_el1, x0
    isb
    ldr     x1, =8f
    br      x1

8:  ldr     x0, ={translation}
    msr     tcr_el1, x0
    ldr     x1, ={offset}
    add     x2, x20, x1
    str     xzr, [x2, #8]               // the passing table becomes the empty one
    dsb     sy
    isb
    tlbi    vmalle1
    dsb     sy
    isb
    ldr     x0, =kernel_vectors
    msr     vbar_el1, x0
    msr     cpacr_el1, xzr
    ldr     x0, =__stack_top
    mov     sp, x0
    mov     x0, x19
    mov     x1, x20
    mov     x29, xzr
    mov     x30, xzr
    bl      {main}
    b       load_context
    .ltorg

    .section .bss.tables, "aw", %nobits
    .balign 4096
kernel_passing_table:
    .space 4096
kernel_first_level:
    .space 4096
kernel_second_level:
    .space 4096
    .text
    "#,
    ram_bytes = const core::mem::offset_of!(KernelBootInfo, ram_bytes),
    // Block, accessed, inner shareable, normal memory; read-only.
    passing = const 1 << 10 | 3 << 8 | 1 << 7 | 1 << 2 | 1,
    data_block_low = const 1 << 10 | 3 << 8 | 1 << 2 | 1,
    // Page, accessed, inner shareable, read-only, normal memory.
    text_low = const 1 << 10 | 3 << 8 | 1 << 7 | 1 << 2 | 3,
    never_execute_high = const 0x60,
    never_execute_at_el0_high = const 0x40,
    // 30 bits on both sides, 4 KiB pages, cacheable inner-shareable walks; while
    // passing, 32 bits below.
    translation = const TRANSLATION | 34,
    translation_passing = const TRANSLATION | 32,
    // MMU, caches, stack alignment, no execution of writable memory; EL0 may wait and
    // zero cache lines, and may not maintain caches or mask interrupts.
    control = const 0x30d0_0980u64 | 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 12 | 1 << 14 | 1 << 16 | 1 << 18 | 1 << 19,
    offset = const OFFSET,
    main = sym main,
);

const TRANSLATION: u64 = 34 << 16 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 24 | 1 << 26 | 3 << 28 | 2 << 30;

/// Reads the boot information, which stage 2 makes read-only for the kernel.
fn boot_info(physical: u64) -> Option<KernelBootInfo> {
    if !physical.is_multiple_of(4096) {
        return None;
    }
    let page = physical.wrapping_add(OFFSET) as *const KernelBootInfo;
    // SAFETY: the monitor passes the physical address of a page of RAM, which the start
    // code mapped at `OFFSET`; the struct is plain words, so any content is a value of it.
    let info = unsafe { page.read() };
    (info.magic == KERNEL_BOOT_INFO_MAGIC && info.version == KERNEL_BOOT_INFO_VERSION)
        .then_some(info)
}

/// The first Rust of the kernel. Returns the root task's context.
// SAFETY: a section of code like any other, beside the start code.
#[unsafe(link_section = ".boot.main")]
extern "C" fn main(info_physical: u64, empty_root: u64) -> *const Context {
    // SAFETY: the first and only use before the first exception.
    let state = unsafe { state() };
    crate::hardware::initialize();
    state.hardware.empty_root = empty_root;
    let Some(info) = boot_info(info_physical) else {
        log(&[Part::Text("fatal: no boot information at "), Part::Address(info_physical)]);
        halt();
    };
    match start_root(state, &info) {
        Ok(free_pages) => log(&[
            Part::Text("root task started, "),
            Part::Number(free_pages * 4),
            Part::Text(" KiB of "),
            Part::Number(info.ram_bytes / 1024),
            Part::Text(" KiB free"),
        ]),
        Err(error) => {
            log(&[Part::Text("fatal: can not start the root task: "), Part::Text(error.text())]);
            halt();
        }
    }
    &raw const state.kernel.contexts[state.kernel.current]
}

#[inline(always)]
fn start_root(state: &mut State, info: &KernelBootInfo) -> Result<u64, kernel_abi::Error> {
    let State { kernel, hardware } = state;
    let mut segments =
        [Segment { physical: 0, address: 0, pages: 0, rights: Rights::NONE }; MAX_SEGMENTS];
    for (segment, from) in segments.iter_mut().zip(&info.root_segments) {
        *segment = Segment {
            physical: from.physical,
            address: from.virtual_address,
            pages: from.pages,
            rights: Rights::from_bits(from.rights).unwrap_or(Rights::NONE),
        };
    }
    let mut devices = [Device { kind: 0, physical: 0, pages: 0, interrupt: 0 }; MAX_DEVICES];
    for (device, from) in devices.iter_mut().zip(&info.devices) {
        *device = Device {
            kind: from.kind,
            physical: from.physical,
            pages: from.pages,
            interrupt: from.interrupt as u32,
        };
    }
    let used = info.devices.iter().take_while(|device| device.kind != 0).count();
    let configuration = BootConfiguration {
        free_physical: info.free_base,
        free_pages: info.free_bytes / 4096,
        segments: &segments,
        entry: info.root_entry,
        devices: devices.get(..used).unwrap_or(&[]),
        ticks_per_second: CNTFRQ_EL0.get(),
    };
    let result = kernel.boot(hardware, &configuration)?;
    let root_info = RootInfo {
        magic: ROOT_INFO_MAGIC,
        free_pages: result.free_pages,
        ram_bytes: info.ram_bytes,
        ticks_per_second: configuration.ticks_per_second,
        boot_seed: info.boot_seed,
        devices: result.devices,
    };
    let page = result.info_physical.wrapping_add(OFFSET) as *mut RootInfo;
    // SAFETY: a page of free RAM that `boot` set aside for this; the root task, which may
    // only read it, has not run yet.
    unsafe { page.write(root_info) };
    Ok(result.free_pages)
}

fn halt() -> ! {
    crate::monitor::system_stop(false);
    loop {
        crate::hardware::wait_for_interrupt();
    }
}

/// What a panic does: says so, and stops the machine.
pub fn panic(information: &core::panic::PanicInfo<'_>) -> ! {
    let (file, line) = information.location().map_or(("?", 0), |at| (at.file(), at.line()));
    log(&[
        Part::Text("fatal: panic at "),
        Part::Text(file),
        Part::Text(" line "),
        Part::Number(u64::from(line)),
    ]);
    halt()
}
