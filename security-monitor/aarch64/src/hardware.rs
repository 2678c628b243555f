//! The machine that `monitor-core` drives: stage 2, gate, interrupt controller.

use monitor_abi::hvc::Trigger;
use monitor_core::descriptor::{Windows, stage2_page};
use monitor_core::layout::{PAGE_BYTES, Region};
use monitor_core::machine::Machine;
use monitor_core::memory::Access;
use pluton_abi::command::Message;
use pluton_abi::smc::Status;

use crate::gic::Gic;
use crate::tables::STAGE2;
use crate::{cache, smc};

/// This core, after its own map is on.
pub(crate) struct Hardware {
    gic: Gic,
    windows: Windows,
    /// The RAM that the monitor's map lets it zero.
    partition: Region,
    /// `FEAT_XNX`: stage 2 tells kernel from program execution.
    separate: bool,
}

impl Hardware {
    /// The machine of this core.
    ///
    /// # Safety
    /// `partition` is RAM that no Rust object lives in, mapped in the monitor's own
    /// map, writable wherever an image segment of the kernel's is not.
    pub(crate) const unsafe fn new(
        gic: Gic,
        windows: Windows,
        partition: Region,
        separate: bool,
    ) -> Self {
        Self {
            gic,
            windows,
            partition,
            separate,
        }
    }
}

impl Machine for Hardware {
    fn withdraw(&mut self, pages: &Region) {
        for page in pages.addresses() {
            STAGE2.set(&self.windows, page, 0);
        }
        cache::forget_partition();
        for page in pages.addresses() {
            cache::clean_page(page);
        }
    }

    fn grant(&mut self, address: u64, access: Access) {
        cache::clean_page(address);
        if matches!(access, Access::ExecuteAsKernel | Access::ExecuteAsProgram) {
            cache::forget_instructions();
        }
        STAGE2.set(
            &self.windows,
            address,
            stage2_page(address, access, self.separate),
        );
        cache::publish_tables();
    }

    fn zero(&mut self, address: u64) {
        if !self.partition.holds(address) {
            return;
        }
        let page = (address & !(PAGE_BYTES - 1)) as *mut u8;
        // SAFETY: the page lies in the partition's RAM, which is mapped and holds no
        // Rust object; the core asks this of data and text of programs only, which
        // are mapped writable, and nobody else has access at this moment.
        unsafe { page.write_bytes(0, PAGE_BYTES as usize) };
    }

    fn send(&mut self, message: &Message) -> Status {
        smc::send(message)
    }

    fn receive(&mut self) -> Option<Message> {
        smc::receive()
    }

    fn enable_interrupt(&mut self, interrupt: u32, trigger: Trigger) {
        self.gic.enable(interrupt, trigger);
    }

    fn disable_interrupt(&mut self, interrupt: u32) {
        self.gic.disable(interrupt);
    }

    fn system_off(&mut self) {
        smc::system_off();
    }

    fn system_reset(&mut self) {
        smc::system_reset();
    }
}
