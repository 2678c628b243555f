//! The programs of the other process, in assembly, so that each instruction between a
//! measurement's two ends is known. They have no stack. `x0` at the start is the address
//! of the page they share with the root task; [`TIME`] in it is where they leave a
//! counter value.

use kernel_abi::SystemCall;

/// Offset of the time a child read last.
pub(crate) const TIME: u64 = 0;
/// Instructions the server executes for each request: `mov`, `svc`, `b`.
pub(crate) const SERVER_INSTRUCTIONS: u64 = 3;

/// Slots of the children's table.
pub(crate) mod slot {
    /// Shared text.
    pub(crate) const TEXT: u64 = 4;
    /// Shared page.
    pub(crate) const PAGE: u64 = 5;
    /// The server's endpoint.
    pub(crate) const ENDPOINT: u64 = 6;
    /// What the waiter waits for.
    pub(crate) const NOTIFICATION: u64 = 7;
    /// What the handler waits for.
    pub(crate) const INTERRUPT_NOTIFICATION: u64 = 8;
}

unsafe extern "C" {
    /// Receives once, then replies and receives for ever.
    pub(crate) fn child_server();
    /// Waits for a notification, leaves the time it woke.
    pub(crate) fn child_waiter();
    /// The same for the interrupt's notification.
    pub(crate) fn child_handler();
    /// Leaves the time, then executes an undefined instruction.
    pub(crate) fn child_undefined();
    /// Leaves the time, then reads an address that is not mapped.
    pub(crate) fn child_reader();
}

core::arch::global_asm!(
    r#"
    .text
    .global child_server
child_server:
    mov     x0, #{endpoint}
    mov     x1, #-1
    svc     #{receive}
1:  mov     x0, #{endpoint}
    svc     #{reply_receive}
    b       1b

    .macro waiter slot
    mov     x19, x0
2:  mov     x0, #\slot
    mov     x1, #-1
    svc     #{wait}
    mrs     x2, pmccntr_el0
    str     x2, [x19]
    b       2b
    .endm
    .global child_waiter
child_waiter:
    waiter  {notification}
    .global child_handler
child_handler:
    waiter  {interrupt}

    .global child_undefined
child_undefined:
    mrs     x2, pmccntr_el0
    str     x2, [x0]
    udf     #0
    .global child_reader
child_reader:
    mrs     x2, pmccntr_el0
    str     x2, [x0]
    mov     x1, #0
    ldr     x2, [x1]
    "#,
    endpoint = const slot::ENDPOINT,
    notification = const slot::NOTIFICATION,
    interrupt = const slot::INTERRUPT_NOTIFICATION,
    receive = const SystemCall::Receive as u64,
    reply_receive = const SystemCall::ReplyReceive as u64,
    wait = const SystemCall::Wait as u64,
);
