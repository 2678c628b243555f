//! Who gets what: from the type of the image, its name and its signed manifest.
//!
//! Pure, and refuses by default: what is not written here is not given. A service
//! is signed by the OS vendor and an app by the manufacturer, so a service's name is
//! the vendor's word and no app can take it.

use image_format::ImageType;
use manifest::{Manifest, Resource};

/// The UART that there is, as manifests number it: `ISU0`.
pub const UART_UNIT: u32 = 0;
/// Highest priority of an app.
pub const APP_PRIORITY_MAX: u8 = 15;
/// Highest priority of a service: below the root task, which the kernel starts at 24.
pub const SERVICE_PRIORITY_MAX: u8 = 23;
/// Share of the CPU of a process whose manifest does not say, in 1/1000.
pub const DEFAULT_PERMILLE: u16 = 100;
/// Priority of a process whose manifest does not say.
pub const DEFAULT_PRIORITY: u8 = 8;

/// An endpoint that a service serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Served {
    /// The log.
    Log,
    /// The line to the sensor board.
    Uart,
}

/// What a process gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grants {
    /// It may write to the log.
    pub log: bool,
    /// It may call Pluton's mailbox.
    pub monitor: bool,
    /// It receives at this endpoint.
    pub serves: Option<Served>,
    /// It owns the UART's registers and interrupt.
    pub uart_device: bool,
    /// It may call the UART's driver.
    pub uart_line: bool,
    /// Its share of the CPU in 1/1000.
    pub cpu_permille: u16,
    /// Its priority.
    pub priority: u8,
    /// All RAM it may have, in bytes.
    pub ram_bytes: u64,
}

/// What goes by the name on the console: without the ending that only says what it is.
pub fn display_name(image_name: &str) -> &str {
    image_name.strip_suffix("-service").unwrap_or(image_name)
}

/// The grants of a program; `Err` names something asked for that is not to be had.
pub fn grants(kind: ImageType, name: &str, manifest: &Manifest) -> Result<Grants, &'static str> {
    let is_service = kind == ImageType::Service;
    let is_log = is_service && name == "log-service";
    let is_driver = is_service && name == "sensor-uart";
    let asked = &manifest.capabilities;
    let uart = match asked.uart.as_slice() {
        [] => false,
        [Resource::Number(UART_UNIT)] => true,
        _ => return Err("a Uart other than ISU0"),
    };
    if !asked.gpio.is_empty() {
        return Err("Gpio");
    }
    if !asked.i2c_master.is_empty() || !asked.spi_master.is_empty() {
        return Err("an I2cMaster or SpiMaster");
    }
    if !asked.adc.is_empty() || !asked.pwm.is_empty() {
        return Err("an Adc or Pwm");
    }
    if asked.mutable_storage_kb != 0 {
        return Err("MutableStorage");
    }
    if !asked.power_controls.is_empty() {
        return Err("PowerControls");
    }
    let most = if is_service { SERVICE_PRIORITY_MAX } else { APP_PRIORITY_MAX };
    let extension = &manifest.extension;
    let narrow = |value: u32| u16::try_from(value).unwrap_or(u16::MAX);
    let priority = extension.priority.map_or(DEFAULT_PRIORITY.into(), narrow);
    Ok(Grants {
        log: !is_log,
        monitor: is_log,
        serves: match (is_log, is_driver) {
            (true, _) => Some(Served::Log),
            (_, true) => Some(Served::Uart),
            _ => None,
        },
        uart_device: uart && is_driver,
        uart_line: uart && !is_driver,
        cpu_permille: extension.cpu_permille.map_or(DEFAULT_PERMILLE, narrow).min(1_000),
        priority: priority.min(most.into()) as u8,
        ram_bytes: u64::from(extension.ram_kb) << 10,
    })
}

#[cfg(test)]
mod tests {
    use super::{APP_PRIORITY_MAX, Served, display_name, grants};
    use image_format::ImageType::{Application, Service};
    use manifest::Manifest;

    fn read(text: &str) -> Manifest {
        Manifest::parse(text.as_bytes()).unwrap()
    }
    fn with(capabilities: &str, extension: &str) -> Manifest {
        read(&format!(
            r#"{{"SchemaVersion":1,"Name":"x","ComponentId":"25025d2c-66da-4448-bae1-ac26fcdd3627",
            "EntryPoint":"/bin/app","CmdArgs":[],"Capabilities":{capabilities},
            "ApplicationType":"Default","Bulkhead":{extension}}}"#
        ))
    }

    #[test]
    fn the_manifests_beside_the_programs_give_what_they_should() {
        let log = read(include_str!("../../services/log/app_manifest.json"));
        let log = grants(Service, "log-service", &log).unwrap();
        assert_eq!((log.serves, log.monitor, log.log), (Some(Served::Log), true, false));
        let driver = read(include_str!("../../services/sensor-uart/app_manifest.json"));
        let driver = grants(Service, "sensor-uart", &driver).unwrap();
        assert!(driver.uart_device && !driver.uart_line && !driver.monitor);
        let dw100 = read(include_str!("../../apps/dw100/app_manifest.json"));
        let dw100 = grants(Application, "dw100", &dw100).unwrap();
        assert!(dw100.uart_line && !dw100.uart_device && !dw100.monitor && dw100.log);
        let intruder = read(include_str!("../../apps/intruder/app_manifest.json"));
        let intruder = grants(Application, "intruder", &intruder).unwrap();
        assert!(intruder.log && intruder.serves.is_none());
        assert!(!intruder.uart_line && !intruder.uart_device && !intruder.monitor);
        let shares: u16 =
            [log, driver, dw100, intruder].map(|grants| grants.cpu_permille).iter().sum();
        assert!(shares <= 750, "the kernel keeps a quarter for the root task");
    }

    #[test]
    fn an_app_can_not_take_a_services_name() {
        let manifest = with(r#"{"Uart":["ISU0"]}"#, r#"{"Priority":31}"#);
        for name in ["log-service", "sensor-uart"] {
            let grants = grants(Application, name, &manifest).unwrap();
            assert!(!grants.monitor && !grants.uart_device && grants.serves.is_none());
            assert_eq!(grants.priority, APP_PRIORITY_MAX);
        }
    }

    #[test]
    fn what_the_manifest_does_not_ask_for_is_not_given() {
        let nothing = with("{}", "{}");
        assert!(!grants(Service, "sensor-uart", &nothing).unwrap().uart_device);
        assert!(!grants(Application, "dw100", &nothing).unwrap().uart_line);
        assert_eq!(grants(Application, "dw100", &nothing).unwrap().ram_bytes, 256 << 10);
    }

    #[test]
    fn what_there_is_not_is_refused_by_name() {
        for (asked, what) in [
            (r#"{"Uart":["ISU1"]}"#, "a Uart other than ISU0"),
            (r#"{"Gpio":[3]}"#, "Gpio"),
            (r#"{"MutableStorage":{"SizeKB":8}}"#, "MutableStorage"),
        ] {
            assert_eq!(grants(Application, "x", &with(asked, "{}")), Err(what));
        }
    }

    #[test]
    fn display_names() {
        assert_eq!(display_name("log-service"), "log");
        assert_eq!(display_name("sensor-uart"), "sensor-uart");
    }
}
