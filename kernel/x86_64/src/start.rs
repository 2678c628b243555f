//! From the boot loader to the first process.
//!
//! The loader follows the PVH convention: the ELF file's note names a 32-bit entry,
//! entered without paging, `ebx` = physical address of [`StartInfo`]. A few lines of
//! assembly build the kernel's tables and jump up to the addresses it is linked at; from
//! there on it is Rust. The root task's image comes as the loader's first module. Its
//! format is checked, its signature is not: here is no secret to guard.

use crate::clock::{Clock, HPET};
use crate::console::log;
use crate::context::Context;
use crate::entry::{State, state};
use crate::memory::{MAPPED_BYTES, OFFSET, ram};
use image_format::{Header, ImageType};
use kernel_abi::boot::{ROOT_INFO_MAGIC, RootInfo};
use kernel_abi::limits::PAGE_BYTES;
use kernel_abi::{Error, Rights};
use kernel_core::boot::{BootConfiguration, Device, Segment};
use x86_64::VirtAddr;
use x86_64::registers::control::{Cr4, Cr4Flags};
use x86_64::registers::model_specific::{LStar, Msr, SFMask};
use x86_64::registers::rflags::RFlags;

core::arch::global_asm!(
    r#"
    .section .note.start, "a", @note
    .balign 4
    .long   4, 8, 18                    // name and description bytes, PHYS32_ENTRY
    .asciz  "Xen"
    .quad   _start - {offset}

    .section .text.start, "ax"
    .code32
    .global _start
_start:
    cli
    cld
    movl    %ebx, %ebp
    movl    $(__bss_start - {offset}), %edi
    movl    $(__bss_end - {offset}), %ecx
    subl    %edi, %ecx
    shrl    $2, %ecx
    xorl    %eax, %eax
    rep stosl

    // RAM in pages of 2 MiB: writable, not executable.
    movl    $(kernel_directory - {offset}), %edi
    movl    $0x83, %eax
    movl    ${large_pages}, %ecx
1:  movl    %eax, (%edi)
    movl    $0x80000000, 4(%edi)
    addl    $0x200000, %eax
    addl    $8, %edi
    decl    %ecx
    jnz     1b
    // The first of them in pages of 4 KiB, text executable, constants read-only.
    movl    $(kernel_table - {offset} + 3), kernel_directory - {offset}
    movl    $0, kernel_directory - {offset} + 4
    movl    $(kernel_table - {offset}), %edi
    movl    $3, %eax
    movl    $512, %ecx
2:  movl    %eax, (%edi)
    movl    $0x80000000, 4(%edi)
    addl    $0x1000, %eax
    addl    $8, %edi
    decl    %ecx
    jnz     2b
    movl    $(__text_start - {offset}), %eax
    movl    $(__text_end - {offset}), %ecx
    xorl    %esi, %esi
    call    6f
    movl    $(__rodata_start - {offset}), %eax
    movl    $(__rodata_end - {offset}), %ecx
    movl    $0x80000000, %esi
    call    6f

    // Device registers, uncached.
    movl    $0xfec0009b, device_directory - {offset} + 0x1f6 * 8
    movl    $0x80000000, device_directory - {offset} + 0x1f6 * 8 + 4
    movl    $0xfee0009b, device_directory - {offset} + 0x1f7 * 8
    movl    $0x80000000, device_directory - {offset} + 0x1f7 * 8 + 4

    movl    $(kernel_directory - {offset} + 3), kernel_pointers - {offset} + 510 * 8
    movl    $(device_directory - {offset} + 3), kernel_pointers - {offset} + 511 * 8
    movl    $(kernel_pointers - {offset} + 3), top_table - {offset} + 511 * 8
    movl    $(user_pointers - {offset} + 7), top_table - {offset}
    movl    $(kernel_directory - {offset} + 3), user_pointers - {offset}    // in passing

    movl    $0x620, %eax                // PAE, FXSR, XMMEXCPT
    movl    %eax, %cr4
    movl    $(top_table - {offset}), %eax
    movl    %eax, %cr3
    movl    $0xc0000080, %ecx
    rdmsr
    orl     $0x901, %eax                // long mode, no-execute, system calls
    wrmsr
    movl    $0x8001003b, %eax           // paging, write protection, floating point traps
    movl    %eax, %cr0
    lgdt    passing_pointer - {offset}
    ljmp    $8, $(3f - {offset})

6:  movl    %eax, %edi                  // eax..ecx: present and no more, esi: top half
    shrl    $9, %edi
    addl    $(kernel_table - {offset}), %edi
    movl    %eax, %edx
    orl     $1, %edx
    movl    %edx, (%edi)
    movl    %esi, 4(%edi)
    addl    $0x1000, %eax
    cmpl    %ecx, %eax
    jb      6b
    ret

    .code64
3:  movabsq $4f, %rax
    jmp     *%rax
4:  movq    $__stack_top, %rsp
    movq    $0, user_pointers(%rip)
    movq    %cr3, %rax
    movq    %rax, %cr3
    movl    %ebp, %edi
    xorl    %ebp, %ebp
    call    {main}
    movq    %rax, %rdi
    jmp     load_context

    .balign 8
passing_descriptors:
    .quad   0, 0x00209a0000000000
passing_pointer:
    .word   15
    .long   passing_descriptors - {offset}

    .section .bss.tables, "aw", @nobits
    .balign 4096
    .global user_pointers
top_table:
    .space  4096
user_pointers:
    .space  4096
kernel_pointers:
    .space  4096
kernel_directory:
    .space  4096
kernel_table:
    .space  4096
device_directory:
    .space  4096
    .text
    "#,
    offset = const OFFSET,
    large_pages = const MAPPED_BYTES >> 21,
    main = sym main,
    options(att_syntax)
);

