//! Takes the command line apart and turns what comes of it into an exit code.
#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use bulkhead::command::{Arguments, Command, DeviceCommand, DeviceFolder};
use bulkhead::device::Device;
use bulkhead::keys::Keys;
use bulkhead::project::Project;
use bulkhead::refusal::{EXIT_ERROR, EXIT_REFUSED, Refusal};
use bulkhead::{bench, build, image, run, sizes, test};
use clap::Parser;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match execute(&arguments.command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(EXIT_ERROR),
        Err(error) => match error.downcast_ref::<Refusal>() {
            Some(refusal) => {
                eprintln!("\nBOOT REFUSED: {refusal}");
                ExitCode::from(EXIT_REFUSED)
            }
            None => {
                eprintln!("bulkhead: {error:#}");
                ExitCode::from(EXIT_ERROR)
            }
        },
    }
}

/// Does it; `false` if it was done and the answer is no.
fn execute(command: &Command) -> Result<bool> {
    let project = Project::find()?;
    let folder = |given: &Option<PathBuf>| given.clone().unwrap_or(project.default_device());
    match command {
        Command::Build => build::build(&project)?,
        Command::Run(options) => {
            let options = run::Options {
                seconds: options.seconds,
                json: options.json.clone(),
                cpu: options.cpu,
                device: folder(&options.device),
                scenario: options.scenario.clone(),
                verbose: options.verbose,
            };
            return run::run(&project, &options);
        }
        Command::Test { ring, depth, arch } => {
            return test::run(&project, ring.as_deref(), *depth, *arch);
        }
        // `kernel` is the only thing to measure so far; the parser lets nothing else in.
        Command::Bench { what: _, json } => bench::kernel(&project, *json)?,
        Command::Sizes { json, device } => {
            build::build(&project)?;
            let sizes = sizes::measure(&project, &folder(device))?;
            if *json {
                println!("{}", serde_json::to_string_pretty(&sizes)?);
            } else {
                sizes::print(&sizes);
            }
            return Ok(sizes.within_budgets);
        }
        Command::Image(command) => image::run(&project, command)?,
        Command::Device(command) => device(&project, command)?,
    }
    Ok(true)
}

fn device(project: &Project, command: &DeviceCommand) -> Result<()> {
    let folder =
        |given: &DeviceFolder| given.device.clone().unwrap_or(project.default_device());
    match command {
        DeviceCommand::Create(given) => create(project, &folder(given)),
        DeviceCommand::Reset(given) => {
            Device::remove(&folder(given))?;
            create(project, &folder(given))
        }
        DeviceCommand::Show { folder: given, json } => {
            let device = Device::open(&folder(given))?;
            let record = device.record();
            if *json {
                println!("{}", serde_json::to_string_pretty(record)?);
                return Ok(());
            }
            println!("device       {}", device.folder().display());
            println!("serial       {}", record.serial);
            println!("os-vendor    {}", record.os_vendor_key_sha256);
            println!("manufacturer {}", record.manufacturer_key_sha256);
            for image in &record.images {
                println!(
                    "{:<17} {:>7} bytes at {:#09x} of {:<16} sha256 {}",
                    image.name, image.bytes, image.offset, image.bank, image.sha256
                );
            }
            Ok(())
        }
    }
}

/// Makes a device with everything installed.
fn create(project: &Project, folder: &std::path::Path) -> Result<()> {
    build::build(project)?;
    let keys = Keys::load_or_create(&project.keys())?;
    bulkhead::store::refresh(project, &keys)?;
    let mut device = Device::create(folder, &keys)?;
    device.update(project)?;
    println!("made the device {} in {}", device.record().serial, folder.display());
    Ok(())
}
