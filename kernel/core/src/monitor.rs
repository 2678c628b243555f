//! Calls to the security monitor on behalf of a process that holds the right to them.
//!
//! The kernel adds two things: the physical address of a region, which no process ever
//! learns, and the mark that such a region was *lent*, so that it is asked back from
//! the monitor before its pages go to anybody else.

use crate::kernel::Kernel;
use crate::machine::{Context, Machine};
use crate::region::{Region, Use};
use kernel_abi::status::ObjectKind;
use kernel_abi::{Error, Rights};

impl<M: Machine> Kernel<M> {
    fn check_monitor(&self, slot: u64) -> Result<(), Error> {
        let capability = self.capability(slot)?;
        match capability.kind {
            ObjectKind::Monitor if capability.rights.has(Rights::WRITE) => Ok(()),
            ObjectKind::Monitor => Err(Error::NoRight),
            ObjectKind::Empty => Err(Error::NoCapability),
            _ => Err(Error::WrongKind),
        }
    }

    /// System call: send a mailbox message, perhaps with a region.
    pub fn mailbox_send(&mut self, machine: &mut M, arguments: &[u64; 10]) -> Result<(), Error> {
        self.check_monitor(arguments[0])?;
        let mut words = [0; 8];
        words.copy_from_slice(&arguments[1..9]);
        if arguments[9] == 0 {
            return machine.mailbox_send(&words);
        }
        let slot = self.own_slot(arguments[9])?;
        let id = self.region_in(slot, Rights::READ.with(Rights::WRITE))?;
        let region = &mut self.regions[id];
        if region.is_busy() || region.used_for != Use::Data {
            return Err(Error::RegionBusy);
        }
        words[2] = region.physical;
        words[3] = u64::from(region.pages);
        machine.mailbox_send(&words)?;
        region.lent = true;
        Ok(())
    }

    /// System call: take a mailbox reply.
    pub fn mailbox_receive(&mut self, machine: &mut M, slot: u64) -> Result<(), Error> {
        self.check_monitor(slot)?;
        let words = machine.mailbox_receive()?;
        self.contexts[self.current].set_words(&words);
        Ok(())
    }

    /// System call: make a region that an image was loaded into plain data again.
    pub fn memory_release(
        &mut self,
        machine: &mut M,
        slot: u64,
        place: u64,
    ) -> Result<(), Error> {
        self.check_monitor(slot)?;
        let region = self.region_in(self.place(place)?, Rights::WRITE)?;
        let Region { physical, pages, .. } = self.regions[region];
        if self.regions[region].is_busy() {
            return Err(Error::RegionBusy);
        }
        if pages > crate::mapping::PIECE_PAGES {
            return Err(Error::InvalidArgument);
        }
        machine.memory_release(physical, u64::from(pages))?;
        Ok(())
    }

    /// System call: stop the machine.
    pub fn system_stop(&mut self, machine: &mut M, slot: u64, reset: u64) -> Result<(), Error> {
        self.check_monitor(slot)?;
        machine.system_stop(reset == 1);
        Err(Error::MonitorRefused)
    }
}
