//! What a trap from the kernel's side means, and how one is handed back.
//!
//! Two traps are calls. All others are the kernel's (or a program's) own mistake or
//! attack, and the kernel hears of them as an exception of its own: a synchronous
//! external abort where stage 2 has no such access, an undefined instruction for
//! everything else. The monitor never emulates.

/// The registers that describe a trap to EL2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trap {
    /// `ESR_EL2`.
    pub syndrome: u64,
    /// `FAR_EL2`.
    pub fault_address: u64,
    /// `ELR_EL2`.
    pub return_address: u64,
    /// `SPSR_EL2`.
    pub state: u64,
}

/// The registers of EL1 that steer how it takes exceptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KernelControl {
    /// `VBAR_EL1`.
    pub vectors: u64,
    /// `SCTLR_EL1`.
    pub control: u64,
}

/// An exception as EL1 would have taken it itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exception {
    /// For `ESR_EL1`.
    pub syndrome: u64,
    /// For `FAR_EL1`, where the exception has an address.
    pub fault_address: Option<u64>,
    /// Where EL1 goes on.
    pub vector: u64,
    /// `PSTATE` there.
    pub state: u64,
}

/// What to do about a trap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A call to the monitor.
    Call,
    /// A call that does not exist, answered `NotSupported`: a hypervisor call with
    /// an immediate, or (`skip`) a gate call, which returns to its own address.
    NoSuchCall {
        /// The instruction is still to be stepped over.
        skip: bool,
    },
    /// Hand an exception to EL1.
    Inject(Exception),
}

const CLASS_SHIFT: u32 = 26;
const CLASS_HYPERVISOR_CALL: u64 = 0x16;
const CLASS_GATE_CALL: u64 = 0x17;
const CLASS_INSTRUCTION_ABORT: u64 = 0x20;
const CLASS_DATA_ABORT: u64 = 0x24;
/// Added to an abort's class when it comes from the level that takes it.
const SAME_LEVEL: u64 = 1;
const LONG_INSTRUCTION: u64 = 1 << 25;
const CACHE_MAINTENANCE: u64 = 1 << 8;
const WRITE_NOT_READ: u64 = 1 << 6;
const SYNCHRONOUS_EXTERNAL_ABORT: u64 = 0b01_0000;

const STATE_AARCH32: u64 = 1 << 4;
const STATE_LEVEL: u64 = 0b1100;
const STATE_OWN_STACK: u64 = 1;
const STATE_PRIVILEGED_ACCESS_NEVER: u64 = 1 << 22;
const STATE_SPECULATION_SAFE: u64 = 1 << 12;
const STATE_DATA_INDEPENDENT_TIMING: u64 = 1 << 24;
const STATE_CONDITION_FLAGS: u64 = 0xf << 28;
/// EL1 with its own stack pointer; debug, SError, IRQ and FIQ masked.
const STATE_ON_ENTRY: u64 = 0x3c5;
const CONTROL_KEEP_PRIVILEGED_ACCESS_NEVER: u64 = 1 << 23;
const CONTROL_SPECULATION_SAFE: u64 = 1 << 44;

impl Trap {
    /// What to do about it.
    pub const fn action(&self, kernel: &KernelControl) -> Action {
        let class = self.syndrome >> CLASS_SHIFT & 0x3f;
        match class {
            CLASS_HYPERVISOR_CALL if self.syndrome & 0xffff == 0 => Action::Call,
            CLASS_HYPERVISOR_CALL => Action::NoSuchCall { skip: false },
            CLASS_GATE_CALL => Action::NoSuchCall { skip: true },
            CLASS_INSTRUCTION_ABORT => self.abort(class, 0, kernel),
            CLASS_DATA_ABORT => self.abort(class, CACHE_MAINTENANCE | WRITE_NOT_READ, kernel),
            _ => Action::Inject(self.exception(LONG_INSTRUCTION, None, kernel)),
        }
    }

    const fn is_from_program(&self) -> bool {
        self.state & STATE_AARCH32 != 0 || self.state & STATE_LEVEL == 0
    }

    const fn abort(&self, class: u64, kept: u64, kernel: &KernelControl) -> Action {
        let class = if self.is_from_program() {
            class
        } else {
            class + SAME_LEVEL
        };
        let kept = self.syndrome & (kept | LONG_INSTRUCTION);
        let syndrome = class << CLASS_SHIFT | kept | SYNCHRONOUS_EXTERNAL_ABORT;
        Action::Inject(self.exception(syndrome, Some(self.fault_address), kernel))
    }

    const fn exception(
        &self,
        syndrome: u64,
        fault_address: Option<u64>,
        kernel: &KernelControl,
    ) -> Exception {
        let offset = if self.state & STATE_AARCH32 != 0 {
            0x600
        } else if self.is_from_program() {
            0x400
        } else if self.state & STATE_OWN_STACK != 0 {
            0x200
        } else {
            0x000
        };
        let kept = STATE_CONDITION_FLAGS | STATE_PRIVILEGED_ACCESS_NEVER;
        let mut state = STATE_ON_ENTRY | self.state & kept;
        if self.state & STATE_AARCH32 == 0 {
            state |= self.state & STATE_DATA_INDEPENDENT_TIMING;
        }
        if kernel.control & CONTROL_KEEP_PRIVILEGED_ACCESS_NEVER == 0 {
            state |= STATE_PRIVILEGED_ACCESS_NEVER;
        }
        if kernel.control & CONTROL_SPECULATION_SAFE != 0 {
            state |= STATE_SPECULATION_SAFE;
        }
        let vector = (kernel.vectors & !0x7ff).wrapping_add(offset);
        Exception {
            syndrome,
            fault_address,
            vector,
            state,
        }
    }
}
