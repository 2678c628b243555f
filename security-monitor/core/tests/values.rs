//! The handoff's rules one by one, and the pure functions: descriptors, traps,
//! boot information.

mod common;

use common::{BOOT_INFO, FREE, HANDOFF, KERNEL, RAM, RAM_END, ROOT, handoff, layout, verified};
use monitor_core::boot_info;
use monitor_core::descriptor::{OwnAccess, Windows, stage1_page, stage2_device, stage2_page};
use monitor_core::handoff::{Part, Rule, verify};
use monitor_core::layout::PAGE_BYTES;
use monitor_core::memory::Access;
use monitor_core::trap::{Action, Exception, KernelControl, Trap};
use pluton_abi::handoff::{LoadedProgram, MonitorHandoff};

fn refusal(change: impl Fn(&mut MonitorHandoff)) -> (Part, Rule) {
    let mut handoff = handoff();
    change(&mut handoff);
    let error = verify(HANDOFF, &handoff, &layout()).expect_err("a broken rule");
    assert!(error.to_string().contains(": "), "{error}");
    (error.part, error.rule)
}

#[test]
fn each_rule_of_the_page() {
    assert!(verify(HANDOFF, &handoff(), &layout()).is_ok());
    let error = verify(HANDOFF + PAGE_BYTES, &handoff(), &layout()).expect_err("wrong place");
    assert_eq!(error.rule, Rule::Place);
    assert_eq!(refusal(|h| h.magic ^= 1), (Part::Page, Rule::Magic));
    assert_eq!(refusal(|h| h.version += 1), (Part::Page, Rule::Version));
    assert_eq!(
        refusal(|h| h.ram_base += PAGE_BYTES),
        (Part::Page, Rule::Ram)
    );
    assert_eq!(refusal(|h| h.ram_bytes *= 2), (Part::Page, Rule::Ram));
    let mut large = layout();
    large.ram = common::region(RAM, 2048);
    let mut told = handoff();
    told.ram_bytes = 8 << 20;
    assert_eq!(
        verify(HANDOFF, &told, &large).expect_err("too large").rule,
        Rule::Ram
    );
}

#[test]
fn each_rule_of_each_image() {
    type Choose = fn(&mut MonitorHandoff) -> &mut LoadedProgram;
    let images: [(Part, Choose); 3] = [
        (Part::Monitor, |h| &mut h.monitor),
        (Part::Kernel, |h| &mut h.kernel),
        (Part::Root, |h| &mut h.root),
    ];
    for (part, image) in images {
        let check = |rule, change: &dyn Fn(&mut LoadedProgram)| {
            assert_eq!(refusal(|h| change(image(h))), (part, rule), "{rule:?}");
        };
        check(Rule::Base, &|p| p.physical += PAGE_BYTES);
        check(Rule::Base, &|p| p.physical = 0);
        check(Rule::Bounds, &|p| p.pages = 0);
        check(Rule::Bounds, &|p| p.pages = 1024);
        check(Rule::Bounds, &|p| p.pages = u64::MAX);
        check(Rule::SegmentBounds, &|p| p.segments[1].physical += 8);
        check(Rule::SegmentBounds, &|p| {
            p.segments[0].physical -= 2 * PAGE_BYTES
        });
        check(Rule::SegmentBounds, &|p| p.segments[2].pages += 1);
        check(Rule::SegmentBounds, &|p| p.segments[2].pages = 1 << 52);
        check(Rule::VirtualAddress, &|p| {
            p.segments[1].virtual_address += 1
        });
        check(Rule::VirtualAddress, &|p| {
            p.segments[2].virtual_address = u64::MAX - 4095
        });
        check(Rule::Rights, &|p| p.segments[1].rights = 0);
        check(Rule::Rights, &|p| p.segments[1].rights = 9);
        check(Rule::Rights, &|p| p.segments[1].rights = 1 << 63 | 1);
        check(Rule::WritableAndExecutable, &|p| p.segments[0].rights = 7);
        check(Rule::WritableAndExecutable, &|p| p.segments[2].rights = 6);
        check(Rule::Overlap, &|p| {
            p.segments[1].physical = p.segments[0].physical
        });
        check(Rule::Overlap, &|p| p.segments[0].pages += 1);
        check(Rule::Overlap, &|p| {
            p.segments[1].virtual_address = p.segments[0].virtual_address
        });
        check(Rule::Entry, &|p| p.entry += 2);
        check(Rule::Entry, &|p| p.entry = 0);
        check(Rule::Entry, &|p| p.segments[0].rights = 1);
        check(Rule::Entry, &|p| p.segments = Default::default());
    }
    assert_eq!(
        refusal(|h| h.kernel.entry = ROOT + PAGE_BYTES),
        (Part::Kernel, Rule::Entry)
    );
}

