//! Rules between the apps of one device: one resource, one app.
//!
//! Each manifest can be right by itself and the set still be wrong. The packer and
//! the root task refuse the set before any of its apps runs.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::application::{ApplicationType, Manifest};
use crate::capabilities::{Resource, show};
use crate::json::Node;
use crate::reader::Report;
use crate::violation::Violation;

/// All conflicts among the apps of a device; the later app is the one blamed.
pub fn conflicts(apps: &[Manifest]) -> Vec<Violation> {
    let mut report = Report::default();
    for (index, app) in apps.iter().enumerate() {
        for earlier in apps.iter().take(index) {
            between(earlier, app, &mut report);
        }
        connections(app, apps, &mut report);
    }
    report.0
}

fn between(earlier: &Manifest, app: &Manifest, report: &mut Report) {
    let key = |key: &str| format!("{}: {key}", app.name);
    let rule = format!("is taken by {}", earlier.name);
    if app.component_id == earlier.component_id {
        let id = Node::Text(format!("{}", app.component_id));
        report.add(key("ComponentId"), Some(&id), &rule);
    }
    if [app, earlier].iter().all(|app| app.application_type == ApplicationType::Debugger) {
        let value = Node::Text(String::from("Debugger"));
        report.add(key("ApplicationType"), Some(&value), &rule);
    }
    let (old, new) = (&earlier.capabilities, &app.capabilities);
    let ports = [
        ("AllowedTcpServerPorts", &old.allowed_tcp_server_ports, &new.allowed_tcp_server_ports),
        ("AllowedUdpServerPorts", &old.allowed_udp_server_ports, &new.allowed_udp_server_ports),
    ];
    for (name, old, new) in ports {
        for port in new.iter().filter(|port| old.contains(port)) {
            report.add(key(name), Some(&Node::Integer((*port).into())), &rule);
        }
    }
    // Serial units are one pool, whatever they are used as.
    for (name, units) in new.serial() {
        let taken = |unit: &&Resource| old.serial().iter().any(|(_, old)| old.contains(unit));
        for unit in units.iter().filter(taken) {
            report.add(key(name), Some(&show(unit, "ISU")), &rule);
        }
    }
    let lists = [
        ("Gpio", &old.gpio, &new.gpio, ""),
        ("Adc", &old.adc, &new.adc, "ADC-CONTROLLER-"),
        ("Pwm", &old.pwm, &new.pwm, "PWM-CONTROLLER-"),
    ];
    for (name, old, new, prefix) in lists {
        for resource in new.iter().filter(|resource| old.contains(resource)) {
            report.add(key(name), Some(&show(resource, prefix)), &rule);
        }
    }
    for (pins, controllers, name) in [(&new.gpio, &old.pwm, "Gpio"), (&old.gpio, &new.pwm, "Pwm")] {
        for pin in pins {
            let Resource::Number(number) = pin else { continue };
            if *number < 12 && controllers.contains(&Resource::Number(number / 4)) {
                let rule = format!("PWM-CONTROLLER-{} and pin {number}: {rule}", number / 4);
                report.add(key(name), None, rule);
            }
        }
    }
    for endpoint in &app.extension.provides {
        if earlier.extension.provides.contains(endpoint) {
            report.add(key("Bulkhead.Provides"), Some(&Node::Text(endpoint.clone())), &rule);
        }
    }
}

/// Both ends of a connection must list the other; an app that is not there can not.
fn connections(app: &Manifest, apps: &[Manifest], report: &mut Report) {
    for peer in &app.capabilities.allowed_application_connections {
        let mutual = apps.iter().any(|other| {
            other.component_id == *peer
                && other.capabilities.allowed_application_connections.contains(&app.component_id)
        });
        if !mutual {
            let key = format!("{}: AllowedApplicationConnections", app.name);
            let value = Node::Text(format!("{peer}"));
            report.add(key, Some(&value), "is no app that lists this one in turn");
        }
    }
}
