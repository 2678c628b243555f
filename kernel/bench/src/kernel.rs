//! System calls, by number, for everything that is not measured.

use core::arch::asm;
use kernel_abi::{Error, SystemCall, boot};

macro_rules! system_calls {
    ($($name:ident = $call:ident;)*) => {$(
        /// The system call of this name; arguments in order from `x0`.
        pub(crate) fn $name(arguments: &[u64]) -> Result<[u64; 11], Error> {
            let mut x = [0u64; 11];
            for (register, argument) in x.iter_mut().zip(arguments) {
                *register = *argument;
            }
            // SAFETY: a system call changes x0..=x18 only, and memory only as its
            // arguments ask for; no Rust object is ever mapped away or lent.
            unsafe {
                asm!(
                    "svc #{number}", number = const SystemCall::$call as u64,
                    inout("x0") x[0], inout("x1") x[1], inout("x2") x[2], inout("x3") x[3],
                    inout("x4") x[4], inout("x5") x[5], inout("x6") x[6], inout("x7") x[7],
                    inout("x8") x[8], inout("x9") x[9], inout("x10") x[10],
                    out("x11") _, out("x12") _, out("x13") _, out("x14") _, out("x15") _,
                    out("x16") _, out("x17") _, out("x18") _,
                );
            }
            Error::check(x[0]).map(|()| x)
        }
    )*};
}

system_calls! {
    reply = Reply;
    sleep = Sleep;
    copy = Copy;
    delete = Delete;
    carve = RegionCarve;
    map = Map;
    process_create = ProcessCreate;
    thread_create = ThreadCreate;
    thread_start = ThreadStart;
    endpoint_create = EndpointCreate;
    notification_create = NotificationCreate;
    schedule_create = ScheduleCreate;
    interrupt_bind = InterruptBind;
    mailbox_send = MailboxSend;
    system_stop = SystemStop;
}

/// Powers the machine off.
pub(crate) fn stop() -> ! {
    loop {
        let _ = system_stop(&[u64::from(boot::MONITOR.0), 0]);
        let _ = sleep(&[u64::MAX]);
    }
}
