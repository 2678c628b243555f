//! One broken rule at a time: each must be refused, by its key and for its reason.

use manifest::{ApplicationType, Manifest, MAX_MANIFEST_BYTES, PowerControl, Resource};
use proptest::prelude::*;

/// A manifest with other top-level keys.
fn with(key: &str, value: &str) -> String {
    let mut keys = vec![
        ("SchemaVersion", "1"),
        ("Name", "\"Dishwasher\""),
        ("ComponentId", "\"25025d2c-66da-4448-bae1-ac26fcdd3627\""),
        ("EntryPoint", "\"/bin/app\""),
        ("CmdArgs", "[]"),
        ("Capabilities", "{}"),
        ("ApplicationType", "\"Default\""),
    ];
    keys.retain(|(name, _)| *name != key);
    if !value.is_empty() {
        keys.push((key, value));
    }
    let keys: Vec<_> = keys.iter().map(|(key, value)| format!("{key:?}: {value}")).collect();
    format!("{{{}}}", keys.join(", "))
}

fn violations(text: &str) -> Vec<String> {
    let violations = Manifest::parse(text.as_bytes()).expect_err(text);
    assert!(!violations.is_empty());
    violations.iter().map(ToString::to_string).collect()
}

fn refuses(text: &str, expected: &str) {
    assert_eq!(violations(text), [expected], "{text}");
}

#[test]
fn the_whole_schema_is_read() {
    let text = r#"{
        "SchemaVersion": 1, "Name": "All of it",
        "ComponentId": "25025D2C-66DA-4448-bae1-ac26fcdd3627",
        "EntryPoint": "/bin/app", "CmdArgs": ["-v", "-v"], "ApplicationType": "Default",
        "MallocVersion": 2, "TargetApplicationRuntimeVersion": 18, "TargetBetaApis": "Beta2401",
        "Capabilities": {
            "AllowedConnections": ["example.com", "10.0.0.1", "_sample._tcp.local"],
            "AllowedTcpServerPorts": [80], "AllowedUdpServerPorts": [80, 65535],
            "AllowedApplicationConnections": ["005180bc-402f-4cb3-a662-72937dbcde47"],
            "Gpio": [8, "$LED_RED"], "Uart": ["ISU0"], "I2cMaster": ["ISU2"],
            "SpiMaster": ["$SPI"], "I2sSubordinate": ["ISU4"], "Adc": ["ADC-CONTROLLER-0"],
            "Pwm": ["PWM-CONTROLLER-1"], "MutableStorage": {"SizeKB": 64},
            "DeviceAuthentication": "00000000-0000-0000-0000-000000000001",
            "CertStore": true, "NetworkConfig": true, "WifiConfig": true,
            "EnterpriseWifiConfig": true, "SystemTime": true, "TimeSyncConfig": true,
            "DhcpService": true, "SntpService": true, "HardwareAddressConfig": true,
            "ReadNetworkProxyConfig": true, "SystemEventNotifications": true,
            "SoftwareUpdateDeferral": true, "HeapMemStats": true, "ResetMemoryWatermarks": false,
            "PowerControls": ["ForceReboot", "ForcePowerDown", "SetPowerProfile"]
        },
        "Bulkhead": {"RamKB": 512, "CpuPermille": 100, "Priority": 5,
                     "Endpoints": ["sensor-uart"], "Provides": ["dishes"]}
    }"#;
    // The pins of PWM-CONTROLLER-1 are 4 to 7, so pin 8 is free.
    let manifest = Manifest::parse(text.as_bytes()).unwrap();
    let capabilities = &manifest.capabilities;
    assert_eq!(manifest.component_id.to_string(), "25025d2c-66da-4448-bae1-ac26fcdd3627");
    assert_eq!(manifest.command_arguments, ["-v", "-v"]);
    assert_eq!(capabilities.gpio, [Resource::Number(8), Resource::Constant("LED_RED".into())]);
    assert_eq!(manifest.unresolved(), ["LED_RED", "SPI"]);
    assert_eq!(capabilities.flags.set().len(), 13);
    assert_eq!(capabilities.power_controls[2], PowerControl::SetPowerProfile);
    assert_eq!(capabilities.mutable_storage_kb, 64);
    assert_eq!(manifest.extension.ram_kb, 512);
    assert_eq!(manifest.extension.endpoints, ["sensor-uart"]);
}

