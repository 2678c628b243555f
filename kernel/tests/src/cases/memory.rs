//! Memory: carved, mapped, protected, shared, given back; never writable and executable.

use crate::agent::{self, Order};
use crate::arch::{self, Probe, load, store};
use crate::call::{self, of};
use crate::child::{Birth, Child};
use crate::stand::{R, RAM, RW, RX, SCRATCH, SEGMENTS};
use crate::verdict::{cases, fine, holds, refused, same};
use kernel_abi::limits::{USER_ADDRESS_BITS, USER_BASE};
use kernel_abi::{Error, Fault, Rights, SystemCall};

const X: Rights = Rights::EXECUTE;
const PAGE: u64 = 4096;

cases! {
    fn map_read_write_unmap(stand) {
        let region = stand.mapped(2, SCRATCH)?;
        store(SCRATCH, 11);
        store(SCRATCH + 2 * PAGE - 8, 22);
        same("first word", load(SCRATCH), 11)?;
        same("last word", load(SCRATCH + 2 * PAGE - 8), 22)?;
        fine("unmap", call::unmap(region))?;
        fine("map elsewhere", call::map(region, SCRATCH + 16 * PAGE, R))?;
        same("first word there", load(SCRATCH + 16 * PAGE), 11)?;
    }
    fn fresh_memory_is_zero(stand) {
        stand.mapped(4, SCRATCH)?;
        same("sum", (0..2048).fold(0, |sum, word| sum | load(SCRATCH + word * 8)), 0)?;
    }
    /// K 17.
    fn k17_memory_is_zeroed_before_reuse(stand) {
        let region = stand.mapped(4, SCRATCH)?;
        (0..2048).for_each(|word| store(SCRATCH + word * 8, u64::MAX));
        fine("delete", call::delete(region))?;
        let again = stand.slot();
        fine("carve the same", call::carve(RAM, again, 0, 4))?;
        fine("map", call::map(again, SCRATCH, RW))?;
        same("sum", (0..2048).fold(0, |sum, word| sum | load(SCRATCH + word * 8)), 0)?;
    }
    fn k17_tables_tell_nothing(stand) {
        let child = Child::new(stand, Birth::POOR)?;
        let tables = child.tables;
        fine("end the process", call::delete(child.process))?;
        fine("map what were its tables", call::map(tables, SCRATCH, RW))?;
        same("sum", (0..1536).fold(0, |sum, word| sum | load(SCRATCH + word * 8)), 0)?;
    }
    /// K 16.
    fn k16_carve_outside(stand) {
        let region = stand.region(4)?;
        let slot = stand.slot();
        let carve = |first, pages| call::carve(region, slot, first, pages);
        refused("none", carve(0, 0), Error::InvalidArgument)?;
        refused("one too many", carve(0, 5), Error::InvalidArgument)?;
        refused("one too far", carve(4, 1), Error::InvalidArgument)?;
        refused("wrapping", carve(u64::MAX, 1), Error::InvalidArgument)?;
        refused("wrapping", carve(1, u64::MAX), Error::InvalidArgument)?;
        refused("wrapping in bytes", carve(1 << 52, 1), Error::InvalidArgument)?;
        refused("wrapping in bytes", carve(0, (1 << 52) + 1), Error::InvalidArgument)?;
        fine("all", carve(0, 4))?;
    }
    fn k16_carve_overlapping(stand) {
        let region = stand.region(8)?;
        let middle = stand.slot();
        let slot = stand.slot();
        fine("the middle", call::carve(region, middle, 3, 2))?;
        for (first, pages) in [(0, 8), (0, 4), (3, 1), (4, 1), (4, 4), (3, 2), (2, 4)] {
            refused("overlapping", call::carve(region, slot, first, pages), Error::RegionBusy)?;
        }
        fine("before", call::carve(region, slot, 0, 3))?;
        let slot = stand.slot();
        fine("behind", call::carve(region, slot, 5, 3))?;
    }
    fn k16_carve_what_is_mapped(stand) {
        let region = stand.mapped(2, SCRATCH)?;
        let slot = stand.slot();
        refused("carve", call::carve(region, slot, 0, 1), Error::RegionBusy)?;
    }
    fn k16_map_what_is_carved(stand) {
        let region = stand.region(2)?;
        let slot = stand.slot();
        fine("carve", call::carve(region, slot, 0, 1))?;
        refused("map", call::map(region, SCRATCH, R), Error::RegionBusy)?;
        fine("give back", call::delete(slot))?;
        fine("map", call::map(region, SCRATCH, R))?;
    }
    fn carve_needs_rights(stand) {
        let region = stand.region(2)?;
        let weak = stand.copy(region, R, 0)?;
        let slot = stand.slot();
        refused("carve", call::carve(weak, slot, 0, 1), Error::NoRight)?;
    }
    /// K 18.
    fn k18_map_at_bad_addresses(stand) {
        let region = stand.region(2)?;
        let top = 1u64 << USER_ADDRESS_BITS;
        for address in [
            0, PAGE, USER_BASE - PAGE, SCRATCH + 1, SCRATCH + 2048, top - PAGE, top, 1 << 47,
            1 << 48, arch::BEYOND, arch::KERNEL_ADDRESS, u64::MAX - 4095, u64::MAX,
        ] {
            refused("map", call::map(region, address, R), Error::BadAddress)?;
        }
        fine("the last pages", call::map(region, top - 2 * PAGE, RW))?;
        store(top - 8, 5);
        same("the last word", load(top - 8), 5)?;
    }
    fn k18_map_twice(stand) {
        let region = stand.mapped(1, SCRATCH)?;
        refused("again", call::map(region, SCRATCH, RW), Error::RegionBusy)?;
        refused("elsewhere", call::map(region, SCRATCH + PAGE, RW), Error::RegionBusy)?;
    }
    fn k18_map_over_another(stand) {
        stand.mapped(2, SCRATCH)?;
        let other = stand.region(3)?;
        refused("over", call::map(other, SCRATCH - PAGE, RW), Error::BadAddress)?;
        store(SCRATCH, 3);
        let pages = fine("inspect", call::inspect(other))?[3];
        same("pages", pages, 3)?;
        fine("beside", call::map(other, SCRATCH - 3 * PAGE, RW))?;
        store(SCRATCH - PAGE, 9);
        same("the first is untouched", load(SCRATCH), 3)?;
    }
    fn k18_map_writable_and_executable(stand) {
        let region = stand.region(1)?;
        let all = RW.with(X);
        refused("data, all rights", call::map(region, SCRATCH, all), Error::WriteExecute)?;
        refused("data, executable", call::map(region, SCRATCH, RX), Error::WriteExecute)?;
        fine("make it code", call::set_code(region, 1))?;
        refused("code, all rights", call::map(region, SCRATCH, all), Error::WriteExecute)?;
        refused("code, writable", call::map(region, SCRATCH, RW), Error::WriteExecute)?;
        fine("code, executable", call::map(region, SCRATCH, RX))?;
    }
    fn k18_write_execute_through_an_alias(stand) {
        let region = stand.region(1)?;
        let alias = stand.copy(region, Rights::ALL, 0)?;
        fine("one writable", call::map(region, SCRATCH, RW))?;
        refused("make it code", call::set_code(alias, 1), Error::RegionBusy)?;
        refused("the other executable", call::map(alias, SCRATCH + PAGE, RX), Error::WriteExecute)?;
        fine("unmap", call::unmap(region))?;
        fine("make it code", call::set_code(alias, 1))?;
        fine("executable", call::map(alias, SCRATCH + PAGE, RX))?;
        refused("writable", call::map(region, SCRATCH, RW), Error::WriteExecute)?;
        refused("back to data", call::set_code(region, 0), Error::RegionBusy)?;
    }
    fn k18_write_execute_by_protect(stand) {
        let region = stand.mapped(1, SCRATCH)?;
        refused("executable", call::protect(region, RX), Error::WriteExecute)?;
        refused("all", call::protect(region, RW.with(X)), Error::WriteExecute)?;
    }
    fn k18_device_is_not_executable(stand) {
        let device = stand.device()?.region;
        refused("map", call::map(device, SCRATCH, RX), Error::WriteExecute)?;
        refused("make it code", call::set_code(device, 1), Error::RegionBusy)?;
    }
    fn text_of_the_image_is_not_writable(stand) {
        let text = stand.copy(SEGMENTS, Rights::ALL, 0)?;
        refused("map", call::map(text, SCRATCH, RW), Error::WriteExecute)?;
        refused("make it data", call::set_code(text, 0), Error::RegionBusy)?;
    }
    fn set_code_takes_zero_or_one(stand) {
        let region = stand.region(1)?;
        for code in [2, 255, u64::MAX] {
            refused("set", call::set_code(region, code), Error::InvalidArgument)?;
        }
    }
    /// K 9.
    fn k09_map_with_more_rights(stand) {
        let region = stand.region(1)?;
        let weak = stand.copy(region, R, 0)?;
        refused("writable", call::map(weak, SCRATCH, RW), Error::NoRight)?;
        fine("readable", call::map(weak, SCRATCH, R))?;
        refused("protect", call::protect(weak, RW), Error::NoRight)?;
        refused("make it code", call::set_code(weak, 1), Error::NoRight)?;
    }
    fn k09_write_through_a_read_only_mapping(stand) {
        let child = Child::new(stand, Birth::POOR)?;
        let region = stand.mapped(1, SCRATCH)?;
        fine("give", call::copy(region, of(child.process, agent::FREE), R, 0))?;
        let made = child.tries(stand, SystemCall::Map, &[agent::FREE, SCRATCH, RW.bits()])?;
        refused("map writable", made, Error::NoRight)?;
        let made = child.tries(stand, SystemCall::Map, &[agent::FREE, SCRATCH, R.bits()])?;
        fine("map readable", made)?;
        store(SCRATCH, 99);
        same("read", child.does(stand, Order::Probe, &[0, SCRATCH])?.status, 99)?;
        let words = child.faults(stand, Order::Probe, &[1, SCRATCH + 16, 1])?;
        same("fault", words[0], Fault::Write as u64)?;
        same("address", words[1], SCRATCH + 16)?;
        same("not written", load(SCRATCH + 16), 0)?;
    }
    fn map_must_be_readable(stand) {
        let region = stand.region(1)?;
        refused("none", call::map(region, SCRATCH, Rights::NONE), Error::InvalidArgument)?;
        refused("write only", call::map(region, SCRATCH, Rights::WRITE), Error::InvalidArgument)?;
        let grant = R.with(Rights::GRANT);
        refused("grant", call::map(region, SCRATCH, grant), Error::InvalidArgument)?;
        let bits = call::make(SystemCall::Map, &[region, SCRATCH, 1 << 40 | 1]);
        refused("unknown bits", bits, Error::InvalidArgument)?;
    }
    fn unmap_what_is_not_mapped(stand) {
        let region = stand.region(1)?;
        refused("unmap", call::unmap(region), Error::BadState)?;
        refused("protect", call::protect(region, R), Error::BadState)?;
    }
    fn protect_takes_effect(stand) {
        let child = Child::new(stand, Birth::POOR)?;
        let region = stand.region(2)?;
        let place = of(child.process, agent::FREE);
        fine("give", call::copy(region, place, RW, 0))?;
        fine("map", call::map(place, SCRATCH, RW))?;
        child.does(stand, Order::Fill, &[SCRATCH, 2])?;
        fine("protect", call::protect(place, R))?;
        child.does(stand, Order::Probe, &[0, SCRATCH])?;
        let words = child.faults(stand, Order::Probe, &[1, SCRATCH + PAGE, 1])?;
        same("fault", words[0], Fault::Write as u64)?;
        same("address", words[1], SCRATCH + PAGE)?;
    }
    fn protect_back_and_forth(stand) {
        let region = stand.mapped(3, SCRATCH)?;
        store(SCRATCH, 1);
        fine("read only", call::protect(region, R))?;
        same("word", load(SCRATCH), 1)?;
        fine("writable", call::protect(region, RW))?;
        store(SCRATCH, 2);
        same("word", load(SCRATCH), 2)?;
    }
    /// K 19.
    fn k19_unmapped_is_gone_at_once(stand) {
        let child = Child::new(stand, Birth::POOR)?;
        let region = stand.region(1)?;
        let place = of(child.process, agent::FREE);
        fine("give", call::copy(region, place, RW, 0))?;
        fine("map", call::map(place, SCRATCH, RW))?;
        child.does(stand, Order::Probe, &[1, SCRATCH, 7])?;
        fine("unmap", call::unmap(place))?;
        let words = child.faults(stand, Order::Probe, &[0, SCRATCH])?;
        same("fault", words[0], Fault::Read as u64)?;
        same("address", words[1], SCRATCH)?;
        same("program counter", words[2], Probe::Read.address())?;
    }
    fn k19_revoked_mapping_is_gone_at_once(stand) {
        let child = Child::new(stand, Birth::POOR)?;
        let region = stand.region(20)?;
        let place = of(child.process, agent::FREE);
        fine("give", call::copy(region, place, RW, 0))?;
        fine("map", call::map(place, SCRATCH, RW))?;
        child.does(stand, Order::Fill, &[SCRATCH, 20])?;
        fine("revoke", call::revoke(region))?;
        let words = child.faults(stand, Order::Probe, &[0, SCRATCH + 19 * PAGE])?;
        same("address", words[1], SCRATCH + 19 * PAGE)?;
    }
    fn k19_unmap_of_its_own(stand) {
        let child = Child::new(stand, Birth::POOR)?;
        let region = stand.region(1)?;
        fine("give", call::copy(region, of(child.process, agent::FREE), RW, 0))?;
        fine("map", child.tries(stand, SystemCall::Map, &[agent::FREE, SCRATCH, RW.bits()])?)?;
        child.does(stand, Order::Probe, &[1, SCRATCH, 7])?;
        fine("unmap", child.tries(stand, SystemCall::Unmap, &[agent::FREE])?)?;
        same("fault", child.faults(stand, Order::Probe, &[0, SCRATCH])?[0], Fault::Read as u64)?;
    }
    fn k19_used_right_after_the_call(stand) {
        // Nothing runs in between, so nothing else makes the processor forget.
        for (number, rights, probe, kind) in [
            (SystemCall::Unmap, 0, Probe::Read, Fault::Read),
            (SystemCall::Unmap, 0, Probe::Write, Fault::Write),
            (SystemCall::Protect, R.bits(), Probe::Write, Fault::Write),
            (SystemCall::Delete, 0, Probe::Read, Fault::Read),
        ] {
            let child = Child::new(stand, Birth::POOR)?;
            let region = stand.region(1)?;
            fine("give", call::copy(region, of(child.process, agent::FREE), RW, 0))?;
            fine("map", child.tries(stand, SystemCall::Map, &[agent::FREE, SCRATCH, RW.bits()])?)?;
            child.does(stand, Order::Probe, &[1, SCRATCH, 7])?;
            let order = [number as u64, agent::FREE, rights, 0, probe as u64, SCRATCH];
            let words = child.faults(stand, Order::CallThenProbe, &order)?;
            same("kind", words[0], kind as u64)?;
            same("address", words[1], SCRATCH)?;
            stand.end()?;
            stand.begin()?;
        }
    }
    fn k19_another_page_at_the_same_address(stand) {
        for pages in [1, 3] {
            let one = stand.mapped(pages, SCRATCH)?;
            store(SCRATCH, 1);
            fine("unmap", call::unmap(one))?;
            let two = stand.mapped(pages, SCRATCH)?;
            same("the new page", load(SCRATCH), 0)?;
            fine("unmap", call::unmap(two))?;
        }
    }
    fn shared_between_processes(stand) {
        let one = Child::new(stand, Birth::POOR)?;
        let two = Child::new(stand, Birth::POOR)?;
        let region = stand.region(1)?;
        for (child, address) in [(&one, SCRATCH), (&two, SCRATCH + 5 * PAGE)] {
            let place = of(child.process, agent::FREE);
            fine("give", call::copy(region, place, RW, 0))?;
            fine("map", call::map(place, address, RW))?;
        }
        one.does(stand, Order::Probe, &[1, SCRATCH + 8, 1234])?;
        same("word", two.does(stand, Order::Probe, &[0, SCRATCH + 5 * PAGE + 8])?.status, 1234)?;
    }
    fn same_address_different_processes(stand) {
        let one = Child::new(stand, Birth::POOR)?;
        let two = Child::new(stand, Birth::POOR)?;
        for (child, value) in [(&one, 1), (&two, 2)] {
            let region = stand.region(1)?;
            let place = of(child.process, agent::FREE);
            fine("give", call::copy(region, place, RW, 0))?;
            fine("map", call::map(place, SCRATCH, RW))?;
            child.does(stand, Order::Probe, &[1, SCRATCH, value])?;
        }
        for (child, value) in [(&one, 1), (&two, 2), (&one, 1)] {
            same("word", child.does(stand, Order::Probe, &[0, SCRATCH])?.status, value)?;
        }
    }
    /// K 4: the bytes on each side of a mapping (Tock #4366, #4894).
    fn k04_one_byte_beside_a_mapping(stand) {
        for (first, pages, address) in [
            (0, 1, SCRATCH - 8), (0, 1, SCRATCH + PAGE), (4, 3, SCRATCH - 8), (4, 3, SCRATCH + 3 * PAGE),
            (8, 17, SCRATCH - 8), (8, 17, SCRATCH + 17 * PAGE),
        ] {
            let child = Child::new(stand, Birth::POOR)?;
            let slot = stand.slot();
            let place = of(child.process, agent::FREE);
            fine("carve", call::carve(RAM, slot, 100 + first, pages))?;
            fine("give", call::copy(slot, place, RW, 0))?;
            fine("map", call::map(place, SCRATCH, RW))?;
            child.does(stand, Order::Fill, &[SCRATCH, pages])?;
            let words = child.faults(stand, Order::Probe, &[1, address, 1])?;
            same("address", words[1], address)?;
            fine("end", call::delete(child.process))?;
            fine("give back", call::delete(slot))?;
            for slot in [child.thread, child.schedule, child.orders, child.page, child.stack, child.tables] {
                fine("clear", call::delete(slot))?;
            }
        }
    }
    fn large_mapping(stand) {
        let region = stand.mapped(256, SCRATCH - 128 * PAGE)?;
        for page in [0, 1, 127, 128, 254, 255] {
            store(SCRATCH + page * PAGE - 128 * PAGE, page + 1);
        }
        same("page 255", load(SCRATCH + 127 * PAGE), 256)?;
        refused("protect at once", call::protect(region, R), Error::InvalidArgument)?;
        fine("unmap", call::unmap(region))?;
        fine("map again", call::map(region, SCRATCH - 128 * PAGE, R))?;
        same("page 128", load(SCRATCH), 129)?;
    }
    fn tables_run_out(stand) {
        let child = Child::unborn(stand, Birth::POOR)?;
        let mut copies = [0; 2];
        for (index, slot) in copies.iter_mut().enumerate() {
            let region = stand.region(1)?;
            *slot = of(child.process, agent::FREE + index as u64);
            fine("give", call::copy(region, *slot, RW, 0))?;
        }
        fine("one more block", call::map(copies[0], 0x1000_0000, RW))?;
        refused("another", call::map(copies[1], 0x2000_0000, RW), Error::NoTables)?;
        fine("in a block that is there", call::map(copies[1], 0x1000_1000, RW))?;
    }
    fn k18_map_page_tables(stand) {
        let child = Child::unborn(stand, Birth::POOR)?;
        refused("map", call::map(child.tables, SCRATCH, RW), Error::RegionBusy)?;
        let slot = stand.slot();
        refused("carve", call::carve(child.tables, slot, 0, 1), Error::RegionBusy)?;
        refused("make them code", call::set_code(child.tables, 1), Error::RegionBusy)?;
        let copy = stand.copy(child.tables, RW, 0)?;
        refused("map a copy", call::map(copy, SCRATCH, RW), Error::RegionBusy)?;
    }
    /// K 20.
    fn k20_tables_deleted_under_a_process(stand) {
        let child = Child::new(stand, Birth::POOR)?;
        child.does(stand, Order::Rest, &[])?;
        fine("delete", call::delete(child.tables))?;
        refused("the process", call::copy(DONE_COPY, of(child.process, 20), R, 0), Error::NoCapability)?;
        let again = Child::new(stand, Birth::POOR)?;
        holds("another lives", again.does(stand, Order::Rest, &[]).is_ok())?;
    }
}
const DONE_COPY: u64 = crate::stand::DONE;
