//! The lock and the calls about memory, interrupts and power, one promise a test.

mod common;

use common::calls::{DENIED, INVALID, SUCCESS, load, states};
use common::{FREE, KERNEL, RAM, RAM_END, ROOT, Writer, call, index, start};
use monitor_abi::hvc::{self, Trigger};
use monitor_core::layout::PAGE_BYTES;
use monitor_core::memory::{Access, PageState};

#[test]
fn lock_empties_what_holds_nothing_and_only_that() {
    let (monitor, machine) = start();
    for (address, state) in monitor.memory().pages() {
        let image = (KERNEL..KERNEL + 30 * PAGE_BYTES).contains(&address)
            || (ROOT..FREE).contains(&address);
        let emptied = machine.writer[index(address)] == Writer::Nobody;
        assert_eq!(
            emptied,
            state.access() == Access::ReadWrite && !image,
            "{address:#x}"
        );
    }
    use PageState::{Data, LoadedReadOnly, LoadedText};
    assert_eq!(
        states(&monitor, ROOT, 5),
        [Data, LoadedText, LoadedText, LoadedReadOnly, Data]
    );
    assert_eq!(monitor.memory().state(0), PageState::Foreign);
    assert_eq!(monitor.memory().state(u64::MAX), PageState::Foreign);
}

#[test]
fn release_empties_text_and_refuses_the_kernels_memory() {
    let (mut monitor, mut machine) = start();
    machine.kernel_writes();
    let mut release = |address, pages| {
        call(
            &mut monitor,
            &mut machine,
            hvc::MEMORY_RELEASE,
            &[address, pages],
        )
        .0
    };
    assert_eq!(release(FREE + 1, 1), INVALID);
    assert_eq!(release(FREE, 0), INVALID);
    assert_eq!(release(FREE, hvc::RELEASE_PAGES + 1), INVALID);
    for address in [
        0,
        RAM,
        common::HANDOFF,
        common::BOOT_INFO,
        KERNEL,
        KERNEL + 0x8000,
        KERNEL + 0xa000,
        RAM_END,
    ] {
        assert_eq!(release(address, 1), DENIED, "{address:#x}");
    }
    assert_eq!(
        release(FREE, hvc::RELEASE_PAGES),
        SUCCESS,
        "plain memory stays as it is"
    );
    assert_eq!(release(ROOT, 5), SUCCESS);
    let writers = &machine.writer[index(ROOT)..index(ROOT) + 5];
    use Writer::{Kernel, Nobody, Pluton};
    assert_eq!(writers, [Kernel, Nobody, Nobody, Pluton, Kernel]);
    assert_eq!(states(&monitor, ROOT, 5), [PageState::Data; 5]);
    load(&mut monitor, &mut machine, 1, FREE, 1);
    let (status, _) = call(&mut monitor, &mut machine, hvc::MEMORY_RELEASE, &[FREE, 2]);
    assert_eq!(status, DENIED, "in transfer");
}

#[test]
fn interrupts_are_the_partitions_own() {
    let (mut monitor, mut machine) = start();
    let mut enable = |number, trigger| {
        call(
            &mut monitor,
            &mut machine,
            hvc::INTERRUPT_ENABLE,
            &[number, trigger],
        )
        .0
    };
    for number in (0..1100).chain([1 << 32 | 33, u64::MAX]) {
        let own = [7, 27, 33].contains(&number);
        assert_eq!(
            enable(number, 0),
            if own { SUCCESS } else { DENIED },
            "{number}"
        );
    }
    assert_eq!(enable(33, 1), SUCCESS);
    assert_eq!(enable(33, 2), INVALID);
    assert_eq!(machine.interrupts[3], (33, Some(Trigger::Edge)));
    machine.interrupts.clear();
    assert_eq!(
        call(&mut monitor, &mut machine, hvc::INTERRUPT_DISABLE, &[34]).0,
        DENIED
    );
    assert_eq!(
        call(&mut monitor, &mut machine, hvc::INTERRUPT_DISABLE, &[33]).0,
        SUCCESS
    );
    assert_eq!(machine.interrupts, [(33, None)]);
}

#[test]
fn off_and_reset_go_to_the_gate() {
    let (mut monitor, mut machine) = start();
    assert_eq!(
        call(&mut monitor, &mut machine, hvc::SYSTEM_OFF, &[]).0,
        DENIED,
        "the gate came back"
    );
    assert_eq!(
        call(&mut monitor, &mut machine, hvc::SYSTEM_RESET, &[]).0,
        DENIED
    );
    assert_eq!((machine.offs, machine.resets), (1, 1));
}
