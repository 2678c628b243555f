//! System registers by their architectural names, as operands of `mrs` and `msr`.
//! Those of EL3 and of the interrupt controller are in no register crate, so all
//! are written the same way here.

/// Reads a system register.
macro_rules! read_register {
    ($name:literal) => {{
        let value: u64;
        // SAFETY: `mrs` of this register changes no memory and no flags.
        unsafe {
            core::arch::asm!(
                concat!("mrs {value}, ", $name),
                value = out(reg) value,
                options(nomem, nostack, preserves_flags)
            );
        }
        value
    }};
}

/// Writes a system register. To be used inside `unsafe`, which says why the machine
/// may be changed so. Also a compiler barrier for memory accesses.
macro_rules! write_register {
    ($name:literal, $value:expr) => {
        core::arch::asm!(
            concat!("msr ", $name, ", {value}"),
            value = in(reg) $value,
            options(nostack, preserves_flags)
        )
    };
}