#[test]
fn boot_info_tells_the_partitions_own() {
    let info = boot_info::build(&verified());
    assert_eq!(
        (info.ram_base, info.ram_base + info.ram_bytes),
        (BOOT_INFO, RAM_END)
    );
    assert_eq!(
        (info.free_base, info.free_base + info.free_bytes),
        (FREE, RAM_END)
    );
    assert_eq!(
        (info.root_physical, info.root_pages, info.root_entry),
        (ROOT, 5, 0x20_1000)
    );
    assert_eq!(info.root_segments[0].physical, ROOT + PAGE_BYTES);
    assert_eq!(info.root_segments[3].pages, 0);
    assert_eq!((info.devices, info.boot_seed), (layout().devices, 4));
}

#[test]
fn no_descriptor_is_writable_and_executable() {
    let page = 0x4012_3000;
    for separate in [false, true] {
        assert_eq!(stage2_page(page, Access::None, separate), 0);
        let bits = |access| {
            let descriptor = stage2_page(page, access, separate);
            assert_eq!(descriptor & 0xffff_ffff_f000, page);
            assert_eq!(
                descriptor & 0xf3f,
                0x73f,
                "normal, inner shareable, accessed, page"
            );
            (descriptor >> 6 & 0b11, descriptor >> 53 & 0b11)
        };
        assert_eq!(bits(Access::ReadOnly), (0b01, 0b10));
        assert_eq!(bits(Access::ReadWrite), (0b11, 0b10));
        assert_eq!(
            bits(Access::ExecuteAsKernel),
            (0b01, if separate { 0b11 } else { 0b00 })
        );
        assert_eq!(
            bits(Access::ExecuteAsProgram),
            (0b01, if separate { 0b01 } else { 0b00 })
        );
    }
    assert_eq!(
        stage2_device(0x0900_0000) >> 53 & 0b11,
        0b10,
        "devices never execute"
    );
    assert_eq!(
        stage2_device(0x0900_0000) >> 2 & 0xf,
        0b0001,
        "Device-nGnRE"
    );
    for access in [
        OwnAccess::Execute,
        OwnAccess::ReadOnly,
        OwnAccess::ReadWrite,
        OwnAccess::Device,
    ] {
        let descriptor = stage1_page(page, access);
        let (writable, executable) = (descriptor & 1 << 7 == 0, descriptor & 1 << 54 == 0);
        assert!(!(writable && executable), "{access:?}");
        assert_eq!(executable, access == OwnAccess::Execute);
    }
}

#[test]
fn windows_hold_nothing_else() {
    let windows = Windows::new(0x0900_0000, RAM).expect("windows");
    assert_eq!(windows.slot(0x0900_0000), Some((0, 0)));
    assert_eq!(windows.slot(0x091f_f000), Some((0, 511)));
    assert_eq!(windows.slot(RAM + 0x1f_f000), Some((1, 511)));
    assert_eq!(windows.slot(RAM_END - PAGE_BYTES), Some((2, 511)));
    for outside in [
        0,
        0x08ff_f000,
        0x0920_0000,
        0x0e00_0000,
        RAM - 1,
        RAM_END,
        u64::MAX,
    ] {
        assert_eq!(windows.slot(outside), None, "{outside:#x}");
    }
    assert_eq!(Windows::new(0x0901_0000, RAM), None);
    assert_eq!(Windows::new(RAM, RAM), None);
    assert_eq!(Windows::new(0x0900_0000, 1 << 32), None);
}

