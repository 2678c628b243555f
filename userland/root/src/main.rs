//! The root task as a process.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![forbid(unsafe_code)]

#[cfg(target_os = "none")]
mod boot {
    use root_task::root::Root;
    use sdk::Kernel;
    use sdk::abi::boot::RootInfo;

    pub(crate) fn main(kernel: &Kernel, info: &RootInfo) {
        let mut root = match Root::new(kernel, info) {
            Ok(root) => root,
            // Without its endpoints there is nothing to supervise with.
            Err(error) => panic!("the root task can not set up: {}", error.text()),
        };
        root.say(format_args!("started, {} pages of RAM are free", root.pages.free()));
        let mut programs = root.find_programs();
        root.start_due(&mut programs);
        root.say_memory();
        loop {
            root.watch(&mut programs);
            root.start_due(&mut programs);
        }
    }
}

sdk::root_entry!(boot::main);