#[test]
fn what_is_left_out_defaults_to_nothing() {
    let manifest = Manifest::parse(with("CmdArgs", "").as_bytes()).unwrap();
    assert_eq!(manifest.application_type, ApplicationType::Default);
    assert_eq!(manifest.capabilities, Default::default());
    assert_eq!((manifest.extension.ram_kb, manifest.extension.cpu_permille), (256, None));
}

#[test]
fn files_that_are_no_manifest_are_refused() {
    refuses("", "the manifest is not JSON: EOF while parsing a value at line 1 column 0");
    refuses("[]", "the manifest must be a JSON object");
    assert!(violations(&with("Name", "1").replace('}', ""))[0].contains("is not JSON"));
    assert!(violations(&"[".repeat(10_000))[0].contains("nested deeper"));
    assert!(violations(&" ".repeat(MAX_MANIFEST_BYTES + 1))[0].contains("at most 16384"));
    let errors = Manifest::parse(b"\"\xff\"").unwrap_err();
    assert_eq!(errors[0].to_string(), "the manifest is not UTF-8 from byte 1 on");
    // A byte order mark is no error.
    assert!(Manifest::parse(format!("\u{feff}{}", with("", "")).as_bytes()).is_ok());
}

#[test]
fn every_top_level_rule_is_checked() {
    let guid = "must be a GUID of hexadecimal digits, 8-4-4-4-12, not all zero";
    for (key, value, expected) in [
        ("SchemaVersion", "", "SchemaVersion is missing and required"),
        ("SchemaVersion", "2", "SchemaVersion = 2 must be the number 1"),
        ("SchemaVersion", "1.0", "SchemaVersion = 1 must be the number 1"),
        ("SchemaVersion", "\"1\"", "SchemaVersion = \"1\" must be the number 1"),
        ("Name", "", "Name is missing and required"),
        ("Name", "7", "Name = 7 must be a string"),
        ("Name", "\" \"", "Name = \" \" must have a visible character and no control one"),
        ("ComponentId", "", "ComponentId is missing and required"),
        ("ComponentId", "\"1234\"", &format!("ComponentId = \"1234\" {guid}")),
        ("EntryPoint", "", "EntryPoint is missing and required"),
        (
            "EntryPoint",
            "\"bin/app\"",
            "EntryPoint = \"bin/app\" must be an absolute path in the image, as /bin/app",
        ),
        (
            "EntryPoint",
            "\"/bin/../app\"",
            "EntryPoint = \"/bin/../app\" must be an absolute path in the image, as /bin/app",
        ),
        ("CmdArgs", "\"-v\"", "CmdArgs = \"-v\" must be an array"),
        ("CmdArgs", "[\"a\", 1]", "CmdArgs[1] = 1 must be a string"),
        ("Capabilities", "", "Capabilities is missing and required"),
        ("Capabilities", "[]", "Capabilities = [0 items] must be an object"),
        (
            "ApplicationType",
            "\"Service\"",
            "ApplicationType = \"Service\" must be \"Default\", \"RealTimeCapable\" or \"Debugger\"",
        ),
        ("MallocVersion", "3", "MallocVersion = 3 must be 1 to 2"),
        (
            "TargetApplicationRuntimeVersion",
            "true",
            "TargetApplicationRuntimeVersion = true must be an integer",
        ),
        ("TargetBetaApis", "1", "TargetBetaApis = 1 must be a string"),
        ("Policy", "{}", "Policy = {0 keys} is not a key of this schema"),
        ("linuxCapabilities", "null", "linuxCapabilities = null is not a key of this schema"),
        ("Bulkhead", "1", "Bulkhead = 1 must be an object"),
        ("Bulkhead", "{\"RamKB\": 8}", "Bulkhead.RamKB = 8 must be 16 to 4096"),
        ("Bulkhead", "{\"CpuPermille\": 0}", "Bulkhead.CpuPermille = 0 must be 1 to 1000"),
        ("Bulkhead", "{\"Priority\": 32}", "Bulkhead.Priority = 32 must be 0 to 31"),
        (
            "Bulkhead",
            "{\"Endpoints\": [\"Log\"]}",
            "Bulkhead.Endpoints[0] = \"Log\" must be the name of an endpoint: 1 to 24 of a-z, 0-9 and '-'",
        ),
        (
            "Bulkhead",
            "{\"Endpoints\": [\"x\"], \"Provides\": [\"x\"]}",
            "Bulkhead.Endpoints = \"x\" is provided by this very app",
        ),
        ("Bulkhead", "{\"Root\": true}", "Bulkhead.Root = true is not a key of this schema"),
    ] {
        refuses(&with(key, value), expected);
    }
    let twice = with("", "").replacen('{', "{\"Name\": \"First\", ", 1);
    refuses(&twice, "Name = \"Dishwasher\" stands there twice");
}

