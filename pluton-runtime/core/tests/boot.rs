//! The boot, with every image attacked in turn.

mod common;

use common::*;
use image_format::ImageType;
use pluton_core::boot::boot;
use pluton_core::refusal::Refusal;

#[test]
fn everything_is_measured_then_loaded() {
    let images = images();
    let mut machine = machine(&images);
    let handoff = boot(&mut runtime(), &mut machine).unwrap();
    let lines: Vec<&str> = machine.lines.0.lines().collect();
    assert_eq!(lines.len(), 6);
    for (line, (_, image)) in lines[1..].iter().zip(&images) {
        let sha256: String =
            measurement_of(image).iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(line.starts_with("[pluton ] measured "), "{line}");
        assert!(line.contains(&format!("version=7 security_version=2 sha256={sha256} ")), "{line}");
    }
    assert!(lines[5].starts_with("[pluton ] measured dw100 type=application version=7"));
    assert_eq!(handoff.monitor.physical, LAYOUT.monitor.base);
    assert_eq!(handoff.monitor.pages, 3);
    assert_eq!(handoff.kernel.entry, LAYOUT.kernel.base);
    assert_eq!(handoff.kernel.segments[1].pages, 2);
    assert_eq!((handoff.root.physical, handoff.root.pages), (PROGRAMS, 4));
    assert_eq!(handoff.root.segments[0].physical, PROGRAMS + 4096);
    assert_eq!(handoff.root.entry, 0x10_0000);
    let monitor = &images[0].1;
    assert_eq!(machine.memory.at(LAYOUT.monitor.base, 8192), &monitor[4096..]);
    assert_eq!(machine.memory.at(PROGRAMS, images[2].1.len()), images[2].1);
    assert_ne!(handoff.boot_seed, 0);
}

#[test]
fn one_bad_image_stops_the_boot_before_any_is_loaded() {
    for victim in 0..images().len() {
        for at in [0, 20, 150, 400, 4040, 4096, 12000] {
            let mut images = images();
            images[victim].1[at] ^= 1;
            let mut machine = machine(&images);
            let refused = boot(&mut runtime(), &mut machine).expect_err("booted a bad image");
            assert!(refused.to_string().starts_with("refused "), "{refused}");
            assert!(machine.memory.bytes.iter().all(|&byte| byte == 0xaa), "loaded: {refused}");
        }
    }
}

#[test]
fn monitor_kernel_and_root_must_be_there() {
    for missing in 0..3 {
        let mut images = images();
        images.remove(missing);
        let refused = boot(&mut runtime(), &mut machine(&images)).unwrap_err();
        assert_eq!(refused.reason, Refusal::NoImage);
    }
}

#[test]
fn an_image_belongs_to_its_slot() {
    for (slot, image_type) in [
        (0, ImageType::Kernel),
        (1, ImageType::SecurityMonitor),
        (2, ImageType::Service),
        (3, ImageType::RootTask),
        (4, ImageType::Kernel),
        (7, ImageType::PlutonRuntime),
    ] {
        let mut images = images();
        images.retain(|(there, _)| *there != slot);
        images.push((slot, image(image_type, "stray", LAYOUT.kernel.base, OS_VENDOR)));
        let refused = boot(&mut runtime(), &mut machine(&images)).unwrap_err();
        assert_eq!(refused.reason, Refusal::Type { found: image_type });
        assert_eq!(refused.to_string().split(':').next(), Some("refused stray"));
    }
}

#[test]
fn fixed_images_stay_in_their_own_memory() {
    let end = LAYOUT.kernel.base + LAYOUT.kernel.bytes;
    for physical in [LAYOUT.monitor.base, end - 8192, end, PROGRAMS, !0xffff, 0x0e00_0000] {
        let mut images = images();
        images[1].1 = image(ImageType::Kernel, "kernel", physical, OS_VENDOR);
        let mut machine = machine(&images);
        let refused = boot(&mut runtime(), &mut machine).unwrap_err();
        assert_eq!(refused.reason, Refusal::Placement, "{physical:#x}");
        assert!(!machine.lines.0.contains("measured kernel"));
    }
}

#[test]
fn a_real_time_app_is_measured_too() {
    let mut images = images();
    images.push((6, image(ImageType::RealTimeApplication, "motor", 0, MANUFACTURER)));
    let mut machine = machine(&images);
    boot(&mut runtime(), &mut machine).unwrap();
    assert!(machine.lines.0.contains("measured motor type=real-time-application"));
}

#[test]
fn without_entropy_there_is_no_seed() {
    let handoff = boot(&mut runtime_with(0), &mut machine(&images())).unwrap();
    assert_eq!(handoff.boot_seed, 0);
}
