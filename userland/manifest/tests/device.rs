//! Rules between apps, and names that a board's definition gives.

use manifest::{HardwareDefinition, Manifest, conflicts};

fn app(name: &str, id: u8, capabilities: &str, rest: &str) -> Manifest {
    let text = format!(
        r#"{{"SchemaVersion": 1, "Name": "{name}", "EntryPoint": "/bin/app",
            "ComponentId": "00000000-0000-0000-0000-0000000000{id:02x}",
            "Capabilities": {{{capabilities}}} {rest}}}"#
    );
    Manifest::parse(text.as_bytes()).unwrap()
}

fn between(first: &str, second: &str) -> Vec<String> {
    let apps = [app("first", 1, first, ""), app("second", 2, second, "")];
    conflicts(&apps).iter().map(ToString::to_string).collect()
}

#[test]
fn one_resource_has_one_app() {
    for (first, second, expected) in [
        (r#""Gpio": [3]"#, r#""Gpio": [3]"#, "second: Gpio = 3 is taken by first"),
        (r#""Uart": ["ISU1"]"#, r#""SpiMaster": ["ISU1"]"#, "second: SpiMaster = \"ISU1\" is taken by first"),
        (r#""Adc": ["ADC-CONTROLLER-0"]"#, r#""Adc": ["ADC-CONTROLLER-0"]"#, "second: Adc = \"ADC-CONTROLLER-0\" is taken by first"),
        (r#""Pwm": ["PWM-CONTROLLER-0"]"#, r#""Gpio": [2]"#, "second: Gpio PWM-CONTROLLER-0 and pin 2: is taken by first"),
        (r#""Gpio": [2]"#, r#""Pwm": ["PWM-CONTROLLER-0"]"#, "second: Pwm PWM-CONTROLLER-0 and pin 2: is taken by first"),
        (r#""AllowedTcpServerPorts": [80]"#, r#""AllowedTcpServerPorts": [80]"#, "second: AllowedTcpServerPorts = 80 is taken by first"),
        (r#""AllowedUdpServerPorts": [53]"#, r#""AllowedUdpServerPorts": [53]"#, "second: AllowedUdpServerPorts = 53 is taken by first"),
    ] {
        assert_eq!(between(first, second), [expected]);
    }
    assert!(between(r#""Gpio": [1], "AllowedTcpServerPorts": [80]"#, r#""Gpio": [2], "AllowedUdpServerPorts": [80]"#).is_empty());
}

#[test]
fn components_debuggers_and_endpoints_are_unique() {
    let debugger = r#", "ApplicationType": "Debugger", "Bulkhead": {"Provides": ["log"]}"#;
    let apps = [app("first", 1, "", debugger), app("second", 1, "", debugger)];
    let told: Vec<_> = conflicts(&apps).iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "second: ComponentId = \"00000000-0000-0000-0000-000000000001\" is taken by first",
            "second: ApplicationType = \"Debugger\" is taken by first",
            "second: Bulkhead.Provides = \"log\" is taken by first",
        ]
    );
}

#[test]
fn connections_are_listed_at_both_ends() {
    let to = |id: u8| {
        format!(r#""AllowedApplicationConnections": ["00000000-0000-0000-0000-0000000000{id:02x}"]"#)
    };
    assert!(between(&to(2), &to(1)).is_empty());
    assert_eq!(between(&to(2), "").len(), 1);
    assert_eq!(between(&to(3), "").len(), 1);
}

const BOARD: &str = r#"{"Metadata": {"Type": "Azure Sphere Hardware Definition", "Version": 1},
    "Description": {"Main Core Header": {}}, "Imports": [{IMPORTS}], "Peripherals": [{PERIPHERALS}]}"#;

fn board(imports: &str, peripherals: &str) -> String {
    BOARD.replace("{IMPORTS}", imports).replace("{PERIPHERALS}", peripherals)
}

#[test]
fn names_resolve_through_mappings() {
    let own = board(
        "\"chip.json\"",
        r#"{"Name": "LED", "Type": "Gpio", "Mapping": "CHIP_GPIO8", "Comment": "red"},
           {"Name": "LOOP", "Type": "Gpio", "Mapping": "LOOP"}"#,
    );
    let chip = board(
        "",
        r#"{"Name": "CHIP_GPIO8", "Type": "Gpio", "MainCoreHeaderValue": "8", "AppManifestValue": 8},
           {"Name": "CHIP_ISU0", "Type": "Uart", "AppManifestValue": "ISU0"}"#,
    );
    let mut own = HardwareDefinition::parse(own.as_bytes()).unwrap();
    assert_eq!(own.imports, ["chip.json"]);
    own.merge(HardwareDefinition::parse(chip.as_bytes()).unwrap());
    assert_eq!(own.resolve("LED").as_deref(), Some("8"));
    assert_eq!(own.resolve("CHIP_ISU0").as_deref(), Some("\"ISU0\""));
    assert_eq!(own.resolve("LOOP"), None);
    assert_eq!(own.resolve("MISSING"), None);
}

#[test]
fn broken_definitions_are_refused() {
    for (text, expected) in [
        (board("", r#"{"Name": "A", "Type": "Gpio"}"#), "needs either Mapping or AppManifestValue"),
        (board("", r#"{"Type": "Gpio", "Mapping": "B"}"#), "Peripherals[0].Name is missing"),
        (
            board("", r#"{"Name": "A", "Type": "x", "Mapping": "B"}, {"Name": "A", "Type": "x", "Mapping": "C"}"#),
            "Peripherals[1] = \"A\" is defined twice",
        ),
        (board("7", ""), "Imports[0] = 7 must be a string"),
        (board("", "").replace("\"Version\": 1", "\"Version\": 2"), "Metadata.Version = 2"),
        (board("", "").replace("Azure ", ""), "Metadata.Type = \"Sphere"),
        ("{}".into(), "Metadata is missing"),
    ] {
        let violations = HardwareDefinition::parse(text.as_bytes()).expect_err(&text);
        assert!(violations[0].to_string().contains(expected), "{} / {expected}", violations[0]);
    }
}
