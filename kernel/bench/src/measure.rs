//! The measurements.

use crate::RUNS;
use crate::children::{self, SERVER_INSTRUCTIONS, TIME};
use crate::kernel;
use crate::output::line;
use crate::scene::{self, PAGE, PROBE, Scene, UART, own};
use core::arch::asm;
use kernel_abi::{Rights, SystemCall};

/// Instructions between two counter reads that are not the kernel's: one read, one `svc`.
const AROUND: u64 = 2;

/// Makes one system call between two counter reads; returns both.
macro_rules! timed {
    ($call:ident, $($argument:expr),*) => {{
        let mut x = [0u64; 9];
        let arguments: &[u64] = &[$($argument),*];
        x[..arguments.len()].copy_from_slice(arguments);
        let (before, after): (u64, u64);
        // SAFETY: as for `kernel::system_calls!`; x19 and x20 are kept over a call.
        unsafe {
            asm!(
                "mrs x20, pmccntr_el0",
                "svc #{number}",
                "mrs x21, pmccntr_el0",
                number = const SystemCall::$call as u64,
                inout("x0") x[0], inout("x1") x[1] => _, inout("x2") x[2] => _,
                inout("x3") x[3] => _, inout("x4") x[4] => _, inout("x5") x[5] => _,
                inout("x6") x[6] => _, inout("x7") x[7] => _, inout("x8") x[8] => _,
                out("x9") _, out("x10") _, out("x11") _, out("x12") _, out("x13") _,
                out("x14") _, out("x15") _, out("x16") _, out("x17") _, out("x18") _,
                out("x20") before, out("x21") after,
            );
        }
        Timed { before, after, status: x[0] }
    }};
}

struct Timed {
    before: u64,
    after: u64,
    status: u64,
}

impl Timed {
    fn span(&self) -> u64 {
        self.after - self.before
    }
}

/// Prints the last of [`RUNS`] figures.
fn report(name: &str, mut run: impl FnMut() -> u64) {
    let mut figures = [0u64; RUNS];
    for figure in &mut figures {
        *figure = run();
    }
    let last = figures[RUNS - 1];
    let steady = figures[RUNS / 2..].iter().all(|figure| *figure == last);
    line(format_args!("bench {name} instructions={last} steady={steady}"));
}

/// The time a child left.
fn child_time() -> u64 {
    // SAFETY: the shared page is mapped and holds one word; a child may write it.
    unsafe { ((PAGE + TIME) as *const u64).read_volatile() }
}

fn register(offset: u64) -> *mut u32 {
    (UART + offset) as *mut u32
}

/// Measures everything.
pub(crate) fn all(scene: &Scene) {
    for (name, words) in [("call_reply_0", 0u64), ("call_reply_4", 4), ("call_reply_8", 8)] {
        report(name, || {
            let word = |index: u64| if index < words { index + 1 } else { 0 };
            let timed = timed!(
                Call, own::ENDPOINT, word(0), word(1), word(2), word(3), word(4), word(5), word(6), word(7)
            );
            assert_eq!(timed.status, 0);
            timed.span() - AROUND - SERVER_INSTRUCTIONS
        });
    }
    report("signal_no_waiter", || {
        let timed = timed!(Signal, own::QUIET);
        assert_eq!(timed.status, 0);
        timed.span() - AROUND
    });
    report("signal_to_higher", || {
        let timed = timed!(Signal, own::WAITED);
        assert_eq!(timed.status, 0);
        child_time() - timed.before - AROUND
    });
    report("interrupt_to_handler", || interrupt(scene));
    report("cheapest_call", || timed!(Signal, 0).span() - AROUND);
    let rights = Rights::READ.with(Rights::WRITE).bits();
    report("map_unmap", || {
        let map = timed!(Map, own::PROBE, PROBE, rights);
        let unmap = timed!(Unmap, own::PROBE);
        assert_eq!((map.status, unmap.status), (0, 0));
        map.span() + unmap.span() - 2 * AROUND
    });
    report("fault_undefined", || fault(children::child_undefined, 1));
    report("fault_read", || fault(children::child_reader, 2));
    report("copy_delete", || {
        let copy = timed!(Copy, own::QUIET, own::SCRATCH, Rights::WRITE.bits(), 0);
        let delete = timed!(Delete, own::SCRATCH);
        assert_eq!((copy.status, delete.status), (0, 0));
        copy.span() + delete.span() - 2 * AROUND
    });
}

/// From the instruction after the one that raises the interrupt to the handler's first.
fn interrupt(scene: &Scene) -> u64 {
    const DATA: u64 = 0x00;
    const CONTROL: u64 = 0x30;
    const MASK: u64 = 0x38;
    const CLEAR: u64 = 0x44;
    const TRANSMIT: u32 = 1 << 5;
    let before: u64;
    // SAFETY: registers of the UART, which this program owns: a sent character leaves the
    // transmit interrupt pending, and unmasking it raises it.
    unsafe {
        register(CONTROL).write_volatile(0x301);
        register(DATA).write_volatile(0);
        asm!(
            "mrs {before}, pmccntr_el0",
            "str {transmit:w}, [{mask}]",
            "nop",
            before = out(reg) before,
            transmit = in(reg) TRANSMIT,
            mask = in(reg) register(MASK),
        );
        register(MASK).write_volatile(0);
        register(CLEAR).write_volatile(0x7ff);
    }
    let figure = child_time() - before - 2;
    let acknowledged = timed!(InterruptAcknowledge, scene.interrupt);
    assert_eq!(acknowledged.status, 0);
    figure
}

/// From the faulting instruction to the supervisor's first. `own` instructions of the
/// child stand between its counter read and the fault, the faulting one included.
fn fault(program: unsafe extern "C" fn(), between: u64) -> u64 {
    scene::start(3, program, 20);
    let timed = timed!(Receive, own::SUPERVISOR, u64::MAX);
    assert_eq!(timed.status, 0);
    // The child's own: the counter read, the store, what stands before the fault.
    let figure = timed.after - child_time() - 2 - between;
    assert!(kernel::reply(&[0, 0]).is_ok());
    scene::end(3);
    figure
}