/// What the loader leaves (PVH, `hvm_start_info`).
#[repr(C)]
#[derive(Clone, Copy)]
struct StartInfo {
    magic: u32,
    version: u32,
    flags: u32,
    modules: u32,
    module_list: u64,
    command_line: u64,
    root_pointer: u64,
    memory_list: u64,
    memory_entries: u32,
    reserved: u32,
}
const START_INFO_MAGIC: u32 = 0x336e_c578;

/// A file that the loader put into RAM.
#[repr(C)]
#[derive(Clone, Copy)]
struct Module {
    physical: u64,
    bytes: u64,
    command_line: u64,
    reserved: u64,
}

/// A run of memory.
#[repr(C)]
#[derive(Clone, Copy)]
struct MemoryEntry {
    physical: u64,
    bytes: u64,
    kind: u32,
    reserved: u32,
}
const USABLE: u32 = 1;

unsafe extern "C" {
    static __end: u8;
}

/// Reads plain words out of RAM.
fn read<T: Copy>(physical: u64) -> Option<T> {
    let end = physical.checked_add(size_of::<T>() as u64)?;
    if end > MAPPED_BYTES {
        return None;
    }
    // SAFETY: RAM that the start code mapped; `T` is one of the structs above, plain
    // words of which any content is a value.
    Some(unsafe { ram(physical).cast::<T>().read_unaligned() })
}

/// What was found: where RAM is free, and the module.
struct Found {
    free: core::ops::Range<u64>,
    image: Module,
}

fn find(info_physical: u64) -> Option<Found> {
    let info: StartInfo = read(info_physical)?;
    if info.magic != START_INFO_MAGIC || info.version == 0 || info.modules == 0 {
        return None;
    }
    let image: Module = read(info.module_list)?;
    let kernel_end = (&raw const __end) as u64 - OFFSET;
    let start = kernel_end.next_multiple_of(PAGE_BYTES);
    let end = (0..u64::from(info.memory_entries.min(64)))
        .filter_map(|index| read::<MemoryEntry>(info.memory_list + index * 24))
        .filter(|entry| entry.kind == USABLE && entry.physical <= start)
        .map(|entry| entry.physical.saturating_add(entry.bytes))
        .max()?
        .min(MAPPED_BYTES);
    // The module lies at the end of RAM; what is behind it is not worth a second region.
    let end = end.min(image.physical) & !(PAGE_BYTES - 1);
    let inside = image.physical >= start && image.physical.checked_add(image.bytes)? <= MAPPED_BYTES;
    (inside && start < end).then_some(Found { free: start..end, image })
}

/// The module's bytes.
fn image_bytes(module: &Module) -> &'static [u8] {
    // SAFETY: `find` checked that the module lies in mapped RAM behind the kernel and
    // outside of what is given away as free; nobody writes it.
    unsafe {
        core::slice::from_raw_parts(ram(module.physical).cast::<u8>(), module.bytes as usize)
    }
}

/// The first Rust of the kernel. Returns the root task's context.
extern "C" fn main(info_physical: u64) -> *const Context {
    // SAFETY: the first and only use before the first exception.
    let state = unsafe { state() };
    crate::segments::initialize();
    protect();
    crate::interrupts::initialize();
    let Some(clock) = Clock::measure() else { fail("no HPET to measure the clock by") };
    state.hardware.clock = clock;
    let Some(found) = find(info_physical) else { fail("no start information, or no module") };
    match start_root(state, &found) {
        Ok(free_pages) => log!(
            "root task started, {} KiB free, {} kHz",
            free_pages * 4,
            state.hardware.clock.ticks_per_second / 1000
        ),
        Err(error) => fail(error),
    }
    &raw const state.kernel.contexts[state.kernel.current]
}

