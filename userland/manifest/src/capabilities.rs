//! `Capabilities`: what the app may reach. Everything defaults to nothing.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::application::ApplicationType;
use crate::identifier::Identifier;
use crate::json::Node;
use crate::names::{controller, is_constant, is_host};
use crate::reader::{Object, Report, integer, list, text};

/// A peripheral: its number, or a constant of the hardware definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resource {
    /// The number of the pin or controller.
    Number(u32),
    /// The name behind the `$`.
    Constant(String),
}

/// `PowerControls`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowerControl {
    /// `ForceReboot`.
    ForceReboot,
    /// `ForcePowerDown`.
    ForcePowerDown,
    /// `SetPowerProfile`.
    SetPowerProfile,
}

/// Defines the capabilities that are just true or false.
macro_rules! flags {
    ($($field:ident = $key:literal,)*) => {
        /// Capabilities that are true or false.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Flags { $(#[doc = concat!("`", $key, "`.")] pub $field: bool,)* }
        impl Flags {
            fn read(object: &mut Object<'_>, report: &mut Report) -> Self {
                Self { $($field: object.flag($key, report),)* }
            }
            /// The keys of those that are set.
            pub fn set(&self) -> Vec<&'static str> {
                [$((self.$field, $key),)*].into_iter().filter(|(on, _)| *on).map(|(_, key)| key).collect()
            }
        }
    };
}

flags! {
    cert_store = "CertStore",
    network_config = "NetworkConfig",
    wifi_config = "WifiConfig",
    enterprise_wifi_config = "EnterpriseWifiConfig",
    system_time = "SystemTime",
    time_sync_config = "TimeSyncConfig",
    dhcp_service = "DhcpService",
    sntp_service = "SntpService",
    hardware_address_config = "HardwareAddressConfig",
    read_network_proxy_config = "ReadNetworkProxyConfig",
    system_event_notifications = "SystemEventNotifications",
    software_update_deferral = "SoftwareUpdateDeferral",
    heap_mem_stats = "HeapMemStats",
    reset_memory_watermarks = "ResetMemoryWatermarks",
}

/// The object `Capabilities`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// `AllowedConnections`: hosts, exact.
    pub allowed_connections: Vec<String>,
    /// `AllowedTcpServerPorts`.
    pub allowed_tcp_server_ports: Vec<u16>,
    /// `AllowedUdpServerPorts`.
    pub allowed_udp_server_ports: Vec<u16>,
    /// `AllowedApplicationConnections`: component ids; both ends must list each other.
    pub allowed_application_connections: Vec<Identifier>,
    /// `Gpio`: pins.
    pub gpio: Vec<Resource>,
    /// `Uart`: serial units.
    pub uart: Vec<Resource>,
    /// `I2cMaster`: serial units.
    pub i2c_master: Vec<Resource>,
    /// `SpiMaster`: serial units.
    pub spi_master: Vec<Resource>,
    /// `I2sSubordinate`: serial units.
    pub i2s_subordinate: Vec<Resource>,
    /// `Adc`: controllers.
    pub adc: Vec<Resource>,
    /// `Pwm`: controllers.
    pub pwm: Vec<Resource>,
    /// `MutableStorage.SizeKB`; 0 for none.
    pub mutable_storage_kb: u32,
    /// `DeviceAuthentication`: the tenant.
    pub device_authentication: Option<Identifier>,
    /// `PowerControls`.
    pub power_controls: Vec<PowerControl>,
    /// The others.
    pub flags: Flags,
}

impl Capabilities {
    pub(crate) fn read(node: Node, kind: ApplicationType, report: &mut Report) -> Self {
        let Some(mut object) = Object::open("Capabilities", node, report) else {
            return Self::default();
        };
        if kind == ApplicationType::RealTimeCapable {
            refuse_high_level(&mut object, report);
        }
        let host = |name: &str, node: &Node, report: &mut Report| {
            let rule = "must be a DNS name, an IPv4 address or _service._tcp.local, \
                        without wildcard, port or path";
            text(name, node, is_host, rule, report)
        };
        let port = |name: &str, node: &Node, report: &mut Report| {
            integer(name, node, 1..=65_535, report).and_then(|port| u16::try_from(port).ok())
        };
        let serial = |key: &str, object: &mut Object<'_>, report: &mut Report| {
            object.list(key, report, |name, node, report| {
                peripheral(name, node, "ISU", 4, report)
            })
        };
        let capabilities = Self {
            uart: serial("Uart", &mut object, report),
            i2c_master: serial("I2cMaster", &mut object, report),
            spi_master: serial("SpiMaster", &mut object, report),
            i2s_subordinate: serial("I2sSubordinate", &mut object, report),
            allowed_connections: object.list("AllowedConnections", report, host),
            allowed_tcp_server_ports: object.list("AllowedTcpServerPorts", report, port),
            allowed_udp_server_ports: object.list("AllowedUdpServerPorts", report, port),
            allowed_application_connections: object.list(
                "AllowedApplicationConnections",
                report,
                identifier,
            ),
            gpio: object.list("Gpio", report, pin),
            adc: object.list("Adc", report, |name, node, report| {
                peripheral(name, node, "ADC-CONTROLLER-", 0, report)
            }),
            pwm: object.list("Pwm", report, |name, node, report| {
                peripheral(name, node, "PWM-CONTROLLER-", 2, report)
            }),
            mutable_storage_kb: mutable_storage(&mut object, report),
            device_authentication: object
                .take("DeviceAuthentication", report)
                .and_then(|node| identifier("Capabilities.DeviceAuthentication", &node, report)),
            power_controls: power_controls(&mut object, report),
            flags: Flags::read(&mut object, report),
        };
        object.close(report);
        if capabilities.allowed_connections.len() > 128 {
            let count = Node::Integer(capabilities.allowed_connections.len() as i64);
            let key = "Capabilities.AllowedConnections";
            report.add(key, Some(&count), "hosts are too many: at most 128");
        }
        capabilities.check_pins(report);
        capabilities
    }

    /// The serial lists, by key.
    pub(crate) fn serial(&self) -> [(&'static str, &[Resource]); 4] {
        [
            ("Uart", &self.uart),
            ("I2cMaster", &self.i2c_master),
            ("SpiMaster", &self.spi_master),
            ("I2sSubordinate", &self.i2s_subordinate),
        ]
    }

    /// One pin, one peripheral: within this app.
    pub(crate) fn check_pins(&self, report: &mut Report) {
        let serial = self.serial();
        for (index, (key, units)) in serial.iter().enumerate() {
            for unit in *units {
                for (other, taken) in serial.iter().take(index) {
                    if taken.contains(unit) {
                        let key = format!("Capabilities.{key}");
                        report.add(key, Some(&show(unit, "ISU")), format!("is taken by {other}"));
                    }
                }
            }
        }
        for pin in &self.gpio {
            let Resource::Number(number) = pin else { continue };
            if *number < 12 && self.pwm.contains(&Resource::Number(number / 4)) {
                let rule = format!("is a pin of PWM-CONTROLLER-{}, which is taken too", number / 4);
                report.add("Capabilities.Gpio", Some(&Node::Integer((*number).into())), rule);
            }
        }
    }
}