#[test]
fn every_capability_rule_is_checked() {
    let host = "must be a DNS name, an IPv4 address or _service._tcp.local, \
                without wildcard, port or path";
    let isu = "must be \"ISU0\" to \"ISU4\" or a \"$NAME\"";
    let power = "must be \"ForceReboot\", \"ForcePowerDown\" or \"SetPowerProfile\"";
    for (key, value, expected) in [
        ("AllowedConnections", "\"a.b\"", " = \"a.b\" must be an array".into()),
        ("AllowedConnections", "[\"*.a.b\"]", format!("[0] = \"*.a.b\" {host}")),
        ("AllowedConnections", "[\"a.b:443\"]", format!("[0] = \"a.b:443\" {host}")),
        ("AllowedConnections", "[\"https://a.b\"]", format!("[0] = \"https://a.b\" {host}")),
        ("AllowedConnections", "[\"1.2.3\"]", format!("[0] = \"1.2.3\" {host}")),
        ("AllowedConnections", "[\"a..b\"]", format!("[0] = \"a..b\" {host}")),
        ("AllowedConnections", "[\"a\", \"a\"]", "[1] = \"a\" stands in the list twice".into()),
        ("AllowedTcpServerPorts", "[0]", "[0] = 0 must be 1 to 65535".into()),
        ("AllowedTcpServerPorts", "[65536]", "[0] = 65536 must be 1 to 65535".into()),
        ("AllowedUdpServerPorts", "[80, 80]", "[1] = 80 stands in the list twice".into()),
        ("AllowedUdpServerPorts", "[\"80\"]", "[0] = \"80\" must be an integer".into()),
        ("Gpio", "[-1]", "[0] = -1 must be 0 to 255".into()),
        ("Gpio", "[\"LED\"]", "[0] = \"LED\" must be a pin number or a \"$NAME\"".into()),
        ("Gpio", "[\"$\"]", "[0] = \"$\" must be a pin number or a \"$NAME\"".into()),
        ("Uart", "[\"ISU5\"]", format!("[0] = \"ISU5\" {isu}")),
        ("Uart", "[0]", "[0] = 0 must be a string".into()),
        ("I2cMaster", "[\"ISU10\"]", format!("[0] = \"ISU10\" {isu}")),
        ("SpiMaster", "[\"isu0\"]", format!("[0] = \"isu0\" {isu}")),
        ("I2sSubordinate", "[\"\"]", format!("[0] = \"\" {isu}")),
        (
            "Adc",
            "[\"ADC-CONTROLLER-1\"]",
            "[0] = \"ADC-CONTROLLER-1\" must be \"ADC-CONTROLLER-0\" or a \"$NAME\"".into(),
        ),
        (
            "Pwm",
            "[\"PWM-CONTROLLER-3\"]",
            "[0] = \"PWM-CONTROLLER-3\" must be \"PWM-CONTROLLER-0\" to \"PWM-CONTROLLER-2\" or a \"$NAME\"".into(),
        ),
        ("MutableStorage", "8", " = 8 must be an object".into()),
        ("MutableStorage", "{}", ".SizeKB is missing and required".into()),
        ("MutableStorage", "{\"SizeKB\": 65}", ".SizeKB = 65 must be 1 to 64".into()),
        ("MutableStorage", "{\"SizeKB\": 1, \"Files\": 2}", ".Files = 2 is not a key of this schema".into()),
        (
            "DeviceAuthentication",
            "\"tenant\"",
            " = \"tenant\" must be a GUID of hexadecimal digits, 8-4-4-4-12, not all zero".into(),
        ),
        ("PowerControls", "[]", " = [0 items] must not be empty: leave it out instead".into()),
        ("PowerControls", "[\"Halt\"]", format!("[0] = \"Halt\" {power}")),
        (
            "PowerControls",
            "[\"ForceReboot\", \"ForceReboot\"]",
            "[1] = \"ForceReboot\" stands in the list twice".into(),
        ),
        (
            "AllowedApplicationConnections",
            "[\"25025d2c-66da-4448-bae1-ac26fcdd3627\"]",
            " = \"25025d2c-66da-4448-bae1-ac26fcdd3627\" is this app".into(),
        ),
        ("Sudo", "true", " = true is not a key of this schema".into()),
    ] {
        let text = with("Capabilities", &format!("{{{key:?}: {value}}}"));
        refuses(&text, &format!("Capabilities.{key}{expected}"));
    }
    for key in [
        "CertStore", "NetworkConfig", "WifiConfig", "EnterpriseWifiConfig", "SystemTime",
        "TimeSyncConfig", "DhcpService", "SntpService", "HardwareAddressConfig",
        "ReadNetworkProxyConfig", "SystemEventNotifications", "SoftwareUpdateDeferral",
        "HeapMemStats", "ResetMemoryWatermarks",
    ] {
        let text = with("Capabilities", &format!("{{{key:?}: \"true\"}}"));
        refuses(&text, &format!("Capabilities.{key} = \"true\" must be true or false"));
        let text = with("Capabilities", &format!("{{{key:?}: true}}"));
        assert_eq!(Manifest::parse(text.as_bytes()).unwrap().capabilities.flags.set(), [key]);
    }
}

