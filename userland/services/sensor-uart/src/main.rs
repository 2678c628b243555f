//! The driver as a process: interrupts and requests arrive at the same receive call.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![forbid(unsafe_code)]

#[cfg(target_os = "none")]
mod driver {
    use core::time::Duration;

    use sdk::abi::message::{FOREVER, Kind};
    use sdk::machine::Window;
    use sdk::{Kernel, Rights, StartInfo, layout, log, slots};
    use sensor_uart::pl011::Registers;
    use sensor_uart::serve::Driver;

    struct Device(Window);
    impl Registers for Device {
        fn read(&self, offset: usize) -> u32 {
            self.0.read_register(offset)
        }
        fn write(&self, offset: usize, value: u32) {
            self.0.write_register(offset, value);
        }
    }

    pub(crate) fn main(kernel: &Kernel, info: &StartInfo) {
        let clock = info.clock();
        let rights = Rights::READ.with(Rights::WRITE);
        let window = match Window::open(kernel, slots::UART_REGISTERS, layout::DEVICES, rights) {
            Ok(window) => window,
            Err(error) => {
                log!(kernel, clock, "no UART registers: {}", error.text());
                return;
            }
        };
        let mut driver = Driver::new(Device(window));
        // The one before this one may have died with an interrupt not acknowledged.
        let _ = slots::UART_INTERRUPT.acknowledge(kernel);
        log!(kernel, clock, "ready");
        loop {
            match slots::SERVICE.receive(kernel, FOREVER) {
                Ok(message) if message.is(Kind::Notification) => {
                    driver.drain();
                    let _ = slots::UART_INTERRUPT.acknowledge(kernel);
                }
                Ok(message) => {
                    let reply = driver.answer(&message.words);
                    if message.is(Kind::Call) {
                        let _ = slots::SERVICE.reply(kernel, &reply);
                    }
                }
                Err(_) => clock.sleep(kernel, Duration::from_millis(10)),
            }
        }
    }
}

sdk::entry!(driver::main);
