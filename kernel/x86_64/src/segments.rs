//! Descriptor tables: as few segments as the processor insists on.
//!
//! There is no 32-bit code segment, so no process leaves 64-bit mode.

use core::cell::UnsafeCell;
use x86_64::VirtAddr;
use x86_64::instructions::tables::load_tss;
use x86_64::registers::segmentation::{CS, DS, ES, FS, GS, SS, Segment};
use x86_64::structures::DescriptorTablePointer;
use x86_64::structures::gdt::{Descriptor, DescriptorFlags, SegmentSelector};
use x86_64::PrivilegeLevel;

use x86_64::structures::tss::TaskStateSegment;

/// Selector of the kernel's code.
pub(crate) const KERNEL_CODE: u16 = 8;
/// Selector of user code.
pub(crate) const USER_CODE: u16 = 5 << 3 | 3;
/// Selector of user data.
pub(crate) const USER_DATA: u16 = 4 << 3 | 3;
const TASK_STATE: u16 = 6;
/// Exceptions that must not rely on the kernel's stack.
const FATAL: [u8; 3] = [2, 8, 18];
const BREAKPOINT: u8 = 3;

/// A gate of the interrupt descriptor table.
#[derive(Clone, Copy)]
#[repr(C)]
struct Gate {
    low: u64,
    high: u64,
}

impl Gate {
    /// An interrupt gate: interrupts are masked behind it.
    const fn new(handler: u64, stack: u64, user: bool) -> Self {
        const PRESENT_INTERRUPT: u64 = 0x8e << 40;
        let privilege = if user { 3 << 45 } else { 0 };
        Self {
            low: handler & 0xffff
                | (KERNEL_CODE as u64) << 16
                | stack << 32
                | PRESENT_INTERRUPT
                | privilege
                | (handler >> 16 & 0xffff) << 48,
            high: handler >> 32,
        }
    }
}

struct Tables {
    descriptors: [u64; 8],
    task_state: TaskStateSegment,
    gates: [Gate; 256],
}

struct Shared(UnsafeCell<Tables>);
// SAFETY: one processor runs the kernel; only `initialize` writes, before interrupts.
unsafe impl Sync for Shared {}
static TABLES: Shared = Shared(UnsafeCell::new(Tables {
    descriptors: [0; 8],
    task_state: TaskStateSegment::new(),
    gates: [Gate { low: 0, high: 0 }; 256],
}));

unsafe extern "C" {
    static __stack_top: u8;
    static __fatal_stack_top: u8;
    static vector_stubs: u8;
}

fn selector(raw: u16) -> SegmentSelector {
    SegmentSelector(raw)
}

/// Loads all of them.
pub(crate) fn initialize() {
    // SAFETY: called once, by the start code, before any other use; the static is never
    // written again, so the pointers that the processor keeps stay good.
    let tables = unsafe { &mut *TABLES.0.get() };
    let task_state = &mut tables.task_state;
    task_state.privilege_stack_table[0] = VirtAddr::new((&raw const __stack_top) as u64);
    task_state.interrupt_stack_table[0] = VirtAddr::new((&raw const __fatal_stack_top) as u64);
    // SAFETY: the segment lives as long as the static it is in.
    let system = unsafe { Descriptor::tss_segment_unchecked(&raw const *task_state) };
    let Descriptor::SystemSegment(low, high) = system else { return };
    tables.descriptors = [
        0,
        DescriptorFlags::KERNEL_CODE64.bits(),
        DescriptorFlags::KERNEL_DATA.bits(),
        0,
        DescriptorFlags::USER_DATA.bits(),
        DescriptorFlags::USER_CODE64.bits(),
        low,
        high,
    ];
    let stubs = (&raw const vector_stubs) as u64;
    for vector in 0..=255u8 {
        let stack = u64::from(FATAL.contains(&vector));
        let gate = Gate::new(stubs + u64::from(vector) * 16, stack, vector == BREAKPOINT);
        if let Some(place) = tables.gates.get_mut(usize::from(vector)) {
            *place = gate;
        }
    }
    load(tables);
}

fn load(tables: &Tables) {
    let pointer = |base: *const u8, bytes: usize| DescriptorTablePointer {
        limit: bytes as u16 - 1,
        base: VirtAddr::new(base as u64),
    };
    let descriptors = pointer((&raw const tables.descriptors).cast(), size_of_val(&tables.descriptors));
    let gates = pointer((&raw const tables.gates).cast(), size_of_val(&tables.gates));
    // SAFETY: 1. the tables are complete and live for ever; 2. the kernel's code and data
    // segments are where the start code's were, with the same rights.
    unsafe {
        x86_64::instructions::tables::lgdt(&descriptors);
        CS::set_reg(selector(KERNEL_CODE));
        SS::set_reg(SegmentSelector::NULL);
        DS::set_reg(SegmentSelector::NULL);
        ES::set_reg(SegmentSelector::NULL);
        FS::set_reg(SegmentSelector::NULL);
        GS::set_reg(SegmentSelector::NULL);
        load_tss(SegmentSelector::new(TASK_STATE, PrivilegeLevel::Ring0));
        x86_64::instructions::tables::lidt(&gates);
    }
}