#[test]
fn one_pin_has_one_use() {
    let text = with("Capabilities", r#"{"Uart": ["ISU0"], "I2cMaster": ["ISU0"]}"#);
    refuses(&text, "Capabilities.I2cMaster = \"ISU0\" is taken by Uart");
    let text = with("Capabilities", r#"{"Gpio": [7], "Pwm": ["PWM-CONTROLLER-1"]}"#);
    refuses(&text, "Capabilities.Gpio = 7 is a pin of PWM-CONTROLLER-1, which is taken too");
}

#[test]
fn hosts_are_limited_to_128() {
    let hosts = |count| {
        let hosts: Vec<_> = (0..count).map(|n| format!("\"h{n}.example\"")).collect();
        with("Capabilities", &format!("{{\"AllowedConnections\": [{}]}}", hosts.join(",")))
    };
    assert!(Manifest::parse(hosts(128).as_bytes()).is_ok());
    refuses(&hosts(129), "Capabilities.AllowedConnections = 129 hosts are too many: at most 128");
}

#[test]
fn real_time_apps_have_fewer_capabilities() {
    let with = |capabilities| {
        with("Capabilities", capabilities).replace("\"Default\"", "\"RealTimeCapable\"")
    };
    assert!(Manifest::parse(with("{\"Gpio\": [1]}").as_bytes()).is_ok());
    refuses(
        &with("{\"WifiConfig\": true}"),
        "Capabilities.WifiConfig = true is not allowed in a RealTimeCapable app",
    );
}

#[test]
fn all_broken_rules_are_told_at_once() {
    let text = r#"{"SchemaVersion": 3, "Capabilities": {"Gpio": ["x"], "Fly": true}}"#;
    assert_eq!(violations(text).len(), 6);
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Manifest::parse(&bytes);
    }

    #[test]
    fn a_damaged_manifest_is_read_without_panic(at in any::<prop::sample::Index>(), byte: u8) {
        let mut bytes = with("Bulkhead", "{\"RamKB\": 64, \"Endpoints\": [\"a\"]}").into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = Manifest::parse(&bytes);
    }
}
