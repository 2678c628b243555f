//! The kernel and its specification, call by call: same answer, same state.

use kernel_abi::status::ObjectKind;
use kernel_abi::{Error, SystemCall as C};
use kernel_core::arena::Id;
use kernel_core::region;
use kernel_core::table::{SlotEntry, owner, slot_id};
use kernel_model::World;
use kernel_model::invariants::derivation;
use kernel_model::random::{CALLS, Random, choose, stage};
use kernel_model::world::Answer;
use kernel_specification::{At, Held, Name, Object, Process, Specification, Use};
use std::collections::{BTreeMap, BTreeSet};

/// Kind, index and generation of an object of the kernel.
type Key = (u8, u16, u32);

/// What the kernel's objects are called in the specification.
struct Names(BTreeMap<Key, Name>);

impl Names {
    fn process(&self, world: &World, id: Id<kernel_core::process::Process>) -> Name {
        let life = world.kernel.processes[id].life;
        let key = (ObjectKind::Process as u8, id.index() as u16, life.generation);
        self.0.get(&key).copied().unwrap_or(0)
    }
    fn at(&self, world: &World, slot: Id<SlotEntry>) -> At {
        let process = owner(slot);
        let first = slot_id(process, 0).index();
        At { process: self.process(world, process), slot: (slot.index() - first) as u16 }
    }
    /// The kernel's tables in the words of the specification.
    fn held(&self, world: &World) -> BTreeMap<At, Held> {
        let held = |(id, slot): (Id<SlotEntry>, &SlotEntry)| {
            let c = &slot.capability;
            let key = (c.kind as u8, c.object, c.generation);
            let held = Held {
                object: self.0.get(&key).copied().unwrap_or(0),
                rights: c.rights,
                badge: c.badge,
                parent: derivation::parent(world, id).map(|parent| self.at(world, parent)),
                original: slot.original,
                mapping: (slot.mapped_pages != 0)
                    .then_some((slot.mapped_at.into(), slot.mapped_rights)),
            };
            (self.at(world, id), held)
        };
        derivation::used(world).map(held).collect()
    }
}

/// A specification of the state a world is in, and the names it uses.
fn describe(world: &World) -> (Specification, Names) {
    let kernel = &world.kernel;
    let (mut spec, mut names) = (Specification::default(), Names(BTreeMap::new()));
    let mut learn = |kind: ObjectKind, index: usize, generation, spec: &mut Specification| {
        let name = spec.create(Object::Endpoint);
        names.0.insert((kind as u8, index as u16, generation), name);
    };
    macro_rules! learn {
        ($arena:ident, $kind:ident) => {
            for (id, object) in kernel.$arena.iter().filter(|(_, object)| object.life.live) {
                learn(ObjectKind::$kind, id.index(), object.life.generation, &mut spec);
            }
        };
    }
    learn!(processes, Process);
    learn!(threads, Thread);
    learn!(endpoints, Endpoint);
    learn!(notifications, Notification);
    learn!(regions, Region);
    learn!(schedules, Schedule);
    learn!(interrupts, Interrupt);
    learn(ObjectKind::Monitor, 0, 0, &mut spec);
    let region_name = |id: Id<region::Region>| {
        let key = (ObjectKind::Region as u8, id.index() as u16, kernel.regions[id].life.generation);
        names.0.get(&key).copied()
    };
    let thread_process =
        |link: Id<kernel_core::process::Process>| names.process(world, link);
    for ((kind, index, _), name) in &names.0 {
        let at = usize::from(*index);
        let object = if *kind == ObjectKind::Process as u8 {
            let process = &kernel.processes[Id::new(at)];
            let (l, tables) = (&process.ledger.limit, process.tables.get().and_then(region_name));
            let root = kernel_model::ModelMachine::entries(&world.machine, process.root);
            Object::Process(Process {
                parent: process
                    .parent
                    .and_then(|parent| kernel.processes.resolve(parent))
                    .map(thread_process),
                limit: [l.processes, l.threads, l.endpoints, l.notifications, l.regions, l.schedules]
                    .map(u64::from)
                    .into_iter()
                    .chain([process.ledger.share_limit.into()])
                    .collect::<Vec<u64>>()
                    .try_into()
                    .unwrap_or_default(),
                priority: process.ledger.priority_limit.into(),
                tables: tables.unwrap_or(0),
                spans: root.map(|(index, _)| index as u64).collect::<BTreeSet<_>>(),
            })
        } else if *kind == ObjectKind::Thread as u8 {
            let thread = &kernel.threads[Id::new(at)];
            Object::Thread {
                process: thread.process.get().map_or(0, thread_process),
                buffer: thread.buffer_slot.get().map(|slot| names.at(world, slot)),
            }
        } else if *kind == ObjectKind::Notification as u8 {
            Object::Notification
        } else if *kind == ObjectKind::Region as u8 {
            let region = &kernel.regions[Id::new(at)];
            let user = kernel.processes.iter().find(|(_, p)| p.tables.is(Id::new(at)));
            Object::Region {
                first: region.physical / 4096,
                pages: region.pages.into(),
                used_for: match region.used_for {
                    region::Use::Data => Use::Data,
                    region::Use::Code => Use::Code,
                    region::Use::Device => Use::Device,
                    region::Use::Tables => {
                        Use::Tables(user.map_or(0, |(id, _)| thread_process(id)))
                    }
                },
                parent: region.parent.get().and_then(region_name),
            }
        } else if *kind == ObjectKind::Schedule as u8 {
            Object::Schedule { share: kernel.schedules[Id::new(at)].share.into() }
        } else if *kind == ObjectKind::Interrupt as u8 {
            Object::Interrupt
        } else if *kind == ObjectKind::Monitor as u8 {
            Object::Monitor
        } else {
            Object::Endpoint
        };
        spec.objects.insert(*name, object);
    }
    spec.held = names.held(world);
    (spec, names)
}