const VECTORS: u64 = 0xffff_0000_0000_0800;
const EL0: u64 = 0x3c0;
const EL1H: u64 = 0x6000_03c5;

fn injected(class: u64, specific: u64, state: u64, control: u64) -> Exception {
    let syndrome = class << 26 | 1 << 25 | specific;
    let trap = Trap {
        syndrome,
        fault_address: 0x1234,
        return_address: KERNEL,
        state,
    };
    match trap.action(&KernelControl {
        vectors: VECTORS,
        control,
    }) {
        Action::Inject(exception) => exception,
        other => panic!("{other:?} for {class:#x}"),
    }
}

#[test]
fn aborts_arrive_as_synchronous_external_aborts() {
    const KEEP_PAN: u64 = 1 << 23;
    // A stage 2 permission fault of level 3, on a stage 1 walk, writing.
    let data = injected(0x24, 0b1111 | 1 << 7 | 1 << 6, EL1H, KEEP_PAN);
    assert_eq!(data.syndrome, 0x25 << 26 | 1 << 25 | 1 << 6 | 0x10);
    assert_eq!(
        (data.fault_address, data.vector),
        (Some(0x1234), VECTORS + 0x200)
    );
    assert_eq!(data.state, 0x6000_03c5);
    let program = injected(0x24, 0b0111, EL0, KEEP_PAN);
    assert_eq!(
        (program.syndrome, program.vector),
        (0x24 << 26 | 1 << 25 | 0x10, VECTORS + 0x400)
    );
    let instruction = injected(0x20, 0b1111 | 1 << 6, EL1H, KEEP_PAN);
    assert_eq!(instruction.syndrome, 0x21 << 26 | 1 << 25 | 0x10);
    assert_eq!(
        injected(0x20, 7, EL0, KEEP_PAN).syndrome,
        0x20 << 26 | 1 << 25 | 0x10
    );
    assert_eq!(
        injected(0x24, 7, 0x3c4, KEEP_PAN).vector,
        VECTORS,
        "EL1 on the other stack"
    );
    let narrow = injected(0x24, 7, 0x10, KEEP_PAN);
    assert_eq!(
        (narrow.vector, narrow.syndrome >> 26),
        (VECTORS + 0x600, 0x24),
        "AArch32"
    );
    // PSTATE.PAN is set on entry unless the kernel said otherwise; DSSBS gives SSBS.
    assert_eq!(injected(0x24, 7, EL0, 0).state, 0x3c5 | 1 << 22);
    assert_eq!(
        injected(0x24, 7, EL0, KEEP_PAN | 1 << 44).state,
        0x3c5 | 1 << 12
    );
}

#[test]
fn everything_else_is_an_undefined_instruction_or_a_call() {
    let control = KernelControl {
        vectors: VECTORS,
        control: 0,
    };
    for class in 0..64 {
        for immediate in [0, 1, 0xffff] {
            let syndrome = class << 26 | 1 << 25 | immediate;
            let trap = Trap {
                syndrome,
                fault_address: 0,
                return_address: KERNEL,
                state: EL1H,
            };
            match (class, trap.action(&control)) {
                (0x16, Action::Call) => assert_eq!(immediate, 0),
                (0x16, Action::NoSuchCall { skip: false }) => assert_ne!(immediate, 0),
                (0x17, Action::NoSuchCall { skip: true }) => {}
                (0x20 | 0x24, Action::Inject(exception)) => {
                    assert!(exception.fault_address.is_some())
                }
                (_, Action::Inject(exception)) => {
                    assert_eq!(
                        (exception.syndrome, exception.fault_address),
                        (1 << 25, None)
                    );
                }
                (class, action) => panic!("{class:#x} {action:?}"),
            }
        }
    }
}