/// A peripheral as it stands in the file.
pub(crate) fn show(resource: &Resource, prefix: &str) -> Node {
    match resource {
        Resource::Number(number) if prefix.is_empty() => Node::Integer((*number).into()),
        Resource::Number(number) => Node::Text(format!("{prefix}{number}")),
        Resource::Constant(name) => Node::Text(format!("${name}")),
    }
}

fn identifier(name: &str, node: &Node, report: &mut Report) -> Option<Identifier> {
    let value = text(name, node, |t| Identifier::parse(t).is_some(), Identifier::RULE, report)?;
    Identifier::parse(&value)
}

fn peripheral(
    name: &str,
    node: &Node,
    prefix: &str,
    last: u8,
    report: &mut Report,
) -> Option<Resource> {
    let rule = if last == 0 {
        format!("must be \"{prefix}0\" or a \"$NAME\"")
    } else {
        format!("must be \"{prefix}0\" to \"{prefix}{last}\" or a \"$NAME\"")
    };
    let keeps = |text: &str| controller(prefix, last, text).is_some();
    controller(prefix, last, &text(name, node, keeps, &rule, report)?)
}

fn pin(name: &str, node: &Node, report: &mut Report) -> Option<Resource> {
    match node {
        Node::Integer(_) => integer(name, node, 0..=255, report)
            .and_then(|pin| u32::try_from(pin).ok())
            .map(Resource::Number),
        Node::Text(text) if is_constant(text) => Some(Resource::Constant(text[1..].into())),
        _ => {
            report.add(name, Some(node), "must be a pin number or a \"$NAME\"");
            None
        }
    }
}

fn mutable_storage(object: &mut Object<'_>, report: &mut Report) -> u32 {
    let Some(node) = object.take("MutableStorage", report) else { return 0 };
    let Some(mut storage) = Object::open("Capabilities.MutableStorage", node, report) else {
        return 0;
    };
    let name = storage.name("SizeKB");
    let size = storage
        .require("SizeKB", report)
        .and_then(|node| integer(&name, &node, 1..=64, report))
        .and_then(|size| u32::try_from(size).ok());
    storage.close(report);
    size.unwrap_or_default()
}

fn power_controls(object: &mut Object<'_>, report: &mut Report) -> Vec<PowerControl> {
    let name = object.name("PowerControls");
    let Some(node) = object.take("PowerControls", report) else { return Vec::new() };
    if matches!(&node, Node::List(items) if items.is_empty()) {
        report.add(name, Some(&node), "must not be empty: leave it out instead");
        return Vec::new();
    }
    let known = |text: &str| match text {
        "ForceReboot" => Some(PowerControl::ForceReboot),
        "ForcePowerDown" => Some(PowerControl::ForcePowerDown),
        "SetPowerProfile" => Some(PowerControl::SetPowerProfile),
        _ => None,
    };
    list(&name, node, report, |name, node, report| {
        let rule = "must be \"ForceReboot\", \"ForcePowerDown\" or \"SetPowerProfile\"";
        known(&text(name, node, |text| known(text).is_some(), rule, report)?)
    })
}

/// Keys that only a high-level app may have.
fn refuse_high_level(object: &mut Object<'_>, report: &mut Report) {
    const REAL_TIME: [&str; 8] = [
        "Gpio",
        "Uart",
        "I2cMaster",
        "SpiMaster",
        "I2sSubordinate",
        "Adc",
        "Pwm",
        "AllowedApplicationConnections",
    ];
    for (key, node) in object.take_others(&REAL_TIME) {
        report.add(object.name(&key), Some(&node), "is not allowed in a RealTimeCapable app");
    }
}