/// The same call on the specification; `None` if it does not specify it.
fn specified(spec: &mut Specification, me: Name, number: u64, a: &[u64; 10]) -> Option<Result<(), Error>> {
    let call = CALLS.iter().find(|call| **call as u64 == number)?;
    Some(match call {
        C::Copy => spec.copy(me, a[0], a[1], a[2], a[3]),
        C::Move => spec.move_capability(me, a[0], a[1]),
        C::Delete => spec.delete(me, a[0]),
        C::Revoke => spec.revoke(me, a[0]),
        C::Inspect => spec.place(me, a[0]).map(|_| ()),
        C::RegionCarve => spec.carve(me, a[0], a[1], a[2], a[3]),
        C::RegionSetCode => spec.set_code(me, a[0], a[1]),
        C::Map => spec.map(me, a[0], a[1], a[2]),
        C::Unmap => spec.unmap(me, a[0]),
        C::Protect => spec.protect(me, a[0], a[1]),
        C::ProcessCreate => spec.process(me, [a[0], a[1], a[2], a[3], a[4], a[5]]),
        C::ThreadCreate => spec.thread(me, a[0], a[1], a[5]),
        C::EndpointCreate => spec.endpoint(me, a[0]),
        C::NotificationCreate => spec.notification(me, a[0]),
        C::ScheduleCreate => spec.schedule(me, a[0], a[1], a[2], a[3]),
        _ => return None,
    })
}

/// The process that acts holds this, and would not be there to act any more.
fn is_vital(world: &World, number: u64, place: u64) -> bool {
    let ends = number == C::Delete as u64 || number == C::Revoke as u64;
    ends && (place < 64 || world.kernel.place(place).is_err())
}

#[test]
fn kernel_and_specification_agree() {
    let total = if cfg!(debug_assertions) { 20_000 } else { 500_000 };
    let (mut calls, mut done, mut seed) = (0, BTreeMap::new(), 0);
    let start = stage();
    while calls < total {
        seed += 1;
        let (mut world, mut random) = (start.clone(), Random::new(seed));
        // The bell rings for nobody: the root task acts all the time, for want of others.
        for child in [70, 80, 90] {
            world.must(C::ThreadStop, &[child + 2]);
        }
        let (mut spec, mut names) = describe(&world);
        let me_id = world.kernel.own_process();
        for step in 0..400 {
            let (number, arguments) = choose(&world, &mut random);
            let me = names.process(&world, me_id);
            if is_vital(&world, number, arguments[0]) {
                continue;
            }
            let next = spec.next + 1;
            let Some(expected) = specified(&mut spec, me, number, &arguments) else { continue };
            world.machine.interrupt_after.set(None);
            let answer = world.system_call(number, &arguments);
            let Answer::Status(status) = answer else { break };
            calls += 1;
            let context = format!("seed {seed}, step {step}: call {number} {arguments:x?}");
            assert_eq!(Error::check(status), expected, "{context}: kernel, specification");
            *done.entry((number, expected.err().map(Error::text))).or_insert(0) += 1;
            if let (Ok(()), true) = (expected, spec.next == next) {
                let place = arguments[if number == C::RegionCarve as u64 { 1 } else { 0 }];
                let slot = world.kernel.place(place).expect("just filled");
                let c = world.kernel.tables.slots[slot].capability;
                names.0.insert((c.kind as u8, c.object, c.generation), next);
            }
            let held = names.held(&world);
            if held != spec.held {
                for (at, is) in &held {
                    assert_eq!(Some(is), spec.held.get(at), "{context}: {at:?}");
                }
                panic!("{context}: the kernel lacks something");
            }
        }
    }
    println!("{calls} calls agreed on, {} kinds of outcome", done.len());
    assert!(done.len() > 60, "only {} kinds of outcome were met", done.len());
}