/// Sets what keeps kernel and processes apart, as far as the processor has it.
fn protect() {
    const HAS_UMIP: u32 = 1 << 2;
    const HAS_SMEP: u32 = 1 << 7;
    const HAS_SMAP: u32 = 1 << 20;
    let leaf = core::arch::x86_64::__cpuid_count(7, 0);
    let mut wanted = Cr4Flags::empty();
    wanted.set(Cr4Flags::USER_MODE_INSTRUCTION_PREVENTION, leaf.ecx & HAS_UMIP != 0);
    wanted.set(Cr4Flags::SUPERVISOR_MODE_EXECUTION_PROTECTION, leaf.ebx & HAS_SMEP != 0);
    wanted.set(Cr4Flags::SUPERVISOR_MODE_ACCESS_PREVENTION, leaf.ebx & HAS_SMAP != 0);
    unsafe extern "C" {
        static kernel_system_call: u8;
    }
    // The processor takes the selectors of `syscall` from here; `sysret` is not used.
    const STAR: u64 = (crate::segments::KERNEL_CODE as u64) << 32;
    // SAFETY: 1. the kernel neither executes nor touches user pages through user
    // addresses; 2. `syscall` goes to the vectors, with every flag cleared.
    unsafe {
        Cr4::update(|flags| *flags |= wanted);
        Msr::new(0xc000_0081).write(STAR);
        LStar::write(VirtAddr::new((&raw const kernel_system_call) as u64));
        SFMask::write(RFlags::all());
    }
}

fn start_root(state: &mut State, found: &Found) -> Result<u64, &'static str> {
    let bytes = image_bytes(&found.image);
    let header = image_format::parse(bytes).map_err(|_| "the module is no image")?;
    if header.image_type != ImageType::RootTask || header.total_bytes() > found.image.bytes {
        return Err("the module is no root task");
    }
    let mut free = found.free.clone();
    let mut segments =
        [Segment { physical: 0, address: 0, pages: 0, rights: Rights::NONE }; image_format::MAX_SEGMENTS];
    load_segments(&header, bytes, &mut free, &mut segments)?;
    // SAFETY: RAM behind the kernel and before the module, in nobody's use.
    unsafe { ram(free.start).write_bytes(0, ((free.end - free.start) / 8) as usize) };
    let device = Device { kind: 5, physical: HPET, pages: 1, interrupt: HPET_INTERRUPT };
    let configuration = BootConfiguration {
        free_physical: free.start,
        free_pages: (free.end - free.start) / PAGE_BYTES,
        segments: &segments,
        entry: header.entry,
        devices: &[device],
        ticks_per_second: state.hardware.clock.ticks_per_second,
    };
    let State { kernel, hardware } = state;
    let result = kernel.boot(hardware, &configuration).map_err(Error::text)?;
    let root_info = RootInfo {
        magic: ROOT_INFO_MAGIC,
        free_pages: result.free_pages,
        ram_bytes: found.free.end,
        ticks_per_second: configuration.ticks_per_second,
        boot_seed: crate::clock::now(),
        devices: result.devices,
    };
    // SAFETY: a page of free RAM that `boot` set aside for this; the root task, which may
    // only read it, has not run yet.
    unsafe { ram(result.info_physical).cast::<RootInfo>().write(root_info) };
    Ok(result.free_pages)
}

/// The pin that the HPET's first comparator is to be routed to by its driver.
const HPET_INTERRUPT: u32 = 20;

/// Copies the program's segments to the start of free RAM.
fn load_segments(
    header: &Header,
    bytes: &[u8],
    free: &mut core::ops::Range<u64>,
    segments: &mut [Segment],
) -> Result<(), &'static str> {
    for (target, segment) in segments.iter_mut().zip(header.used_segments()) {
        let start = segment.file_offset as usize;
        let content =
            bytes.get(start..start + segment.file_bytes as usize).ok_or("the module is cut short")?;
        let size = u64::from(segment.memory_pages()) * PAGE_BYTES;
        if size > free.end - free.start {
            return Err("too little RAM for the root task");
        }
        let place = ram(free.start).cast::<u8>();
        // SAFETY: `size` bytes of free RAM, which end before the module does begin.
        unsafe {
            place.write_bytes(0, size as usize);
            place.copy_from_nonoverlapping(content.as_ptr(), content.len().min(size as usize));
        }
        *target = Segment {
            physical: free.start,
            address: segment.virtual_address,
            pages: u64::from(segment.memory_pages()),
            rights: Rights::from_bits(u64::from(segment.rights.bits())).unwrap_or(Rights::NONE),
        };
        free.start += size;
    }
    Ok(())
}

fn fail(why: &str) -> ! {
    log!("fatal: can not start the root task: {why}");
    halt()
}

fn halt() -> ! {
    crate::hardware::stop(false);
    loop {
        x86_64::instructions::hlt();
    }
}

/// What a panic does: says so, and stops the machine.
pub fn panic(information: &core::panic::PanicInfo<'_>) -> ! {
    log!("fatal: {information}");
    halt()
}
